"""The project of a viewer: which one is open, for how long, and who reads in it."""

from __future__ import annotations

from pathlib import Path

from psygnal import Signal

from napari_all_subtype._widgets.homes import (
    ProjectSmear,
    belongs_elsewhere,
    homes_of,
    same_folder,
)
from napari_all_subtype._widgets.keeper import Keeper
from napari_all_subtype.errors import ProjectExistsError, RecordError
from napari_all_subtype.project.database import Database, create_project, open_project
from napari_all_subtype.project.packets import PacketFacts, packet_facts
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.records import Reader, Reading
from napari_all_subtype.project.smears import plain_text
from napari_all_subtype.project.taxonomies import refuse_odd_names, taxonomy_of, use_taxonomy
from napari_all_subtype.taxonomy import FAB5, Taxonomy

NOT_OPEN = "No project is open: open one, or make a new one, to keep what you say of the cells."
NO_READER = "Who is reading? Give a name or a code first: the record says who said what."

RUNNING = (
    "An analysis goes on, whose result is for the project that is open. Stop it, or wait for its "
    "end, and open the other project then."
)
KEEPING = (
    "Results are still being kept in the project that is open. Wait a moment, and open the other "
    "project then."
)
STAYS = (
    "The smear that was shown belongs to the project {} and stays there: it is not in the one that "
    "is open now."
)

OF_ANOTHER = (
    "This packet is to be read by {} alone: words of anyone else would come back under that name. "
    "For another reader have another packet made."
)


class OpenProject:
    """The project that is open in one viewer, if any.

    Parameters
    ----------
    session : Session
        Whose fields are kept in it.

    Signals
    -------
    opened
        Another project is open, or none.
    closing
        The project is about to be closed.
    reader_changed
        Somebody else reads.
    left_behind : str
        A smear was shown of which this project is to know nothing, and where that is.
    """

    opened = Signal()
    closing = Signal()
    reader_changed = Signal()
    left_behind = Signal(str)

    def __init__(self, session):
        self.session = session
        self.database: Database | None = None
        self.taxonomy: Taxonomy | None = None
        self.packet: PacketFacts | None = None
        self.reader: Reader | None = None
        self.reading: Reading | None = None
        self.keeper = Keeper(self)
        self._users: list[object] = []

    def create(self, folder: Path) -> None:
        """Make a project in `folder`, and open it; it has the classes of the result that is shown.

        Raises
        ------
        ProjectExistsError, ProjectWriteError
            If there is one, or it cannot be written.
        RecordError
            If a class of the result has a name that none of a project can have, or results are
            on their way into another project.
        """
        if self.has_open(folder):
            raise ProjectExistsError(f"{folder.name} holds a project already, which is open.")
        self._refuse_busy()
        taxonomy = self.session.classes.of_result or FAB5
        refuse_odd_names(taxonomy.names)
        database = create_project(folder)
        if taxonomy != FAB5:
            use_taxonomy(database, taxonomy)
        self._use(database)

    def open(self, folder: Path) -> None:
        """Open the project in `folder`; results that were in none so far are kept in it.

        Nothing happens where it is open for writing already.

        Raises
        ------
        RecordError
            If results are on their way into another project.
        ProjectNotFoundError, ProjectVersionError, ProjectDamagedError, ProjectReadError
            If there is none that can be opened.
        """
        if not (self.has_open(folder) and self.writable):
            self._refuse_busy()
            self._use(open_project(folder))

    def has_open(self, folder: Path) -> bool:
        """Whether the project in `folder` is the one that is open."""
        return self.database is not None and same_folder(self.database.folder, folder)

    def _refuse_busy(self) -> None:
        session = self.session
        bound = self.database is not None or isinstance(session.source, ProjectSmear)
        if session.running and bound:
            raise RecordError(RUNNING)
        if self.keeper.keeping:
            raise RecordError(KEEPING)

    def _use(self, database: Database) -> None:
        # Who reads a packet reads nothing else by that name.
        reader = self.reader.name if self.reader and not self.fixed_reader else ""
        self.close()
        left = self._leave_others(database.folder)
        self.database, self.taxonomy = database, taxonomy_of(database)
        self.packet = packet_facts(database)
        if (name := self.fixed_reader or reader) and not database.read_only:
            self.read_as(name)
        self.session.forget_places()
        self.opened.emit()
        self.keeper.keep_results()
        if left:
            self.left_behind.emit(STAYS.format(left))

    def _leave_others(self, folder: Path) -> str:
        """Show nothing of another project than that in `folder`; names those that were shown."""
        session = self.session
        homes = homes_of(session.source, session.fields)
        names = sorted({home.name for home in homes if not same_folder(home, folder)})
        session.leave(lambda source, fields: belongs_elsewhere(source, fields, folder))
        return ", ".join(names)

    def close(self) -> None:
        """Close the project; what is shown stays."""
        if self.database is None:
            return
        self.closing.emit()
        self.database.close()
        self.database = self.taxonomy = self.packet = self.reader = self.reading = None
        self.keeper.stop()
        self.session.forget_places()
        self.opened.emit()

    def join(self, user: object) -> None:
        """`user`, a dock or the like, needs the project to stay open."""
        self._users.append(user)

    def leave(self, user: object) -> None:
        """`user` needs it no longer; the last one to go closes it."""
        self._users = [one for one in self._users if one is not user]
        if not self._users:
            self.close()

    @property
    def writable(self) -> bool:
        """Whether anything can be kept."""
        return self.database is not None and not self.database.read_only

    @property
    def fixed_reader(self) -> str:
        """Whom the packet that is open is for; empty where anyone may read."""
        return "" if self.packet is None else self.packet.reader

    def read_as(self, name: str) -> None:
        """Have `name` stand in the record for what is said from now on.

        Raises
        ------
        RecordError
            If the name is empty, or a packet is for somebody else.
        ProjectReadOnlyError, ProjectWriteError
            If it cannot be written.
        """
        if self.fixed_reader and plain_text(name) != self.fixed_reader:
            raise RecordError(OF_ANOTHER.format(self.fixed_reader))
        self.reader = reader_named(self.opened_database(), name)
        self.reader_changed.emit()

    def opened_database(self) -> Database:
        """The project; raises RecordError where none is open."""
        if self.database is None:
            raise RecordError(NOT_OPEN)
        return self.database

    def _reader(self) -> Reader:
        self.opened_database().refuse_read_only()
        if self.reader is None:
            raise RecordError(NO_READER)
        return self.reader
