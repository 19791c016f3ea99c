"""Has a reader name pictures of one cell, which no smear shows, in a window of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_all_subtype._widgets.self_training.naming_dialog import NamingDialog
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype._widgets.train import looking
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.lone_cells import LoneCell, say_of
from napari_all_subtype.workflow.preferences import Preferences

UNREADABLE = "⚠ None of these pictures can be read: look where the files are."


class Naming:
    """Opens the dialog, and writes each word as it is said.

    Parameters
    ----------
    parent : QWidget
        Of the dialog.
    reader_id : callable
        Gives who reads; raises our own errors.
    tell : callable
        Shows HTML to a person.
    done : callable
        Called when the dialog is closed and something was said.
    """

    def __init__(
        self,
        parent: QWidget,
        reader_id: Callable[[], int],
        tell: Callable[[str], None],
        done: Callable[[], None],
    ):
        self._parent, self._reader_id, self._tell, self._done = parent, reader_id, tell, done
        self.dialog: NamingDialog | None = None
        self._asked = object()

    def begin(self, database: Database, places: Sequence[tuple[int, int]]) -> None:
        """Have these cells named, once a thread has read their pictures."""
        self.close()
        self._asked = asked = object()
        read = partial(self._on_read, asked, database)
        in_thread(looking.lone, database.folder, list(places), then=read)

    def close(self) -> None:
        """Ask nothing more; what was said is in the record."""
        self._asked = object()
        if self.dialog is not None:
            self.dialog.reject()

    def _on_read(
        self, asked: object, database: Database, found: list[LoneCell] | AllSubtypeError
    ) -> None:
        if asked is not self._asked:
            return
        if isinstance(found, AllSubtypeError) or not found:
            self._tell(UNREADABLE if found == [] else f"⚠ {escape(str(found))}")
            return
        keys = Preferences.load().keys
        self.dialog = NamingDialog(found, taxonomy_of(database), keys, self._parent)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.said.connect(partial(self._on_said, database))
        self.dialog.finished.connect(self._on_finished)
        self.dialog.show()
        self.dialog.activateWindow()  # its keys work at once

    def _on_said(self, database: Database, n: int, word: str) -> None:
        error = ""
        try:
            say_of(database, self._reader_id(), self.dialog.cells[n], word)
        except AllSubtypeError as refused:
            error = escape(str(refused))
        self.dialog.answer(n, word, error)

    def _on_finished(self, *_: object) -> None:
        dialog, self.dialog = self.dialog, None
        named = sum(now != one.word for now, one in zip(dialog.words, dialog.cells, strict=True))
        if named:
            self._done()
