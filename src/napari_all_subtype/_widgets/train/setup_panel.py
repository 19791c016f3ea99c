"""The group *Model*: what a training starts from, how it goes, and what it will see."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_all_subtype._widgets.form import ParameterForm, all_names, field_of, with_values
from napari_all_subtype._widgets.train.choices import TrainChoices
from napari_all_subtype._widgets.train.preview_grid import PreviewGrid

MAIN = ("training.backbone", "training.head_epochs", "training.fine_tune_epochs", "seed")
WEIGHTS = "training.weights"
AUTOMATIC, FILE = "usual for the network", "A file…"
NAMED_WEIGHTS = ("bundled", "imagenet", "random")


class SetupPanel(QGroupBox):
    """Chooses a :class:`TrainChoices`.

    Signals
    -------
    changed
        Something else is chosen.
    preview_wanted
        A person wants to see what training will see.
    """

    changed = Signal()
    preview_wanted = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Model", parent)
        self.defaults = TrainChoices()
        self._build()
        for form in (self.main, self.more, self.augmentation):
            form.changed.connect(self.changed)
        self.augmentation.changed.connect(self._on_augmentation)
        self.weights.activated.connect(self._on_weights)
        self.preview_button.clicked.connect(lambda: self.preview_wanted.emit())

    def _build(self) -> None:
        self.main = ParameterForm(self.defaults, MAIN)
        self.weights = QComboBox()
        self.weights.setToolTip(field_of(self.defaults, WEIGHTS)[0].description)
        self.weights.setAccessibleName("Weights")
        narrow = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.weights.setSizeAdjustPolicy(narrow)
        self.weights.addItem(AUTOMATIC, "")
        for name in NAMED_WEIGHTS:
            self.weights.addItem(name, name)
        self.weights.addItem(FILE, None)
        self._chosen = 0
        row = QFormLayout()
        row.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        row.addRow("Weights", self.weights)
        names = all_names(self.defaults)
        changes = [name for name in names if name.startswith("augmentation.")]
        others = [name for name in names if name not in (*MAIN, *changes, WEIGHTS)]
        self.more = ParameterForm(self.defaults, others)
        self.augmentation = ParameterForm(self.defaults, changes)
        self.preview_button = QPushButton("Show what training will see")
        self.preview_button.setToolTip(
            "Cells of the training set, and beside each how it is changed in training."
        )
        self.preview = PreviewGrid()
        self.more_box = _folded("More", [self.more])
        parts = [self.augmentation]
        self.augmentation_box = _folded("Augmentation", parts)
        layout = QVBoxLayout(self)
        layout.addWidget(self.main)
        layout.addLayout(row)
        for part in (self.more_box, self.augmentation_box, self.preview_button, self.preview):
            layout.addWidget(part)

    def choices(self) -> TrainChoices:
        """All that is chosen.

        Raises
        ------
        ParameterError
            If a value is out of its bounds.
        """
        values = {**self.main.values(), **self.more.values(), **self.augmentation.values()}
        return with_values(self.defaults, {**values, WEIGHTS: self.weights.currentData()})

    def choose_weights(self, path: str) -> None:
        """Offer and choose a file of weights, shown by its own name."""
        at = self.weights.findData(path)
        if at < 0:
            at = self.weights.count() - 1
            name = path.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]
            self.weights.insertItem(at, name, path)
        self.weights.setCurrentIndex(at)
        self._chosen = at
        self.changed.emit()

    def _on_weights(self, index: int) -> None:
        if self.weights.itemData(index) is not None:
            self._chosen = index
            self.changed.emit()
            return
        self.weights.setCurrentIndex(self._chosen)
        path, _ = QFileDialog.getOpenFileName(self, "Weights", filter="Weights (*.h5 *.keras)")
        if path:
            self.choose_weights(path)

    def _on_augmentation(self) -> None:
        """A preview that is shown follows what is chosen."""
        if not self.preview.empty:
            self.preview_wanted.emit()


def _folded(title: str, parts: list[QWidget]) -> QCollapsible:
    box = QCollapsible(title, expandedIcon="▼", collapsedIcon="▶")
    for part in parts:
        box.addWidget(part)
    box.collapse(animate=False)
    box.layout().setContentsMargins(0, 0, 0, 0)
    return box
