"""The group *Models*: those that there are, what is known of each, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QGroupBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype.amounts import amount
from napari_all_subtype.model.card import ModelCard
from napari_all_subtype.workflow.card_words import control_line
from napari_all_subtype.workflow.models import KnownModel

PLACES = {"bundled": "with the program", "user": "yours", "project": "of this project"}
USE_TIP = "Analyse with this model from now on: it is chosen in the dock Analyse smear."
RELEASE_TIP = (
    "Measure this draft on a control set, cells of cases it never saw, and release it in your name."
)
MOST_FIGURES = 6


class ModelsPanel(QGroupBox):
    """A list of models with the card of the one that is chosen.

    Signals
    -------
    use_wanted, release_wanted : KnownModel
        A person wants to work with it, or to release it.
    """

    use_wanted = Signal(object)
    release_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Models", parent)
        self._known: list[KnownModel] = []
        self._states: dict[str, str] = {}
        self._running = ""
        self._able = False
        self._build()
        self.list.currentIndexChanged.connect(self._on_chosen)
        self.use_button.clicked.connect(lambda: self.use_wanted.emit(self.chosen))
        self.release_button.clicked.connect(lambda: self.release_wanted.emit(self.chosen))

    def _build(self) -> None:
        self.list = QComboBox()
        self.list.setAccessibleName("Models")
        self.list.setToolTip("Models that come with the program, your own, and the project's.")
        narrow = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.list.setSizeAdjustPolicy(narrow)
        self.card = paragraph()
        self.use_button, self.release_button = (
            QPushButton("Use this model"),
            QPushButton("Release…"),
        )
        self.use_button.setToolTip(USE_TIP)
        self.release_button.setToolTip(RELEASE_TIP)
        buttons = QHBoxLayout()
        buttons.addWidget(self.use_button)
        buttons.addWidget(self.release_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addLayout(buttons)
        layout.addWidget(self.card)

    @property
    def chosen(self) -> KnownModel | None:
        """The model that is chosen."""
        n = self.list.currentIndex()
        return self._known[n] if 0 <= n < len(self._known) else None

    def choose(self, model_id: str) -> None:
        """Choose the model called `model_id`, if it is there."""
        for n, one in enumerate(self._known):
            if one.id == model_id:
                self.list.setCurrentIndex(n)

    def show_models(
        self, known: Sequence[KnownModel], states: Mapping[str, str], running: str
    ) -> None:
        """Offer models, and choose the one that runs when another one does than before.

        Parameters
        ----------
        states : mapping of str to str
            What is recorded of those of the project: ``draft`` or ``released``.
        running : str
            Id of the model that was last trained or accepted; empty if there is none.
        """
        before = self.chosen
        self._known, self._states = list(known), dict(states)
        with QSignalBlocker(self.list):
            self.list.clear()
            for one in known:
                now = ", runs" if one.place == "project" and one.id == running else ""
                state = self._state(one)
                self.list.addItem(f"{one.id} ({PLACES[one.place]}, {state}{now})")
        if running != self._running:
            self._running = running
            self.choose(running)
        elif before is not None:
            self.choose(before.id)
        self._on_chosen()

    def show_state(self, able: bool) -> None:
        """Say whether a model can be released now: the project can be written, nothing goes on."""
        self._able = able
        self._enable()

    def _state(self, model: KnownModel) -> str:
        if model.card is None:
            return "damaged"
        return self._states.get(model.id, model.card.state)

    def _on_chosen(self, *_: object) -> None:
        model = self.chosen
        if model is None:
            self.card.setText("")
        elif model.card is None:
            self.card.setText(f"⚠ {escape(model.error)}")
        else:
            self.card.setText(card_html(model.card, self._state(model)))
        self._enable()

    def _enable(self) -> None:
        model = self.chosen
        there = model is not None and model.card is not None
        self.use_button.setEnabled(there)
        draft = there and model.place == "project" and self._state(model) == "draft"
        self.release_button.setEnabled(draft and self._able)


def card_html(card: ModelCard, state: str) -> str:
    """What a card tells, in short."""
    classes = ", ".join(one.title for one in card.classes.classes)
    lines = [f"<b>{escape(card.identity)}</b>: {state}", f"Classes: {escape(classes)}"]
    if card.release is not None:
        lines.append(f"Released by {escape(card.release.by)}.")
        lines.append(f"{escape(control_line(card.release))}.")
    lines += [
        f"Learned from {amount(one.crops, 'crop')} of {amount(one.groups, 'group')}: "
        f"{escape(one.dataset)}."
        for one in card.trained_on
    ]
    lines.append(f"Calibrated on: {escape(card.calibrated_on)}.")
    lines += [
        f"{escape(one.name)} {one.value:.3f} ({escape(one.protocol)})"
        for one in card.measured[:MOST_FIGURES]
    ]
    lines += [f"⚠ {escape(one)}" for one in card.limits]
    return "<br>".join(lines)
