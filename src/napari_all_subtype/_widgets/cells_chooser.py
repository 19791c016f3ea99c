"""Where the cells come from: found here, drawn in a labels layer, or found by another program."""

from __future__ import annotations

from collections.abc import Sequence

from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QWidget

from napari_all_subtype.config import FindingParameters
from napari_all_subtype.model.segmenters import EXTRAS, how_to_install, is_installed

FOUND_HERE = "Found here"
CLASSICAL = FindingParameters().segmenter
LABELS_TIP = "The cells are those of this layer, under its numbers; they are not looked for."


class CellsChooser(QComboBox):
    """A list: found here, the labels layers that are open, and the programs that can be had."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._layers: list[Labels] = []
        self.setAccessibleName("Cells")
        self.setToolTip(
            "Where the cells come from. A labels layer of the same size as the image gives them "
            "as they were drawn there."
        )
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self._fill()

    @property
    def layer(self) -> Labels | None:
        """The labels layer that gives the cells, None where they are to be found."""
        chosen = self.currentData()
        return chosen if isinstance(chosen, Labels) else None

    @property
    def segmenter(self) -> str:
        """What finds them, where they are not given."""
        return CLASSICAL if self.layer is not None else self.currentData()

    def hide_layer(self) -> None:
        """Take the labels layer that gives the cells out of sight: it would cover what they are."""
        if self.layer is not None:
            self.layer.visible = False

    def set_layers(self, layers: Sequence[Labels]) -> None:
        """Offer `layers`; what was chosen stays chosen while it is there."""
        before = self.currentData()
        self._layers = list(layers)
        self._fill()
        offered = [self.itemData(n) for n in range(self.count())]
        self.setCurrentIndex(next((n for n, one in enumerate(offered) if one is before), 0))

    def _fill(self) -> None:
        self.clear()
        self.addItem(FOUND_HERE, CLASSICAL)
        tip = type(FindingParameters()).model_fields["segmenter"].description
        self._tell(0, tip)
        for layer in self._layers:
            self.addItem(f"Labels: {layer.name}", layer)
            self._tell(self.count() - 1, LABELS_TIP)
        for name, title in EXTRAS.items():
            self.addItem(title, name)
            self._tell(self.count() - 1, tip if is_installed(name) else how_to_install(name))
            self.model().item(self.count() - 1).setEnabled(is_installed(name))

    def _tell(self, row: int, tip: str) -> None:
        self.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
