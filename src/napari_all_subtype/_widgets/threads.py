"""Work that must not hold the window: in a thread, or in turns with what else happens there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer

from napari_all_subtype.errors import AllSubtypeError


def in_thread(function: Callable, *arguments: object, then: Callable[[object], None]) -> None:
    """Call `function` in a thread, and `then` in this one with its value or our own error."""

    def attempt() -> tuple[object]:
        # In a tuple: a bare exception would be raised by the worker, not handed over.
        try:
            return (function(*arguments),)
        except AllSubtypeError as error:
            return (error,)

    create_worker(attempt, _connect={"returned": lambda outcome: then(*outcome)})


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
