"""The layers of a result: cells, subtypes and letters over the image they belong to."""

from __future__ import annotations

import weakref
from collections.abc import Iterable

import numpy as np
import pandas as pd
from napari.layers import Image, Labels, Layer, Points
from napari.utils.colormaps import DirectLabelColormap

from napari_all_subtype._widgets.overlay import (
    ClassCodes,
    cell_at,
    changed_by_confidence,
    draw_cell,
    unit_rgb,
)
from napari_all_subtype._widgets.views import FieldView
from napari_all_subtype.cells import table
from napari_all_subtype.workflow.overlay import class_of

CELLS, SUBTYPES, LETTERS = "cells", "subtypes", "letters"
FILL_OPACITY = 0.3
# Of the badge behind a letter, and of the letter on it.
BADGE_UM = 3.2
LETTER_TO_BADGE = 0.42
MANY_CELLS = 2000
DOUBTFUL_BADGE = (1.0, 1.0, 1.0, 0.7)


class ResultLayers:
    """Shows one field at a time; layers a person deletes are made again at the next field.

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
        self.view: FieldView | None = None
        self.hidden: frozenset[str] = frozenset()
        self.fill_opacity = FILL_OPACITY
        self.min_confidence = 0.0
        self.with_letters = True
        self.picked = 0

    def show(self, view: FieldView, image: Image | None) -> None:
        """Show `view` over `image`; without one, over an image layer of its own."""
        self.view, self.picked = view, 0
        if image is None:
            image = self._put("image", view.pixels, _new_image, view.name, {})
        if view.analysis is None:
            self.clear()
            return
        placed = _placement(image)
        features = view.analysis.cells
        labels = view.analysis.masks.labels
        self._put("cells", labels, _new_cells, CELLS, placed)
        self.cells.features = features
        self._put("subtypes", view.canvas, _new_subtypes, SUBTYPES, placed)
        self.subtypes.features = self._codes.to_features()
        self._recolour()
        # The slider may have moved while the field was drawn.
        self._redraw(changed_by_confidence(features, view.min_confidence, self.min_confidence))
        self._write_letters(placed)
        self._viewer().layers.selection.active = self.subtypes

    def clear(self) -> None:
        """Remove the layers of a result, not the image."""
        self._remove("letters", "subtypes", "cells")

    def clear_all(self) -> None:
        """Remove the image of a file as well: there is nothing to show of it."""
        self._remove("letters", "subtypes", "cells", "image")

    def hide(self, classes: Iterable[str]) -> None:
        """Show every class but `classes`."""
        self.hidden = frozenset(classes)
        self._recolour()
        self._style_letters()

    def set_fill_opacity(self, opacity: float) -> None:
        """Opacity of the fill, 0–1; rings stay opaque."""
        self.fill_opacity = opacity
        self._recolour()

    def set_min_confidence(self, minimum: float) -> None:
        """Draw cells below `minimum`, 0–1, hollow."""
        before, self.min_confidence = self.min_confidence, minimum
        if self._alive(self.subtypes):
            self._redraw(changed_by_confidence(self.view.analysis.cells, before, minimum))
            self._style_letters()

    def show_letters(self, shown: bool) -> None:
        """Show or hide the letters."""
        self.with_letters = shown
        if self._alive(self.letters):
            self.letters.visible = shown

    def pick(self, label: int) -> None:
        """Ring the cell `label` in white, and no other; 0 for none."""
        if not self._alive(self.subtypes):
            return
        changed = [one for one in (self.picked, label) if one]
        self.picked = label
        cells = self.view.analysis.cells
        self._redraw(cells[cells["label"].isin(changed)])

    def label_at(self, position) -> int:
        """Label of the cell at a position in world coordinates, 0 between the cells."""
        if not self._alive(self.subtypes) or self.view.analysis is None:
            return 0
        y_px, x_px = self.subtypes.world_to_data(position)[-2:]
        return cell_at(self.view.analysis.masks.labels, y_px, x_px)

    def look_at(self, label: int) -> None:
        """Move the camera to the cell `label`, without changing the zoom."""
        if not self._alive(self.subtypes):
            return
        row = self.view.analysis.cells.loc[label]
        centre = (row["centroid_y_px"], row["centroid_x_px"])
        camera = _camera(self._viewer())
        camera.center = (0.0, *self.subtypes.data_to_world(centre)[-2:])

    def owns(self, layer: Layer) -> bool:
        """Whether `layer` is one that this object made."""
        return any(layer is own for own in (self.image, self.cells, self.subtypes, self.letters))

    @property
    def _codes(self) -> ClassCodes:
        return ClassCodes(self.view.analysis.taxonomy)

    def _alive(self, layer: Layer | None) -> bool:
        viewer = self._viewer()
        return layer is not None and viewer is not None and layer in viewer.layers

    def _put(self, role: str, data: np.ndarray, make, name: str, placed: dict) -> Layer:
        """The layer of a role with new data, or a new one where it was deleted."""
        layer = getattr(self, role)
        if not self._alive(layer):
            layer = make(data, name)
            # Placed first: napari warns of units that differ for one moment.
            _place(layer, placed)
            # Known first: who hears of the new layer asks whether it is ours.
            setattr(self, role, layer)
            return self._viewer().add_layer(layer)
        layer.data = data
        if isinstance(layer, Image):
            layer.name = name
        _place(layer, placed)
        return layer

    def _remove(self, *roles: str) -> None:
        self.picked = 0
        for role in roles:
            if self._alive(layer := getattr(self, role)):
                self._viewer().layers.remove(layer)
            setattr(self, role, None)

    def _recolour(self) -> None:
        if self._alive(self.subtypes):
            colours = self._codes.colours(self.hidden, self.fill_opacity)
            self.subtypes.colormap = DirectLabelColormap(color_dict=colours)

    def _redraw(self, rows: pd.DataFrame) -> None:
        """Draw `rows` again, each in its bounding box."""
        for row in rows.itertuples():
            draw_cell(
                self.view.canvas,
                self.view.analysis.masks.labels,
                row,
                self._codes,
                self.view.ring_px,
                self.min_confidence,
                picked=row.label == self.picked,
            )
        if len(rows):
            self.subtypes.refresh()

    def _write_letters(self, placed: dict) -> None:
        if self._alive(self.letters):
            self._viewer().layers.remove(self.letters)
        cells = table.present(self.view.analysis.cells)
        um_per_px = self.view.analysis.pixel_size.um_per_px
        letters = _new_letters(
            cells,
            self.view.analysis.taxonomy,
            BADGE_UM / um_per_px,
            float(placed["scale"][-1]),
        )
        _place(letters, placed)
        self.letters = self._viewer().add_layer(letters)
        self.letters.visible = self.with_letters and len(cells) <= MANY_CELLS
        self._style_letters()

    def _style_letters(self) -> None:
        if not self._alive(self.letters) or not len(self.letters.data):
            return
        cells = table.present(self.view.analysis.cells)
        classes = [class_of(self.view.analysis.taxonomy, name) for name in cells["subtype"]]
        colours = np.array([(*unit_rgb(one.colour), 1.0) for one in classes])
        colours[(cells["confidence"] < self.min_confidence).to_numpy()] = DOUBTFUL_BADGE
        # Not by `shown`: napari 0.9.2 overlooks it in a layer of two dimensions.
        hidden = np.array([one.name in self.hidden for one in classes])
        colours[hidden, 3] = 0.0
        self.letters.face_color = colours
        letters = ["" if gone else one.letter for one, gone in zip(classes, hidden, strict=True)]
        self.letters.features = {"letter": letters}


def _new_image(data: np.ndarray, name: str) -> Image:
    return Image(data, name=name, rgb=True)


def _new_cells(data: np.ndarray, name: str) -> Labels:
    """Instance ids: for hovering, tables and files; the colours are those of the subtypes."""
    layer = Labels(data, name=name, visible=False)
    layer.editable = False
    return layer


def _new_subtypes(data: np.ndarray, name: str) -> Labels:
    layer = Labels(data, name=name, opacity=1.0)
    layer.editable = False
    return layer


def _new_letters(cells: pd.DataFrame, taxonomy, badge_px: float, world_per_px: float) -> Points:
    """A badge with the class's letter at the upper left of each cell.

    napari takes the size of points in pixels of the data, that of text in units
    of the world.
    """
    names = cells["subtype"]
    layer = Points(
        cells[["y0_px", "x0_px"]].to_numpy(float) + 0.35 * badge_px,
        name=LETTERS,
        size=badge_px,
        border_width=0,
        symbol="disc",
        ndim=2,
        features={"letter": [class_of(taxonomy, name).letter for name in names]},
        text={
            "string": "{letter}",
            "color": "black",
            "anchor": "center",
            "size": LETTER_TO_BADGE * badge_px * world_per_px,
            "scaling": True,
        },
    )
    layer.editable = False
    return layer


def _placement(image: Image) -> dict:
    """Where the last two axes of `image` lie in the world."""
    last = slice(-2, None)
    if image.ndim == 2:
        return {
            "scale": image.scale,
            "rotate": image.rotate,
            "shear": image.shear,
            "translate": image.translate,
            "affine": image.affine,
            "units": image.units,
        }
    return {
        "scale": image.scale[last],
        "translate": image.translate[last],
        "affine": image.affine.set_slice([image.ndim - 2, image.ndim - 1]),
        "units": image.units[last],
    }


def _place(layer: Layer, placed: dict) -> None:
    for name, value in placed.items():
        setattr(layer, name, value)


def _camera(viewer):
    """The camera under its name since napari 0.9, or the one before."""
    scene = getattr(viewer, "scene", None)
    return scene.camera if scene is not None else viewer.camera
