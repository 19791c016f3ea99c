"""The button *Export…* of the group *Project*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QPushButton, QWidget

from napari_all_subtype._widgets.record import Record

if TYPE_CHECKING:
    from napari_all_subtype._widgets.review.export_dialog import ExportDialog

TIP = (
    "Write what was found and said into a folder: tables, crops, a report, or files for other "
    "programs."
)
NO_PROJECT = "Open or make a project first: what is in it can be exported."


class ExportButton(QPushButton):
    """Opens the export of the open project; the window can be used meanwhile.

    Parameters
    ----------
    record : Record
        Of the open project.
    """

    def __init__(self, record: Record, parent: QWidget | None = None):
        super().__init__("Export…", parent)
        self.desk = ExportDesk(self, record)
        self.clicked.connect(self.desk.show)
        # Bound to it, not to this button, which is gone by then.
        self.destroyed.connect(self.desk.close)


class ExportDesk:
    """What the button does, as long as there is one.

    Parameters
    ----------
    button : QPushButton
    record : Record
        Of the open project.
    """

    def __init__(self, button: QPushButton, record: Record):
        self.button, self.record = button, record
        self.dialog: ExportDialog | None = None
        record.opened.connect(self._on_project)
        self._on_project()

    def close(self, *_: object) -> None:
        """Stop what goes on, and listen no more."""
        self.record.opened.disconnect(self._on_project, missing_ok=True)
        if self.dialog is not None and self.dialog.job is not None:
            self.dialog.job.stop()

    def show(self) -> None:
        """Ask what is to be exported; an export that goes on is shown again."""
        from napari_all_subtype._widgets.review.export_dialog import ExportDialog

        folder = self.record.database.folder
        busy = self.dialog is not None and self.dialog.job is not None
        if not busy and (self.dialog is None or self.dialog.project != folder):
            self.dialog = ExportDialog(folder, self.button)
        self.dialog.show()
        self.dialog.raise_()

    def _on_project(self) -> None:
        able = self.record.database is not None
        self.button.setEnabled(able)
        self.button.setToolTip(TIP if able else NO_PROJECT)
