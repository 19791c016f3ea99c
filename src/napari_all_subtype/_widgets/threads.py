"""Work that must not hold the window: in a thread, or in turns with what else happens there."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from functools import cache

from napari.qt.threading import create_worker
from qtpy.QtCore import QThreadPool, QTimer

from napari_all_subtype.errors import AllSubtypeError

# How long a program that ends waits for threads: one that tells a window that is gone of its
# result would abort it.
GRACE_MS = 5000


def in_thread(function: Callable, *arguments: object, then: Callable[[object], None]) -> None:
    """Call `function` in a thread, and `then` in this one with its value or our own error."""

    def attempt() -> tuple[object]:
        # In a tuple: a bare exception would be raised by the worker, not handed over.
        try:
            return (function(*arguments),)
        except AllSubtypeError as error:
            return (error,)

    _wait_at_the_end()
    create_worker(attempt, _connect={"returned": lambda outcome: then(*outcome)})


@cache
def _wait_at_the_end() -> None:
    atexit.register(lambda: QThreadPool.globalInstance().waitForDone(GRACE_MS))


class Latest:
    """Work in a thread, one piece at a time, of which only what was asked for last counts."""

    def __init__(self) -> None:
        self._next: tuple[Callable, Callable] | None = None
        self._busy = False

    def ask(self, function: Callable[[], object], then: Callable[[object], None]) -> None:
        """Call `then` with the value of `function`, unless something else is asked for before."""
        self._next = (function, then)
        if not self._busy:
            self._begin()

    def forget(self) -> None:
        """Call nothing any more of what is under way."""
        self._next = (lambda: None, lambda _: None) if self._busy else None

    def _begin(self) -> None:
        (function, then), self._next, self._busy = self._next, None, True

        def end(value: object) -> None:
            self._busy = False
            if self._next is not None:
                self._begin()
            else:
                then(value)

        in_thread(function, then=end)


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
