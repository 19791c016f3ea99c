"""White cells of an image: nucleus and whole-cell masks, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from scipy.ndimage import find_objects

from napari_all_subtype.cells.candidate import Candidate, enlarged, paint_all
from napari_all_subtype.cells.cytoplasm import Contours, cell_contours, cell_evidence
from napari_all_subtype.cells.lobes import join_lobes
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.nuclei import add_pale, drop_red_cells, drop_small, find_parts
from napari_all_subtype.cells.sharpen import sharpen_nuclei
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.cells.stain import Stain, nucleus_contrast, stain_of
from napari_all_subtype.cells.tiles import Tile, tiles_of
from napari_all_subtype.cells.working import WorkingGrid
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

# Overlap of tiles: the largest cell fits, with its cytoplasm, on either side of a seam.
_OVERLAP_UM = 24.0
_SMOOTHING_UM = 0.25
_PALE_FRACTION = 0.7


def segment(
    source: ImageSource,
    um_per_px: float,
    parameters: SegmentationParameters = SegmentationParameters(),
    monitor: Monitor = SILENT,
) -> CellMasks:
    """Nuclei and whole cells of the leukocytes of an image, at its full resolution.

    Glass, red cells and nuclei are told apart by their optical densities in this
    very image; nuclei are cut at their necks and lobes joined; each cell is the
    star-shaped contour around its nucleus that parts it best from glass and red
    cells. Large images are worked through in tiles; a cell belongs to the tile in
    which its nucleus is centred.

    Parameters
    ----------
    source : ImageSource
    um_per_px : float
        Micrometres per pixel of `source`.
    parameters : SegmentationParameters
    monitor : Monitor
        Hears of every tile as stage ``"segment"``.

    Returns
    -------
    CellMasks
        Labels 1…n without gaps; an image without white cells has none.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    masks = CellMasks(np.zeros(source.shape, np.int32), np.zeros(source.shape, np.int32))
    stain = stain_of(source, um_per_px, parameters, monitor)
    if not np.isfinite(stain.nucleus_threshold):
        return masks
    grid = WorkingGrid.near(um_per_px, parameters.working_um_per_px)
    overlap_px = int(np.ceil(_OVERLAP_UM / um_per_px))
    tiles = tiles_of(source.shape, parameters.tile_px, overlap_px, grid.period_px)
    seen = (
        (tile, candidate)
        for tile in steps(tiles, "segment", monitor)
        for candidate in _candidates(source, tile, um_per_px, grid, stain, parameters)
    )
    paint_all(masks, seen, overlap_px / 2)
    return masks


def _candidates(
    source: ImageSource,
    tile: Tile,
    um_per_px: float,
    grid: WorkingGrid,
    stain: Stain,
    parameters: SegmentationParameters,
) -> Iterator[Candidate]:
    """Cells seen in a tile and its overlap with others."""
    small = grid.read(source, tile.outer)
    height, width = source.shape
    y0, x0 = tile.outer.y0, tile.outer.x0
    y1, x1 = (start + n * grid.zoom for start, n in zip((y0, x0), small.shape, strict=False))
    part = (y0 / height, x0 / width, y1 / height, x1 / width)
    found = find_cells(stain.density(small, part), um_per_px * grid.zoom, stain, parameters)
    if found is None:
        return
    cores, contours = found
    corner = np.array([x0, y0])
    centres = (contours.centres_xy + 0.5) * grid.zoom - 0.5 + corner
    polygons = (contours.polygons() + 0.5) * grid.zoom - 0.5 + corner
    start_y, start_x = round(y0 / grid.zoom), round(x0 / grid.zoom)
    for k, (rows, columns) in enumerate(find_objects(cores)):
        core = cores[rows, columns] == k + 1
        at = start_y + rows.start, start_x + columns.start
        nucleus = enlarged(core, at, grid.zoom, source.shape)
        yield Candidate(*nucleus, polygons[k], tuple(centres[k, ::-1]))


def find_cells(
    density: np.ndarray, um_per_px: float, stain: Stain, parameters: SegmentationParameters
) -> tuple[np.ndarray, Contours] | None:
    """Nuclei 1…n at working scale, and the contours of their cells; None if there is no cell.

    `density` is optical density, shape (Y, X, 3), float32.
    """
    density = cv2.GaussianBlur(density, (0, 0), _SMOOTHING_UM / um_per_px)
    contrast = nucleus_contrast(density)
    parts = find_parts(contrast, stain.nucleus_threshold, um_per_px)
    lower = max(_PALE_FRACTION * stain.nucleus_threshold, parameters.min_nucleus_contrast)
    parts = add_pale(parts, contrast, lower, um_per_px)
    if not parts.any():
        return None
    evidence = cell_evidence(density, stain)
    reach_um = parameters.max_cytoplasm_um
    first = cell_contours(evidence, parts, um_per_px, reach_um).draw(parts)
    cores = join_lobes(parts, first, um_per_px)
    cores = drop_small(cores, parameters.min_nucleus_diameter_um / um_per_px)
    cores = drop_red_cells(cores, density, stain.red_cell)
    if not cores.any():
        return None
    contours = cell_contours(evidence, cores, um_per_px, reach_um)
    total = density.sum(axis=2)
    cells = contours.draw(cores)
    cores = sharpen_nuclei(contrast, total, cores, cells, stain.nucleus_threshold, um_per_px)
    return cores, contours
