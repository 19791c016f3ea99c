"""Writing that is never seen half done: beside first, renamed at the end."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_all_subtype.errors import AllSubtypeError, OutputError, OutputExistsError

PARTIAL = ".partial-"


@contextmanager
def new_file(path: Path, overwrite: bool = False, private: bool = False) -> Iterator[Path]:
    """A path to write to; it becomes `path` when the block ends without an error.

    A private file is readable by its owner alone.

    Raises
    ------
    OutputExistsError
        If `path` exists and `overwrite` is False.
    OutputError
        If it cannot be written.
    """
    refuse_existing(path, overwrite)
    if os.path.exists(path) and not os.path.isfile(path):
        raise OutputExistsError(
            f"{path.name} is no ordinary file and is not replaced. Choose another output."
        )
    with _in_folder(path.parent):
        handle, name = tempfile.mkstemp(prefix=PARTIAL, suffix=path.suffix, dir=path.parent)
        os.close(handle)
    with _explained(path):
        partial = Path(name)
        try:
            yield partial
            _to_disk(partial)
            partial.chmod(0o600 if private else 0o666 & ~_umask())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path, own: Collection[str], overwrite: bool = False) -> Iterator[Path]:
    """A folder to fill; it becomes `path`, whole, when the block ends without an error.

    Parameters
    ----------
    own : collection of str
        Names of the files and folders that are written here. A folder that holds anything
        else is somebody's, and is never replaced.

    Raises
    ------
    OutputExistsError
        If `path` exists and `overwrite` is False, or holds other files.
    OutputError
        If it cannot be written.
    """
    refuse_existing(path, overwrite)
    refuse_foreign(path, own)
    with _in_folder(path.parent):
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=path.parent))
    with _explained(path):
        try:
            yield partial
            for written in partial.rglob("*"):
                if written.is_file():
                    _to_disk(written)
            partial.chmod(0o777 & ~_umask())
            _replace_folder(partial, path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_json(path: Path, value: object, overwrite: bool = False, private: bool = False) -> None:
    """Write `value` to `path` as indented JSON."""
    with new_file(path, overwrite, private) as partial:
        partial.write_text(
            json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
            encoding="utf-8",
        )


def refuse_foreign(path: Path, own: Collection[str]) -> None:
    """Raise if `path` holds anything but files called as `own` says.

    Raises
    ------
    OutputExistsError
    """
    if not os.path.exists(path):
        return
    foreign = {entry.name for entry in path.iterdir()} - set(own) if path.is_dir() else {path.name}
    if foreign:
        raise OutputExistsError(
            f"{path.name} holds something this program did not write ({min(foreign)}) and is not "
            "replaced. Choose another output, or move it away."
        )


def folder_to_disk(folder: Path) -> None:
    """Wait until the names in `folder` are on the disk, where the system can say so."""
    if os.name == "nt":
        # A folder cannot be opened there; its journal keeps names in order.
        return
    with _explained(folder):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            # Some network shares keep no folder back and know no such demand.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(handle)


def _to_disk(path: Path) -> None:
    """Wait until the bytes are on the disk: a rename must not overtake them."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _replace_folder(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    old = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=path.parent)) / "old"
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise if something is at `path` that may not be replaced.

    Raises
    ------
    OutputExistsError
    """
    if os.path.exists(path) and not overwrite:
        raise OutputExistsError(
            f"{path.name} is there already. Choose another output or say --overwrite."
        )


@contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    """Make `folder` and begin in it: an error names it, not what was to be written there."""
    with _explained(folder, "make the output folder"):
        folder.mkdir(parents=True, exist_ok=True)
    with _explained(folder, "write into the output folder"):
        yield


@contextmanager
def _explained(path: Path, verb: str = "write") -> Iterator[None]:
    try:
        yield
    except AllSubtypeError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            why = "the disk is full. Free some space or choose another output."
        elif error.errno == errno.EFBIG:
            why = (
                "it would be larger than the system lets a file be here (ulimit -f, or the file "
                "system). Raise the limit or choose another output."
            )
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            why = "it may not be written. Choose an output you own."
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            why = "a file stands where a folder is needed. Choose another output."
        else:
            why = (error.strerror or type(error).__name__) + ". Choose another output."
        raise OutputError(f"Cannot {verb} {path.name or path}: {why}") from error


# It can only be read by being changed: two threads at once would leave it changed.
_READING_UMASK = threading.Lock()


def _umask() -> int:
    with _READING_UMASK:
        mask = os.umask(0)
        os.umask(mask)
    return mask
