"""White cells of an image: nucleus and whole-cell masks, tile by tile."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import find_objects

from napari_all_subtype.cells.cytoplasm import Contours, cell_contours, cell_evidence
from napari_all_subtype.cells.lobes import join_lobes
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.nuclei import add_pale, drop_red_cells, drop_small, find_parts
from napari_all_subtype.cells.sharpen import sharpen_nuclei
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.cells.stain import Stain, nucleus_contrast, stain_of
from napari_all_subtype.cells.tiles import Tile, tiles_of
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

# Overlap of tiles: the largest cell fits, with its cytoplasm, on either side of a seam.
_OVERLAP_UM = 24.0
_SMOOTHING_UM = 0.25
_SHIFT = 4
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
    stain = stain_of(source, um_per_px, parameters)
    given = 0
    overlap_px = int(np.ceil(_OVERLAP_UM / um_per_px))
    for tile in steps(tiles_of(source.shape, parameters.tile_px, overlap_px), "segment", monitor):
        if np.isfinite(stain.nucleus_threshold):
            given += _segment_tile(source, tile, um_per_px, stain, parameters, masks, given)
    return masks


def _segment_tile(
    source: ImageSource,
    tile: Tile,
    um_per_px: float,
    stain: Stain,
    parameters: SegmentationParameters,
    masks: CellMasks,
    given: int,
) -> int:
    """Add the cells that `tile` owns to the masks; how many they are."""
    rgb = source.read(tile.outer)
    factor = min(1.0, um_per_px / parameters.working_um_per_px)
    size = tuple(max(1, round(n * factor)) for n in (rgb.shape[1], rgb.shape[0]))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if factor < 1 else rgb
    zoom = np.array([rgb.shape[1] / small.shape[1], rgb.shape[0] / small.shape[0]])
    height, width = source.shape
    y0, x0, y1, x1 = tile.outer
    part = (y0 / height, x0 / width, y1 / height, x1 / width)
    density = stain.density(np.ascontiguousarray(small), part)
    found = find_cells(density, um_per_px / factor, stain, parameters)
    if found is None:
        return 0
    cores, contours = found
    corner = np.array([tile.outer.x0, tile.outer.y0])
    centres = (contours.centres_xy + 0.5) * zoom - 0.5 + corner
    owned = [k for k, (x, y) in enumerate(centres) if tile.owns(y, x)]
    polygons = (contours.polygons() + 0.5) * zoom - 0.5
    window = np.s_[tile.outer.y0 : tile.outer.y1, tile.outer.x0 : tile.outer.x1]
    boxes = find_objects(cores)
    for number, k in enumerate(owned, given + 1):
        rows, columns = boxes[k]
        core = cores[rows, columns] == k + 1
        corner = (columns.start, rows.start)
        place = masks.labels[window], masks.nuclei[window]
        _paint(*place, core, corner, polygons[k], zoom, number)
    return len(owned)


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


def _paint(
    labels: np.ndarray,
    nuclei: np.ndarray,
    core: np.ndarray,
    corner_xy: tuple[int, int],
    polygon: np.ndarray,
    zoom: np.ndarray,
    number: int,
) -> None:
    """Draw a nucleus, given at working scale in its box, and its cell at full resolution."""
    piece = np.pad(core.astype(np.float32), 1)
    fx0, fy0 = (round((v - 1) * z) for v, z in zip(corner_xy, zoom, strict=True))
    fx1 = round((corner_xy[0] + core.shape[1] + 1) * zoom[0])
    fy1 = round((corner_xy[1] + core.shape[0] + 1) * zoom[1])
    nucleus = cv2.resize(piece, (fx1 - fx0, fy1 - fy0), interpolation=cv2.INTER_CUBIC) > 0.5
    if zoom.max() == 1:
        nucleus = piece > 0
    # The rim of one pixel may reach beyond the picture.
    height, width = labels.shape
    nucleus = nucleus[max(-fy0, 0) : height - fy0, max(-fx0, 0) : width - fx0]
    fx0, fy0 = max(fx0, 0), max(fy0, 0)
    fy1, fx1 = fy0 + nucleus.shape[0], fx0 + nucleus.shape[1]

    low = np.minimum(np.floor(polygon.min(axis=0)).astype(int) - 1, (fx0, fy0)).clip(0)
    high = np.maximum(np.ceil(polygon.max(axis=0)).astype(int) + 2, (fx1, fy1))
    high = np.minimum(high, (width, height))
    canvas = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    corners = np.round((polygon - low) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(canvas, [corners], 1, shift=_SHIFT)
    canvas[fy0 - low[1] : fy1 - low[1], fx0 - low[0] : fx1 - low[0]] |= nucleus
    cell = labels[low[1] : high[1], low[0] : high[0]]
    cell[(canvas > 0) & (cell == 0)] = number
    box = nuclei[fy0:fy1, fx0:fx1]
    box[nucleus & (labels[fy0:fy1, fx0:fx1] == number)] = number
