"""What other parameters would find in the part of an image that one looks at."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.segmentation import FoundCells, find_in
from napari_all_subtype.cells.source import ArraySource, ImageSource, Region
from napari_all_subtype.cells.stain import OVERVIEW_UM_PER_PX, Stain, overview, stain_of
from napari_all_subtype.cells.working import WorkingGrid
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

MAX_MEGAPIXELS = 2.0
# Around what is looked at, so that cells at its border are found as in the whole image.
_MARGIN_UM = 12.0
_STAGE = "preview"
_KEPT_STAINS = 6
_SHIFT = 4
_LINE_PX = 2


@dataclass(frozen=True)
class Preview:
    """Outlines of the cells in one part of an image.

    Parameters
    ----------
    region : Region
        The part that was looked at; cells are counted by the middle of their nuclei.
    lines : ndarray, shape (Y, X), uint8
        1 on the outline of a cell, else 0; on the grid on which cells are looked for.
    origin_yx_px : tuple of int
        Pixel of the image at which `lines` begins.
    zoom : float
        Pixels of the image per pixel of `lines`.
    count : int
        Cells in `region`.
    """

    region: Region
    lines: np.ndarray
    origin_yx_px: tuple[int, int]
    zoom: float
    count: int


class Previewer:
    """Previews of one image; what depends on the whole of it is measured once.

    Parameters
    ----------
    source : ImageSource
    um_per_px : float
        Micrometres per pixel of `source`.
    """

    def __init__(self, source: ImageSource, um_per_px: float):
        self.source, self.um_per_px = source, um_per_px
        self._overview: ArraySource | None = None
        self._stains: dict[tuple[float, float], Stain] = {}

    def __call__(
        self,
        visible: Region,
        parameters: SegmentationParameters = SegmentationParameters(),
        monitor: Monitor = SILENT,
    ) -> Preview:
        """Cells in the middle of `visible`, 2 megapixels of the working grid at most.

        Raises
        ------
        Stopped
            If the monitor asks for it, between two steps of the work.
        """
        grid = WorkingGrid.near(self.um_per_px, parameters.working_um_per_px)
        region = middle_of(visible, self.source.shape, MAX_MEGAPIXELS * 1e6 * grid.zoom**2)
        outer = grid.around(region, round(_MARGIN_UM / self.um_per_px), self.source.shape)
        stain = self._stain(parameters, monitor)
        checkpoint(monitor, Progress(_STAGE))
        found = None
        if np.isfinite(stain.nucleus_threshold):
            found = find_in(self.source, outer, self.um_per_px, grid, stain, parameters)
        checkpoint(monitor, Progress(_STAGE))
        if found is not None:
            found = found.refined()
        checkpoint(monitor, Progress(_STAGE))
        lines, count = _outlines(found, region, outer, grid.zoom)
        return Preview(region, lines, (outer.y0, outer.x0), grid.zoom, count)

    def _stain(self, parameters: SegmentationParameters, monitor: Monitor) -> Stain:
        """Stain of the whole image; only what depends on a changed parameter is measured again."""
        key = parameters.sensitivity, parameters.min_nucleus_contrast
        if self._overview is None:
            self._overview = ArraySource(overview(self.source, self.um_per_px, monitor))
        if key not in self._stains:
            # A wheel that is turned passes many values, and of a large image each takes megabytes.
            while len(self._stains) >= _KEPT_STAINS:
                del self._stains[next(iter(self._stains))]
            scale = max(self.um_per_px, OVERVIEW_UM_PER_PX)
            self._stains[key] = stain_of(self._overview, scale, parameters, monitor)
        return self._stains[key]


def middle_of(visible: Region, shape: tuple[int, int], most_px: float) -> Region:
    """The part of `visible` in an image of `shape`, made smaller around its middle if too large.

    Examples
    --------
    >>> middle_of(Region(-50, 0, 100, 400), (1000, 300), 10_000)[:]
    (21, 63, 79, 237)
    """
    y0, x0 = max(visible.y0, 0), max(visible.x0, 0)
    y1, x1 = min(visible.y1, shape[0]), min(visible.x1, shape[1])
    if y1 <= y0 or x1 <= x0:
        y0, x0, (y1, x1) = 0, 0, shape
    share = min(1.0, (most_px / ((y1 - y0) * (x1 - x0))) ** 0.5)
    away_y, away_x = ((n - max(1, int(n * share))) // 2 for n in (y1 - y0, x1 - x0))
    return Region(y0 + away_y, x0 + away_x, y1 - away_y, x1 - away_x)


def _outlines(
    found: FoundCells | None, region: Region, outer: Region, zoom: float
) -> tuple[np.ndarray, int]:
    """Outlines of the cells centred in `region`, drawn on the working grid of `outer`."""
    shape = [max(1, round(n / zoom)) for n in (outer.y1 - outer.y0, outer.x1 - outer.x0)]
    lines = np.zeros(shape if found is None else found.nuclei.shape, np.uint8)
    if found is None:
        return lines, 0
    x, y = ((found.contours.centres_xy + 0.5) * zoom).T
    inside = (y + outer.y0 >= region.y0) & (y + outer.y0 < region.y1)
    inside &= (x + outer.x0 >= region.x0) & (x + outer.x0 < region.x1)
    corners = np.round(found.contours.polygons()[inside] * 2**_SHIFT).astype(np.int32)
    for polygon in corners:
        cv2.polylines(lines, [polygon], True, 1, _LINE_PX, cv2.LINE_8, _SHIFT)
    return lines, int(inside.sum())
