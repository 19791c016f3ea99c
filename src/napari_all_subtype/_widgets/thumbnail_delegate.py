"""How a thumbnail is painted: the class as frame and letter, a person's mark, a line of words."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QModelIndex, QPointF, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen, QPixmap
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from napari_all_subtype._widgets.legend import ink_of
from napari_all_subtype._widgets.thumbnails import ROW, Section, Thumbnail, section_text
from napari_all_subtype.taxonomy import CellClass

GAP_PX, FRAME_PX = 4, 4
HAIRLINE_ALPHA, EMPTY_ALPHA = 150, 30
# To the side of the picture.
BADGE, SMALLEST_BADGE_PX = 0.24, 18
MARK, NO_PICTURE = "✓", "no picture"


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints thumbnails, and the lines above their classes.

    Parameters
    ----------
    width_px : callable
        Gives the width that a section fills.
    is_section : callable
        Whether a row is one.
    """

    def __init__(self, width_px: Callable[[], int], is_section: Callable[[int], bool], parent=None):
        super().__init__(parent)
        self._width_px, self._is_section = width_px, is_section
        self.side_px = 88
        self.target = ""
        # Qt asks for the size of each of ten thousand rows whenever one of them moves.
        self._sizes = QSize(), QSize()

    def tile(self, metrics: QFontMetrics) -> QSize:
        """Size of one thumbnail with its caption."""
        side = self.side_px + 2 * (FRAME_PX + GAP_PX)
        return QSize(side, side + metrics.height())

    def measure(self, metrics: QFontMetrics) -> None:
        """Take the sizes of rows from the font and the width that there are now."""
        section = QSize(self._width_px(), metrics.height() + 4 * GAP_PX)
        self._sizes = self.tile(metrics), section

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """A tile; a section is as wide as the view."""
        return self._sizes[self._is_section(index.row())]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one row of the model."""
        row = index.data(ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, Section):
            self._paint_section(painter, option, row)
        else:
            picture = index.data(Qt.ItemDataRole.DecorationRole)
            self._paint_thumbnail(painter, option, row, picture)
        painter.restore()

    def _paint_section(
        self, painter: QPainter, option: QStyleOptionViewItem, section: Section
    ) -> None:
        rect, ink = QRectF(option.rect), _ink(option)
        if section.key.name == self.target:
            painter.fillRect(rect, option.palette.color(QPalette.ColorRole.Highlight))
        high = rect.height() - 2 * GAP_PX
        disc = QRectF(rect.left() + GAP_PX, rect.top() + GAP_PX, 1.5 * high, high)
        paint_badge(painter, disc, section.key, ink)
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(ink)
        text = rect.adjusted(disc.width() + 3 * GAP_PX, 0, -GAP_PX, 0)
        painter.drawText(
            text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, section_text(section)
        )
        y = rect.bottom() - 1
        painter.setPen(QPen(QColor(section.key.colour), 2))
        painter.drawLine(QPointF(rect.left() + GAP_PX, y), QPointF(rect.right() - GAP_PX, y))

    def _paint_thumbnail(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        row: Thumbnail,
        picture: QPixmap | None,
    ) -> None:
        ink, rect = _ink(option), option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            ink = option.palette.color(QPalette.ColorRole.HighlightedText)
            painter.fillRect(rect, option.palette.color(QPalette.ColorRole.Highlight))
            painter.setPen(QPen(ink, 2))
            painter.drawRect(QRectF(rect).adjusted(1, 1, -1, -1))
        elif option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(ink, 1, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
        inset = GAP_PX + FRAME_PX
        square = QRect(rect.left() + inset, rect.top() + inset, self.side_px, self.side_px)
        self._paint_picture(painter, option, square, picture, ink)
        _paint_frame(painter, QRectF(square), row.cell_class, ink)
        badge = max(SMALLEST_BADGE_PX, BADGE * self.side_px)
        disc = QRectF(square.left(), square.top(), 1.35 * badge, badge)
        paint_badge(painter, disc, row.cell_class, QColor("black"))
        if row.marked:
            _paint_mark(painter, QRectF(square.right() - badge, square.top(), badge, badge))
        below = QRect(rect.left() + 2, square.bottom() + FRAME_PX, rect.width() - 4, 0)
        below.setBottom(rect.bottom() - 1)
        painter.setFont(option.font)
        painter.setPen(ink)
        words = option.fontMetrics.elidedText(
            row.caption, Qt.TextElideMode.ElideRight, below.width()
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_picture(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        square: QRect,
        picture: QPixmap | None,
        ink: QColor,
    ) -> None:
        if picture is not None and not picture.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(square, picture)
            return
        faint = QColor(ink)
        faint.setAlpha(EMPTY_ALPHA)
        painter.fillRect(square, faint)
        if picture is not None:
            painter.setPen(ink)
            painter.setFont(option.font)
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(square, how, NO_PICTURE)


def paint_badge(painter: QPainter, rect: QRectF, one: CellClass, edge: QColor) -> None:
    """The letter of a class on its colour, with an edge that is seen on any ground."""
    colour = QColor(one.colour)
    painter.setPen(QPen(edge, 1))
    painter.setBrush(colour)
    painter.drawRoundedRect(rect, rect.height() / 4, rect.height() / 4)
    font = QFont(painter.font())
    font.setBold(True)
    font.setPixelSize(max(9, round(0.68 * rect.height())))
    painter.setFont(font)
    painter.setPen(ink_of(one))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, one.letter)


def _paint_frame(painter: QPainter, square: QRectF, one: CellClass, ink: QColor) -> None:
    """The colour of the class around the picture, between two hairlines: some classes are black."""
    half = FRAME_PX / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(one.colour), FRAME_PX, join=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(square.adjusted(-half, -half, half, half))
    faint = QColor(ink)
    faint.setAlpha(HAIRLINE_ALPHA)
    painter.setPen(QPen(faint, 1))
    painter.drawRect(square.adjusted(-FRAME_PX, -FRAME_PX, FRAME_PX, FRAME_PX))


def _paint_mark(painter: QPainter, disc: QRectF) -> None:
    """That a person has spoken: a white disc with a tick."""
    painter.setPen(QPen(QColor("black"), 1.5))
    painter.setBrush(QColor("white"))
    painter.drawEllipse(disc.adjusted(1, 1, -1, -1))
    font = QFont(painter.font())
    font.setPixelSize(max(9, round(0.7 * disc.height())))
    painter.setFont(font)
    painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, MARK)


def _ink(option: QStyleOptionViewItem) -> QColor:
    # Of a section too, which is disabled to keep the arrow keys away, not since it is faint.
    return option.palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)
