"""An open project: read, and changed in whole transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from napari_all_subtype.errors import ProjectReadOnlyError, ProjectWriteError, RecordError
from napari_all_subtype.project import writer_lock
from napari_all_subtype.project.connection import explained, is_mistake, unreadable

DATABASE_FILE = "project.sqlite"
Lock = writer_lock.WriterLock | writer_lock.LentLock

# What begins, ends and takes back a change: by itself, and inside another.
_OUTER = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_INNER = ("SAVEPOINT inside", "RELEASE inside", ("ROLLBACK TO inside", "RELEASE inside"))


class Database:
    """An open project; made by `create_project` or `open_project`.

    Attributes
    ----------
    folder : Path
        The project folder.
    read_only : str
        Why nothing can be written; empty if it can.
    notes : tuple of str
        What else a person is to be told: its journal, a copy kept beside it.
    on_disk : set of Path
        Files and folders whose names are known to be on the disk; see `KeptFiles`.
    """

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        lock: Lock | None = None,
        read_only: str = "",
        notes: tuple[str, ...] = (),
    ):
        self.folder = folder
        self.read_only = read_only
        self.notes = notes
        self.on_disk: set[Path] = set()
        self._connection = connection
        self._lock = lock

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows that the query `sql` gives.

        Raises
        ------
        ProjectReadError
            If the disk fails.
        ProjectDamagedError
            If the file is damaged.
        """
        path = self.folder / DATABASE_FILE
        try:
            with explained(path):
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if is_mistake(error):
                raise
            raise unreadable(path, error) from error

    def row(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        """The first row that the query `sql` gives, if any; raises as `rows` does."""
        return next(iter(self.rows(sql, values)), None)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A block in which all is read as it was at its start, whatever others write meanwhile.

        Keep it short and write nothing in it: without a write-ahead log it holds writers up.
        One inside another, or inside a transaction, is part of it.

        Raises
        ------
        ProjectReadError
            If the disk fails.
        ProjectDamagedError
            If the file is damaged.
        """
        if self._connection.in_transaction:
            yield
            return
        self.rows("BEGIN")
        try:
            # SQLite takes its snapshot at the first reading, not before.
            self.rows("SELECT count(*) FROM sqlite_master")
            yield
        finally:
            self._roll_back(("COMMIT",))

    def refuse_read_only(self) -> None:
        """Raise if nothing can be written.

        Raises
        ------
        ProjectReadOnlyError
        """
        if self.read_only:
            raise ProjectReadOnlyError(
                f"Nothing can be changed in this project: {self.read_only} Or open it where it "
                "can be written: copy its folder to a place of your own."
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection for one change: on the disk when the block has ended, or not made at all.

        One inside another is part of it: on the disk when the outer one is.

        Raises
        ------
        ProjectReadOnlyError
            If the project is open for reading only.
        ProjectWriteError
            If the disk is full or fails.
        RecordError
            If the change does not fit what is there.
        """
        self.refuse_read_only()
        begin, commit, back = _INNER if self._connection.in_transaction else _OUTER
        try:
            with explained(self.folder / DATABASE_FILE):
                self._connection.execute(begin)
                yield self._connection
                self._connection.execute(commit)
        except sqlite3.IntegrityError as error:
            self._roll_back(back)
            raise RecordError(
                f"This does not fit what the project holds ({error}). Nothing was changed."
            ) from error
        except sqlite3.OperationalError as error:
            self._roll_back(back)
            if is_mistake(error):
                raise
            raise ProjectWriteError(
                f"The change could not be written ({error}) and was not made; what was kept before "
                "it stands. See that the disk is there and has room, and do it again."
            ) from error
        except BaseException:
            self._roll_back(back)
            raise

    def _roll_back(self, statements: Sequence[str]) -> None:
        # After some errors SQLite has rolled back by itself.
        for statement in statements:
            if self._connection.in_transaction:
                self._connection.execute(statement)

    def close(self) -> None:
        """Close the file and let others write."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
