"""The project of the review: made, opened, read by somebody, and its smears."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from qtpy.QtWidgets import QFileDialog

from napari_all_subtype._widgets.review.project_panel import ProjectPanel
from napari_all_subtype._widgets.review.word_panel import WordPanel
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.user_settings import UserSettings
from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.project.readers import finish_reading, open_apart, readers_of

LOST = "{} not find their cell after the last run: see Result, Orphaned."
PACKET = "Packet to be read blind{}."
NOT_BLIND = "You have seen what others say of this smear: this reading is recorded as not blind."
OPEN_ALREADY = "The project {} is open already."


class ProjectDesk:
    """Connects the group *Project* to the record of a session.

    Parameters
    ----------
    panel : ProjectPanel
        The widgets.
    session : Session
        The state.
    settings : UserSettings
        Who reads on most days.
    refused : callable
        Called with an error that says why something could not be done.
    words : WordPanel
        Where it is told what else was done, and under whose name words are said.
    """

    def __init__(
        self,
        panel: ProjectPanel,
        session: Session,
        settings: UserSettings,
        refused: Callable[[AllSubtypeError], None],
        words: WordPanel,
    ):
        self.panel, self.session, self.record = panel, session, session.record
        self.settings, self._refused = settings, refused
        self._words, self._tell = words, words.say
        self._packet_reader = ""
        panel.new_wanted.connect(self._on_new)
        panel.open_wanted.connect(self._on_open)
        panel.again_wanted.connect(self._on_again)
        panel.reader_given.connect(self.read_as)
        panel.apart_wanted.connect(self.read_apart)
        panel.smear_wanted.connect(self._on_smear)
        for signal, slot in self._slots():
            signal.connect(slot)

    def _slots(self):
        session, record = self.session, self.record
        return (
            (record.opened, self._on_opened),
            (record.left_behind, self._on_left_behind),
            (record.reader_changed, self.show),
            (record.keeper.kept, self.show),
            (record.keeper.changed, self.show),
            (session.fields_changed, self.show),
            (session.field_selected, self.show),
        )

    def close(self) -> None:
        """Hear of nothing more."""
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)

    def _on_new(self) -> None:
        if folder := self._ask("An empty folder for the project"):
            self._try(lambda: self.record.create(folder))

    def _on_open(self) -> None:
        if folder := self._ask("Folder of the project"):
            self.open(folder)

    def _on_again(self) -> None:
        self.open(self.settings.last_project)

    def open(self, folder: Path) -> None:
        """Open the project in `folder`, or say why it cannot be."""
        if self.record.has_open(folder) and self.record.writable:
            self._tell(escape(OPEN_ALREADY.format(folder.name)))
        else:
            self._try(lambda: self.record.open(folder))

    def _ask(self, title: str) -> Path | None:
        last = self.settings.last_project
        start = "" if last is None else str(last.parent)
        folder = QFileDialog.getExistingDirectory(self.panel, title, start)
        return Path(folder) if folder else None

    def _try(self, what: Callable[[], object]) -> None:
        try:
            what()
        except AllSubtypeError as error:
            self._refused(error)

    @property
    def reader_name(self) -> str:
        """Whom a packet is for, else who reads as a person has said, else the account."""
        said = self.panel.reader.currentText().strip()
        return self.record.fixed_reader or said or self.settings.reader_name

    def read_as(self, name: str) -> None:
        """Have `name` stand for what is said from now on, also on other days."""
        if not self.record.fixed_reader:
            self.settings.reader = name
        if self.record.writable:
            self._try(lambda: self.record.read_as(name))
        self.show()

    def read_apart(self, apart: bool) -> None:
        """Begin a reading that hides what others say, or go on with it; or end it."""
        record = self.record
        if apart and record.keeps(self.session.selected):
            self._try(self._begin_apart)
        elif not apart:
            if record.reading is not None:
                self._try(lambda: finish_reading(record.database, record.reading.reading_id))
            record.read_apart(None)
        self.show()

    def _begin_apart(self) -> None:
        record = self.record
        if record.reader is None:
            record.read_as(self.reader_name)
        slide_id = self.session.field.kept.slide_id
        record.read_apart(open_apart(record.database, record.reader.reader_id, slide_id))

    def _on_smear(self, n: int) -> None:
        smears = self.record.keeper.smears()
        if 0 <= n < len(smears):
            self.record.keeper.open_smear(smears[n])

    def _on_opened(self) -> None:
        record = self.record
        if self._packet_reader and not record.fixed_reader:
            self.panel.forget_reader()  # that name was the packet's
        self._packet_reader = record.fixed_reader
        if record.database is not None:
            self.settings.last_project = record.database.folder
            self._tell("")  # what stood there was of the time before
        if record.writable and record.reader is None and self.settings.reader:
            self._try(lambda: record.read_as(self.settings.reader))
        self.show()

    def _on_left_behind(self, text: str) -> None:
        self._tell(escape(text))

    def show(self, *_: object) -> None:
        """Say which project is open, who reads, and which smears there are."""
        record, database, panel = self.record, self.record.database, self.panel
        name = "" if database is None else database.folder.name
        notes = [] if database is None else list(database.notes)
        if record.packet is not None:
            by = record.fixed_reader
            notes.insert(0, PACKET.format(f" by {by}" if by else ""))
        if record.reading is not None and not record.reading.blind:
            notes.append(NOT_BLIND)
        if record.keeper.keeping:
            notes.append("Results are being kept…")
        if record.keeper.lost:
            notes.append(LOST.format(amount(record.keeper.lost, "word did", "words did")))
        panel.show_project(name, "" if database is None else database.read_only, notes)
        last = self.settings.last_project if database is None else None
        panel.show_again("" if last is None or not last.is_dir() else last.name)
        known = [] if database is None else [one.name for one in readers_of(database)]
        reader = record.reader.name if record.reader else self.reader_name
        panel.show_readers(known, reader, fixed=bool(record.fixed_reader))
        self._words.show_reader("" if database and database.read_only else reader)
        panel.show_apart(record.reading is not None, record.keeps(self.session.selected))
        smears = [] if database is None else record.keeper.smears()
        field = self.session.field
        slide = field.kept.slide_id if field is not None and field.kept is not None else None
        at = next((k for k, one in enumerate(smears) if one.slide_id == slide), -1)
        panel.show_smears([one.name for one in smears], at)
