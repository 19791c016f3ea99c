"""Clocks of a running window: what a call takes, how long the window is held, what is drawn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication
from vispy.scene import SceneCanvas


def spent_ms(act: Callable[[], object]) -> float:
    """Milliseconds that `act` takes on the clock."""
    began = time.perf_counter()
    act()
    return 1e3 * (time.perf_counter() - began)


@contextmanager
def drawing() -> Iterator[list[float]]:
    """Milliseconds of each drawing of the canvas inside: software GL, no work of ours."""
    times: list[float] = []
    draw = SceneCanvas.on_draw

    def timed(canvas, event):
        times.append(spent_ms(lambda: draw(canvas, event)))

    SceneCanvas.on_draw = timed
    try:
        yield times
    finally:
        SceneCanvas.on_draw = draw


class Blocks(QObject):
    """Longest time between two turns of the event loop while it watches.

    A timer of no interval fires in each turn; two of its events lie as far apart as what came
    between them has held the window.
    """

    def __init__(self):
        super().__init__()
        self.gaps_ms: list[float] = []
        self._last = 0.0
        self._timer = 0

    def __enter__(self) -> Blocks:
        self._timer, self._last = self.startTimer(0), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self._turn()
        self.killTimer(self._timer)

    def timerEvent(self, event: QEvent) -> None:
        """One turn more."""
        self._turn()

    def _turn(self) -> None:
        now = time.perf_counter()
        self.gaps_ms.append(1e3 * (now - self._last))
        self._last = now


def until_idle_ms(quiet_ms: float = 60.0) -> float:
    """Milliseconds that the main thread is busy until it was idle for `quiet_ms`."""
    busy, idle_since = 0.0, time.perf_counter()
    while 1e3 * (time.perf_counter() - idle_since) < quiet_ms:
        turn = spent_ms(QApplication.instance().processEvents)
        if turn > 0.5:
            busy += turn
            idle_since = time.perf_counter()
        time.sleep(0.001)
    return busy
