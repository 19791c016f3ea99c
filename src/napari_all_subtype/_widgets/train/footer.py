"""What is always in sight below a dock that learns: start, stop, how far it is, and the notice."""

from __future__ import annotations

import math

from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype.progress import Progress, TrainingProgress
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

STOP_TIP = "Stop at the next batch; the weights that count so far are kept."
STOP_NOW, STOP_NOW_TIP = (
    "Stop now",
    "Do not wait for the last batch: it goes on from the last pass.",
)


class Footer(QWidget):
    """Two buttons, a bar and lines of text.

    Parameters
    ----------
    start : str
        What stands on the first button.
    tip, stop_tip : str
        Tooltips of the two.
    """

    def __init__(self, start: str, tip: str, stop_tip: str = STOP_TIP, parent=None):
        super().__init__(parent)
        self._stop_tip = stop_tip
        self.start_button, self.stop_button = QPushButton(start), QPushButton("Stop")
        self.start_button.setToolTip(tip)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress")
        self.told = paragraph()
        self.told.setAccessibleName("What goes on, or what was done")
        buttons = QHBoxLayout()
        buttons.addWidget(self.start_button)
        buttons.addWidget(self.stop_button)
        column = QVBoxLayout(self)
        column.addLayout(buttons)
        for part in (self.bar, self.told, paragraph(f"<b>{RESEARCH_USE_ONLY}</b>")):
            column.addWidget(part)
        self.show_state(False, False)

    def show_state(self, able: bool, running: bool, stopping: bool = False) -> None:
        """Enable what can be done now.

        Parameters
        ----------
        able : bool
            Whether it could be started.
        running, stopping : bool
            Whether it goes on, and whether a stop was asked for.
        """
        self.start_button.setEnabled(able and not running)
        self.stop_button.setEnabled(running)
        self.stop_button.setText(STOP_NOW if stopping else "Stop")
        self.stop_button.setToolTip(STOP_NOW_TIP if stopping else self._stop_tip)
        self.bar.setVisible(running)

    def say(self, html: str) -> None:
        """Write what goes on, or what was done."""
        self.told.setText(html)

    def show_start(self) -> None:
        """Have the bar and the line say that it begins."""
        self._set_bar(0, 0)
        self.say("Starting the process that learns…")

    def _set_bar(self, done: int, total: int) -> None:
        # Never without an end: Qt then moves the bar all the time, and the window stutters.
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(min(done, total))

    def show_progress(self, progress: Progress, before: str = "") -> None:
        """Have the bar and the line say how far it is; `before` stands in front of it."""
        self._set_bar(progress.done, progress.total)
        self.say(before + progress_text(progress))


def progress_text(progress: Progress) -> str:
    """How far it is, in words.

    Examples
    --------
    >>> progress_text(Progress("cut cells", 3, 10))
    'Cut cells: 3 of 10'
    """
    words = progress.stage[:1].upper() + progress.stage[1:]
    if not isinstance(progress, TrainingProgress):
        return f"{words}: {progress.done} of {progress.total}" if progress.total else f"{words}…"
    parts = [words]
    if not math.isnan(progress.loss):
        parts.append(f"loss {progress.loss:.3f}")
    if not math.isnan(progress.seconds_left):
        parts.append(f"at most {duration(progress.seconds_left)} left in this phase")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A time in words.

    Examples
    --------
    >>> duration(42), duration(100), duration(5000)
    ('42 s', '2 min', '1 h 23 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
