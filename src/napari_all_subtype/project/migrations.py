"""From the version a project was written in to that of this program, or not at all."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

from napari_all_subtype.errors import ProjectVersionError
from napari_all_subtype.files import new_file
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.schema import statements
from napari_all_subtype.project.schema_learning import learning_statements

# "napA": tells a project from any other SQLite file.
APPLICATION_ID = 0x6E617041


def _first_tables(connection: sqlite3.Connection) -> None:
    for statement in statements():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    facts = {"id": uuid.uuid4().hex, "created_utc": utc_now()}
    connection.executemany("INSERT INTO project VALUES (?, ?)", facts.items())


def _learning(connection: sqlite3.Connection) -> None:
    for statement in learning_statements():
        connection.execute(statement)


# The n-th takes a project from version n to n + 1. What stands here is never edited once it
# was released: projects were written by it.
MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first_tables, _learning)


def version_of(connection: sqlite3.Connection) -> int:
    """Version of the tables, 0 where there are none."""
    return connection.execute("PRAGMA user_version").fetchone()[0]


def refuse_newer(found: int, expected: int = len(MIGRATIONS)) -> None:
    """Raise if a project of version `found` is beyond this program.

    Raises
    ------
    ProjectVersionError
    """
    if found > expected:
        raise ProjectVersionError(
            f"This project has version {found}; this program knows versions up to {expected}. "
            "Update napari-all-subtype. Nothing was changed."
        )


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    migrations: tuple[Callable[[sqlite3.Connection], None], ...] = MIGRATIONS,
) -> Path | None:
    """Bring the project at `path` up to date in one transaction.

    Returns
    -------
    Path or None
        The copy of the project as it was, beside it; None where nothing was to be kept.

    Raises
    ------
    ProjectVersionError
        If it is newer than this program.
    """
    found = version_of(connection)
    refuse_newer(found, len(migrations))
    if found == len(migrations):
        return None
    backup = _back_up(connection, path, found) if found else None
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in migrations[found:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return backup


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    moment = utc_now().translate(str.maketrans("", "", "-:."))
    copy = path.with_name(f"{path.stem}-version-{version}-{moment}{path.suffix}")
    with new_file(copy) as partial:
        target = sqlite3.connect(partial)
        try:
            connection.backup(target)
        finally:
            target.close()
    return copy
