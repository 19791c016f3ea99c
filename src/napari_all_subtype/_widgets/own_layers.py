"""The layers of a viewer that are ours: made when they are needed, known by reference."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image, Labels, Layer, Points

from napari_all_subtype._widgets.layer_kinds import new_preview, part_placement, place
from napari_all_subtype._widgets.sight import highest, raise_above

if TYPE_CHECKING:
    from napari_all_subtype.workflow.preview import Preview


def put_data(layer: Layer, data: np.ndarray) -> None:
    """Give `layer` other data; a key of napari paints in it no more than before.

    Napari makes a layer editable whenever its data are set.
    """
    editable, layer.data = layer.editable, data
    layer.editable = editable


class OwnLayers:
    """One layer per role; one that a person deletes is made again when it is next shown.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    """

    def __init__(self, viewer) -> None:
        self._viewer = weakref.ref(viewer)
        self.image: Image | None = None
        self.cells: Labels | None = None
        self.subtypes: Labels | None = None
        self.letters: Points | None = None
        self.preview: Labels | None = None

    def show_preview(self, preview: Preview, image: Image) -> None:
        """Show the outlines of a preview over `image`."""
        active = self._viewer().layers.selection.active
        placed = part_placement(image, preview.origin_yx_px, preview.zoom)
        self._put("preview", preview.lines, new_preview, placed)
        raise_above(
            self._viewer(), highest(self._viewer(), *self._others(Image), image), self.preview
        )
        if active is not None:
            self._viewer().layers.selection.active = active

    def clear_preview(self) -> None:
        """Empty the layer of the preview; like the others it is never taken away."""
        if self._alive(self.preview):
            put_data(self.preview, np.zeros((1, 1), np.uint8))

    def owns(self, layer: Layer) -> bool:
        """Whether `layer` is one that this object made."""
        return any(layer is own for own in self._own())

    def _own(self) -> tuple[Layer | None, ...]:
        return self.image, self.cells, self.subtypes, self.letters, self.preview

    def _others(self, kind: type[Layer] = Layer) -> list[Layer]:
        layers = self._viewer().layers
        return [one for one in layers if isinstance(one, kind) and not self.owns(one)]

    def _alive(self, layer: Layer | None) -> bool:
        viewer = self._viewer()
        return layer is not None and viewer is not None and layer in viewer.layers

    def _put(self, role: str, data: np.ndarray, make, placed: dict) -> Layer:
        """The layer of a role with new data, or a new one where it was deleted."""
        layer = getattr(self, role)
        if not self._alive(layer):
            layer = make(data)
            # Placed first: napari warns of units that differ for one moment.
            place(layer, placed)
            # Known first: who hears of the new layer asks whether it is ours.
            setattr(self, role, layer)
            return self._viewer().add_layer(layer)
        put_data(layer, data)
        place(layer, placed)
        return layer
