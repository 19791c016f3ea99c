"""The one database of a project folder: made, or opened for writing or for reading only."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from napari_all_subtype.errors import (
    ProjectExistsError,
    ProjectNotFoundError,
    ProjectVersionError,
    ProjectWriteError,
)
from napari_all_subtype.project import writer_lock
from napari_all_subtype.project.connection import connect_reader, connect_writer
from napari_all_subtype.project.migrations import MIGRATIONS, migrate, version_of
from napari_all_subtype.project.open_database import DATABASE_FILE, Database, Lock


def create_project(folder: Path) -> Database:
    """A new project in `folder`, which is made if it is not there; open for writing.

    Raises
    ------
    ProjectExistsError
        If there is one already.
    ProjectWriteError
        If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectWriteError(
            f"The folder {folder.name} cannot be made ({error.strerror}). Choose another place."
        ) from error
    lock, reason = writer_lock.take(folder)
    if lock is None:
        raise ProjectWriteError(
            f"No project can be made in {folder.name}: {reason} Choose another folder."
        )
    try:
        return _for_writing(folder, lock, new=True)
    except BaseException:
        lock.release()
        raise


def open_project(folder: Path, write: bool = True) -> Database:
    """The project in `folder`; where it cannot be written, its `read_only` says why.

    Parameters
    ----------
    folder : Path
    write : bool
        False to read beside a program that writes.

    Raises
    ------
    ProjectNotFoundError
        If there is none.
    ProjectVersionError
        If it is newer than this program, or older and not to be written.
    ProjectDamagedError
        If its file is damaged.
    ProjectReadError
        If it may not be read.
    """
    if not (folder / DATABASE_FILE).is_file():
        raise ProjectNotFoundError(
            f"{folder.name} holds no project ({DATABASE_FILE}). Choose the folder of a project, "
            "or create one."
        )
    if not write:
        return _for_reading(folder, "it was opened for reading only.")
    return _by_right(folder, *writer_lock.take(folder))


def open_lent(folder: Path) -> Database:
    """The project in `folder`, written by the right that the parent of this process holds.

    A window keeps the project open while a child process of it trains; SQLite has their changes
    follow one another. The right is held here as well: if the window is killed nobody else writes
    before this process has ended. Where the parent holds no such right it is opened as any other.

    Raises
    ------
    ProjectNotFoundError, ProjectVersionError, ProjectDamagedError, ProjectReadError
        As `open_project` does.
    """
    if not writer_lock.lent_by_parent(folder):
        return open_project(folder)
    return _by_right(folder, *writer_lock.borrow(folder))


def _by_right(folder: Path, lock: Lock | None, reason: str) -> Database:
    """The project, for writing if there is a right to it."""
    if lock is None:
        return _for_reading(folder, reason)
    try:
        return _for_writing(folder, lock, new=False)
    except sqlite3.OperationalError as error:
        lock.release()
        return _for_reading(folder, f"its file cannot be written ({error}).")
    except BaseException:
        lock.release()
        raise


def _for_writing(folder: Path, lock: Lock, new: bool) -> Database:
    path = folder / DATABASE_FILE
    connection, note = connect_writer(path)
    try:
        # An empty file is what a program leaves that was killed while it made a project.
        if version_of(connection) and new:
            raise ProjectExistsError(
                f"{folder.name} holds a project already. Open it, or choose another folder."
            )
        if not version_of(connection) and not new:
            raise ProjectNotFoundError(
                f"The project in {folder.name} was never finished. Create it again there."
            )
        backup = migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    notes = [note] if note else []
    if backup is not None:
        notes.append(f"The project was brought up to date; {backup.name} is as it was before.")
    return Database(folder, connection, lock, notes=tuple(notes))


def _for_reading(folder: Path, reason: str) -> Database:
    connection = connect_reader(folder / DATABASE_FILE)
    found = version_of(connection)
    if found < len(MIGRATIONS):
        connection.close()
        raise ProjectVersionError(
            f"This project has version {found}, this program reads version {len(MIGRATIONS)}, and "
            f"it cannot be brought up to date: {reason} Open it once where it can be written."
        )
    return Database(folder, connection, read_only=reason)
