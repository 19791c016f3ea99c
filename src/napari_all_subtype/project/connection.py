"""A connection to a project file: safe to write, or for reading only."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from napari_all_subtype.errors import ProjectDamagedError, ProjectReadError
from napari_all_subtype.project.migrations import APPLICATION_ID, refuse_newer, version_of
from napari_all_subtype.project.shares import network_share

BUSY_TIMEOUT_S = 10


def connect_writer(path: Path) -> tuple[sqlite3.Connection, str]:
    """Connection in which whatever is committed is on the disk, and a note on its journal.

    Returns
    -------
    connection : sqlite3.Connection
    note : str
        Why it has a rollback journal instead of a write-ahead log; empty if it has none.

    Raises
    ------
    ProjectDamagedError
        If the file is no project.
    ProjectVersionError
        If it is newer than this program.
    sqlite3.Error
        If it cannot be written.
    """
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        share = network_share(path.parent)
        with explained(path):
            if share:
                # Without this a log left by a local program would need that memory.
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            _refuse_unknown(connection, path)
            note = _choose_journal(connection, share)
            _configure(connection)
            # Fails here, not at the first annotation, where the file may not be written.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA user_version = {version_of(connection)}")
            connection.execute("ROLLBACK")
    except BaseException:
        connection.close()
        raise
    return connection, note


def connect_reader(path: Path) -> sqlite3.Connection:
    """Connection that cannot change the file, also where the folder is closed to writing.

    Raises
    ------
    ProjectDamagedError
        If the file is no project.
    ProjectReadError
        If it cannot be read.
    ProjectVersionError
        If it is newer than this program.
    """
    with explained(path):
        try:
            connection = _open_uri(path, "mode=ro")
        except sqlite3.OperationalError:
            # A write-ahead log needs files beside it that cannot be made here.
            connection = _opened(path)
    try:
        with explained(path):
            _refuse_unknown(connection, path)
            _configure(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_uri(path: Path, options: str) -> sqlite3.Connection:
    place = path.absolute().as_posix()
    # No host, then the path: three slashes, on Windows too, and four before a shared folder.
    place = quote(os.fsencode(place if place.startswith("/") else f"/{place}"))
    uri = f"file://{place}?{options}"
    connection = sqlite3.connect(uri, timeout=BUSY_TIMEOUT_S, isolation_level=None, uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _without_log(path)
    except (sqlite3.OperationalError, OSError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> ProjectReadError:
    """What to say where `path` cannot be read."""
    return ProjectReadError(
        f"{path.name} cannot be read ({getattr(error, 'strerror', None) or error}). See that the "
        "disk is there and that you may read the folder."
    )


def is_mistake(error: sqlite3.OperationalError) -> bool:
    """Whether the statement itself is wrong: a fault of this program, not of the disk."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR


def _without_log(path: Path) -> sqlite3.Connection:
    """The file as it is; with a log that nobody has worked in yet, a copy in memory."""
    log = path.with_name(f"{path.name}-wal")
    if not log.is_file() or not log.stat().st_size:
        return _open_uri(path, "immutable=1")
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        with closing(sqlite3.connect(copy)) as whole:
            whole.backup(memory)
    memory.execute("PRAGMA query_only = ON")
    return memory


def _choose_journal(connection: sqlite3.Connection, share: str) -> str:
    """Set journal and syncs; a note if there is no write-ahead log.

    Its index is memory that the programs share, which two machines cannot.
    """
    wanted = "DELETE" if share else "WAL"
    mode = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0].upper()
    if share:
        connection.execute("PRAGMA locking_mode = NORMAL")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    # In rollback mode a commit is the deletion of the journal: EXTRA waits for that, too.
    connection.execute(f"PRAGMA synchronous = {'FULL' if mode == 'WAL' else 'EXTRA'}")
    # On macOS the disk's own cache is emptied only on this demand.
    connection.execute("PRAGMA fullfsync = ON")
    if mode == "WAL":
        return ""
    where = f"it lies on a network share ({share})" if share else "this file system allows none"
    return (
        f"The project has a rollback journal ({mode.lower()}) instead of a write-ahead log, since "
        f"{where}: as safe, a little slower."
    )


def _configure(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")


def _refuse_unknown(connection: sqlite3.Connection, path: Path) -> None:
    """Raise if this is somebody else's database, or of a version that is not known here."""
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if found != APPLICATION_ID and not (found == 0 and empty):
        raise ProjectDamagedError(
            f"{path.name} is an SQLite file of another program, not a project of "
            "napari-all-subtype. Choose the folder of a project."
        )
    refuse_newer(version_of(connection))


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What SQLite says of a file that is damaged or none of its own, in our words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        # The low byte is the kind of the error, the rest tells more of it.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        raise ProjectDamagedError(
            f"{path.name} is damaged or no project file ({error}). Put it back from a copy: "
            "one is beside it if the project was ever brought to a newer version."
        ) from error
