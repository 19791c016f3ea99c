"""A progress bar on stderr, as the monitor of a job."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Column

from napari_all_subtype.progress import Progress, TrainingProgress
from napari_all_subtype.terminal import note
from napari_all_subtype.workflow.outcomes import IMAGES

_BAR, _SHORT_BAR, _WIDE = 20, 10, 100  # columns: of the bar, and from which on it is the longer one
_NUMBERS = 24  # columns of what stands beside words and bar
_NEW_STAGE_S, _SAME_STAGE_S = 5.0, 60.0


class TerminalMonitor:
    """A bar over the images on stderr, or lines where that is no terminal; passes a stop on.

    Parameters
    ----------
    n_images : int
        Length of the bar.
    clock : callable
        Seconds that have gone by.
    """

    def __init__(self, n_images: int, clock: Callable[[], float] = time.monotonic):
        self.stop_requested = False
        console = Console(stderr=True)
        self._lines = None if console.is_terminal else _Lines(clock)
        self._measured: tuple[tuple[str, float], ...] = ()  # after the last whole pass
        bar = _BAR if console.width >= _WIDE else _SHORT_BAR
        self._bars = Bars(
            TextColumn("{task.description}", table_column=_words(console.width - bar)),
            BarColumn(bar),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._images = self._bars.add_task(IMAGES, total=n_images)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No bar while the block runs: it would be painted over what is asked there."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def report(self, progress: Progress) -> None:
        """Move the bar, or name the stage the current image is in."""
        if self._lines is not None:
            self._lines.report(progress)
        elif progress.stage == IMAGES:
            self._bars.update(self._images, completed=progress.done)
        elif isinstance(progress, TrainingProgress):
            earlier = self._measured if progress.epoch > 1 else ()  # not of another model
            self._measured = progress.measured or earlier
            self._bars.update(
                self._images,
                description=_curve_for_bar(progress, self._measured),
                completed=progress.done,
                total=progress.total,
            )
        else:
            self._bars.update(self._images, description=progress.stage)


class _Lines:
    """Lines on stderr, so that a job whose output goes to a file is not silent for minutes."""

    def __init__(self, clock: Callable[[], float]):
        self._clock, self._last = clock, clock()
        self._named: set[str] = set()

    def report(self, progress: Progress) -> None:
        """Say where the job is: each stage once if it lasts, and then once a minute."""
        now = self._clock()
        new = progress.stage not in self._named
        if now - self._last < (_NEW_STAGE_S if new else _SAME_STAGE_S):
            return
        self._last = now
        self._named.add(progress.stage)
        is_curve = isinstance(progress, TrainingProgress) and math.isfinite(progress.loss)
        text = _curve(progress) if is_curve else progress.stage
        note(f"{text}: {progress.done} of {progress.total}" if progress.total else text)


def _words(width: int) -> Column:
    """A column that is cut where else bar and numbers would be."""
    return Column(max_width=max(width - _NUMBERS, 12), no_wrap=True, overflow="ellipsis")


def _curve_for_bar(progress: TrainingProgress, measured: Sequence[tuple[str, float]]) -> str:
    """The same, but what was measured last comes first: a narrow terminal has room for one."""
    figures = [*measured, ("loss", progress.loss)]
    told = [f"{n.replace('_', ' ')} {v:.3f}" for n, v in figures if math.isfinite(v)]
    return ", ".join([progress.stage, *told])


def _curve(progress: TrainingProgress) -> str:
    """Where a training stands, in few words."""
    measured = ", ".join(
        f"{name.replace('_', ' ')} {value:.3f}" for name, value in progress.measured
    )
    return ", ".join(
        part for part in (progress.stage, f"loss {progress.loss:.3f}", measured) if part
    )
