"""Numbers between 0 and 1 as bars, with the number beside each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from napari_all_subtype.workflow.cell_evidence import Bar

HEIGHT_PX = 11
MIN_WIDTH_PX = 36
FRAME_ALPHA = 110


class BarStrip(QWidget):
    """One bar; its end has a line in the colour of the text, seen on any ground."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._fraction, self._colour = 0.0, QColor("grey")
        self.setMinimumSize(MIN_WIDTH_PX, HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set(self, fraction: float, colour: str) -> None:
        """Show `fraction`, 0–1, in `colour`; nothing where it is NaN."""
        self._fraction = min(max(fraction, 0.0), 1.0) if math.isfinite(fraction) else 0.0
        self._colour = QColor(colour)
        self.update()

    def paintEvent(self, _event) -> None:
        """Frame, fill, and a line where the fill ends."""
        painter = QPainter(self)
        ink = QColor(self.palette().color(self.foregroundRole()))
        whole = QRectF(0.5, 0.5, self.width() - 1, self.height() - 1)
        end = whole.left() + self._fraction * whole.width()
        fill = QRectF(whole.left(), whole.top(), end - whole.left(), whole.height())
        painter.fillRect(fill, self._colour)
        faint = QColor(ink)
        faint.setAlpha(FRAME_ALPHA)
        painter.setPen(faint)
        painter.drawRect(whole)
        if self._fraction > 0:
            painter.fillRect(QRectF(max(end - 1, 0), 0, 2, self.height()), ink)
        painter.end()


class BarTable(QWidget):
    """Rows of classes, columns of evidence: a bar and its number in each place.

    Parameters
    ----------
    rows : int
        Most rows there are.
    columns : sequence of str
        Heads of the columns; empty strings for no head.
    """

    def __init__(self, rows: int, columns: Sequence[str] = ("",), parent: QWidget | None = None):
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(1)
        for c, head in enumerate(columns):
            layout.setColumnStretch(1 + 2 * c, 1)
            if head:
                layout.addWidget(QLabel(head), 0, 1 + 2 * c, 1, 2)
        self.titles = [QLabel() for _ in range(rows)]
        self.strips = [[BarStrip() for _ in columns] for _ in range(rows)]
        self.numbers = [[QLabel() for _ in columns] for _ in range(rows)]
        for r, title in enumerate(self.titles):
            layout.addWidget(title, r + 1, 0)
            for c, (strip, number) in enumerate(zip(self.strips[r], self.numbers[r], strict=True)):
                number.setMinimumWidth(number.fontMetrics().horizontalAdvance("0.00 "))
                number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                layout.addWidget(strip, r + 1, 1 + 2 * c)
                layout.addWidget(number, r + 1, 2 + 2 * c)

    def show_bars(self, columns: Sequence[Sequence[Bar]], colours: dict[str, str]) -> None:
        """Show the bars of each column; a class that one has and another has not gets a dash.

        Parameters
        ----------
        colours : dict of str to str
            ``#rrggbb`` by the name of a bar.
        """
        titles = {bar.name: bar.title for column in reversed(columns) for bar in column}
        order = [bar.name for bar in max(columns, key=len)]
        by_name = [{bar.name: bar for bar in column} for column in columns]
        self.setVisible(bool(order))
        for r, title in enumerate(self.titles):
            name = order[r] if r < len(order) else ""
            title.setText(titles.get(name, ""))
            title.setVisible(bool(name))
            for c, bars in enumerate(by_name):
                bar = bars.get(name, Bar(name, "", math.nan))
                self.strips[r][c].set(bar.value, colours.get(name, "#888888"))
                self.strips[r][c].setVisible(bool(name))
                self.numbers[r][c].setText(bar.text if name else "")
                self.numbers[r][c].setVisible(bool(name))
