"""Tiles with overlap: each pixel, and each cell by its nucleus centre, has one owner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from napari_all_subtype.cells.source import Region

# The largest cell fits, with its cytoplasm, on either side of a seam.
_OVERLAP_UM = 24.0


@dataclass(frozen=True)
class Tile:
    """A rectangle that is read, and the core of it that owns what is centred there.

    Parameters
    ----------
    core : Region
        Pixels owned; the cores of all tiles cover the image once.
    outer : Region
        Core with the overlap around it, cut at the image border.
    """

    core: Region
    outer: Region

    def owns(self, y: float, x: float) -> bool:
        """True if the point, in pixels of the image, lies in the core."""
        return self.core.y0 <= y < self.core.y1 and self.core.x0 <= x < self.core.x1

    def is_near(self, y: float, x: float, reach_px: float) -> bool:
        """True if the point lies in the core or no farther than `reach_px` beside it."""
        away_y = max(self.core.y0 - y, y - self.core.y1)
        away_x = max(self.core.x0 - x, x - self.core.x1)
        return max(away_y, away_x) <= reach_px


def overlap_px_of(um_per_px: float) -> int:
    """Overlap of tiles in pixels, if none of them is to cut a cell that it owns."""
    return math.ceil(_OVERLAP_UM / um_per_px)


def tiles_of(shape: tuple[int, int], tile_px: int, overlap_px: int, grid_px: int = 1) -> list[Tile]:
    """Tiles that cover an image of `shape` (Y, X), row by row.

    Outer regions start at multiples of `grid_px`, so that pixels binned by a
    factor of that denominator are the same in every tile.

    Examples
    --------
    >>> [t.outer[:] for t in tiles_of((100, 250), 200, 10)]
    [(0, 0, 100, 135), (0, 115, 100, 250)]
    """
    rows, columns = (_edges(length, tile_px) for length in shape)
    return [
        Tile(
            Region(y0, x0, y1, x1),
            Region(
                max(y0 - overlap_px, 0) // grid_px * grid_px,
                max(x0 - overlap_px, 0) // grid_px * grid_px,
                min(y1 + overlap_px, shape[0]),
                min(x1 + overlap_px, shape[1]),
            ),
        )
        for y0, y1 in rows
        for x0, x1 in columns
    ]


def _edges(length: int, tile_px: int) -> list[tuple[int, int]]:
    """Cuts of `length` into equal parts no longer than `tile_px`."""
    parts = max(1, -(-length // tile_px))
    cuts = [round(k * length / parts) for k in range(parts + 1)]
    return list(pairwise(cuts))
