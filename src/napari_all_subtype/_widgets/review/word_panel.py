"""The group *This cell is*: a button per class and exclusion, and what a key does beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QGroupBox,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.legend import swatch
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.actions import (
    CHANGES,
    MOVES,
    OTHERS,
    REGION,
    SKIP,
    TAKE_BACK,
    Action,
    Keys,
    actions_of,
)
from napari_all_subtype.taxonomy import FAB5, Taxonomy, class_of

NOTHING_TO_SAY = "Analyse a smear first: press <b>Run</b> in the dock <i>Analyse smear</i>."
NONE_FOUND = "No cell was found: try another sensitivity or pixel size."
PICK_ONE = "Click a cell, point at one, or press <b>Next</b>."
GONE = (
    "⚠ The {} was deleted, so no word can be said: press <b>Next</b>, or choose the smear again, "
    "to have it back."
)
LONG_TITLE, VERY_LONG_TITLE = 11, 22
CHOOSE_ONE = "Press a class; then every cell that is clicked is called so."
REGION_HINT = "Draw a line around the cells, with the button of the mouse held."
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
        self.actions_: tuple[Action, ...] = ()
        self.armed: str | None = None
        self.buttons: dict[str, QPushButton] = {}
        self._refused: frozenset[str] = frozenset()
        self._classes: tuple[Taxonomy, str] | None = None
        self._build()
        self.show_classes(taxonomy)
        self.keys_button.clicked.connect(lambda: self.keys_wanted.emit())
        self.by_click.toggled.connect(self._on_by_click)

    def _build(self) -> None:
        self.cell, self.conflict = paragraph(NOTHING_TO_SAY), paragraph()
        self.reader = paragraph()
        self.conflict.setVisible(False)
        self._grids = QWidget()
        layout = QVBoxLayout(self)
        for part in (self.reader, self.cell, self.conflict, self._grids):
            layout.addWidget(part)
        self.go_on = QCheckBox("Go on to the next cell after a word")
        self.go_on.setToolTip(
            "Show the next cell of the queue once something was said of this one."
        )
        self.go_on.setChecked(True)
        self.by_click = QCheckBox("Say a word by click")
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

    def show_classes(self, taxonomy: Taxonomy, conflict: str = "") -> None:
        """Have a button for each class of `taxonomy`, in the place of those before.

        Parameters
        ----------
        conflict : str
            Why no class can be said of the cells that are shown, in HTML; empty if they can.
        """
        if self._classes == (taxonomy, conflict):
            return
        self._classes = (taxonomy, conflict)
        self.actions_, self.armed, self.buttons = actions_of(taxonomy), None, {}
        classes = [one for one in self.actions_ if one.word in taxonomy.names]
        others = {one.name for one in (*MOVES, *CHANGES)}
        exclusions = [one for one in self.actions_ if one not in classes and one.name not in others]
        before, self._grids = self._grids, QWidget()
        column = QVBoxLayout(self._grids)
        column.setContentsMargins(0, 0, 0, 0)
        for actions, columns, of in (
            (classes, _columns(classes), taxonomy),
            (exclusions, 2, taxonomy),
            (MOVES, 3, None),
            (CHANGES, 2, None),
        ):
            column.addLayout(self._grid(actions, columns, of))
        self.layout().replaceWidget(before, self._grids)
        before.hide()
        before.deleteLater()
        self._refused = frozenset(one.name for one in classes) if conflict else frozenset()
        self.conflict.setText(conflict)
        self.conflict.setVisible(bool(conflict))
        self.show_keys(Keys())

    def _grid(
        self, actions: Sequence[Action], columns: int, taxonomy: Taxonomy | None
    ) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(2)
        for n, action in enumerate(actions):
            grid.addWidget(self._button(action, taxonomy), n // columns, n % columns)
        return grid

    def _button(self, action: Action, taxonomy: Taxonomy | None) -> QPushButton:
        button = QPushButton()
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setAccessibleName(action.title)
        # The keys work wherever the focus is; a button that took it would take the space bar too.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if taxonomy is not None:
            button.setIcon(QIcon(swatch(class_of(taxonomy, action.word))))
            button.setIconSize(SWATCH)
        button.clicked.connect(lambda: self.wanted.emit(action.name))
        self.buttons[action.name] = button
        return button

    @property
    def words(self) -> set[str]:
        """Actions that say something of a cell."""
        return {one.name for one in self.actions_ if one.word}

    def show_keys(self, keys: Keys) -> None:
        """Write each key beside its word."""
        for action in self.actions_:
            button, key = self.buttons[action.name], keys.of(action)
            button.setText(f"{action.title} ({key})" if key else action.title)
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
        for name in (*self.words, TAKE_BACK, SKIP):
            able = possible or (name != SKIP and self.by_click.isChecked())
            self.buttons[name].setEnabled(able and name not in self._refused)

    def show_smear(self, there: bool) -> None:
        """Say whether there is a smear to go through: without one there is nothing to do."""
        for action in OTHERS:
            if action.name not in (TAKE_BACK, SKIP):  # these are of the one cell
                self.buttons[action.name].setEnabled(there)

    def show_reader(self, name: str) -> None:
        """Say under whose name words are said; nothing where none can be said."""
        self.reader.setText(f"Words are said as <b>{escape(name)}</b>." if name else "")
        self.reader.setVisible(bool(name))

    def show_region(self, on: bool) -> None:
        """Have the button of the region pressed while one can be drawn."""
        self.buttons[REGION].setDown(on)
        self.say(REGION_HINT * on)

    def arm(self, word: str) -> None:
        """Have `word` said by each click; an empty one takes words back."""
        self.armed = word
        pressed = next(
            one for one in self.actions_ if (one.word == word if word else one.name == TAKE_BACK)
        )
        for name in (*self.words, TAKE_BACK):
            self.buttons[name].setDown(name == pressed.name)
        title = pressed.title
        self.say(f"<b>{title}</b>: each cell that is clicked is called so.")

    def _on_by_click(self, on: bool) -> None:
        self.armed = None
        for name in (*self.words, TAKE_BACK):
            self.buttons[name].setDown(False)
            if on:
                self.buttons[name].setEnabled(name not in self._refused)
        self.say(CHOOSE_ONE * on)

    def say(self, text: str) -> None:
        """Write what was done, or why it was not; nothing without text."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def forget(self, text: str) -> None:
        """Write nothing where `text` stands: it is no longer so."""
        if self.said.text() == text:
            self.say("")


def _columns(actions: Sequence[Action]) -> int:
    """In how many columns buttons are not wider than the dock."""
    longest = max((len(one.title) for one in actions), default=0)
    return 3 if longest <= LONG_TITLE else 2 if longest <= VERY_LONG_TITLE else 1
