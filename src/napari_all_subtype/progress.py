"""The one protocol for progress and stopping: bars, windows and tests all speak it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Protocol, TypeVar

from napari_all_subtype.errors import Stopped

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a stage has come.

    Parameters
    ----------
    stage : str
        What is being done, in words a person reads: ``"segment"``.
    done, total : int
        Steps finished and steps in all; a total of 0 means it is not known.
    """

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class TrainingProgress(Progress):
    """How far a training has come: what curves are drawn of.

    Parameters
    ----------
    phase : str
        ``head`` or ``fine-tuning``.
    epoch, epochs : int
        Epoch that runs, from 1, and how many there are at most.
    loss : float
        Mean over the batches of this epoch so far; NaN before the first.
    measured : tuple of (str, float)
        At the end of an epoch: what was measured on the validation cells, by name; empty
        between.
    best_epoch : int
        Epoch whose weights are the best so far, 0 before the first.
    seconds_left : float
        At most so long yet; NaN where nothing tells.
    chooses : bool
        Whether the best epoch counts; else the last does, since few cells validate.
    """

    phase: str = ""
    epoch: int = 0
    epochs: int = 0
    loss: float = math.nan
    measured: tuple[tuple[str, float], ...] = ()
    best_epoch: int = 0
    seconds_left: float = math.nan
    chooses: bool = True


class Monitor(Protocol):
    """Listens to progress and says whether to stop."""

    def report(self, progress: Progress) -> None:
        """Take note of `progress`."""

    @property
    def stop_requested(self) -> bool:
        """True once a person has asked to stop."""


class SilentMonitor:
    """A monitor that shows nothing and never stops."""

    stop_requested = False

    def report(self, progress: Progress) -> None:
        """Do nothing."""


SILENT = SilentMonitor()


class Unstoppable:
    """Tells a monitor how far it is and hears no stop: what was done is kept first."""

    stop_requested = False

    def __init__(self, monitor: Monitor):
        self.report = monitor.report


class Untold:
    """Hears the stop of a monitor and tells it nothing."""

    def __init__(self, monitor: Monitor):
        self._monitor = monitor

    def report(self, progress: Progress) -> None:
        """Do nothing."""

    @property
    def stop_requested(self) -> bool:
        """As the monitor says."""
        return self._monitor.stop_requested


def checkpoint(monitor: Monitor, progress: Progress) -> None:
    """Report `progress`, and stop here if a person asked for it.

    Raises
    ------
    Stopped
        If a stop was requested.
    """
    monitor.report(progress)
    if monitor.stop_requested:
        raise Stopped(f"Stopped during {progress.stage!r}; nothing of it was kept.")


def steps(items: Iterable[T], stage: str, monitor: Monitor) -> Iterator[T]:
    """Yield `items`, with a checkpoint before each and one after the last.

    Raises
    ------
    Stopped
        If a stop was requested.
    """
    total = len(items) if isinstance(items, Sized) else 0
    done = 0
    for done, item in enumerate(items, 1):
        checkpoint(monitor, Progress(stage, done - 1, total))
        yield item
    checkpoint(monitor, Progress(stage, done, total))
