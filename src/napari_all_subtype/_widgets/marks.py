"""Dashes in the rings of many cells at once: one pass over the mask, whatever their number."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
import pandas as pd

from napari_all_subtype._widgets.codes import Codes
from napari_all_subtype._widgets.overlay import CROSS, dashes, ring_code
from napari_all_subtype.cells import table

# Of a strip that is worked on at once: it stays in the cache of the processor.
STRIP_ROWS = 64
_AS_IT_IS = -1


def mark_rings(
    canvas: np.ndarray,
    labels: np.ndarray,
    cells: pd.DataFrame,
    changed: Collection[int],
    selected: Collection[int],
    codes: Codes,
    ring_px: int,
    min_confidence: float = 0.0,
) -> None:
    """Have the cells `changed` look as `draw_cell` draws them: dashed where they are `selected`.

    Parameters
    ----------
    canvas : ndarray, shape (Y, X), uint8
        The subtypes mask, changed in place.
    labels : ndarray, shape (Y, X), int32
        Cell mask.
    cells : pandas.DataFrame
        Cell table, row k is label k.
    changed : collection of int
        Labels that were selected and are not, or the other way round; none is the picked cell.
    """
    read = ("label", "area_px", "confidence", *table.BOX, table.ANNOTATION, *codes.columns)
    names = [name for name in dict.fromkeys(read) if name in cells]
    rows = table.present(cells[names].loc[list(changed)])
    if rows.empty:
        return
    wanted = np.full(len(cells), _AS_IT_IS, np.int16)
    dashed = rows["label"].isin(selected)
    wanted[rows.index[dashed]] = codes.picked
    for row in rows[~dashed].itertuples():
        wanted[row.label] = ring_code(row, codes, min_confidence)
    top, bottom = int(rows["y0_px"].min()), int(rows["y1_px"].max())
    for y0 in range(top, bottom, STRIP_ROWS):
        _mark_strip(canvas, labels, wanted, y0, min(y0 + STRIP_ROWS, bottom), ring_px)


def _mark_strip(
    canvas: np.ndarray, labels: np.ndarray, wanted: np.ndarray, y0: int, y1: int, ring_px: int
) -> None:
    """Give the dashes of the rings in rows `y0` to `y1` the codes that are `wanted` by label."""
    here, above = labels[y0:y1], max(y0 - ring_px, 0)
    inner = _inside(labels[above : y1 + ring_px], ring_px)[y0 - above :][: y1 - y0]
    at = (here > 0) & ~inner & dashes(here.shape, ring_px, y0)
    codes, strip = wanted[here[at]], canvas[y0:y1]
    strip[at] = np.where(codes == _AS_IT_IS, strip[at], codes)


def _inside(labels: np.ndarray, ring_px: int) -> np.ndarray:
    """Pixels farther than `ring_px` steps from every other label: ndarray, shape (Y, X), bool.

    What lies beyond the edge of `labels` counts as another label.
    """
    across, down = labels[:, 1:] == labels[:, :-1], labels[1:] == labels[:-1]
    alike = np.zeros(labels.shape, np.uint8)
    alike[1:-1, 1:-1] = across[1:-1, 1:] & across[1:-1, :-1] & down[1:, 1:-1] & down[:-1, 1:-1]
    if ring_px > 1:
        edge = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
        alike = cv2.erode(alike, CROSS, iterations=ring_px - 1, **edge)
    return alike.astype(bool)
