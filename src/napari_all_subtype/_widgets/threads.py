"""Work that must not hold the window: in a thread, its outcome back in the window's own."""

from __future__ import annotations

from collections.abc import Callable

from napari.qt.threading import create_worker

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
