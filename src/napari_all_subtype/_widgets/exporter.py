"""The button *Export…* of the dock: where to, and how final what is written is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari.utils.notifications import show_error, show_info
from qtpy.QtWidgets import QFileDialog

from napari_all_subtype._widgets.inputs import pixels_of
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.shown_slide import state_of
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError


class Exporter:
    """Writes the results of a viewer's smear to a folder, in a thread.

    Parameters
    ----------
    dock : AnalyseSmear
    session : Session
    reading : callable
        Gives how images are read now.
    show_state : callable
        Called when the button may be pressed again.
    """

    def __init__(
        self,
        dock,
        session: Session,
        reading: Callable[[], ReadingParameters],
        show_state: Callable[[], None],
    ):
        self.dock, self.session = dock, session
        self._reading, self._show_state = reading, show_state
        self._closed = False
        dock.export_button.clicked.connect(self._on_export)

    def close(self) -> None:
        """Tell nothing any more of what is still written."""
        self._closed = True

    def _on_export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.dock, "Folder for the results")
        if folder:
            self.export(Path(folder))

    def export(self, folder: Path) -> None:
        """Write the results of the smear to `folder`."""
        # Imported when it is asked for: what writes files would slow the opening of the dock.
        from napari_all_subtype._widgets.exporting import export_fields

        step = self.session.viewer.dims.current_step
        reading, fields = self._reading(), self.session.fields
        pixels = [pixels_of(field.layer, step) if field.layer else None for field in fields]
        try:
            state = state_of(self.session)
        except AllSubtypeError as error:
            show_error(str(error))
            return
        self.dock.export_button.setEnabled(False)

        def tell(outcome: int | AllSubtypeError) -> None:
            if self._closed:
                return
            self._show_state()
            if isinstance(outcome, AllSubtypeError):
                show_error(str(outcome))
            else:
                show_info(f"Results of {outcome} field(s) written to {folder.name}.")

        in_thread(export_fields, fields, pixels, folder, reading, state, then=tell)
