"""Work that must not hold the window: in a thread, or in turns with what else happens there."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from functools import cache

from qtpy.QtCore import QThreadPool, QTimer
from superqt.utils import create_worker

from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.progress import Monitor, SilentMonitor

# How long a program that ends waits for threads: one that tells a window that is gone of its
# result would abort it.
GRACE_MS = 5000


def in_thread(
    function: Callable,
    *arguments: object,
    then: Callable[[object], None],
    failed: Callable[[Exception], None] = lambda error: None,
) -> None:
    """Call `function` in a thread, and `then` in this one with its value or our own error.

    Any other error is raised in this thread, after `failed` was called with it.
    """

    def attempt() -> tuple[object]:
        # In a tuple: a bare exception would be raised by the worker, not handed over.
        try:
            return (function(*arguments),)
        except AllSubtypeError as error:
            return (error,)

    def unforeseen(error: Exception) -> None:
        failed(error)
        raise error

    _wait_at_the_end()
    heard = {"returned": lambda outcome: then(*outcome), "errored": unforeseen}
    # Not napari's: its window keeps every worker, and the pixels it worked on, until it closes.
    create_worker(attempt, _connect=heard)


@cache
def _wait_at_the_end() -> None:
    atexit.register(lambda: QThreadPool.globalInstance().waitForDone(GRACE_MS))


class Latest:
    """Work in a thread, one piece at a time, of which only what was asked for last counts.

    Each piece is given a monitor that asks it to stop once it does not count any more.
    """

    def __init__(self) -> None:
        self._next: tuple[Callable, Callable] | None = None
        self._running: _Piece | None = None

    def ask(self, function: Callable[[Monitor], object], then: Callable[[object], None]) -> None:
        """Call `then` with the value of `function`, unless something else is asked for before."""
        self.forget()
        self._next = (function, then)
        if self._running is None:
            self._begin()

    def forget(self) -> None:
        """Call nothing any more of what is under way."""
        self._next = None
        if self._running is not None:
            self._running.stop_requested = True

    def _begin(self) -> None:
        function, then = self._next
        self._next, piece = None, _Piece()
        self._running = piece

        def end(value: object) -> None:
            self._running = None
            if self._next is not None:
                self._begin()
            elif not piece.stop_requested:
                then(value)

        in_thread(function, piece, then=end)


class _Piece(SilentMonitor):
    """The monitor of one piece of work."""

    def __init__(self) -> None:
        self.stop_requested = False


def in_turns(
    steps: Iterator[None], until: Callable[[], bool], then: Callable[[], None] = lambda: None
) -> None:
    """Do the first of `steps` now and each other when the window is free, unless `until` is so.

    Parameters
    ----------
    then : callable
        Called after the last step.
    """

    def turn() -> None:
        if until():
            return
        if next(steps, "end") is None:
            QTimer.singleShot(0, turn)
        else:
            then()

    turn()
