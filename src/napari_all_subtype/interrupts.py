"""Ctrl-C and its relatives: the first one stops the program, which then tidies up undisturbed."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

TIDYING_S = 3.0
STOPPED = 128 + signal.SIGINT  # exit status
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Stoppable(Protocol):
    """A monitor that can be told to ask for a stop."""

    stop_requested: bool


class Interrupts:
    """What was asked of the program from outside.

    Attributes
    ----------
    status : int or None
        Exit status of a stopped program, 128 and the signal's number; None as
        long as nobody asked.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self._asked_s = 0.0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt, but not while the last one is being tidied up after.

        Who presses Ctrl-C twice would otherwise break off the removal of what is
        half-written.
        """
        now_s = time.monotonic()
        if self.status is not None and now_s - self._asked_s < TIDYING_S:
            return
        self.status, self._asked_s = 128 + number, now_s
        raise KeyboardInterrupt


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Listen while the block runs; signals that were ignored before (``nohup``) stay ignored."""
    asked = Interrupts()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, asked.handle)
    try:
        yield asked
    finally:
        # A program that was stopped is about to end; a second Ctrl-C must not cut that short.
        for number, handler in before.items():
            signal.signal(number, handler if asked.status is None else signal.SIG_IGN)


@contextmanager
def stopped_by_interrupt(monitor: Stoppable) -> Iterator[None]:
    """Ctrl-C has `monitor` ask for a stop while the block runs; the second one interrupts.

    What runs can then end in order, and keep what it has.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        if monitor.stop_requested and callable(before):
            before(number, frame)
        monitor.stop_requested = True

    if before in (signal.SIG_IGN, None):
        yield
        return
    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
