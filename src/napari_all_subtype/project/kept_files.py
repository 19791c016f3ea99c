"""Plain files of a project, each called by the digest of what it holds, and never changed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype.errors import (
    OutputError,
    ProjectDamagedError,
    ProjectWriteError,
    RecordError,
)
from napari_all_subtype.files import PARTIAL, folder_to_disk, new_file
from napari_all_subtype.project.database import Database

WRITERS = 16


@dataclass(frozen=True)
class KeptFiles:
    """One kind of file.

    Parameters
    ----------
    folder : str
        Name of their folder in the project.
    suffix : str
        With its dot.
    word : str
        What one of them is called in a message, with its article.
    """

    folder: str
    suffix: str
    word: str

    def name_of(self, digest: str) -> str:
        """Name of the file whose content has this SHA-256, in hexadecimal digits."""
        return f"{digest}{self.suffix}"

    def place(self, database: Database, name: str) -> Path:
        """Path of a file: 256 folders, since some programs cannot open one of 50,000 files.

        Raises
        ------
        RecordError
            If it is no name of such a file.
        """
        if not re.fullmatch(rf"[0-9a-f]{{64}}{re.escape(self.suffix)}", name):
            raise RecordError(
                f"{name!r} is no name of {self.word} in a project. Use the one it was given."
            )
        return database.folder / self.folder / name[:2] / name

    def write(self, database: Database, name: str, content: bytes) -> None:
        """Keep `content`; see `write_many`."""
        self.write_many(database, {name: content})

    def write_many(self, database: Database, contents: Mapping[str, bytes]) -> None:
        """Keep contents, by names of their files; all are on the disk when this returns.

        A file that is there already, of the same size, is left as it is. The name of a file, too,
        is on the disk before a record refers to it; whoever wrote a file that is there already
        may have been killed before it came to this, so that names are waited for once.

        Raises
        ------
        ProjectReadOnlyError, ProjectWriteError
            If one cannot be written.
        """
        database.refuse_read_only()
        paths = {self.place(database, name): content for name, content in contents.items()}
        new = {path: content for path, content in paths.items() if _size_of(path) != len(content)}
        names = {one for path in paths for one in (path, *tuple(path.parents)[:2])}
        unsure = new.keys() | {
            one for one in names if one not in database.on_disk or not one.exists()
        }
        try:
            _at_once(_write, new.items())
            folders = {one.parent for one in unsure}
            _at_once(folder_to_disk, [(one,) for one in sorted(folders, reverse=True)])
        except OutputError as error:
            raise ProjectWriteError(f"{self._capital} could not be kept. {error}") from error
        database.on_disk |= names

    def read(self, database: Database, name: str) -> bytes:
        """Content of a file.

        Raises
        ------
        RecordError
            If it is no name of such a file.
        ProjectDamagedError
            If it is not there.
        """
        try:
            return self.place(database, name).read_bytes()
        except OSError as error:
            raise self.damaged(name, error.strerror or "it cannot be read") from error

    def holds(self, database: Database, name: str) -> bool:
        """Whether a file is there and not empty; what it holds is not read."""
        try:
            return bool(_size_of(self.place(database, name)))
        except RecordError:
            return False

    def damaged(self, name: str, why: str) -> ProjectDamagedError:
        """The error that says so of one file."""
        return ProjectDamagedError(
            f"{self._capital} of this project is damaged ({name[:12]}…): {why}. Put the file back "
            "from a copy; what was said of the cells is kept."
        )

    def sweep(self, database: Database) -> int:
        """Number of half-written files, left by a program that was killed, that were removed.

        Raises
        ------
        ProjectReadOnlyError, ProjectWriteError
            If one cannot be removed.
        """
        database.refuse_read_only()
        try:
            left = list((database.folder / self.folder).glob(f"*/{PARTIAL}*"))
            for path in left:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ProjectWriteError(
                f"A half-written file in the folder {self.folder} of this project could not be "
                f"removed ({error.strerror}). See that you may write there and that no other "
                "program holds it open, and do it again."
            ) from error
        return len(left)

    @property
    def _capital(self) -> str:
        return self.word[0].upper() + self.word[1:]


def _at_once(work: Callable[..., None], each: Collection[tuple]) -> None:
    """Call `work` with each of these arguments.

    Each waits for the disk, which brings many there in the time of one; one is done by itself
    before a thread has begun.
    """
    if len(each) == 1:
        (arguments,) = each
        work(*arguments)
    elif each:
        with ThreadPoolExecutor(min(WRITERS, len(each))) as writers:
            list(writers.map(work, *zip(*each, strict=True)))


def _write(path: Path, content: bytes) -> None:
    with new_file(path, overwrite=True) as partial:
        partial.write_bytes(content)


def _size_of(path: Path) -> int | None:
    """Bytes of an ordinary file; None where there is none."""
    try:
        return os.path.getsize(path) if os.path.isfile(path) else None
    except OSError:
        return None
