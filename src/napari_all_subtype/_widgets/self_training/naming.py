"""Has a reader name pictures of one cell, which no smear shows, in a window of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_all_subtype._widgets.self_training.naming_dialog import NEAR, NamingDialog
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype._widgets.train import looking
from napari_all_subtype.errors import AllSubtypeError, describe_error
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.lone_cells import LonePicture, say_of
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
        self._reading = False

    def begin(self, database: Database, places: Sequence[tuple[int, int]]) -> None:
        """Have these cells named, once a thread has read their pictures."""
        self.close()
        self._asked = asked = object()
        self._reading = False
        read = partial(self._on_read, asked, database)
        in_thread(looking.lone, database.folder, list(places), NEAR + 1, then=read)

    def close(self) -> None:
        """Ask nothing more; what was said is in the record."""
        self._asked = object()
        if self.dialog is not None:
            self.dialog.reject()

    def _on_read(
        self, asked: object, database: Database, found: looking.LoneCells | AllSubtypeError
    ) -> None:
        if asked is not self._asked:
            return
        if isinstance(found, AllSubtypeError) or not found.readable:
            told = f"⚠ {escape(str(found))}" if isinstance(found, AllSubtypeError) else UNREADABLE
            self._tell(told)
            return
        keys = Preferences.load().keys
        cells, pictures = found.cells, found.pictures
        self.dialog = NamingDialog(cells, pictures, taxonomy_of(database), keys, self._parent)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.moved.connect(partial(self._read_near, database))
        self.dialog.said.connect(partial(self._on_said, database))
        self.dialog.finished.connect(self._on_finished)
        self.dialog.show()
        self.dialog.activateWindow()  # its keys work at once

    def _read_near(self, database: Database) -> None:
        """Have a thread read the pictures about the one that is shown, unless it is at it."""
        missing = self.dialog.missing
        if self._reading or not missing:
            return
        self._reading = True
        wanted = {n: self.dialog.cells[n] for n in missing}
        there = partial(self._on_pictures, self._asked, database)
        failed = partial(self._on_failed, self._asked)
        in_thread(looking.lone_pictures, database.folder, wanted, then=there, failed=failed)

    def _on_pictures(
        self,
        asked: object,
        database: Database,
        found: dict[int, LonePicture | None] | AllSubtypeError,
    ) -> None:
        if isinstance(found, AllSubtypeError):
            self._on_failed(asked, found)
        elif asked is self._asked and self.dialog is not None:
            self._reading = False
            self.dialog.take(found)
            self._read_near(database)  # the reader may be elsewhere by now

    def _on_failed(self, asked: object, error: Exception) -> None:
        """Nothing could be read, of any picture: it is tried again when the reader moves."""
        if asked is self._asked and self.dialog is not None:
            self._reading = False
            self.dialog.lack(escape(describe_error(error)))

    def _on_said(self, database: Database, n: int, word: str) -> None:
        error, dialog = "", self.dialog
        try:
            say_of(database, self._reader_id(), dialog.cells[n], dialog.pictures[n], word)
        except AllSubtypeError as refused:
            error = escape(str(refused))
        self.dialog.answer(n, word, error)

    def _on_finished(self, *_: object) -> None:
        dialog, self.dialog = self.dialog, None
        named = sum(now != one.word for now, one in zip(dialog.words, dialog.cells, strict=True))
        if named:
            self._done()
