"""Shows pictures of one cell one after the other, and asks what each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QIcon, QImage, QKeySequence, QPixmap
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.legend import swatch
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.actions import (
    NEXT,
    PREVIOUS,
    TAKE_BACK,
    Action,
    Keys,
    actions_of,
)
from napari_all_subtype.amounts import amount
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY, Taxonomy, class_of
from napari_all_subtype.workflow.lone_cells import LoneCell

SIDE_PX = 340
COLUMNS = 3
OTHERS = (PREVIOUS, TAKE_BACK, NEXT)
ALL_SEEN = "That was the last one. Go back with Previous, or close."


class NamingDialog(QDialog):
    """One picture at a time, with a button and a key for each word; what the model says is hidden.

    Parameters
    ----------
    cells : sequence of LoneCell
    taxonomy : Taxonomy
        Of the project.
    keys : mapping of str to str
        Keys of the review that a person changed.

    Signals
    -------
    said : (int, str)
        Cell `n` is to be called so. `answer` says what became of it.
    """

    said = Signal(int, str)

    def __init__(
        self,
        cells: Sequence[LoneCell],
        taxonomy: Taxonomy,
        keys: Mapping[str, str],
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.setWindowTitle("Name cells")
        self.cells, self.taxonomy = list(cells), taxonomy
        self.words = [one.word for one in cells]
        self.at = 0
        self._build(keys)
        self._show()

    def _build(self, changed: Mapping[str, str]) -> None:
        self.picture, self.told = QLabel(), paragraph()
        self.picture.setFixedSize(SIDE_PX, SIDE_PX)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName("The cell")
        actions = actions_of(self.taxonomy)
        keys = Keys(changed).among(actions)
        shown = [one for one in actions if one.word or one.name in OTHERS]
        self.buttons = {one.name: self._button(one, keys.of(one)) for one in shown}
        words, moves = QGridLayout(), QHBoxLayout()
        for n, one in enumerate(one for one in shown if one.word):
            words.addWidget(self.buttons[one.name], n // COLUMNS, n % COLUMNS)
        for name in OTHERS:
            moves.addWidget(self.buttons[name])
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.told)
        layout.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        for part in (words, moves):
            layout.addLayout(part)
        layout.addWidget(paragraph(f"<b>{RESEARCH_USE_ONLY}</b>"))
        layout.addWidget(close)

    def _button(self, action: Action, key: str) -> QPushButton:
        button = QPushButton(f"{action.title}  {key}".strip())
        button.setToolTip(action.tip)
        button.setAutoDefault(False)
        if action.word:
            button.setIcon(QIcon(swatch(class_of(self.taxonomy, action.word))))
        if key:
            button.setShortcut(QKeySequence(key))
        step = {PREVIOUS: -1, NEXT: 1}.get(action.name)
        if step is None:
            button.clicked.connect(lambda: self.said.emit(self.at, action.word))
        else:
            button.clicked.connect(lambda: self.move_on(step))
        return button

    def answer(self, n: int, word: str, error: str = "") -> None:
        """Cell `n` is called `word` in the record now, or is not, for this reason in HTML."""
        if error:
            self.told.setText(f"⚠ {error}")
            return
        self.words[n] = word
        self.move_on(1 if word else 0)

    def move_on(self, by: int) -> None:
        """Show the next picture, or one before; after the last one there is none."""
        self.at = min(max(self.at + by, 0), len(self.cells))
        self._show()

    def _show(self) -> None:
        there = self.at < len(self.cells)
        for button in self.buttons.values():
            button.setEnabled(there)
        self.buttons[PREVIOUS].setEnabled(self.at > 0)
        self.buttons[TAKE_BACK].setEnabled(there and bool(self.words[self.at]))
        if not there:
            self.picture.clear()
            named = sum(bool(word) for word in self.words)
            self.told.setText(f"{named} of {amount(len(self.cells), 'cell')} named. {ALL_SEEN}")
            return
        word = self.words[self.at]
        said = f" It is called {escape(class_of(self.taxonomy, word).title)}." if word else ""
        self.told.setText(f"<b>Cell {self.at + 1} of {len(self.cells)}.</b>{said}")
        pixels = np.ascontiguousarray(self.cells[self.at].picture[..., :3])
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        ratio = self.devicePixelRatioF()
        side = round(SIDE_PX * ratio)
        keep, smooth = (
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap = QPixmap.fromImage(image).scaled(side, side, keep, smooth)
        pixmap.setDevicePixelRatio(ratio)
        self.picture.setPixmap(pixmap)
