"""The cell under the cursor, or the one that was picked: its picture, numbers and reasons."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.bars import BarTable
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.saliency_row import SaliencyRow
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.cell_evidence import MOST_BARS
from napari_all_subtype.workflow.cell_picture import BAR_UM, SIDE_UM
from napari_all_subtype.workflow.cell_report import CellReport

PICTURE_PX = 120
MOST_SUBTYPES = 4
TIGHT_PX = 3
UNRELIABLE = (
    "The calibration holds for cells like those of the training; a network gives cells that it "
    "never saw any number, and often a high one."
)


class CellPanel(QGroupBox):
    """What is said of one cell, what that rests on, and what speaks for and against it.

    Signals
    -------
    moved : int
        The cell before (-1) or after (+1) the picked one is wanted.
    told
        Another cell was picked and is written about.
    """

    moved = Signal(int)
    told = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Cell", parent)
        self._build()
        self.before.clicked.connect(lambda: self.moved.emit(-1))
        self.after.clicked.connect(lambda: self.moved.emit(1))
        self.show_nothing()

    def _build(self) -> None:
        self.picture = QLabel()
        self.picture.setFixedSize(PICTURE_PX, PICTURE_PX)
        self.picture.setAccessibleName("Picture of the cell")
        self.picture.setToolTip(
            f"The cell with its outline, {SIDE_UM:.0f} µm from side to side; a larger one whole. "
            f"The bar is {BAR_UM:.0f} µm long."
        )
        self.sides, self.scores, self.reasons, self.measures = (paragraph() for _ in range(4))
        self.score_bars = BarTable(MOST_SUBTYPES, ("network", "FAB rules"))
        self.pinned, self.looked_at = paragraph(), SaliencyRow()
        head = QHBoxLayout()
        head.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(self._build_beside_picture(), 1)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        below = (self.sides, self.looked_at, self.scores, self.score_bars, self.reasons)
        for part in (*below, self.measures, self.pinned):
            layout.addWidget(part)

    def _build_beside_picture(self) -> QVBoxLayout:
        """What is in sight however little of the panel is: class, sides and first reasons."""
        self.before, self.after = QToolButton(), QToolButton()
        for button, arrow, where in (
            (self.before, Qt.ArrowType.LeftArrow, "before"),
            (self.after, Qt.ArrowType.RightArrow, "after"),
        ):
            button.setArrowType(arrow)
            button.setToolTip(f"Pick the cell {where} this one and move there.")
            button.setAccessibleName(f"The cell {where}")
        self.text, self.first = paragraph(), paragraph()
        self.side_bars = BarTable(MOST_BARS)
        line, column = QHBoxLayout(), QVBoxLayout()
        line.addWidget(self.text, 1)
        for button in (self.before, self.after):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column.setSpacing(TIGHT_PX)
        column.addLayout(line)
        for part in (self.side_bars, self.first):
            column.addWidget(part)
        column.addStretch()
        return column

    def show_nothing(self) -> None:
        """Say how a cell gets here."""
        self.text.setText(words.NO_CELL_PICKED)
        for part in (self.picture, self.looked_at, self.side_bars, self.score_bars):
            part.hide()
        told = (self.first, self.sides, self.scores, self.reasons, self.measures, self.pinned)
        for part in told:
            part.clear()
            part.hide()

    def show_cell(
        self,
        report: CellReport,
        taxonomy: Taxonomy,
        picked: bool,
        quietly: bool = False,
        mapped: bool = True,
    ) -> None:
        """Write about one cell.

        Parameters
        ----------
        picked : bool
            Whether it stays until another is picked; else it is under the cursor.
        quietly : bool
            Do not call for attention: it is the same cell as before.
        mapped : bool
            Whether it can be shown what a network looked at.
        """
        self.looked_at.setVisible(mapped)
        colours = {one.name: one.colour for one in taxonomy.classes}
        self.text.setText(words.title_html(report))
        _write(self.first, words.first_html(report))
        _write(self.sides, words.sides_html(report))
        reliable = report.sides.reliable
        calibrated = f"Calibrated on {report.calibrated_on}." if report.calibrated_on else ""
        self.sides.setToolTip(calibrated if reliable else UNRELIABLE)
        # Without the colours of the classes: grey, as what decides nothing.
        self.side_bars.show_bars([report.sides.bars], colours if reliable else {})
        told = [words.sentence_html(e.told) for e in (report.subtypes, report.fab) if e.told]
        _write(self.scores, "<br>".join(told))
        self.score_bars.show_bars([report.subtypes.bars, report.fab.bars], colours)
        _write(self.reasons, words.reasons_html(report))
        _write(self.measures, words.measures_html(report))
        _write(self.pinned, words.PICKED if picked else words.POINTED_AT)
        if picked and not quietly:
            self.told.emit()

    def show_picture(self, picture: np.ndarray | None) -> None:
        """Show the picture of the cell, shape (S, S, 3), uint8; None while there is none."""
        self.picture.setVisible(picture is not None)
        if picture is None:
            return
        side = len(picture)
        image = QImage(picture.tobytes(), side, side, 3 * side, QImage.Format.Format_RGB888)
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(side / PICTURE_PX)
        self.picture.setPixmap(pixmap)

    @property
    def picture_px(self) -> int:
        """Side that a picture should have on this screen."""
        return round(PICTURE_PX * self.devicePixelRatioF())


def _write(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
    label.setVisible(bool(text))
