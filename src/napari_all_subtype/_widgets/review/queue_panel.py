"""The group *Queue*: in which order cells are read, which of them, and how far one is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGroupBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible, QLabeledDoubleRangeSlider

from napari_all_subtype._widgets.form import ParameterForm
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.parameter_editor import title_of
from napari_all_subtype.workflow.review_parameters import (
    CellFilter,
    FieldRegion,
    QueueOrder,
    told_of_orders,
)

ANY_CLASS = "any class"
FILTER, ORDER = CellFilter(reviewed="unreviewed"), QueueOrder()
# An order that needs the rules of FAB.
AGAINST_RULES = "network_against_criteria"
# Orders that tell what the model says, and one that does not.
OF_MODEL, BLIND_ORDER = ("least_confident", AGAINST_RULES, "suspect_labels"), "field_order"
CHOICES = ("reviewed", "border")
NO_CELL = "The queue is empty: no cell has been found yet."
NONE_FOUND = "The queue is empty: no cell was found. Try another sensitivity or pixel size."
NO_REGION = "Press <b>Select region</b> above and draw a line around the cells to be read."
NONE_LEFT = "No cell is left here: choose another order, or wider filters."


class QueuePanel(QGroupBox):
    """Order, filters and position; what they are called and told stands in the parameters.

    Parameters
    ----------
    classes : sequence of (str, str)
        Name and title of all that a cell can be called.

    Signals
    -------
    changed
        Another order, or another filter, was chosen.
    """

    changed = Signal()

    def __init__(self, classes: Sequence[tuple[str, str]] = (), parent: QWidget | None = None):
        super().__init__("Queue", parent)
        self.region: FieldRegion | None = None
        self._quiet, self._fab = False, True
        # Order and confidences as they were before the model was hidden; None while it is not.
        self._before: tuple[str, tuple[float, float]] | None = None
        self._build()
        self.show_classes(classes)
        for box in (self.order, self.one_class, self.only_class):
            box.currentIndexChanged.connect(self._on_changed)
        for form in (self.choices, self.details):
            form.changed.connect(self._on_changed)
        for slider in (self.confidence, self.diameter):
            slider.valueChanged.connect(self._on_changed)
        self._fit()

    def _build(self) -> None:
        self.order = _combo("Order of the queue", QueueOrder, "kind")
        for n, (kind, title, told) in enumerate(told_of_orders()):
            self.order.addItem(title, kind)
            self.order.setItemData(n, told, Qt.ItemDataRole.ToolTipRole)
        self.one_class = _combo("Class of the queue", QueueOrder, "one_class")
        self.only_class = _combo("Class", CellFilter, "classes")
        self.confidence = _range("confidence", decimals=2)
        self.diameter = _range("diameter_um", decimals=0)
        self.choices = ParameterForm(FILTER, CHOICES)
        self.details = ParameterForm(ORDER, ("seed", "row_height_cells"))
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Cells that were read")
        self.at = paragraph(NO_CELL)
        self.form = _form()
        self.form.addRow("Order", self.order)
        self.form.addRow("Of class", self.one_class)
        inner = QWidget()
        more = _form(inner)
        more.addRow("Class", self.only_class)
        more.addRow("Confidence", self.confidence)
        more.addRow("Diameter µm", self.diameter)
        more.addRow(self.choices)
        more.addRow(self.details)
        self.filters = QCollapsible("Filters")
        self.filters.setContent(inner)
        self.filters.toggleButton().setToolTip("Choose which cells are in the queue.")
        layout = QVBoxLayout(self)
        layout.addLayout(self.form)
        for part in (self.filters, self.progress, self.at):
            layout.addWidget(part)

    def show_classes(self, classes: Sequence[tuple[str, str]], fab: bool = True) -> None:
        """Have these classes to choose from; one that is chosen stays, if it is among them.

        Parameters
        ----------
        classes : sequence of (str, str)
            Name and title of all that a cell can be called.
        fab : bool
            Whether the cells have scores of FAB rules, by which they can be ordered.
        """
        before = (self.order.currentData(), self.one_class.currentData(), self._only)
        with self._quietly():
            for box, first in ((self.one_class, ()), (self.only_class, ((ANY_CLASS, ""),))):
                chosen = box.currentData()
                box.clear()
                for title, name in (*first, *((title, name) for name, title in classes)):
                    box.addItem(title, name)
                box.setCurrentIndex(max(box.findData(chosen), 0))
            self._fab = fab
            self._allow_orders()
            if not fab and self.order.currentData() == AGAINST_RULES:
                self.order.setCurrentIndex(0)
        self._fit()
        if before != (self.order.currentData(), self.one_class.currentData(), self._only):
            self.changed.emit()

    def _allow_orders(self) -> None:
        for kind in OF_MODEL:
            allowed = self._before is None and (self._fab or kind != AGAINST_RULES)
            self.order.model().item(self.order.findData(kind)).setEnabled(allowed)

    def hide_model(self, on: bool) -> None:
        """Offer no order and no filter that tells what the model says; or offer them again."""
        if on == (self._before is not None):
            return
        kind, confidences = self.order.currentData(), self.confidence.value()
        if on:
            self._before = (kind, confidences)
            kind = BLIND_ORDER if kind in OF_MODEL else kind
            confidences = (self.confidence.minimum(), self.confidence.maximum())
        else:
            (before, confidences), self._before = self._before, None
            kind = before if before in OF_MODEL and kind == BLIND_ORDER else kind
        with self._quietly():
            self._allow_orders()
            self.confidence.setEnabled(not on)
            self.confidence.setValue(confidences)
            self.order.setCurrentIndex(self.order.findData(kind))
        self._on_changed()

    @property
    def _only(self) -> str:
        return self.only_class.currentData() or ""

    def _on_changed(self, *_: object) -> None:
        self._fit()
        if not self._quiet:
            self.changed.emit()

    def _fit(self) -> None:
        """Show what the chosen order needs."""
        kind = self.order.currentData()
        self.form.setRowVisible(1, kind == "one_class")
        for name, kinds in (("seed", ("random",)), ("row_height_cells", ("field_order", "region"))):
            self.details.set_visible(name, kind in kinds)

    @property
    def needs_region(self) -> bool:
        """Whether the order is that of a region, and none is drawn."""
        return self.order.currentData() == "region" and self.region is None

    @property
    def chosen_order(self) -> QueueOrder:
        """The order that is chosen; of a region only when there is one."""
        details = self.details.values()
        return QueueOrder.of(
            kind=self.order.currentData(),
            one_class=self.one_class.currentData() or "",
            region=self.region,
            **details,
        )

    @property
    def chosen_filter(self) -> CellFilter:
        """Which cells are chosen."""
        (low, high), (small, large) = self.confidence.value(), self.diameter.value()
        only = self._only
        return CellFilter.of(
            classes=(only,) if only else None,
            min_confidence=low,
            max_confidence=high,
            min_diameter_um=small,
            max_diameter_um=large,
            **self.choices.values(),
        )

    @contextmanager
    def _quietly(self):
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def choose(self, order: QueueOrder, shown: CellFilter) -> None:
        """Have the controls say `order` and `shown`; nobody hears of it as of a choice."""
        with self._quietly():
            self.region = order.region
            only = (shown.classes or ("",))[0]
            for box, data in (
                (self.order, order.kind),
                (self.one_class, order.one_class),
                (self.only_class, only),
            ):
                if (at := box.findData(data)) >= 0:
                    box.setCurrentIndex(at)
            self.confidence.setValue((shown.min_confidence, shown.max_confidence))
            self.diameter.setValue((shown.min_diameter_um, shown.max_diameter_um))
            for form, values in ((self.choices, shown), (self.details, order)):
                for name in form.values():
                    form.set_value(name, getattr(values, name))
        self._fit()

    def show_position(
        self, at: int, left: int, read: int, cells: int, searched: bool = False
    ) -> None:
        """Say how far one is.

        Parameters
        ----------
        at : int
            Place of the current cell in the queue, from 1; 0 for none.
        left : int
            Cells in the queue.
        read, cells : int
            Cells of the smear that were read, and all.
        searched : bool
            Whether cells were looked for.
        """
        # Qt paints a progress bar at once, and all of the window that waits to be painted with it.
        self.progress.setUpdatesEnabled(False)
        self.progress.setRange(0, max(cells, 1))
        self.progress.setValue(read)
        self.progress.setFormat(f"{read} of {cells} read")
        self.progress.setUpdatesEnabled(True)
        if not cells:
            self.at.setText(NONE_FOUND if searched else NO_CELL)
        elif self.needs_region:
            self.at.setText(NO_REGION)
        elif not left:
            self.at.setText(NONE_LEFT)
        else:
            self.at.setText(
                f"Cell {at} of {left} in this queue." if at else f"{left} in this queue."
            )


def _form(parent: QWidget | None = None) -> QFormLayout:
    form = QFormLayout(parent)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _combo(spoken: str, model: type, name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(spoken)
    box.setToolTip(model.model_fields[name].description)
    return box


def _range(what: str, decimals: int) -> QLabeledDoubleRangeSlider:
    """A slider with two handles for the least and the greatest of `what`."""
    low, high = (CellFilter.model_fields[f"{end}_{what}"] for end in ("min", "max"))
    slider = QLabeledDoubleRangeSlider()
    slider.setOrientation(Qt.Orientation.Horizontal)
    slider.setRange(low.default, high.default)
    slider.setDecimals(decimals)
    slider.setValue((low.default, high.default))
    slider.setEdgeLabelMode(QLabeledDoubleRangeSlider.EdgeLabelMode.NoLabel)
    # Room for the numbers: they lie over the handles, also at both ends.
    longest = max((f"{end.default:.{decimals}f}" for end in (low, high)), key=len)
    side_px = slider.fontMetrics().horizontalAdvance(f"{longest}0") // 2
    margins = slider.layout().contentsMargins()
    slider.layout().setContentsMargins(side_px, margins.top(), side_px, margins.bottom())
    # What takes the focus lies inside.
    for part in (slider, *slider.findChildren(QWidget)):
        part.setAccessibleName(title_of(what, low))
    slider.setToolTip(f"{low.description}<br>{high.description}")
    return slider
