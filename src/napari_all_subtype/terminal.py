"""What a terminal shows: a progress bar on stderr, results on stdout, errors in one line."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from napari_all_subtype.progress import Progress
from napari_all_subtype.workflow.outcomes import IMAGES
from napari_all_subtype.workflow.summarise import Proportion, Summary


class TerminalMonitor:
    """A bar over the images on stderr, when that is a terminal; never asks to stop.

    Parameters
    ----------
    n_images : int
        Length of the bar.
    """

    stop_requested = False

    def __init__(self, n_images: int):
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
        else:
            self._bars.update(self._images, description=progress.stage)


def say(text: str) -> None:
    """One result to stdout."""
    _write(sys.stdout, text)


def fail(text: str) -> None:
    """One error to stderr, in one line."""
    _write(sys.stderr, "error: " + " ".join(text.split()))


def _write(stream: TextIO | None, text: str) -> None:
    """Lines without control characters; a stream that is closed or full loses them."""
    lines = ["".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n")]
    if stream is not None:
        with suppress(OSError):
            stream.write("\n".join(lines) + "\n")
            stream.flush()


def describe(summary: Summary) -> str:
    """Counts and fractions of a smear or field as lines of text."""
    fields = f"{len(summary.fields)} field" + ("s" if len(summary.fields) != 1 else "")
    lines = [f"{summary.name}: {summary.n_cells} white cells in {fields}"]
    lines += [
        f"  {name:<8} {_proportion(share)}"
        for name, share in summary.classes.items()
        if share.count or name in ("normal", "blast")
    ]
    lines.append(f"  blast or L1-L3: {_proportion(summary.blast_any)}")
    lines += [f"  check {name}: {', '.join(flags)}" for name, flags in summary.flags.items()]
    lines.append(
        "  The intervals are of sampling only; every length is uncertain by "
        f"{summary.um_relative_uncertainty:.0%}."
    )
    lines += [f"  {summary.subtype_note}", f"  {summary.notice}"]
    return "\n".join(lines)


def _proportion(share: Proportion) -> str:
    if share.fraction is None or share.wilson is None:
        return f"{share.count:>4}"
    text = f"{share.count:>4}  {share.fraction:>4.0%} "
    text += f"(95 % interval {share.wilson.low:.0%} to {share.wilson.high:.0%}"
    if share.over_fields is not None:
        text += f"; over fields {share.over_fields.low:.0%} to {share.over_fields.high:.0%}"
    return text + ")"
