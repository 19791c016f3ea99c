"""A cell that a tile has seen, until it is decided whether it is painted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import Region
from napari_all_subtype.cells.tiles import Tile

_SHIFT = 4
# A cell is painted if at least this part of its nucleus is not another cell's already ...
_FREE_FRACTION = 0.5
# ... and one that no tile owns, if more than this part of its nucleus was left out.
_LEFT_OUT_FRACTION = 0.9


@dataclass(frozen=True)
class Candidate:
    """A nucleus and the contour of its cell, in pixels of the image.

    Parameters
    ----------
    nucleus : ndarray, shape (H, W), bool
    y0_px, x0_px : int
        Where the nucleus' array lies in the image.
    polygon_xy_px : ndarray, shape (N, 2), float
        Contour of the cell.
    centre_yx_px : tuple of float
        Centroid of the nucleus; decides which tile owns the cell.
    """

    nucleus: np.ndarray
    y0_px: int
    x0_px: int
    polygon_xy_px: np.ndarray
    centre_yx_px: tuple[float, float]

    @property
    def box(self) -> Region:
        """Bounding box of the nucleus' array."""
        height, width = self.nucleus.shape
        return Region(self.y0_px, self.x0_px, self.y0_px + height, self.x0_px + width)

    def free_fraction(self, taken: np.ndarray) -> float:
        """Share of the nucleus, 0–1, that is 0 in `taken`, ndarray, shape (Y, X), int."""
        y0, x0, y1, x1 = self.box
        own = taken[y0:y1, x0:x1][self.nucleus]
        return 0.0 if own.size == 0 else float(np.count_nonzero(own == 0) / own.size)

    def paint(self, masks: CellMasks, number: int) -> None:
        """Draw the cell into `masks` where no other is; its nucleus goes over cytoplasm."""
        y0, x0, y1, x1 = self.box
        height, width = masks.labels.shape
        low = np.minimum(np.floor(self.polygon_xy_px.min(axis=0)).astype(int) - 1, (x0, y0))
        high = np.maximum(np.ceil(self.polygon_xy_px.max(axis=0)).astype(int) + 2, (x1, y1))
        low, high = low.clip(0), np.minimum(high, (width, height))
        canvas = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        corners = np.round((self.polygon_xy_px - low) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(canvas, [corners], 1, shift=_SHIFT)
        cell = masks.labels[low[1] : high[1], low[0] : high[0]]
        cell[(canvas > 0) & (cell == 0)] = number
        own = self.nucleus & (masks.nuclei[y0:y1, x0:x1] == 0)
        masks.labels[y0:y1, x0:x1][own] = number
        masks.nuclei[y0:y1, x0:x1][own] = number


def paint_all(masks: CellMasks, seen: Iterable[tuple[Tile, Candidate]], reach_px: float) -> None:
    """Paint the cells that tiles have seen into empty `masks`, each once, as 1…n.

    A cell belongs to the tile that its nucleus is centred in. Two tiles may part a
    cluster differently, and each leave a cell of it to the other: what is still
    bare in the end is painted as the tile next to it, by `reach_px` at most, saw it.
    """
    given, others = 0, []
    for tile, candidate in seen:
        if not tile.owns(*candidate.centre_yx_px):
            if tile.is_near(*candidate.centre_yx_px, reach_px):
                others.append(candidate)
        elif candidate.free_fraction(masks.nuclei) >= _FREE_FRACTION:
            given += 1
            candidate.paint(masks, given)
    for candidate in others:
        if candidate.free_fraction(masks.labels) > _LEFT_OUT_FRACTION:
            given += 1
            candidate.paint(masks, given)


def enlarged(
    core: np.ndarray, corner_yx: tuple[int, int], zoom: float, shape: tuple[int, int]
) -> tuple[np.ndarray, int, int]:
    """A nucleus at full resolution, cut at the border of the image, and where it lies.

    Parameters
    ----------
    core : ndarray, shape (H, W), bool
        At working scale.
    corner_yx : tuple of int
        First row and column of `core` on the working grid of the image.
    zoom : float
        Pixels of the image per working pixel.
    shape : tuple of int
        (Y, X) of the image.

    Returns
    -------
    ndarray, shape (H, W), bool; int; int
        The nucleus, its first row and its first column in the image.
    """
    # A rim of one pixel, so that the smooth outline is not cut.
    piece = np.pad(core.astype(np.float32), 1)
    y0, x0 = (round((v - 1) * zoom) for v in corner_yx)
    y1, x1 = (round((v + n + 1) * zoom) for v, n in zip(corner_yx, core.shape, strict=True))
    if zoom == 1:
        nucleus = piece > 0
    else:
        nucleus = cv2.resize(piece, (x1 - x0, y1 - y0), interpolation=cv2.INTER_CUBIC) > 0.5
    height, width = shape
    inside = nucleus[max(-y0, 0) : height - y0, max(-x0, 0) : width - x0]
    return inside, max(y0, 0), max(x0, 0)
