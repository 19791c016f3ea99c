"""What training will see: a crop in each row, and beside it how it is changed."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QSize
from qtpy.QtGui import QImage, QPainter, QPixmap
from qtpy.QtWidgets import QSizePolicy, QWidget

GAP_PX, FIRST_GAP_PX, LARGEST_PX = 3, 9, 96


class PreviewGrid(QWidget):
    """Draws crops in rows; the first of each row, apart, is the crop as it is."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._rows: list[list[QPixmap]] = []
        self.setAccessibleName("What training will see")
        self.setToolTip("Left: the crop as it is. Beside it: as training may see it.")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not self._rows

    def show_views(self, views: np.ndarray) -> None:
        """Have these crops: ndarray, shape (R, V, S, S, 3), uint8; none hides the grid."""
        self._rows = [[_pixmap(crop) for crop in row] for row in views]
        self.updateGeometry()
        self.setVisible(not self.empty)
        self.update()

    def _side(self, width: int) -> int:
        columns = len(self._rows[0])
        room = width - FIRST_GAP_PX - GAP_PX * (columns - 2)
        return max(min(room // columns, LARGEST_PX), 1)

    def hasHeightForWidth(self) -> bool:
        """Crops stay square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all rows in `width`."""
        return 0 if self.empty else len(self._rows) * (self._side(width) + GAP_PX)

    def sizeHint(self) -> QSize:
        """Small: it takes the room there is."""
        return QSize(240, self.heightForWidth(240))

    def minimumSizeHint(self) -> QSize:
        """Narrow docks are possible."""
        return QSize(160, self.heightForWidth(160))

    def paintEvent(self, event) -> None:
        """Draw the crops."""
        if self.empty:
            return
        painter, side = QPainter(self), self._side(self.width())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for r, row in enumerate(self._rows):
            for c, pixmap in enumerate(row):
                x = c * (side + GAP_PX) + (FIRST_GAP_PX - GAP_PX if c else 0)
                painter.drawPixmap(x, r * (side + GAP_PX), side, side, pixmap)


def _pixmap(crop: np.ndarray) -> QPixmap:
    crop = np.ascontiguousarray(crop[..., :3])
    height, width = crop.shape[:2]
    image = QImage(crop.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)
