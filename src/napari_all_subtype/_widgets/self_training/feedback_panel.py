"""The group *Feedback*: what the model doubts, and the cells that a reader is asked about."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_all_subtype._widgets.form import ParameterForm, all_names, with_values
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.train.looking import FeedbackKept
from napari_all_subtype.amounts import amount
from napari_all_subtype.learning.parameters import FeedbackParameters

MAIN = ("error_rate", "queue", "loop_back")
NOT_YET = (
    "Each labelled cell is judged by a model that did not learn from it. What is doubted weighs "
    "more in the next training, what is contradicted is shown, and the cells that would teach most "
    "are queued for you."
)


class FeedbackPanel(QGroupBox):
    """The error rate that is accepted, and what follows from it.

    Signals
    -------
    judge_wanted
        A person wants a round of feedback.
    queue_wanted, suspects_wanted
        A person wants to read these cells.
    """

    judge_wanted = Signal()
    queue_wanted = Signal()
    suspects_wanted = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Feedback", parent)
        self._kept: FeedbackKept | None = None
        self._build()
        self.judge_button.clicked.connect(lambda: self.judge_wanted.emit())
        self.queue_button.clicked.connect(lambda: self.queue_wanted.emit())
        self.suspects_button.clicked.connect(lambda: self.suspects_wanted.emit())
        self.show_feedback(None)

    def _build(self) -> None:
        defaults = FeedbackParameters()
        self.form = ParameterForm(defaults, MAIN)
        others = [name for name in all_names(defaults) if name not in MAIN]
        self.more = ParameterForm(defaults, others)
        box = QCollapsible("More", expandedIcon="▼", collapsedIcon="▶")
        box.addWidget(self.more)
        box.collapse(animate=False)
        box.layout().setContentsMargins(0, 0, 0, 0)
        self.judge_button = QPushButton("Judge the labelled cells")
        self.judge_button.setToolTip(
            "Train a model per fold, ask each about the cells it has not seen, and make the queue."
        )
        self.told = paragraph()
        self.queue_button, self.suspects_button = QPushButton(), QPushButton()
        self.queue_button.setToolTip(
            "Read the queue in the dock Review, smear by smear: press again for the next smear."
        )
        self.suspects_button.setToolTip(
            "Look again, in the dock Review, at words that the model contradicts with confidence."
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self.queue_button)
        buttons.addWidget(self.suspects_button)
        layout = QVBoxLayout(self)
        for part in (self.form, box, self.judge_button, self.told):
            layout.addWidget(part)
        layout.addLayout(buttons)

    def parameters(self) -> FeedbackParameters:
        """What is chosen."""
        return with_values(FeedbackParameters(), {**self.form.values(), **self.more.values()})

    def show_feedback(self, kept: FeedbackKept | None) -> None:
        """Have what the last round of feedback found; None if there was none."""
        self._kept = kept
        self.told.setText(NOT_YET if kept is None else feedback_html(kept))
        queue, suspects = (0, 0) if kept is None else (len(kept.queue), len(kept.suspects))
        self.queue_button.setText(f"Read the queue ({queue})")
        self.suspects_button.setText(f"Suspect words ({suspects})")
        for button, n in ((self.queue_button, queue), (self.suspects_button, suspects)):
            button.setVisible(kept is not None)
            button.setEnabled(n > 0)


def feedback_html(kept: FeedbackKept) -> str:
    """What a round of feedback found, in words."""
    lines = [
        f"The model is believed from confidence <b>{kept.threshold:.3f}</b> on."
        if kept.threshold <= 1
        else "At this error rate the model is believed <b>nowhere</b>.",
        f"Macro-F1 out of sample: {kept.macro_f1:.3f}.",
    ]
    if kept.kappa is not None:
        lines.append(f"Agreement with the model before (Cohen's κ): {kept.kappa:.3f}.")
    heavier = amount(kept.looped, "labelled cell weighs", "labelled cells weigh")
    lines.append(f"{heavier} more in the next training.")
    if kept.stop:
        lines.append(f"The loop may end: {escape(kept.stop)}.")
    return "<br>".join(lines)
