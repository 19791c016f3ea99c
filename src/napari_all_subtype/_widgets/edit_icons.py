"""Pictures of what each tool does to the outline of a cell."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

SIDE = 32
SCALE = 3  # drawn larger, so that it is sharp on any screen
CELL, CUT, GONE = "#56B4E9", "#E69F00", "#D55E00"


def edit_icon(name: str, ink: QColor, chosen: QColor) -> QIcon:
    """The picture of the tool `name`.

    Parameters
    ----------
    name : str
        A key of :data:`PICTURES`.
    ink : QColor
        Of lines that are no cell's.
    chosen : QColor
        Lies behind the tool in use: napari's style shows no pressed button.
    """
    icon = QIcon()
    icon.addPixmap(_picture(name, ink), QIcon.Mode.Normal, QIcon.State.Off)
    icon.addPixmap(_picture(name, ink, behind=chosen), QIcon.Mode.Normal, QIcon.State.On)
    icon.addPixmap(_picture(name, ink, opacity=0.3), QIcon.Mode.Disabled)
    return icon


def _picture(name: str, ink: QColor, opacity: float = 1.0, behind: QColor | None = None) -> QPixmap:
    pixmap = QPixmap(SIDE * SCALE, SIDE * SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(opacity)
    painter.scale(SCALE, SCALE)
    PICTURES[name](painter, ink)
    if behind is not None:
        painter.resetTransform()
        # Under what is drawn: the eraser clears what is below it.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOver)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(behind)
        painter.drawRoundedRect(pixmap.rect(), 5 * SCALE, 5 * SCALE)
    painter.end()
    return pixmap


def _pen(painter: QPainter, colour: str | QColor, width: float = 2.0, dashed: bool = False) -> None:
    pen = QPen(QColor(colour), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    if dashed:
        pen.setDashPattern([2.0, 2.0])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _cell(painter: QPainter, x: float, y: float, radius: float, dashed: bool = False) -> None:
    _pen(painter, CELL, dashed=dashed)
    fill = QColor(CELL)
    fill.setAlphaF(0.25)
    painter.setBrush(fill)
    painter.drawEllipse(QPointF(x, y), radius, radius)


def _paint(painter: QPainter, ink: QColor) -> None:
    _cell(painter, 12, 19, 9)
    _pen(painter, CELL, 7)
    painter.drawPoint(QPointF(20, 14))
    _pen(painter, ink, 3)
    painter.drawLine(QPointF(22, 11), QPointF(29, 4))


def _erase(painter: QPainter, ink: QColor) -> None:
    _cell(painter, 13, 18, 10)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.drawEllipse(QPointF(21, 11), 7, 7)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    _pen(painter, ink, 1.6)
    painter.drawEllipse(QPointF(21, 11), 6, 6)


def _split(painter: QPainter, ink: QColor) -> None:
    for x in (10.5, 21.5):
        _cell(painter, x, 16, 7.5)
    _pen(painter, CUT, 2.6)
    painter.drawLine(QPointF(16, 3), QPointF(16, 29))


def _merge(painter: QPainter, ink: QColor) -> None:
    for x in (10.5, 21.5):
        _cell(painter, x, 16, 7.5)
    _pen(painter, CUT, 2.6)
    painter.drawLine(QPointF(8, 16), QPointF(24, 16))
    for x in (8, 24):
        _pen(painter, CUT, 5)
        painter.drawPoint(QPointF(x, 16))


def _add(painter: QPainter, ink: QColor) -> None:
    _cell(painter, 14, 18, 10, dashed=True)
    _pen(painter, ink, 3)
    painter.drawLine(QPointF(26, 3), QPointF(26, 11))
    painter.drawLine(QPointF(22, 7), QPointF(30, 7))


def _delete(painter: QPainter, ink: QColor) -> None:
    _cell(painter, 16, 16, 11)
    _pen(painter, GONE, 3)
    painter.drawLine(QPointF(10, 10), QPointF(22, 22))
    painter.drawLine(QPointF(22, 10), QPointF(10, 22))


def _undo(painter: QPainter, ink: QColor) -> None:
    _pen(painter, ink, 2.6)
    painter.drawArc(QRectF(7, 9, 18, 16), -60 * 16, 210 * 16)
    head = QPainterPath(QPointF(4, 12))
    for corner in ((12.5, 12.5), (6.5, 19.5)):
        head.lineTo(*corner)
    painter.fillPath(head, ink)


def _redo(painter: QPainter, ink: QColor) -> None:
    painter.translate(SIDE, 0)
    painter.scale(-1, 1)
    _undo(painter, ink)


PICTURES: dict[str, Callable[[QPainter, QColor], None]] = {
    "paint": _paint,
    "erase": _erase,
    "split": _split,
    "merge": _merge,
    "add": _add,
    "delete": _delete,
    "undo": _undo,
    "redo": _redo,
}
