"""A small table for reading: all of its rows at once, to be selected and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QApplication, QTableWidget, QTableWidgetItem, QWidget

if TYPE_CHECKING:
    import pandas as pd


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
        self.setHorizontalHeaderLabels([str(name) for name in frame.columns])
        self.setVerticalHeaderLabels([str(name) for name in frame.index])
        for row, values in enumerate(frame.itertuples(index=False, name=None)):
            for column, value in enumerate(values):
                item = QTableWidgetItem(str(value))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if tips is not None:
                    item.setToolTip(f"{tips.columns[column]}: {tips.iat[row, column]}")
                self.setItem(row, column, item)
        self.resizeColumnsToContents()
        self.resizeRowsToContents()
        self.setVisible(not frame.empty)
        bar = self.horizontalScrollBar().sizeHint().height()
        rows = sum(self.rowHeight(row) for row in range(len(frame)))
        head = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(rows + head + bar + 2 * self.frameWidth())

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
