"""The coarser grid on which cells are looked for: one for the whole image, whatever the tiles."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.tiles import Tile, overlap_px_of, tiles_of

# Largest period of the grid in pixels; the overlap of tiles is many times larger.
_MAX_PERIOD_PX = 32


@dataclass(frozen=True)
class WorkingGrid:
    """Pixels of an image, binned by a ratio of small whole numbers.

    Parameters
    ----------
    factor : Fraction
        Working pixels per pixel of the image, above 0 and at most 1.
    """

    factor: Fraction

    @classmethod
    def near(cls, um_per_px: float, working_um_per_px: float) -> WorkingGrid:
        """The grid nearest to `working_um_per_px`; an image is never enlarged.

        Examples
        --------
        >>> WorkingGrid.near(0.13, 0.2).factor
        Fraction(13, 20)
        """
        wanted = Fraction(min(um_per_px / working_um_per_px, 1.0))
        return cls(max(wanted.limit_denominator(_MAX_PERIOD_PX), Fraction(1, _MAX_PERIOD_PX)))

    @property
    def period_px(self) -> int:
        """Pixels after which the grid repeats: regions that start at multiples share it."""
        return self.factor.denominator

    @property
    def zoom(self) -> float:
        """Pixels of the image per working pixel, 1 or more."""
        return float(1 / self.factor)

    def tiles(self, shape: tuple[int, int], um_per_px: float, tile_px: int) -> list[Tile]:
        """Tiles of an image of `shape`, `tile_px` working pixels wide at most."""
        side_px, overlap_px = round(tile_px * self.zoom), overlap_px_of(um_per_px)
        return tiles_of(shape, side_px, overlap_px, self.period_px)

    def around(self, region: Region, margin_px: int, shape: tuple[int, int]) -> Region:
        """`region` and what is around it in an image of `shape`, from a multiple of the period on.

        Examples
        --------
        >>> WorkingGrid.near(0.13, 0.2).around(Region(50, 5, 90, 60), 8, (95, 200))[:]
        (40, 0, 95, 68)
        """
        period = self.period_px
        return Region(
            max(region.y0 - margin_px, 0) // period * period,
            max(region.x0 - margin_px, 0) // period * period,
            min(region.y1 + margin_px, shape[0]),
            min(region.x1 + margin_px, shape[1]),
        )

    def part_of(
        self, region: Region, seen: tuple[int, ...], shape: tuple[int, int]
    ) -> tuple[float, float, float, float]:
        """Where working pixels of shape `seen`, from the corner of `region` on, lie in an image.

        As fractions y0, x0, y1, x1 of the sides of the image, which is of `shape`.
        """
        (rows, columns), (height, width) = seen[:2], shape
        y0, x0 = region.y0, region.x0
        y1, x1 = y0 + rows * self.zoom, x0 + columns * self.zoom
        return y0 / height, x0 / width, y1 / height, x1 / width

    def read(self, source: ImageSource, region: Region) -> np.ndarray:
        """`region` on this grid: ndarray, shape (Y, X, 3), uint8.

        The same pixels for every region that starts at multiples of `period_px`.
        """
        rgb = source.read(region)
        if self.factor == 1:
            return np.ascontiguousarray(rgb)
        height, width = rgb.shape[:2]
        period = self.period_px
        # Whole periods only keep the ratio; what the padding adds is cut off again.
        rgb = cv2.copyMakeBorder(rgb, 0, -height % period, 0, -width % period, cv2.BORDER_REPLICATE)
        size = tuple(int(n * self.factor) for n in rgb.shape[1::-1])
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        rows, columns = (max(1, round(n * self.factor)) for n in (height, width))
        return np.ascontiguousarray(small[:rows, :columns])
