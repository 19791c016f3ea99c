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
from napari_all_subtype.workflow.lone_cells import LoneCell, LonePicture

SIDE_PX = 340
COLUMNS = 3
OTHERS = (PREVIOUS, TAKE_BACK, NEXT)
NEAR = 8  # so many pictures before the one that is shown, and after it, are held
READING = "Its picture is being read."
GONE = "⚠ Its picture cannot be read: look where the file is."
TRY_AGAIN = "Go on or back to try again."
ALL_SEEN = "That was the last one. Go back with Previous, or close."


class NamingDialog(QDialog):
    """One picture at a time, with a button and a key for each word; what the model says is hidden.

    Parameters
    ----------
    cells : sequence of LoneCell
    pictures : mapping of int to LonePicture or None
        Of the first cells, by their place in the list; `take` brings others.
    taxonomy : Taxonomy
        Of the project.
    keys : mapping of str to str
        Keys of the review that a person changed.

    Signals
    -------
    said : (int, str)
        Cell `n` is to be called so. `answer` says what became of it.
    moved : ()
        Another cell is shown: pictures may be `missing`.
    """

    said = Signal(int, str)
    moved = Signal()

    def __init__(
        self,
        cells: Sequence[LoneCell],
        pictures: Mapping[int, LonePicture | None],
        taxonomy: Taxonomy,
        keys: Mapping[str, str],
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.setWindowTitle("Name cells")
        self.cells, self.taxonomy = list(cells), taxonomy
        self.words = [one.word for one in cells]
        self.pictures: dict[int, LonePicture | None] = dict(pictures)
        self.at = 0
        self._left: QPushButton | None = None
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
        # Else Enter closes the window wherever the focus is.
        close.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
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
        self._let_go()
        self._show()
        self.moved.emit()

    @property
    def missing(self) -> list[int]:
        """Cells near the one that is shown whose pictures are not held, the next ones first."""
        near = [n for n in self._near if n not in self.pictures]
        return sorted(near, key=lambda n: (n < self.at, abs(n - self.at)))

    def take(self, found: Mapping[int, LonePicture | None]) -> None:
        """Hold these pictures, as far as they are near; None for one that cannot be read."""
        self.pictures |= found
        self._let_go()
        if self.at in found:  # else an error that is told would be gone before it is read
            self._show()

    def lack(self, error: str) -> None:
        """No picture could be read just now, for this reason in HTML."""
        if self.at in self.missing:
            self.told.setText(f"{self._called()} ⚠ {error} {TRY_AGAIN}")

    @property
    def _near(self) -> range:
        return range(max(self.at - NEAR, 0), min(self.at + NEAR + 1, len(self.cells)))

    def _let_go(self) -> None:
        self.pictures = {n: one for n, one in self.pictures.items() if n in self._near}

    def _show(self) -> None:
        there = self.at < len(self.cells)
        picture = self.pictures.get(self.at)
        able = dict.fromkeys(self.buttons, picture is not None)  # nobody names what is not seen
        able |= {PREVIOUS: self.at > 0, NEXT: there}
        able[TAKE_BACK] = picture is not None and bool(self.words[self.at])
        self._enable(able)
        if not there:
            self.picture.clear()
            named = sum(bool(word) for word in self.words)
            self.told.setText(f"{named} of {amount(len(self.cells), 'cell')} named. {ALL_SEEN}")
            return
        self.told.setText(self._called())
        if picture is None:
            self.picture.clear()
            why = GONE if self.at in self.pictures else READING
            self.told.setText(f"{self.told.text()} {why}")
            return
        self._draw(np.ascontiguousarray(picture.picture[..., :3]))

    def _called(self) -> str:
        word = self.words[self.at]
        said = f" It is called {escape(class_of(self.taxonomy, word).title)}." if word else ""
        return f"<b>Cell {self.at + 1} of {len(self.cells)}.</b>{said}"

    def _enable(self, able: Mapping[str, bool]) -> None:
        """Enable these buttons. The focus of one that is disabled waits at the picture.

        Qt would hand it on, at last to *Close*, which the next press of Space then clicks.
        """
        for name, button in self.buttons.items():
            if not able[name] and button is self.focusWidget():
                self._left = button
                self.picture.setFocus()
        for name, button in self.buttons.items():
            button.setEnabled(able[name])
        waits = self._left is not None and self.focusWidget() is self.picture
        if waits and self._left.isEnabled():
            self._left.setFocus()

    def _draw(self, pixels: np.ndarray) -> None:
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
