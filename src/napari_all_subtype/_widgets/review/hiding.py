"""Hides what the model says while a blind reading goes on, if the reader wants that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox

from napari_all_subtype._widgets.review.queue_panel import QueuePanel
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table

if TYPE_CHECKING:
    import pandas as pd


class Hiding:
    """Takes the model's words out of what the window shows, and puts them back.

    They are hidden in the window only: the project keeps them all the time.

    Parameters
    ----------
    session : Session
        Whose fields these are.
    apart : QCheckBox
        Switches blind reading on and off; what it does is done before this is told.
    queue : QueuePanel
        Offers no order meanwhile that tells what the model says.
    """

    def __init__(self, session: Session, apart: QCheckBox, queue: QueuePanel):
        self.session, self.record = session, session.record
        self.box = QCheckBox("Blind to the model, too")
        self.box.setToolTip(
            "While you read apart, hide what the model says of the cells as well: colours, "
            "letters and probabilities come back when the reading is finished."
        )
        # Tables as they were, by what a result is known by.
        self._before: dict[object, pd.DataFrame] = {}
        self._apart, self._queue = apart, queue
        self.box.toggled.connect(self.update)
        apart.toggled.connect(self.update)
        for signal in self._signals():
            signal.connect(self.update)
        if self.record.database is None:
            self.box.hide()

    def _signals(self):
        session, record = self.session, self.record
        return session.fields_changed, session.field_updated, record.opened, record.keeper.kept

    def close(self, *_: object) -> None:
        """Show again what was hidden, and listen no more."""
        for signal in self._signals():
            signal.disconnect(self.update, missing_ok=True)
        for n in range(len(self.session.fields)):
            self._show(n)
        self.session.hide_model(False)

    @property
    def active(self) -> bool:
        """Whether nobody is to see what the model says."""
        return self.box.isChecked() and self.record.reading is not None

    def update(self, *_: object) -> None:
        """Hide, or show again, what the model says of every field."""
        self.box.setVisible(self.record.database is not None)  # as reading apart is
        active = self.active
        if active:
            self._tell(True)
        for n, field in enumerate(self.session.fields):
            if not active:
                self._show(n)
            elif field.kept is not None:
                # A result that is in no project yet goes there as it is.
                self._hide(n)
        if not active:
            # Once everything is there again that is ordered and counted by.
            self._tell(False)

    def _tell(self, active: bool) -> None:
        self.session.hide_model(active)
        self._queue.hide_model(active)

    def _hide(self, n: int) -> None:
        from napari_all_subtype.workflow.model_hidden import without_model

        result = self.session.result(n)
        if result is None or result.labels in self._before:
            return
        analysis = result.analysis
        self._before[result.labels] = analysis.cells
        self._put(n, without_model(analysis.cells, analysis.taxonomy))

    def _show(self, n: int) -> None:
        from napari_all_subtype.workflow.model_hidden import with_model_again

        result = self.session.result(n)
        if result is None or result.labels not in self._before:
            return
        before = self._before.pop(result.labels)
        self._put(n, with_model_again(result.analysis.cells, before))

    def _put(self, n: int, cells: pd.DataFrame) -> None:
        result = self.session.result(n)
        same = result.edited((), replace(result.analysis, cells=cells))
        self.session.put(n, result=same)
        self.record.worded.emit(n, tuple(table.present(cells).index.tolist()))
        if n == self.session.selected and self.session.in_view:
            # Not the words alone: napari's table of features shows every number.
            self.session.layers.describe()
