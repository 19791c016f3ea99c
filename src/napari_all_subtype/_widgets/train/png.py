"""A drawn figure, as wide as there is room and as sharp as the screen."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QPainter, QPixmap
from qtpy.QtWidgets import QSizePolicy, QWidget

MAX_WIDTH_PX = 560


class Png(QWidget):
    """Shows a PNG in its own proportions.

    Parameters
    ----------
    name : str
        What screen readers call it, and what it is.
    """

    def __init__(self, name: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._pixmap = QPixmap()
        self._scaled = QPixmap()
        self.setAccessibleName(name)
        self.setToolTip(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return self._pixmap.isNull()

    def show_png(self, png: bytes) -> None:
        """Have another picture; empty bytes hide it."""
        before = self._pixmap.size()
        self._pixmap, self._scaled = QPixmap(), QPixmap()
        self._pixmap.loadFromData(png, "PNG")
        if self._pixmap.size() != before:
            self.updateGeometry()
        self.setVisible(not self.empty)
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Its proportions stay."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of the picture in `width`."""
        if self.empty:
            return 0
        width = min(width, MAX_WIDTH_PX)
        return round(width * self._pixmap.height() / self._pixmap.width())

    def sizeHint(self) -> QSize:
        """Small: it takes the room there is."""
        return QSize(240, self.heightForWidth(240))

    def minimumSizeHint(self) -> QSize:
        """Narrow docks are possible."""
        return QSize(160, 0 if self.empty else self.heightForWidth(160))

    def paintEvent(self, event) -> None:
        """Draw it, scaled once for each size."""
        if self.empty:
            return
        ratio = self.devicePixelRatioF()
        width = min(self.width(), MAX_WIDTH_PX)
        wanted = QSize(round(width * ratio), round(self.heightForWidth(width) * ratio))
        if self._scaled.size() != wanted:
            how = Qt.TransformationMode.SmoothTransformation
            self._scaled = self._pixmap.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, how)
            self._scaled.setDevicePixelRatio(ratio)
        QPainter(self).drawPixmap(0, 0, self._scaled)
