"""One program writes a project at a time; the next is told who does."""

from __future__ import annotations

import getpass
import json
import multiprocessing
import os
import platform
from pathlib import Path

from filelock import FileLock, Timeout

from napari_all_subtype.errors import OutputError
from napari_all_subtype.files import write_json
from napari_all_subtype.project.clock import utc_now

LOCK_FILE = "project.lock"
LENT_FILE = "project.lent.lock"
LEAVES_S = 3.0  # a process whose window was killed notices that and is gone by then
HOLDER_FILE = "project.writer.json"


class WriterLock:
    """The right to write the project in `folder`, until it is released or its program ends.

    The system takes the right back from a program that was killed. Who holds it stands
    in a file beside the lock, since Windows lets nobody read a file that is locked.
    """

    def __init__(self, folder: Path, lock: FileLock):
        self._holder = folder / HOLDER_FILE
        self._lock = lock

    def release(self) -> None:
        """Give the right back."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()


def take(folder: Path) -> tuple[WriterLock | None, str]:
    """The right to write `folder`, or None and the reason why it cannot be had."""
    # It is the program's, not that of the thread which opened the project.
    lock = FileLock(folder / LOCK_FILE, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None, f"{_holder(folder)} is writing this project. Wait until that ends, or end it."
    except (OSError, NotImplementedError) as error:
        return None, f"its folder cannot be written ({_why(error)})."
    taken = WriterLock(folder, lock)
    if _still_lent(folder):
        lock.release()
        return None, (
            "a training goes on in it whose window was ended. Wait until that process has ended, "
            "or end it."
        )
    try:
        write_json(folder / HOLDER_FILE, _ourselves(), overwrite=True)
    except OutputError as error:
        taken.release()
        return None, f"its folder cannot be written ({_why(error.__cause__ or error)})."
    return taken, ""


class LentLock:
    """The right that a child process writes by: while it holds that, nobody else takes the other.

    If its parent is killed the system takes the parent's right back, not this one.
    """

    def __init__(self, lock: FileLock):
        self._lock = lock

    def release(self) -> None:
        """Give the right back."""
        self._lock.release()


def lent_by_parent(folder: Path) -> bool:
    """Whether the program whose child process this is holds the right to write `folder`."""
    parent, held = multiprocessing.parent_process(), _held_by(folder)
    if parent is None or not held or not parent.is_alive():
        return False
    return (held["machine"], held["process"]) == (platform.node(), parent.pid)


def borrow(folder: Path) -> tuple[LentLock | None, str]:
    """The right of the parent to write `folder`, or None and the reason why it cannot be had."""
    lock = FileLock(folder / LENT_FILE, timeout=LEAVES_S, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None, "another process of this program is writing it. Wait until that ends."
    except (OSError, NotImplementedError) as error:
        return None, f"its folder cannot be written ({_why(error)})."
    if not lent_by_parent(folder):
        # It ended meanwhile, and somebody else may write by now.
        lock.release()
        return None, "the window that it was opened in is gone."
    return LentLock(lock), ""


def _still_lent(folder: Path) -> bool:
    """Whether a child process writes whose parent is gone; waits a little for its end."""
    if not (folder / LENT_FILE).exists():
        return False
    lock = FileLock(folder / LENT_FILE, timeout=LEAVES_S, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False  # nor can a child have taken it
    lock.release()
    return False


def _ourselves() -> dict[str, object]:
    return {
        "user": _user(),
        "machine": platform.node(),
        "process": os.getpid(),
        "since": utc_now(),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A user without a name, as in a container.
        return "somebody"


def _held_by(folder: Path) -> dict[str, object]:
    """What the holder of the lock wrote of itself; empty where it cannot be read."""
    try:
        told = json.loads((folder / HOLDER_FILE).read_text(encoding="utf-8"))
        return {key: told[key] for key in ("user", "machine", "process", "since")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _holder(folder: Path) -> str:
    """Who holds the lock, in words; as much as can be told."""
    held = _held_by(folder)
    if not held:
        return "Another program"
    user, machine, process, since = held.values()
    if machine == platform.node() and process == os.getpid():
        return f"Another window of this napari, or of this program, (opened at {since})"
    return f"Another program ({user} on {machine}, process {process}, since {since})"


def _why(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
