"""The legend: each class with colour, letter and live count, and a box that shows or hides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from napari_all_subtype._widgets.badges import ink_on
from napari_all_subtype._widgets.codes import unit_rgb
from napari_all_subtype._widgets.words import percent
from napari_all_subtype.taxonomy import EXCLUSIONS, UNKNOWN, CellClass, Taxonomy
from napari_all_subtype.workflow.intervals import Proportion

SWATCH_PX = 22


class Legend(QWidget):
    """One row per class.

    Signals
    -------
    hidden_changed : frozenset of str
        Names of the classes that are hidden now.
    """

    hidden_changed = Signal(object)

    def __init__(self, taxonomy: Taxonomy, parent: QWidget | None = None):
        super().__init__(parent)
        self._boxes: dict[str, QCheckBox] = {}
        self._counts: dict[str, QLabel] = {}
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.setColumnStretch(1, 1)
        for row, cell_class in enumerate((*taxonomy.classes, UNKNOWN, *EXCLUSIONS)):
            box = QCheckBox(cell_class.title)
            box.setIcon(QIcon(swatch(cell_class)))
            box.setIconSize(QPixmap(SWATCH_PX, SWATCH_PX).size())
            box.setChecked(True)
            box.setToolTip(f"{cell_class.meaning}. Show or hide these cells.")
            box.toggled.connect(self._on_toggled)
            count = QLabel("–")
            count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            count.setToolTip("Cells of this class, their share, and its 95 % Wilson interval.")
            layout.addWidget(box, row, 0)
            layout.addWidget(count, row, 1)
            self._boxes[cell_class.name] = box
            self._counts[cell_class.name] = count
        self.show_excluded({})

    @property
    def hidden(self) -> frozenset[str]:
        """Names of the hidden classes."""
        return frozenset(name for name, box in self._boxes.items() if not box.isChecked())

    def show_hidden(self, names: Collection[str]) -> None:
        """Have the boxes say that the classes `names` are hidden, and no others."""
        for name, box in self._boxes.items():
            box.setChecked(name not in names)

    def box(self, name: str) -> QCheckBox:
        """The box that shows and hides the class `name`."""
        return self._boxes[name]

    def count_text(self, name: str) -> str:
        """What is written beside the class `name`."""
        return self._counts[name].text()

    def show_counts(self, classes: Mapping[str, Proportion]) -> None:
        """Write the counts; classes without an entry get a dash."""
        for name in self._counts.keys() - {one.name for one in EXCLUSIONS}:
            label = self._counts[name]
            label.setText(proportion_text(classes[name]) if name in classes else "–")

    def show_excluded(self, counts: Mapping[str, int]) -> None:
        """Have a row for each exclusion that a person has said of any cell, and no other."""
        for one in EXCLUSIONS:
            self._counts[one.name].setText(str(counts.get(one.name, 0)))
            for part in (self._boxes[one.name], self._counts[one.name]):
                part.setVisible(one.name in counts)

    def _on_toggled(self, _checked: bool) -> None:
        self.hidden_changed.emit(self.hidden)


def proportion_text(proportion: Proportion) -> str:
    r"""Count, share and interval of a class in few characters.

    Examples
    --------
    >>> from napari_all_subtype.workflow.intervals import wilson
    >>> proportion_text(Proportion(count=10, fraction=0.1, wilson=wilson(10, 100)))
    '10   10\xa0% (6–17)'
    """
    if proportion.fraction is None or proportion.wilson is None:
        return str(proportion.count)
    interval = proportion.wilson
    return (
        f"{proportion.count}   {percent(proportion.fraction)} "
        f"({100 * interval.low:.0f}–{100 * interval.high:.0f})"
    )


def ink_of(cell_class: CellClass) -> QColor:
    """Black or white, whichever is read better on the colour of a class."""
    return QColor.fromRgbF(*ink_on(np.array([unit_rgb(cell_class.colour)]))[0].tolist())


def swatch(cell_class: CellClass) -> QPixmap:
    """A disc in the class's colour with its letter, as on the image."""
    pixmap = QPixmap(2 * SWATCH_PX, 2 * SWATCH_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(cell_class.colour))
    painter.setPen(Qt.PenStyle.NoPen)
    disc = QRectF(1, 1, 2 * SWATCH_PX - 2, 2 * SWATCH_PX - 2)
    painter.drawEllipse(disc)
    font = QFont()
    font.setPixelSize(SWATCH_PX)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(ink_of(cell_class))
    painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, cell_class.letter)
    painter.end()
    return pixmap
