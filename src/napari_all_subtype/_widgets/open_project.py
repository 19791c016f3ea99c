"""The project of a viewer: which one is open, for how long, and who reads in it."""

from __future__ import annotations

from pathlib import Path

from psygnal import Signal

from napari_all_subtype._widgets.keeper import Keeper
from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.database import Database, create_project, open_project
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.records import Reader, Reading
from napari_all_subtype.project.taxonomies import refuse_odd_names, taxonomy_of, use_taxonomy
from napari_all_subtype.taxonomy import FAB5, Taxonomy

NOT_OPEN = "No project is open: open one, or make a new one, to keep what you say of the cells."
NO_READER = "Who is reading? Give a name or a code first: the record says who said what."


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
    """

    opened = Signal()
    closing = Signal()
    reader_changed = Signal()

    def __init__(self, session):
        self.session = session
        self.database: Database | None = None
        self.taxonomy: Taxonomy | None = None
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
            If a class of the result has a name that none of a project can have.
        """
        taxonomy = self.session.classes.of_result or FAB5
        refuse_odd_names(taxonomy.names)
        database = create_project(folder)
        if taxonomy != FAB5:
            use_taxonomy(database, taxonomy)
        self._use(database)

    def open(self, folder: Path) -> None:
        """Open the project in `folder`; results that are there already are kept in it.

        Raises
        ------
        ProjectNotFoundError, ProjectVersionError, ProjectDamagedError, ProjectReadError
            If there is none that can be opened.
        """
        self._use(open_project(folder))

    def _use(self, database: Database) -> None:
        reader = self.reader
        self.close()
        self.database, self.taxonomy = database, taxonomy_of(database)
        if reader is not None and not database.read_only:
            self.read_as(reader.name)
        self.session.forget_places()
        self.opened.emit()
        self.keeper.keep_results()

    def close(self) -> None:
        """Close the project; what is shown stays."""
        if self.database is None:
            return
        self.closing.emit()
        self.database.close()
        self.database = self.taxonomy = self.reader = self.reading = None
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

    def read_as(self, name: str) -> None:
        """Have `name` stand in the record for what is said from now on.

        Raises
        ------
        RecordError
            If the name is empty.
        ProjectReadOnlyError, ProjectWriteError
            If it cannot be written.
        """
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
