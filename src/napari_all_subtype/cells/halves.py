"""The other half of a cell: nuclei inside given cells, cells around given nuclei."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.candidate import Candidate, contour_candidates, paint_all
from napari_all_subtype.cells.cytoplasm import cell_contours, cell_evidence
from napari_all_subtype.cells.darkness import Densities, smoothed
from napari_all_subtype.cells.edges import place_edges
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.nuclei import pale_threshold, without_red_cells
from napari_all_subtype.cells.sharpen import sharpen_nuclei
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.stain import Stain, nucleus_contrast, stain_of
from napari_all_subtype.cells.tiles import Tile, overlap_px_of
from napari_all_subtype.cells.working import WorkingGrid
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

# Around a single cell, so that its colours are smoothed as in the whole image.
_MARGIN_UM = 2.0
# What is darker in a given cell but smaller than this is a granule, no nucleus.
_SPECK_UM2 = 1.5


def nuclei_inside(
    source: ImageSource,
    um_per_px: float,
    cells: np.ndarray,
    parameters: SegmentationParameters = SegmentationParameters(),
    monitor: Monitor = SILENT,
) -> np.ndarray:
    """Nuclei of given cells, told by the stain of this very image.

    Parameters
    ----------
    source : ImageSource
    um_per_px : float
        Micrometres per pixel of `source`.
    cells : ndarray, shape (Y, X), int32
        The shape of `source`; any numbers.
    parameters : SegmentationParameters
    monitor : Monitor
        Hears of every tile as stage ``"segment"``.

    Returns
    -------
    ndarray, shape (Y, X), int32
        The numbers of `cells`. A cell in which nothing is as dark as a nucleus of
        this image, and every cell of an image without nuclei, has none.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    nuclei = np.zeros(source.shape, np.int32)
    if not cells.any():
        return nuclei
    for tile, seen in _tiles(source, um_per_px, cells, parameters, monitor):
        mask = seen.nuclei_in(tile.core, parameters)
        window = np.s_[tile.core.y0 : tile.core.y1, tile.core.x0 : tile.core.x1]
        nuclei[window] = np.where(mask, cells[window], 0)
    return nuclei


def nucleus_inside(
    source: ImageSource,
    um_per_px: float,
    stain: Stain,
    region: Region,
    cell: np.ndarray,
    parameters: SegmentationParameters = SegmentationParameters(),
) -> np.ndarray:
    """Nucleus of one given cell: ndarray, shape of `region`, bool; as :func:`nuclei_inside`.

    Parameters
    ----------
    stain : Stain
        Of `source`.
    region : Region
        Where `cell` lies in the image.
    cell : ndarray, shape of `region`, bool
    """
    nothing = np.zeros(cell.shape, bool)
    if not np.isfinite(stain.nucleus_threshold):
        return nothing
    grid = WorkingGrid.near(um_per_px, parameters.working_um_per_px)
    outer = grid.around(region, int(np.ceil(_MARGIN_UM / um_per_px)), source.shape)
    y, x = region.y0 - outer.y0, region.x0 - outer.x0
    given = np.zeros((outer.y1 - outer.y0, outer.x1 - outer.x0), np.int32)
    given[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    seen = _seen(source, um_per_px, stain, grid, outer, given)
    return nothing if seen is None else seen.nuclei_in(region, parameters) & cell


def cells_around(
    source: ImageSource,
    um_per_px: float,
    nuclei: np.ndarray,
    parameters: SegmentationParameters = SegmentationParameters(),
    monitor: Monitor = SILENT,
) -> CellMasks:
    """Cells of given nuclei: each the contour that parts it best from glass and red cells.

    Parameters
    ----------
    nuclei : ndarray, shape (Y, X), int32
        The shape of `source`; any numbers.

    Returns
    -------
    CellMasks
        Labels 1…n. In an image without a stain of nuclei a cell is its nucleus.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    masks = CellMasks(np.zeros(source.shape, np.int32), np.zeros(source.shape, np.int32))
    if nuclei.any():
        found = (
            (tile, candidate)
            for tile, seen in _tiles(source, um_per_px, nuclei, parameters, monitor)
            for candidate in seen.grown(parameters, source.shape)
        )
        paint_all(masks, found, overlap_px_of(um_per_px) / 2)
    if nuclei.any() and not masks.labels.any():
        return CellMasks(nuclei.astype(np.int32), nuclei.astype(np.int32))
    return masks


@dataclass(frozen=True)
class _Seen:
    """A part of the image on the working grid.

    Parameters
    ----------
    outer : Region
        Which part, in pixels of the image.
    given : ndarray, shape (Y, X), int32
        What was given, numbered 1…n, each of them there.
    densities : Densities
        Optical density, shape (Y, X, 3).
    """

    outer: Region
    given: np.ndarray
    densities: Densities
    stain: Stain
    um_per_px: float
    zoom: float

    def nuclei(self, parameters: SegmentationParameters) -> np.ndarray:
        """Nuclei in what was given, taken for cells: ndarray, shape (Y, X), bool."""
        contrast = nucleus_contrast(self.densities.smooth)
        threshold = self.stain.nucleus_threshold
        pale = pale_threshold(threshold, parameters)
        dark = np.where(contrast > threshold, self.given, 0)
        enough = self._areas_um2(dark) >= _SPECK_UM2
        # A pale nucleus beside dark ones lies below the image's threshold.
        dark = np.where(enough[self.given], dark, np.where(contrast > pale, self.given, 0))
        # So dark are red cells where they overlap, but of another hue.
        dark = without_red_cells(dark, self.densities.smooth, self.stain.red_cell)
        enough = self._areas_um2(dark) >= _SPECK_UM2
        if not enough.any():
            return np.zeros(self.given.shape, bool)
        number = np.where(enough, np.cumsum(enough), 0).astype(np.int32)
        first, cells = number[dark], number[self.given]
        return sharpen_nuclei(self.densities, first, cells, threshold, self.um_per_px) > 0

    def nuclei_in(self, inner: Region, parameters: SegmentationParameters) -> np.ndarray:
        """The same in pixels of the image, in a part of it: ndarray, shape of `inner`, bool."""
        outer, mask = self.outer, self.nuclei(parameters).astype(np.float32)
        size = outer.x1 - outer.x0, outer.y1 - outer.y0
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) > 0.5
        mask = mask[inner.y0 - outer.y0 :, inner.x0 - outer.x0 :]
        return mask[: inner.y1 - inner.y0, : inner.x1 - inner.x0]

    def grown(
        self, parameters: SegmentationParameters, shape: tuple[int, int]
    ) -> Iterator[Candidate]:
        """Cells around what was given, taken for nuclei, in an image of `shape` (Y, X)."""
        evidence = cell_evidence(self.densities.smooth, self.stain)
        contours = cell_contours(evidence, self.given, self.um_per_px, parameters.max_cytoplasm_um)
        contours = place_edges(contours, self.densities.fine, self.um_per_px)
        yield from contour_candidates(self.given, contours, self.zoom, self.outer, shape)

    def _areas_um2(self, labels: np.ndarray) -> np.ndarray:
        """Areas of 0…n in µm², that of the ground being 0."""
        areas = np.bincount(labels.ravel(), minlength=int(self.given.max()) + 1)
        areas[0] = 0
        return areas * self.um_per_px**2


def _tiles(
    source: ImageSource,
    um_per_px: float,
    given: np.ndarray,
    parameters: SegmentationParameters,
    monitor: Monitor,
) -> Iterator[tuple[Tile, _Seen]]:
    """The tiles in which something was given; none if the image shows no stain of nuclei."""
    stain = stain_of(source, um_per_px, parameters, monitor)
    if not np.isfinite(stain.nucleus_threshold):
        return
    grid = WorkingGrid.near(um_per_px, parameters.working_um_per_px)
    tiles = grid.tiles(source.shape, um_per_px, parameters.tile_px)
    for tile in steps(tiles, "segment", monitor):
        outer = tile.outer
        part = given[outer.y0 : outer.y1, outer.x0 : outer.x1]
        seen = _seen(source, um_per_px, stain, grid, outer, part)
        if seen is not None:
            yield tile, seen


def _seen(
    source: ImageSource,
    um_per_px: float,
    stain: Stain,
    grid: WorkingGrid,
    outer: Region,
    given: np.ndarray,
) -> _Seen | None:
    """What was `given` in `outer`, which starts at a multiple of the grid's period, if anything."""
    if not given.any():
        return None
    rgb = grid.read(source, outer)
    numbers = _sampled(given, rgb.shape[:2], grid.zoom)
    if not numbers.any():
        return None
    density = stain.density(rgb, grid.part_of(outer, rgb.shape, source.shape))
    um = um_per_px * grid.zoom
    return _Seen(outer, numbers, smoothed(density, um), stain, um, grid.zoom)


def _sampled(labels: np.ndarray, shape: tuple[int, int], zoom: float) -> np.ndarray:
    """`labels` at the middles of working pixels, numbered 1…n: ndarray of `shape`, int32."""
    rows, columns = (
        np.minimum(((np.arange(n) + 0.5) * zoom).astype(int), side - 1)
        for n, side in zip(shape, labels.shape, strict=True)
    )
    small = labels[np.ix_(rows, columns)]
    used = np.unique(small[small > 0])
    numbers = np.searchsorted(used, small).astype(np.int32) + 1
    numbers[small == 0] = 0
    return numbers
