"""The mouse while outlines are corrected: napari's brush on our cells, and lines of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.interactions import mouse_release_callbacks

from napari_all_subtype._widgets.boxes import write_box
from napari_all_subtype._widgets.layers import ResultLayers
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
        # Corners that were set stay otherwise, and join those of the next outline.
        layer._overlays["polygon"].points = []
        layer.preserve_labels = False
        layer.editable = False
        layer.visible, layer.colormap = self._before
        layers = self.viewer.layers
        if layers.selection.active is layer and self.layers.subtypes in layers:
            layers.selection.active = self.layers.subtypes

    def finish(self) -> None:
        """End a stroke that is being drawn as if the mouse were released.

        Napari tells of it then; a stroke around a cell (right button) that is not
        closed yet is taken back.
        """
        layer = self._layer
        # Such a stroke may itself be what is being told of.
        if layer is None or any(one.gi_running for one in layer._mouse_drag_gen.values()):
            return
        if self._encircles(layer):
            layer._overlays["brush_stroke"].abort(layer)
        mouse_release_callbacks(layer, SimpleNamespace(type="mouse_release"))

    @staticmethod
    def _encircles(layer: Labels) -> bool:
        """Whether napari's stroke around a cell is not closed yet; before napari 0.8 none was."""
        stroke = layer._overlays.get("brush_stroke")
        return stroke is not None and stroke.active

    def _on_press(self, _viewer, event) -> None:
        """Paint with the label of the cell the stroke begins in; beside all cells with a new one.

        The callbacks of the viewer come before those of the layer.
        """
        if self._encircles(self._layer):
            return
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
        self._shown: Region | None = None

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
        self._wipe()

    def _wipe(self) -> bool:
        """Take the drawn line away; gives whether there was one."""
        shown, self._shown = self._shown, None
        if shown is not None:
            self.layers.redraw(shown)
        return shown is not None

    def _on_mouse(self, _viewer, event) -> Iterator[None]:
        if event.type != "mouse_press" or event.button != 1:
            return
        points = [self._at(event)]
        yield
        while event.type == "mouse_move" and self._taken:
            points.append(self._at(event))
            part = self._show(points[-2:])
            self._shown = part if self._shown is None else joined(self._shown, part)
            yield
        # One that was put away meanwhile took its line along.
        if self._wipe():
            self._drawn(points)

    def _at(self, event) -> tuple[float, float]:
        y_px, x_px = self.layers.subtypes.world_to_data(event.position)[-2:]
        return float(y_px), float(x_px)

    def _show(self, ends: list[tuple[float, float]]) -> Region:
        """Draw one piece of the line; gives where it is."""
        import cv2

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
        cv2.line(patch, start, end, self.layers.codes.picked, width)
        write_box(self.layers.subtypes, view.canvas, region, patch)
        return region
