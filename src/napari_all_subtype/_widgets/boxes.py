"""Drawing in a layer that touches one rectangle of it, whatever the size of the image."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Labels

from napari_all_subtype._widgets.codes import Codes
from napari_all_subtype._widgets.overlay import badge_centres, dash_px
from napari_all_subtype._widgets.sheets import draw_cells, drawn_rows
from napari_all_subtype._widgets.views import FieldView
from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.edit import box_of, joined
from napari_all_subtype.cells.source import Region

if TYPE_CHECKING:
    import pandas as pd

PLACED = ("y0_px", "x0_px", "centroid_y_px", "centroid_x_px")


def write_box(layer: Labels | None, pixels: np.ndarray, region: Region, values: np.ndarray) -> None:
    """Have `pixels`, and the layer that shows them, hold `values` in `region`.

    Nobody hears of it as of a stroke of the brush.

    Parameters
    ----------
    layer : Labels or None
        Shows `pixels`; None where the layer was deleted.
    pixels : ndarray, shape (Y, X), int
        Changed in place.
    values : ndarray, shape of `region`
    """
    here = box_of(region)
    changed = pixels[here] != values
    if layer is None or not layer.visible or layer.data is not pixels:
        # A hidden layer has no slice to draw on; it takes a new one once it is shown.
        pixels[here] = values
    elif changed.any():
        ys, xs = np.nonzero(changed)
        with layer.events.paint.blocker(), layer.block_history():
            layer.data_setitem((ys + region.y0, xs + region.x0), values[changed])


def class_patch(
    labels: np.ndarray,
    cells: pd.DataFrame,
    region: Region,
    codes: Codes,
    ring_px: int,
    min_confidence: float = 0.0,
    picked: int = 0,
    selected: Collection[int] = (),
) -> np.ndarray:
    """The subtypes mask in `region`: ndarray, shape of `region`, uint8.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        Of the whole image; read only where cells of `region` are.
    cells : pandas.DataFrame
        Cell table, row k is label k.
    picked : int
        The cell with a white ring.
    selected : collection of int
        The cells with white dashes in their rings.
    """
    here = [k for k in np.unique(labels[box_of(region)]).tolist() if k]
    rows = list(drawn_rows(cells, here, codes))
    boxes = [region, *map(box_in, rows)]
    whole = joined(*boxes)
    # The dashes of a selected cell are a pattern of the image: two of them on, it is the same.
    again = 2 * dash_px(ring_px)
    whole = whole._replace(y0=whole.y0 - whole.y0 % again, x0=whole.x0 - whole.x0 % again)
    local = labels[box_of(whole)]
    canvas = np.zeros(local.shape, np.uint8)
    for row, box in zip(rows, boxes[1:], strict=True):
        vars(row).update(zip(table.BOX, _shifted(box, whole), strict=True))
    draw_cells(canvas, local, rows, codes, ring_px, min_confidence, picked, selected)
    return canvas[box_of(Region(*_shifted(region, whole)))]


def box_in(row: object) -> Region:
    """The box of the cell in `row`, a named row of the table."""
    return Region(*(int(getattr(row, side)) for side in table.BOX))


def edited_view(
    view: FieldView, analysis: Analysis, region: Region, labels: Iterable[int]
) -> FieldView:
    """`view` of `analysis`, in which only the cells `labels`, all in `region`, are others.

    The drawing stays as it is; badges of the other cells stay where they are.
    """
    before = np.flatnonzero(view.analysis.cells["area_px"].to_numpy() > 0)
    after = np.flatnonzero(analysis.cells["area_px"].to_numpy() > 0)
    badges = np.zeros((len(analysis.cells), 2))
    badges[before] = view.badges_px
    moved = [label for label in labels if label in after]
    if moved:
        part = analysis.masks.labels[box_of(region)]
        local = np.where(np.isin(part, moved), part, 0)
        corner = np.array([region.y0, region.x0])
        cells = analysis.cells[[*PLACED, "area_px"]].loc[sorted(moved)]
        cells[list(PLACED)] -= np.tile(corner, 2)
        # Numbered 1…n, as `badge_centres` reads them: row k is label k.
        numbers = np.searchsorted(cells.index, local) + 1
        numbers[local == 0] = 0
        cells = cells.set_axis(range(1, len(cells) + 1), axis=0).reindex(range(len(cells) + 1))
        badges[sorted(moved)] = badge_centres(numbers, cells, view.badge_px) + corner
    return replace(view, analysis=analysis, badges_px=badges[after])


def _shifted(region: Region, whole: Region) -> tuple[int, int, int, int]:
    return (
        region.y0 - whole.y0,
        region.x0 - whole.x0,
        region.y1 - whole.y0,
        region.x1 - whole.x0,
    )
