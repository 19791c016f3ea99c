"""The cells of the field that is shown, drawn in the subtypes mask: those alone that changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from napari.utils.colormaps import DirectLabelColormap

from napari_all_subtype._widgets.boxes import box_in, class_patch, write_box
from napari_all_subtype._widgets.codes import Codes
from napari_all_subtype._widgets.look import Look
from napari_all_subtype._widgets.overlay import cell_at
from napari_all_subtype._widgets.own_layers import OwnLayers
from napari_all_subtype._widgets.sheets import draw_cells, drawn_rows
from napari_all_subtype._widgets.views import FieldView
from napari_all_subtype.cells import table
from napari_all_subtype.cells.source import Region

# Above it the whole mask is handed to the screen once, instead of each box by itself.
MANY_BOXES = 30


class DrawnCells(OwnLayers):
    """Draws cells as the look says, rings the picked one, and marks those that are selected.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    """

    def __init__(self, viewer) -> None:
        super().__init__(viewer)
        self.view: FieldView | None = None
        self.look = Look()
        self.picked = 0
        self.selected: frozenset[int] = frozenset()

    def redraw(self, region: Region) -> None:
        """Draw the cells in `region` again, and nothing outside of it."""
        if self._has_result:
            view = self.view
            patch = class_patch(
                view.analysis.masks.labels,
                view.analysis.cells,
                region,
                self.codes,
                view.ring_px,
                self.look.min_confidence,
                self.picked,
                self.selected,
            )
            write_box(self.subtypes, view.canvas, region, patch)

    def pick(self, label: int) -> None:
        """Ring the cell `label` in white, and no other; 0 for none."""
        if not self._has_result:
            return
        changed = [one for one in (self.picked, label) if one]
        self.picked = label
        self._draw_boxes(changed)

    def mark(self, labels: Collection[int]) -> None:
        """Mark the cells `labels` as selected, and no others."""
        before, self.selected = self.selected, frozenset(labels)
        changed = before ^ self.selected
        if self._has_result and changed:
            self._draw_boxes(sorted(changed))

    def _draw_boxes(self, labels: Sequence[int]) -> None:
        """Draw the boxes of `labels`; many at once are drawn in one go."""
        cells = self.view.analysis.cells
        area_px = cells["area_px"].to_numpy()
        there = [label for label in labels if label < len(area_px) and area_px[label] > 0]
        if len(there) > MANY_BOXES:
            self._redraw(there)
        else:
            for row in table.few_rows(cells, there, table.BOX):
                self.redraw(box_in(row))

    def label_at(self, position) -> int:
        """Label of the cell at a position in world coordinates, 0 between the cells."""
        if not self._has_result:
            return 0
        y_px, x_px = self.subtypes.world_to_data(position)[-2:]
        return cell_at(self.view.analysis.masks.labels, y_px, x_px)

    @property
    def image_deleted(self) -> bool:
        """Whether a person deleted the image of the smear, which was a layer of ours."""
        ours = self.view is not None and self.view.pixels is not None and self.image is not None
        return ours and not self._alive(self.image)

    @property
    def codes(self) -> Codes:
        """The integers of the subtypes mask as it is drawn."""
        return self.look.codes(self.view.analysis.taxonomy)

    @property
    def _has_result(self) -> bool:
        shown = self.view is not None and self.view.analysis is not None
        return shown and self._alive(self.subtypes)

    def _recolour(self) -> None:
        if self._has_result:
            colours = self.codes.colours(self.look.hidden, self.look.fill_opacity)
            self.subtypes.colormap = DirectLabelColormap(color_dict=colours)

    def _redraw(self, labels: Sequence[int]) -> None:
        """Draw cells that are there again, all of them in one go."""
        view = self.view
        draw_cells(
            view.canvas,
            view.analysis.masks.labels,
            drawn_rows(view.analysis.cells, labels, self.codes),
            self.codes,
            view.ring_px,
            self.look.min_confidence,
            self.picked,
            self.selected,
        )
        if len(labels):
            self.subtypes.refresh()
