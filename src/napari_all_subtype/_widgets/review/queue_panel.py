"""The group *Queue*: in which order cells are read, which of them, and how far one is."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible, QLabeledDoubleRangeSlider

from napari_all_subtype._widgets.paragraphs import paragraph

ANY_CLASS = "any class"
MAX_DIAMETER_UM = 40.0


class QueuePanel(QGroupBox):
    """Order, filters and position.

    Signals
    -------
    changed
        Another order, or another filter, was chosen.
    """

    changed = Signal()

    def __init__(
        self,
        orders: Sequence[tuple[str, str, str]],
        classes: Sequence[tuple[str, str]],
        parent: QWidget | None = None,
    ):
        super().__init__("Queue", parent)
        self._build(orders, classes)
        self.order.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.one_class.currentIndexChanged.connect(lambda _: self.changed.emit())
        for box in (self.reviewed, self.border):
            box.toggled.connect(lambda _: self.changed.emit())
        for slider in (self.confidence, self.diameter):
            slider.valueChanged.connect(lambda _: self.changed.emit())

    def _build(
        self, orders: Sequence[tuple[str, str, str]], classes: Sequence[tuple[str, str]]
    ) -> None:
        self.order = QComboBox()
        self.order.setAccessibleName("Order of the queue")
        for n, (name, title, tip) in enumerate(orders):
            self.order.addItem(title, name)
            self.order.setItemData(n, tip, Qt.ItemDataRole.ToolTipRole)
        self.order.setToolTip("Which cells come first.")
        self.one_class = QComboBox()
        self.one_class.setAccessibleName("Class")
        self.one_class.addItem(ANY_CLASS, "")
        for name, title in classes:
            self.one_class.addItem(title, name)
        self.one_class.setToolTip("Only cells that are called so now.")
        self.reviewed = QCheckBox("Also cells that were read already")
        self.border = QCheckBox("Also cells cut by the border")
        self.border.setChecked(True)
        self.confidence = _range("Confidence", 0.0, 1.0, 2, "Only cells of this confidence.")
        self.diameter = _range(
            "Diameter", 0.0, MAX_DIAMETER_UM, 0, "Only cells of this diameter, in micrometres."
        )
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Cells that were read")
        self.at = paragraph("The queue is empty.")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Order", self.order)
        form.addRow("Class", self.one_class)
        inner = QWidget()
        more = QFormLayout(inner)
        more.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        more.addRow("Confidence", self.confidence)
        more.addRow("Diameter µm", self.diameter)
        more.addRow(self.reviewed)
        more.addRow(self.border)
        self.filters = QCollapsible("Filters")
        self.filters.setContent(inner)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for part in (self.filters, self.progress, self.at):
            layout.addWidget(part)

    @property
    def choices(self) -> dict[str, object]:
        """What is chosen, ready for JSON."""
        return {
            "order": self.order.currentData(),
            "one_class": self.one_class.currentData(),
            "reviewed": self.reviewed.isChecked(),
            "border": self.border.isChecked(),
            "confidence": list(self.confidence.value()),
            "diameter_um": list(self.diameter.value()),
        }

    def choose(self, choices: dict[str, object]) -> None:
        """Have the controls say `choices`; what they do not know stays as it is."""
        with QSignalBlocker(self):
            for box, name in ((self.order, "order"), (self.one_class, "one_class")):
                if (at := box.findData(choices.get(name))) >= 0:
                    box.setCurrentIndex(at)
            for box, name in ((self.reviewed, "reviewed"), (self.border, "border")):
                box.setChecked(bool(choices.get(name, box.isChecked())))
            for slider, name in ((self.confidence, "confidence"), (self.diameter, "diameter_um")):
                slider.setValue(tuple(choices.get(name, slider.value())))

    def show_position(self, at: int, left: int, read: int, cells: int) -> None:
        """Say how far one is.

        Parameters
        ----------
        at : int
            Place of the current cell in the queue, from 1; 0 for none.
        left : int
            Cells in the queue.
        read, cells : int
            Cells of the smear that were read, and all.
        """
        self.progress.setRange(0, max(cells, 1))
        self.progress.setValue(read)
        self.progress.setFormat(f"{read} of {cells} read")
        if not cells:
            self.at.setText("The queue is empty: no cell has been found yet.")
        elif not left:
            self.at.setText("No cell is left here: choose another order, or wider filters.")
        else:
            self.at.setText(
                f"Cell {at} of {left} in this queue." if at else f"{left} in this queue."
            )


def _range(name: str, low: float, high: float, decimals: int, tip: str):
    slider = QLabeledDoubleRangeSlider()
    slider.setOrientation(Qt.Orientation.Horizontal)
    slider.setRange(low, high)
    slider.setDecimals(decimals)
    slider.setValue((low, high))
    slider.setAccessibleName(name)
    slider.setToolTip(tip)
    return slider
