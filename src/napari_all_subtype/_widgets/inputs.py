"""What is analysed: an image layer of the viewer, or a folder of fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari.layers import Image
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype.cells.folders import list_images
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import MAX_PIXEL_SIZE_UM, MIN_PIXEL_SIZE_UM
from napari_all_subtype.errors import PixelSizeError

if TYPE_CHECKING:
    from napari_all_subtype.cells.levels import ArrayLike

LAYER_UNCERTAINTY_FRACTION = 0.02
ANISOTROPY_FRACTION = 0.01
VISIBLE_FIELDS = 6


class SmearChooser(QWidget):
    """A list of image layers, a button for a folder, and the fields of the folder.

    Signals
    -------
    chosen
        Another layer or folder was chosen.
    folder_requested : str
        A person chose a folder.
    field_clicked : int
        Another field of the list became the current one.
    """

    chosen = Signal()
    folder_requested = Signal(str)
    field_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._layers: list[Image] = []
        self._folder = ""
        self._build()
        self.combo.currentIndexChanged.connect(self._on_index)
        self.folder_button.clicked.connect(self._on_folder_button)
        self.field_list.currentRowChanged.connect(self._on_row)

    def _build(self) -> None:
        self.combo = QComboBox()
        self.combo.setToolTip("The image layer, or the folder of fields, that is analysed.")
        self.combo.setAccessibleName("Smear")
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(12)
        self.folder_button = QPushButton("Folder…")
        self.folder_button.setToolTip(
            "Choose a folder of images: the fields of one smear, counted together."
        )
        self.field_list = QListWidget()
        self.field_list.setToolTip("The fields of the smear: choose one to see it.")
        self.field_list.setAccessibleName("Fields")
        self.field_list.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.field_list.hide()
        row = QHBoxLayout()
        row.addWidget(self.combo, 1)
        row.addWidget(self.folder_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.field_list)

    def current(self) -> Image | str | None:
        """The chosen layer, the name of the chosen folder, or None."""
        index = self.combo.currentIndex()
        if 0 <= index < len(self._layers):
            return self._layers[index]
        return self._folder or None

    def set_layers(self, layers: Sequence[Image]) -> None:
        """Offer `layers`; what was chosen stays chosen while it is there."""
        before = self.current()
        self._layers = list(layers)
        self._refill(before)

    def set_folder(self, name: str) -> None:
        """Offer and choose the folder called `name`."""
        self._folder = name
        self._refill(name)

    def drop_folder(self) -> None:
        """Offer the folder no longer."""
        before, self._folder = self.current(), ""
        self._refill(None if isinstance(before, str) else before)

    def choose(self, layer: Image) -> None:
        """Choose `layer`, if it is offered."""
        for n, one in enumerate(self._layers):
            if one is layer:
                self.combo.setCurrentIndex(n)

    def show_fields(self, lines: Sequence[str], tips: Sequence[str], current: int) -> None:
        """One line per field; hidden when there is only one."""
        self.field_list.blockSignals(True)
        self.field_list.clear()
        self.field_list.addItems(list(lines))
        for n, tip in enumerate(tips):
            self.field_list.item(n).setToolTip(tip)
        self.field_list.setCurrentRow(current)
        self.field_list.blockSignals(False)
        self.field_list.setVisible(len(lines) > 1)
        if lines:
            line_px = self.field_list.sizeHintForRow(0)
            self.field_list.setFixedHeight(min(len(lines), VISIBLE_FIELDS) * line_px + 8)

    def show_field(self, n: int, line: str, tip: str) -> None:
        """Change one line."""
        if item := self.field_list.item(n):
            item.setText(line)
            item.setToolTip(tip)

    def _refill(self, keep: Image | str | None) -> None:
        self.combo.blockSignals(True)
        self.combo.clear()
        self.combo.addItems([layer.name for layer in self._layers])
        if self._folder:
            self.combo.addItem(f"Folder: {self._folder}")
        if not self.combo.count():
            self.combo.setPlaceholderText("no image is open")
        index = self.combo.count() - 1 if isinstance(keep, str) else 0
        for n, layer in enumerate(self._layers):
            index = n if layer is keep else index
        self.combo.setCurrentIndex(index if self.combo.count() else -1)
        self.combo.blockSignals(False)
        if self.current() is not keep:
            self.chosen.emit()

    def _on_index(self, _index: int) -> None:
        self.chosen.emit()

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self.field_clicked.emit(row)

    def _on_folder_button(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of the fields of one smear")
        if folder:
            self.folder_requested.emit(folder)


def fields_of_folder(folder: Path) -> list[SmearField]:
    """The images directly in `folder`, as fields of one smear.

    Raises
    ------
    NoImagesError
        If it holds none.
    """
    return [SmearField(path.name, path) for path in list_images(folder)]


def pixels_of(layer: Image, step: Sequence[int] = ()) -> ArrayLike:
    """The picture that `layer` shows: its finest level, at the slice the viewer is on.

    Parameters
    ----------
    step : sequence of int
        The viewer's position on every axis; used for the axes before (Y, X).

    Returns
    -------
    array, shape (Y, X, 3 or 4) for colour, else (Y, X)
        As lazy as the layer's own data.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    extra = layer.ndim - 2
    if extra:
        here = tuple(step)[-layer.ndim : -2]
        data = data[tuple(min(s, n - 1) for s, n in zip(here, data.shape, strict=False))]
    return data


def pixel_size_of_layer(layer: Image) -> PixelSize | None:
    """Micrometres per pixel, where the layer's units are lengths and its pixels square.

    Raises
    ------
    PixelSizeError
        If the layer states a size that no smear can have.
    """
    units, scale = layer.units[-2:], layer.scale[-2:]
    if not all(unit.is_compatible_with("micrometer") for unit in units):
        return None
    y_um, x_um = (
        float((s * unit).to("micrometer").magnitude) for s, unit in zip(scale, units, strict=True)
    )
    if abs(y_um - x_um) > ANISOTROPY_FRACTION * max(y_um, x_um):
        return None
    if not MIN_PIXEL_SIZE_UM <= x_um <= MAX_PIXEL_SIZE_UM:
        raise PixelSizeError(
            f"The layer {layer.name} states {x_um:g} micrometres per pixel; expected between "
            f"{MIN_PIXEL_SIZE_UM} and {MAX_PIXEL_SIZE_UM}. Correct the layer's scale and units, "
            "or enter the pixel size in the dock."
        )
    return PixelSize(x_um, "layer", LAYER_UNCERTAINTY_FRACTION, "scale and units of the layer")
