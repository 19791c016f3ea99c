"""The part of the cell panel that asks for, and explains, what the network looked at."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype.workflow.saliency_picture import legend_colours

if TYPE_CHECKING:
    from napari_all_subtype.model.saliency import Saliency

STRIP_PX, STEPS, BUSY_PX = 12, 41, 6
WAITING, WORKING = "Waiting for the model…", "Working…"


class SaliencyStrip(QWidget):
    """The colours of the map, from normal to blast."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setFixedHeight(STRIP_PX)

    def paintEvent(self, _event) -> None:
        """One block per step, framed."""
        painter = QPainter(self)
        width = self.width() / STEPS
        for k, colour in enumerate(legend_colours(STEPS)):
            block = QRectF(k * width, 0, width + 1, self.height())
            painter.fillRect(block, QColor(*(int(value) for value in colour)))
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        painter.end()


class SaliencyRow(QWidget):
    """A box to tick, and under it the legend and the votes, or why there are none.

    Signals
    -------
    toggled : bool
        The map is wanted, or no longer.
    """

    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._build()
        self.box.toggled.connect(self.toggled)
        self.show_nothing()

    def _build(self) -> None:
        self.box = QCheckBox("Show what the network looked at")
        self.box.setToolTip(
            "Colour the picture of the cell by what in it made the network say blast, or normal. "
            "Computed when this is ticked; untick it to stop."
        )
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(BUSY_PX)
        self.busy.setAccessibleName("The network is being asked")
        self.legend, self.said = QWidget(), paragraph()
        grid = QGridLayout(self.legend)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.addWidget(SaliencyStrip(), 0, 0, 1, 3)
        self.ends = tuple(QLabel() for _ in range(3))
        sides = Qt.AlignmentFlag
        aligned = (sides.AlignLeft, sides.AlignHCenter, sides.AlignRight)
        for column, (label, side) in enumerate(zip(self.ends, aligned, strict=True)):
            label.setAlignment(side)
            grid.addWidget(label, 1, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self.box, self.busy, self.legend, self.said):
            layout.addWidget(part)

    def show_nothing(self) -> None:
        """The box alone."""
        self._show("", busy=False, legend=False)

    def show_working(self, text: str) -> None:
        """Say that the answer is on its way."""
        self._show(text, busy=True, legend=False)

    def show_error(self, why: str) -> None:
        """Say in one line why there is no answer."""
        self._show(f"⚠ Not computed: {escape(why)}", busy=False, legend=False)

    def show_found(self, found: Saliency, um_per_px: float) -> None:
        """Say how both opinions voted, and what the colours stand for.

        Parameters
        ----------
        um_per_px : float
            Of the crop.
        """
        from napari_all_subtype.workflow.saliency import map_in_words, votes_in_words

        full = f"{found.full_log_odds:.2g}"
        texts = (f"normal −{full}", "0 log odds", f"+{full} blast")
        for label, text in zip(self.ends, texts, strict=True):
            label.setText(text)
        self._show(escape(votes_in_words(found), quote=False), busy=False, legend=not found.empty)
        for part in (self.legend, self.said):
            part.setToolTip(f"<p>{escape(map_in_words(found, um_per_px))}</p>")

    def _show(self, text: str, busy: bool, legend: bool) -> None:
        self.busy.setVisible(busy)
        self.legend.setVisible(legend)
        self.said.setText(text)
        self.said.setToolTip("")
        self.said.setVisible(bool(text))
