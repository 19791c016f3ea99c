"""Draws figures in a thread of the process that learns, so that neither it nor the window waits."""

from __future__ import annotations

import io
import logging
import queue
import threading
import time
from collections.abc import Callable

from napari_all_subtype._widgets.train.orders import Picture

log = logging.getLogger(__name__)

DPI = 160
EVERY_S = 0.7


class Plotter:
    """Draws what is asked for, the newest of each name, at most about once a second.

    Parameters
    ----------
    send : callable
        Takes each `Picture`.
    """

    def __init__(self, send: Callable[[object], None]):
        self._send = send
        self._asked: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def draw(self, name: str, figure: Callable[[], object]) -> None:
        """Have the figure that `figure` makes drawn soon, unless a newer one comes."""
        self._asked.put((name, figure))

    def finish(self) -> None:
        """Wait until all that was asked for is sent."""
        done = threading.Event()
        self._asked.put((None, done))
        done.wait()

    def _work(self) -> None:
        drawn_at_s = 0.0
        while True:
            asked = [self._asked.get()]
            wait_s = drawn_at_s + EVERY_S - time.monotonic()
            while wait_s > 0 and asked[-1][0] is not None:
                try:
                    asked.append(self._asked.get(timeout=wait_s))
                except queue.Empty:
                    break
                wait_s = drawn_at_s + EVERY_S - time.monotonic()
            for name, figure in {name: figure for name, figure in asked if name}.items():
                self._draw(name, figure)
            drawn_at_s = time.monotonic()
            for name, done in asked:
                if name is None:
                    done.set()

    def _draw(self, name: str, figure: Callable[[], object]) -> None:
        try:
            stream = io.BytesIO()
            figure().savefig(stream, format="png", dpi=DPI)
        except Exception:  # a picture that fails must not end what it shows
            log.exception("a figure could not be drawn")
            return
        self._send(Picture(name, stream.getvalue()))
