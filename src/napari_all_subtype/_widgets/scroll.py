"""What every dock lies in: it scrolls up and down, and is never too narrow."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QPoint, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QWidget

MIN_WIDTH_PX = 320
# Between the content and the scroll bar, in napari's style.
FRAME_PX = 4


class VerticalScroll(QScrollArea):
    """Scrolls up and down only: never narrower than what it holds, so nothing is clipped."""

    def __init__(self, content: QWidget):
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        content.installEventFilter(self)
        self._widen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the content when its own minimum changes."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._widen()
        return super().eventFilter(watched, event)

    def reveal(self, part: QWidget) -> None:
        """Scroll until `part` is in sight, in the height that its text has just got."""
        content = self.widget()
        content.layout().activate()
        needed_px = content.layout().totalHeightForWidth(content.width())
        content.resize(content.width(), max(needed_px, self.viewport().height()))
        content.layout().activate()
        if part.height() > self.viewport().height():
            # Its beginning is what to read first.
            self.verticalScrollBar().setValue(part.mapTo(content, QPoint(0, 0)).y())
        else:
            self.ensureWidgetVisible(part)

    def _widen(self) -> None:
        bar_px = self.verticalScrollBar().sizeHint().width()
        wanted_px = self.widget().minimumSizeHint().width() + bar_px + FRAME_PX
        self.setMinimumWidth(max(MIN_WIDTH_PX, wanted_px))
