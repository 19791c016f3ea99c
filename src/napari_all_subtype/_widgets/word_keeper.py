"""Saying what cells are: in a project, made where there is none, as soon as it keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from psygnal import Signal

from napari_all_subtype._widgets.edit_words import reversal_text
from napari_all_subtype._widgets.homes import homes_of
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.user_settings import UserSettings
from napari_all_subtype.errors import AllSubtypeError, LockedError, RecordError
from napari_all_subtype.project.undo import Reversal
from napari_all_subtype.workflow.user_folder import data_folder

REVIEWS_FOLDER = "reviews"
NOTHING_SAID = "Nothing was said of this smear yet."
NO_CELLS = "No cell is selected: click one, or choose several with Ctrl or Shift."
ONLY_A_LOOK = (
    "Nothing was said: the result of this smear is locked, and this run is only a look beside it. "
    "Choose the smear in the group Project, and press Amend… in the group Result first."
)

Places = Mapping[int, Sequence[int]]


class WordKeeper:
    """Says words of cells in the record of a session, and takes them back.

    Parameters
    ----------
    session : Session
        Whose record keeps what is said.
    reader : callable, optional
        Gives the name of who reads, where nobody has said it yet.

    Signals
    -------
    told : str
        What was done, or why it was not.
    said : mapping of int to sequence of int
        Words were said of these cells, by numbers of their fields.
    """

    told = Signal(str)
    said = Signal(object)

    def __init__(self, session: Session, reader: Callable[[], str] | None = None):
        self.session, self.record = session, session.record
        self._reader = reader or (lambda: UserSettings().reader_name)
        self._waiting: list[tuple[Places, str]] = []
        self.record.join(self)
        self.record.keeper.kept.connect(self._on_kept)
        self.record.keeper.trouble.connect(self._on_trouble)

    def close(self) -> None:
        """Say nothing more; the last one to go closes the project."""
        self._waiting.clear()
        self.record.keeper.kept.disconnect(self._on_kept, missing_ok=True)
        self.record.keeper.trouble.disconnect(self._on_trouble, missing_ok=True)
        self.record.leave(self)

    def say(self, word: str, places: Places) -> bool:
        """Call cells `word`, all in one step; an empty one takes their words back.

        Returns
        -------
        bool
            Whether it is said now: not where it could not be, or has to wait.
        """
        if not any(places.values()):
            self.told.emit(NO_CELLS)
            return False
        self.record.speaking.emit()
        try:
            self.need_project()
            if any(self.record.keeper.is_look(self.session.fields[n]) for n in places):
                raise LockedError(ONLY_A_LOOK)
            if any(not self.record.keeps(n) for n in places):
                self._wait(places, word)
                return False
            shown = self.session.selected
            crops = {n: self.session.crops.of(places[n]) for n in places if n == shown}
            self.record.say(places, word, crops)
        except AllSubtypeError as error:
            self.told.emit(f"⚠ {error}")
            return False
        self.told.emit(self._told(places, word))
        self.said.emit(places)
        return True

    def undo(self) -> Reversal | None:
        """Take the last step back; None where that could not be."""
        return self._reverse(self.record.undo)

    def redo(self) -> Reversal | None:
        """Make the step that was taken back last again; None where that could not be."""
        return self._reverse(self.record.redo)

    def _reverse(self, how: Callable[[int], Reversal]) -> Reversal | None:
        n = self.session.selected
        if not self.record.keeps(n):
            self.told.emit(NOTHING_SAID)
            return None
        self.record.speaking.emit()
        try:
            made = how(n)
        except AllSubtypeError as error:
            self.told.emit(f"⚠ {error}")
            return None
        self.told.emit(reversal_text(made, self.session.classes.now))
        return made

    def _told(self, places: Places, word: str) -> str:
        count = sum(map(len, places.values()))
        labels = next(labels for labels in places.values() if labels)
        title = self.session.classes.now.title(word) if word else "no word"
        return f"Cell {labels[0]}: {title}." if count == 1 else f"{count} cells: {title}."

    def need_project(self) -> None:
        """Have a project: that of the smear, else one in the user's own data folder."""
        homes = homes_of(self.session.source, self.session.fields)
        if self.record.database is None and len(homes) == 1:
            self.record.open(*homes)  # it was closed meanwhile: what is shown is of it
        elif self.record.database is None:
            now = datetime.now().astimezone()
            self.record.create(data_folder() / REVIEWS_FOLDER / f"{now:%Y-%m-%d %H.%M.%S}")
        # Before all else: a field that cannot be kept has this for its reason.
        self.record.opened_database().refuse_read_only()
        if self.record.reader is None:
            self.record.read_as(self._reader())

    def _wait(self, places: Places, word: str) -> None:
        """Say it as soon as the fields are in the project."""
        self.record.keeper.keep_results()
        if not self.record.keeper.keeping:
            raise RecordError(
                "This field cannot be kept in the project: it shows again what another field "
                "shows, or could not be written."
            )
        self._waiting.append((places, word))
        self.told.emit("The smear is being kept in the project…")

    def _on_kept(self, _n: int) -> None:
        waiting, self._waiting = self._waiting, []
        for places, word in waiting:
            if all(self.record.keeps(n) for n in places):
                self.say(word, places)
            else:
                self._waiting.append((places, word))

    def _on_trouble(self, text: str) -> None:
        self._waiting.clear()
        self.told.emit(f"⚠ {text}")
