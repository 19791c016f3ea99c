"""The mouse while outlines are corrected: napari's brush on our cells, and lines of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_all_subtype._widgets.boxes import write_box
from napari_all_subtype._widgets.layers import ResultLayers
from napari_all_subtype._widgets.overlay import ClassCodes
from napari_all_subtype.cells.edit import box_of, joined
from napari_all_subtype.cells.source import Region

MODES = {"paint": "paint", "erase": "erase", "add": "polygon"}
BRUSH_UM = 1.5
# What is painted is white until the stroke ends; cells under the brush keep their own colours.
STROKE_COLOUR = (1.0, 1.0, 1.0, 0.35)


class Brush:
    """Napari's own brush, eraser and polygon on the layer of the cells."""

    def __init__(self, viewer, layers: ResultLayers):
        self.viewer, self.layers = viewer, layers
        self._layer: Labels | None = None
        self._before: tuple[bool, object] = (False, None)
        self._next_label = lambda: 0

    def take(self, name: str, next_label: Callable[[], int]) -> None:
        """Use the tool `name`, a key of :data:`MODES`.

        Parameters
        ----------
        next_label : callable
            Gives the label that the next new cell gets.
        """
        layer, self._next_label = self.layers.cells, next_label
        self._layer, self._before = layer, (layer.visible, layer.colormap)
        clear = np.zeros(4)
        layer.colormap = DirectLabelColormap(color_dict={None: STROKE_COLOUR, 0: clear})
        layer.editable = True
        layer.visible = True
        layer.brush_size = max(2, BRUSH_UM / self.layers.view.analysis.pixel_size.um_per_px)
        layer.selected_label = next_label()
        # A new cell takes no pixel from those there are.
        layer.preserve_labels = name == "add"
        layer.mode = MODES[name]
        self.viewer.layers.selection.active = layer
        self.viewer.mouse_drag_callbacks.append(self._on_press)

    def put_away(self) -> None:
        """Have the layer as it was before; the mouse moves the image again."""
        if self._layer is None:
            return
        if self._on_press in self.viewer.mouse_drag_callbacks:
            self.viewer.mouse_drag_callbacks.remove(self._on_press)
        layer, self._layer = self._layer, None
        layer.preserve_labels = False
        layer.editable = False
        layer.visible, layer.colormap = self._before
        layers = self.viewer.layers
        if layers.selection.active is layer and self.layers.subtypes in layers:
            layers.selection.active = self.layers.subtypes

    def _on_press(self, _viewer, event) -> None:
        """Paint with the label of the cell the stroke begins in; beside all cells with a new one.

        The callbacks of the viewer come before those of the layer.
        """
        if event.type == "mouse_press" and self._layer.mode == "paint":
            self._layer.selected_label = self.layers.label_at(event.position) or self._next_label()
        elif event.type == "mouse_press":
            self._layer.selected_label = self._next_label()


class LineTool:
    """A line drawn with the mouse, shown in white while it is drawn.

    Parameters
    ----------
    drawn : callable
        Called with the points (y, x) of a finished line, in pixels.
    """

    def __init__(
        self, viewer, layers: ResultLayers, drawn: Callable[[list[tuple[float, float]]], None]
    ):
        self.viewer, self.layers, self._drawn = viewer, layers, drawn
        self._taken = False

    def take(self) -> None:
        """Draw with the next press of the mouse instead of moving the image."""
        self._taken = True
        self.viewer.layers.selection.active = self.layers.subtypes
        self.layers.subtypes.mouse_pan = False
        self.viewer.mouse_drag_callbacks.append(self._on_mouse)

    def put_away(self) -> None:
        """The mouse moves the image again."""
        if not self._taken:
            return
        self._taken = False
        self.layers.subtypes.mouse_pan = True
        if self._on_mouse in self.viewer.mouse_drag_callbacks:
            self.viewer.mouse_drag_callbacks.remove(self._on_mouse)

    def _on_mouse(self, _viewer, event) -> Iterator[None]:
        if event.type != "mouse_press" or event.button != 1:
            return
        points, shown = [self._at(event)], None
        yield
        while event.type == "mouse_move":
            points.append(self._at(event))
            part = self._show(points[-2:])
            shown = part if shown is None else joined(shown, part)
            yield
        if shown is not None:
            self.layers.redraw(shown)
            self._drawn(points)

    def _at(self, event) -> tuple[float, float]:
        y_px, x_px = self.layers.subtypes.world_to_data(event.position)[-2:]
        return float(y_px), float(x_px)

    def _show(self, ends: list[tuple[float, float]]) -> Region:
        """Draw one piece of the line; gives where it is."""
        view = self.layers.view
        width = max(1, view.ring_px // 2)
        height, breadth = view.canvas.shape
        corners = np.round(ends).astype(int)
        y0, x0 = (corners.min(axis=0) - width).clip(0)
        y1, x1 = np.minimum(corners.max(axis=0) + width + 1, (height, breadth))
        region = Region(int(min(y0, height - 1)), int(min(x0, breadth - 1)), int(y1), int(x1))
        region = Region(*region[:2], max(region.y1, region.y0 + 1), max(region.x1, region.x0 + 1))
        patch = view.canvas[box_of(region)].copy()
        start, end = (tuple(int(v) for v in (x - region.x0, y - region.y0)) for y, x in corners)
        cv2.line(patch, start, end, ClassCodes(view.analysis.taxonomy).picked, width)
        write_box(self.layers.subtypes, view.canvas, region, patch)
        return region
