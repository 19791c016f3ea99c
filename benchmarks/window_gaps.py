"""The longest time for which the window stands still while a model is trained.

Usage: python benchmarks/window_gaps.py PROJECT [--head-epochs N] [--fine-tune-epochs N]

A timer of 5 ms notes every turn of the event loop, from before Train is pressed until the result
is shown: starting the process, its imports, the first step and all curves are in it. A window has
to be shown (scripts/with_display.sh).
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EVERY_MS = 5
SETTLE_S = 20.0
LONG_S = 900.0
TO_REACH_MS = 100


@dataclass(frozen=True)
class Gaps:
    """Times between turns of the event loop.

    Parameters
    ----------
    longest_ms : float
    over : int
        Gaps longer than 100 ms.
    turns : int
    seconds : float
        From pressing the button to the result.
    own_ms : float
        Longest time that the window's own thread worked between two turns: what is left of a gap
        on a machine where nobody else works.
    at_s : tuple of float
        When the gaps longer than 100 ms ended.
    """

    longest_ms: float
    over: int
    turns: int
    seconds: float
    own_ms: float
    at_s: tuple[float, ...] = ()


class Watchdog:
    """Notes each turn of the event loop while it is running."""

    def __init__(self) -> None:
        from qtpy.QtCore import Qt, QTimer

        self.gaps_ms: list[float] = []
        self.own_ms: list[float] = []
        self._last_s: tuple[float, float] | None = None
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._on_turn)

    def start(self) -> None:
        """Begin to note."""
        self.gaps_ms, self.own_ms, self._last_s = [], [], None
        self._timer.start()

    def stop(self) -> None:
        """Note no more."""
        self._timer.stop()

    def gaps(self) -> Gaps:
        """What was noted since the start."""
        gaps, at_s = self.gaps_ms, np.cumsum(self.gaps_ms) / 1000
        late = tuple(float(s) for s, ms in zip(at_s, gaps, strict=True) if ms > TO_REACH_MS)
        return Gaps(max(gaps), len(late), len(gaps), float(at_s[-1]), max(self.own_ms), late)

    def _on_turn(self) -> None:
        now_s = time.perf_counter(), time.thread_time()
        if self._last_s is not None:
            for kept, now, last in zip(
                (self.gaps_ms, self.own_ms), now_s, self._last_s, strict=True
            ):
                kept.append(1000 * (now - last))
        self._last_s = now_s


def gaps_of_training(dock, wait) -> Gaps:
    """Press Train in `dock`, wait for its result, and measure the event loop meanwhile.

    Parameters
    ----------
    dock : TrainModel
        With a project whose training set is shown.
    wait : callable
        Runs the event loop until what it is given is true.
    """
    ended: list = []
    dock.trainer.learning.ended.connect(ended.append)
    watchdog = Watchdog()
    watchdog.start()
    dock.footer.start_button.click()
    wait(lambda: bool(ended))
    wait(lambda: not dock.result.isHidden() or bool(ended[0].message))
    watchdog.stop()
    dock.trainer.learning.ended.disconnect(ended.append)
    if ended[0].message:
        raise RuntimeError(ended[0].message)
    return watchdog.gaps()


def measure(project: Path, head_epochs: int, fine_tune_epochs: int) -> tuple[Gaps, Gaps]:
    """Gaps of a window in which nothing goes on, and of one that trains a copy of `project`."""
    import napari
    from qtpy.QtCore import QEventLoop
    from qtpy.QtWidgets import QApplication

    from napari_all_subtype._widgets.train.dock import TrainModel

    viewer = napari.Viewer(show=True)
    dock = TrainModel(viewer)
    viewer.window.add_dock_widget(dock, name="Train")

    def wait(until, seconds: float = LONG_S) -> None:
        end_s = time.perf_counter() + seconds
        while not until() and time.perf_counter() < end_s:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    with tempfile.TemporaryDirectory() as home:
        copy = shutil.copytree(project, Path(home) / "project")
        dock.trainer.record.open(copy)
        wait(lambda: dock.trainer.survey is not None)
        dock.setup.main.set_value("training.head_epochs", head_epochs)
        dock.setup.main.set_value("training.fine_tune_epochs", fine_tune_epochs)
        idle, settled_s = Watchdog(), time.perf_counter() + SETTLE_S
        idle.start()
        wait(lambda: time.perf_counter() > settled_s)
        idle.stop()
        try:
            return idle.gaps(), gaps_of_training(dock, wait)
        finally:
            dock.trainer.record.close()
            viewer.close()


def main() -> None:
    """Print the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--head-epochs", type=int, default=10)
    parser.add_argument("--fine-tune-epochs", type=int, default=2)
    asked = parser.parse_args()
    idle, found = measure(asked.project, asked.head_epochs, asked.fine_tune_epochs)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"Longest gap {found.longest_ms:.0f} ms (to reach: {TO_REACH_MS} ms), {found.over} over "
        f"it, in {found.turns} turns of {found.seconds:.0f} s; at most {found.own_ms:.0f} ms of "
        "work of the window's own thread in one."
    )
    print("They ended after", ", ".join(f"{one:.1f}" for one in found.at_s) or "–", "s.")
    print(
        f"The same window at rest: {idle.longest_ms:.0f} ms, {idle.over} over it, in "
        f"{idle.turns} turns of {idle.seconds:.0f} s, own work {idle.own_ms:.0f} ms; load of the "
        f"machine {load:.1f}."
    )


if __name__ == "__main__":
    main()
