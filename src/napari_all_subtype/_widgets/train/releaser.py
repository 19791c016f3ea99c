"""A model is released: asked for, measured on a control set, and named by a person."""

from __future__ import annotations

from html import escape

from napari_all_subtype._widgets.train.learning import Learning
from napari_all_subtype._widgets.train.orders import Control, Figures, Release, Released
from napari_all_subtype._widgets.train.release_dialog import ControlSet, ReleaseDialog
from napari_all_subtype.workflow.models import KnownModel
from napari_all_subtype.workflow.told_scale import told_scale


class Releaser:
    """Has models measured and released by the process that learns.

    Parameters
    ----------
    dock : TrainModel
    record : Record
        Of the open project.
    learning : Learning
    """

    def __init__(self, dock, record, learning: Learning):
        self.dock, self.record, self.learning = dock, record, learning
        self.measured_on: dict[str, ControlSet] = {}
        dock.models.release_wanted.connect(self.ask)

    def ask(self, model: KnownModel) -> None:
        """Ask for a name and a control set; measure the model on it, or release it."""
        record = self.record
        reader = "" if record.reader is None else record.reader.name
        told = ControlSet(None, told_scale(record.opened_database()))
        dialog = ReleaseDialog(model.id, reader, self.measured_on.get(model.id), told, self.dock)
        if dialog.exec():
            self.release(model.id, dialog.chosen, dialog.name.text(), dialog.release_wanted)
        dialog.deleteLater()

    def release(self, model_id: str, on: ControlSet, by: str, measured: bool) -> None:
        """Measure a model on a control set; or, if that was seen, release it."""
        folder = self.record.opened_database().folder
        if measured:
            self.learning.run(Release(folder, model_id, on.table, by.strip(), on.scale))
        else:
            self.dock.result.clear()
            self.learning.run(Control(folder, model_id, on.table, on.scale))

    def told(self, message: Figures | Released) -> str:
        """What is to be said of what the process tells; empty where it is of a training."""
        if isinstance(message, Released):
            return f"<b>{escape(message.model_id)}</b> is released by {escape(message.by)}."
        if not isinstance(self.learning.order, Control):
            return ""
        order = self.learning.order
        self.measured_on[message.model_id] = ControlSet(order.table, order.scale)
        return "Measured on the control set. <b>Release…</b> releases it."
