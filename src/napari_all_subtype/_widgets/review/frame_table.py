"""A small table for reading: all of its rows at once, to be selected and copied."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QApplication, QTableWidget, QTableWidgetItem, QWidget

if TYPE_CHECKING:
    import pandas as pd


# Beyond it a heading is cut, with an ellipsis: a reader may have any name.
MAX_HEADING_PX = 120
HEADING_LETTERS = 10


class FrameTable(QTableWidget):
    """Shows a pandas.DataFrame as text.

    Parameters
    ----------
    name : str
        What screen readers call it.
    """

    def __init__(self, name: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(True)

    def show_frame(self, frame: pd.DataFrame, tips: pd.DataFrame | None = None) -> None:
        """Have `frame`, its columns and its index; hidden where it is empty.

        Parameters
        ----------
        tips : pandas.DataFrame, optional
            Of the same shape: its columns and values are shown where the mouse rests.
        """
        self.setRowCount(len(frame))
        self.setColumnCount(len(frame.columns))
        for column, name in enumerate(frame.columns):
            self.setHorizontalHeaderItem(column, self._heading(str(name)))
        for row, name in enumerate(frame.index):
            self.setVerticalHeaderItem(row, self._heading(str(name)))
        for row, values in enumerate(frame.itertuples(index=False, name=None)):
            for column, value in enumerate(values):
                item = QTableWidgetItem(str(value))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if tips is not None:
                    item.setToolTip(f"{tips.columns[column]}: {tips.iat[row, column]}")
                self.setItem(row, column, item)
        self.setVisible(not frame.empty)
        self._fit()

    def _heading(self, text: str) -> QTableWidgetItem:
        """In lines as short as its words; in full where the mouse rests."""
        lines = [
            part
            for line in text.splitlines()
            for part in wrap(line, HEADING_LETTERS, break_long_words=False, break_on_hyphens=False)
        ]
        # Names that a laboratory counts up differ at their ends.
        cut, metrics = Qt.TextElideMode.ElideMiddle, self.fontMetrics()
        item = QTableWidgetItem(
            "\n".join(metrics.elidedText(line, cut, MAX_HEADING_PX) for line in lines)
        )
        item.setToolTip(text)
        return item

    def _fit(self) -> None:
        """Have columns as wide as what is in them, or wider where there is room; and all rows."""
        self.ensurePolished()
        self.resizeColumnsToContents()
        self.resizeRowsToContents()
        head = self.horizontalHeader()
        spare = self.viewport().width() - head.length()
        for column in range(self.columnCount() * (spare > 0)):
            more = spare // (self.columnCount() - column)
            self.setColumnWidth(column, self.columnWidth(column) + more)
            spare -= more
        rows = self.verticalHeader().length() + head.sizeHint().height()
        bar = self.horizontalScrollBar().sizeHint().height() * (spare < 0)
        self.setFixedHeight(rows + bar + 2 * self.frameWidth())

    def resizeEvent(self, event) -> None:
        """Have the columns in the new width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def changeEvent(self, event) -> None:
        """Have room for letters of another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def keyPressEvent(self, event) -> None:
        """Copy what is selected, with tabs between the columns."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.selected_text())
            return
        super().keyPressEvent(event)

    def selected_text(self) -> str:
        """What is selected, or all if nothing is, with tabs and line ends."""
        chosen = {(one.row(), one.column()) for one in self.selectedIndexes()}
        if not chosen:
            chosen = {(r, c) for r in range(self.rowCount()) for c in range(self.columnCount())}
        rows, columns = (sorted({place[axis] for place in chosen}) for axis in (0, 1))
        return "\n".join(
            "\t".join(
                self.item(r, c).text().replace("\n", ", ") if (r, c) in chosen else ""
                for c in columns
            )
            for r in rows
        )
