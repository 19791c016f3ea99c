"""The group *This cell is*: a button per class and exclusion, and what a key does beside it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QGroupBox,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.legend import swatch
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.actions import (
    CHANGES,
    MOVES,
    REGION,
    Action,
    Keys,
    actions_of,
)
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, Taxonomy, class_of

NOTHING_TO_SAY = "Analyse a smear first: press <b>Run</b> in the dock <i>Analyse smear</i>."
PICK_ONE = "Click a cell, point at one, or press <b>Next</b>."
SWATCH = QSize(18, 18)


class WordPanel(QGroupBox):
    """What can be said of a cell, with its keys.

    Signals
    -------
    wanted : str
        Name of an action: a button was pressed.
    keys_wanted
        A person wants other keys.
    """

    wanted = Signal(str)
    keys_wanted = Signal()

    def __init__(self, taxonomy: Taxonomy = FAB5, parent: QWidget | None = None):
        super().__init__("This cell is", parent)
        self.actions_ = actions_of(taxonomy)
        self.buttons: dict[str, QToolButton] = {}
        self._build(taxonomy)
        self.keys_button.clicked.connect(lambda: self.keys_wanted.emit())

    def _build(self, taxonomy: Taxonomy) -> None:
        by_name = {one.name: one for one in self.actions_}
        self.cell = paragraph(NOTHING_TO_SAY)
        layout = QVBoxLayout(self)
        layout.addWidget(self.cell)
        classes = [by_name[name] for name in taxonomy.names]
        exclusions = [by_name[one.name] for one in EXCLUSIONS]
        layout.addLayout(self._grid(classes, 3, taxonomy))
        layout.addLayout(self._grid(exclusions, 2, taxonomy))
        layout.addLayout(self._grid(MOVES, 3, None))
        layout.addLayout(self._grid(CHANGES, 4, None))
        self.go_on = QCheckBox("Go on to the next cell after a word")
        self.go_on.setChecked(True)
        self.by_click = QCheckBox("A click says the last word again")
        self.by_click.setToolTip(
            "Press a class once; then every cell that is clicked is called so, until this is "
            "switched off."
        )
        self.keys_button = QPushButton("Keys…")
        self.keys_button.setToolTip("Choose other keys for classes and moves.")
        self.said = paragraph()
        self.said.setVisible(False)
        for part in (self.go_on, self.by_click, self.keys_button, self.said):
            layout.addWidget(part)

    def _grid(self, actions: Sequence[Action], columns: int, taxonomy: Taxonomy | None):
        grid = QGridLayout()
        grid.setSpacing(2)
        for n, action in enumerate(actions):
            grid.addWidget(self._button(action, taxonomy), n // columns, n % columns)
        return grid

    def _button(self, action: Action, taxonomy: Taxonomy | None) -> QToolButton:
        button = QToolButton()
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setAccessibleName(action.title)
        # The keys work wherever the focus is; a button that took it would take the space bar too.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if taxonomy is not None:
            button.setIcon(QIcon(swatch(class_of(taxonomy, action.name))))
            button.setIconSize(SWATCH)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self.wanted.emit(action.name))
        self.buttons[action.name] = button
        return button

    def show_keys(self, keys: Keys) -> None:
        """Write each key beside its word."""
        for action in self.actions_:
            button, key = self.buttons[action.name], keys.of(action)
            short = len(key) == 1
            button.setText(f"{action.title} ({key})" if short else action.title)
            told = f" Key: {key}." if key else " No key."
            button.setToolTip(action.tip + told)

    def show_cell(self, told: str, possible: bool) -> None:
        """Say which cell a word is for, and whether there is one.

        Parameters
        ----------
        told : str
            In HTML.
        """
        self.cell.setText(told)
        words = {one.name for one in self.actions_} - {one.name for one in (*MOVES, *CHANGES)}
        for name in (*words, "take back", "skip"):
            self.buttons[name].setEnabled(possible)

    def show_region(self, on: bool) -> None:
        """Have the button of the region pressed while one can be drawn."""
        self.buttons[REGION].setDown(on)
        self.say("Draw a line around the cells, with the button of the mouse held." * on)

    def say(self, text: str) -> None:
        """Write what was done, or why it was not; nothing without text."""
        self.said.setText(text)
        self.said.setVisible(bool(text))
