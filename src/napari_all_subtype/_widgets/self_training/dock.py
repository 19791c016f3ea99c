"""The dock *Self-training*: its parts, and nothing of what they do."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QFormLayout, QGroupBox, QPushButton, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_all_subtype._widgets.form import ParameterForm, all_names, with_values
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.self_training.conductor import Conductor
from napari_all_subtype._widgets.self_training.feedback_panel import FeedbackPanel
from napari_all_subtype._widgets.self_training.rounds_panel import RoundsPanel
from napari_all_subtype._widgets.session import session_of
from napari_all_subtype._widgets.train.choices import TrainChoices
from napari_all_subtype._widgets.train.curves_panel import CurvesPanel
from napari_all_subtype._widgets.train.footer import Footer
from napari_all_subtype._widgets.train.learning_dock import lay_out
from napari_all_subtype.learning.parameters import SelfTrainingParameters

START_TIP = (
    "Let unlabelled cells teach, more of them each round, in a process of its own. Each round's "
    "model is judged by cells that people named."
)
STOP_TIP = "Stop at the next batch; whole rounds stay, and the same button goes on after them."
CHOICES = ("seed", "flat", "split.random_split")
MAIN = ("rounds", "pseudo_labels.error_rate", "pseudo_labels.max_fraction")
WHO = (
    ("the rule", False, "By the score on validation cells, which people named."),
    ("I do", True, "Each round waits until you accept or reject it."),
)


class SelfTraining(QWidget):
    """Feed the model's doubt back, and let unlabelled cells teach it round by round.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer, or the proxy of it that napari hands to a plugin.
    """

    def __init__(self, napari_viewer, parent: QWidget | None = None):
        super().__init__(parent)
        self._build()
        self.conductor = Conductor(self, session_of(napari_viewer))
        # Bound to it, not to this widget, which is gone by then.
        self.destroyed.connect(self.conductor.close)

    def _build(self) -> None:
        self.feedback, self.rounds = FeedbackPanel(), RoundsPanel()
        self.told = paragraph()
        self.curves = CurvesPanel("Curves", "Score, pseudo-labels and agreement, round by round")
        self.curves_button = QPushButton("Draw the curves")
        self.curves_button.setToolTip("Score, pseudo-labels and agreement of the last run.")
        self.footer = Footer("Start self-training", START_TIP, STOP_TIP)
        parts = (
            *(self.told, self.feedback, self._build_setup()),
            *(self.rounds, self.curves_button, self.curves),
        )
        self.scroll = lay_out(self, parts, self.footer)

    def _build_setup(self) -> QWidget:
        defaults = SelfTrainingParameters()
        self.form = ParameterForm(defaults, MAIN)
        others = [name for name in all_names(defaults) if name not in MAIN]
        self.more = ParameterForm(defaults, others)
        self.choices_form = ParameterForm(TrainChoices(), CHOICES)
        self.who = QComboBox()
        self.who.setToolTip("Who accepts or rejects each round.")
        for title, ask, tip in WHO:
            self.who.addItem(title, ask)
            self.who.setItemData(self.who.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        row = QFormLayout()
        row.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        row.addRow("Who decides", self.who)
        box = QCollapsible("More", expandedIcon="▼", collapsedIcon="▶")
        for form in (self.more, self.choices_form):
            box.addWidget(form)
        box.collapse(animate=False)
        box.layout().setContentsMargins(0, 0, 0, 0)
        self.setup = QGroupBox("Self-training")
        layout = QVBoxLayout(self.setup)
        layout.addWidget(self.form)
        layout.addLayout(row)
        layout.addWidget(box)
        return self.setup

    def parameters(self) -> SelfTrainingParameters:
        """What is chosen for the rounds."""
        return with_values(SelfTrainingParameters(), {**self.form.values(), **self.more.values()})

    def choices(self) -> TrainChoices:
        """What is chosen for each training; its network is that of the model that runs."""
        return with_values(TrainChoices(), self.choices_form.values())
