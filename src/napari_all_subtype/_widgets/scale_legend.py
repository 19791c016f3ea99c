"""The colours of a value, from low to high, with numbers."""

from __future__ import annotations

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype.workflow.colour_values import STEP_COLOURS, Quantity

STRIP_PX = 14


class ColourStrip(QWidget):
    """The steps of colour side by side."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setFixedHeight(STRIP_PX)

    def paintEvent(self, _event) -> None:
        """One block per step, framed: the ends are as dark or bright as the ground may be."""
        painter = QPainter(self)
        width = self.width() / len(STEP_COLOURS)
        for k, colour in enumerate(STEP_COLOURS):
            painter.fillRect(QRectF(k * width, 0, width + 1, self.height()), QColor(colour))
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        painter.end()


class ScaleLegend(QWidget):
    """A strip of colours over its lowest, middle and highest value, and what the value is."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(1)
        layout.addWidget(ColourStrip(), 0, 0, 1, 3)
        self.numbers = [QLabel() for _ in range(3)]
        sides = (
            Qt.AlignmentFlag.AlignLeft,
            Qt.AlignmentFlag.AlignHCenter,
            Qt.AlignmentFlag.AlignRight,
        )
        for column, (number, side) in enumerate(zip(self.numbers, sides, strict=True)):
            number.setAlignment(side)
            layout.addWidget(number, 1, column)
        self.meaning = paragraph()
        layout.addWidget(self.meaning, 2, 0, 1, 3)
        self.show_quantity(None)

    def show_quantity(self, quantity: Quantity | None) -> None:
        """Show the range of `quantity`; nothing without one."""
        self.setVisible(quantity is not None)
        if quantity is None:
            return
        middle = 0.5 * (quantity.low + quantity.high)
        texts = (f"≤ {quantity.low:.2f}", f"{middle:.2f}", f"≥ {quantity.high:.2f}")
        for number, text in zip(self.numbers, texts, strict=True):
            number.setText(text)
        self.meaning.setText(f"<i>{quantity.meaning} Grey: no value.</i>")
