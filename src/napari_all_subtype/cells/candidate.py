"""A cell that a tile has seen, until it is decided whether it is painted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.cytoplasm import Contours
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
    """A nucleus and its cell, in pixels of the image.

    Parameters
    ----------
    nucleus, cell : ndarray, shape (H, W), bool
    y0_px, x0_px : int
        Where these arrays lie in the image.
    centre_yx_px : tuple of float
        Centroid of the nucleus; decides which tile owns the cell.
    """

    nucleus: np.ndarray
    cell: np.ndarray
    y0_px: int
    x0_px: int
    centre_yx_px: tuple[float, float]

    def window(self, image: np.ndarray) -> np.ndarray:
        """The part of `image`, shape (Y, X), in which the cell lies."""
        height, width = self.cell.shape
        return image[self.y0_px : self.y0_px + height, self.x0_px : self.x0_px + width]

    def free_fraction(self, taken: np.ndarray) -> float:
        """Share of the nucleus, 0–1, that is 0 in `taken`, ndarray, shape (Y, X), int."""
        own = self.window(taken)[self.nucleus]
        return 0.0 if own.size == 0 else float(np.count_nonzero(own == 0) / own.size)

    def paint(self, masks: CellMasks, number: int) -> None:
        """Draw the cell into `masks` where no other is; its nucleus goes over cytoplasm."""
        labels, nuclei = self.window(masks.labels), self.window(masks.nuclei)
        labels[self.cell & (labels == 0)] = number
        own = self.nucleus & (nuclei == 0)
        labels[own] = number
        nuclei[own] = number


def mask_candidates(cells: np.ndarray, nuclei: np.ndarray, region: Region) -> Iterator[Candidate]:
    """Cells of masks that cover `region` of the image; a cell without a nucleus is left out.

    Parameters
    ----------
    cells, nuclei : ndarray, shape (Y, X), int32
        The same numbering; the shape of `region`.
    region : Region
    """
    from scipy.ndimage import find_objects

    for k, window in enumerate(find_objects(cells), 1):
        if window is None:
            continue
        cell, nucleus = cells[window] == k, nuclei[window] == k
        if nucleus.any():
            y0, x0 = region.y0 + window[0].start, region.x0 + window[1].start
            ys, xs = np.nonzero(nucleus)
            yield Candidate(nucleus, cell, y0, x0, (y0 + ys.mean(), x0 + xs.mean()))


def contour_candidates(
    nuclei: np.ndarray,
    contours: Contours,
    zoom: float,
    region: Region,
    shape: tuple[int, int],
) -> Iterator[Candidate]:
    """Cells of contours on the working grid of `region`, at the resolution of the image.

    Parameters
    ----------
    nuclei : ndarray, shape (Y, X), int32
        1…n, on the working grid.
    contours : Contours
        Of the cells, on the same grid, in the same order.
    zoom : float
        Pixels of the image per working pixel.
    region : Region
        Part of the image that the grid covers.
    shape : tuple of int
        (Y, X) of the image.
    """
    from scipy.ndimage import find_objects

    corner = np.array([region.x0, region.y0])
    centres = (contours.centres_xy + 0.5) * zoom - 0.5 + corner
    polygons = (contours.polygons() + 0.5) * zoom - 0.5 + corner
    start_y, start_x = round(region.y0 / zoom), round(region.x0 / zoom)
    for k, (rows, columns) in enumerate(find_objects(nuclei)):
        core = nuclei[rows, columns] == k + 1
        at = start_y + rows.start, start_x + columns.start
        nucleus, y0, x0 = enlarged(core, at, zoom, shape)
        yield _with_contour(nucleus, (y0, x0), polygons[k], tuple(centres[k, ::-1]), shape)


def _with_contour(
    nucleus: np.ndarray,
    corner_yx: tuple[int, int],
    polygon_xy: np.ndarray,
    centre_yx: tuple[float, float],
    shape: tuple[int, int],
) -> Candidate:
    """The candidate of a nucleus and the polygon around its cell, in pixels of the image."""
    start = np.array(corner_yx)
    low = np.minimum(np.floor(polygon_xy.min(axis=0)).astype(int)[::-1] - 1, start)
    high = np.maximum(np.ceil(polygon_xy.max(axis=0)).astype(int)[::-1] + 2, start + nucleus.shape)
    low, high = low.clip(0), np.minimum(high, shape)
    canvas = np.zeros(high - low, np.uint8)
    corners = np.round((polygon_xy - low[::-1]) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(canvas, [corners], 1, shift=_SHIFT)
    own = np.zeros(canvas.shape, bool)
    y, x = start - low
    own[y : y + nucleus.shape[0], x : x + nucleus.shape[1]] = nucleus
    return Candidate(own, (canvas > 0) | own, int(low[0]), int(low[1]), centre_yx)


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
