"""A progress bar on stderr, as the monitor of a job."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from napari_all_subtype.progress import Progress, TrainingProgress
from napari_all_subtype.workflow.outcomes import IMAGES


class TerminalMonitor:
    """A bar over the images on stderr, when that is a terminal; asks to stop when it is told to.

    Parameters
    ----------
    n_images : int
        Length of the bar.
    """

    def __init__(self, n_images: int):
        self.stop_requested = False
        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
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

    def report(self, progress: Progress) -> None:
        """Move the bar, or name the stage the current image is in."""
        if progress.stage == IMAGES:
            self._bars.update(self._images, completed=progress.done)
        elif isinstance(progress, TrainingProgress):
            self._bars.update(
                self._images,
                description=_curve(progress),
                completed=progress.done,
                total=progress.total,
            )
        else:
            self._bars.update(self._images, description=progress.stage)


def _curve(progress: TrainingProgress) -> str:
    """Where a training stands, in few words."""
    measured = ", ".join(
        f"{name.replace('_', ' ')} {value:.3f}" for name, value in progress.measured
    )
    return ", ".join(
        part for part in (progress.stage, f"loss {progress.loss:.3f}", measured) if part
    )
