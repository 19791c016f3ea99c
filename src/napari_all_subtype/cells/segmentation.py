"""White cells of an image: nucleus and whole-cell masks, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from napari_all_subtype.cells.candidate import (
    Candidate,
    contour_candidates,
    mask_candidates,
    paint_all,
)
from napari_all_subtype.cells.cytoplasm import (
    Contours,
    Territories,
    cell_contours,
    cell_evidence,
)
from napari_all_subtype.cells.darkness import Densities, smoothed
from napari_all_subtype.cells.debris import hide_foreign
from napari_all_subtype.cells.edges import place_edges
from napari_all_subtype.cells.lobes import join_lobes
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.nuclei import add_pale, drop_red_cells, find_parts, pale_threshold
from napari_all_subtype.cells.outlines import (
    Outliner,
    Sketch,
    draw_outlines,
    views_of,
    with_first_contour,
)
from napari_all_subtype.cells.platelets import drop_platelets, drop_specks
from napari_all_subtype.cells.sharpen import sharpen_nuclei
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.stain import Stain, nucleus_contrast, stain_of
from napari_all_subtype.cells.tiles import Tile, overlap_px_of
from napari_all_subtype.cells.workers import in_order, usable_cores
from napari_all_subtype.cells.working import WorkingGrid
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

# Each thread holds a tile in memory.
_MAX_WORKERS = 4


def segment(
    source: ImageSource,
    um_per_px: float,
    parameters: SegmentationParameters = SegmentationParameters(),
    monitor: Monitor = SILENT,
    outliner: Outliner | None = None,
    workers: int | None = None,
) -> CellMasks:
    """Nuclei and whole cells of the leukocytes of an image, at its full resolution.

    Glass, red cells and nuclei are told apart by their optical densities in this
    very image; nuclei are cut at their necks and lobes joined; each cell is the
    star-shaped contour around its nucleus that parts it best from glass and red
    cells. Large images are worked through in tiles, several at a time; a cell belongs
    to the tile in which its nucleus is centred.

    Parameters
    ----------
    source : ImageSource
    um_per_px : float
        Micrometres per pixel of `source`.
    parameters : SegmentationParameters
    monitor : Monitor
        Hears of every tile as stage ``"segment"``.
    outliner : Outliner, optional
        Network that draws the cells that were found again; without one the contours
        stay as they were found.
    workers : int, optional
        Threads that find cells, 1 or more; by default one for each core, up to four.
        The masks are the same for any number.

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
    tiles = grid.tiles(source.shape, um_per_px, parameters.tile_px)

    def found(part: tuple[Tile, np.ndarray]) -> tuple[Tile, FoundCells | None]:
        tile, rgb = part
        cells = _find(rgb, tile.outer, source.shape, um_per_px, grid, stain, parameters)
        return tile, None if cells is None else cells.refined()

    # Sources are read by one thread: not every one of them may be by several.
    parts = ((tile, grid.read(source, tile.outer)) for tile in steps(tiles, "segment", monitor))
    workers = min(workers or min(usable_cores(), _MAX_WORKERS), len(tiles))
    seen = (
        (tile, candidate)
        for tile, cells in in_order(found, parts, workers)
        if cells is not None
        for candidate in _candidates(cells, tile.outer, grid.zoom, source.shape, outliner)
    )
    paint_all(masks, seen, overlap_px_of(um_per_px) / 2)
    return masks


def _candidates(
    found: FoundCells,
    region: Region,
    zoom: float,
    shape: tuple[int, int],
    outliner: Outliner | None,
) -> Iterator[Candidate]:
    """The cells of `region` at the resolution of the image of `shape`."""
    if outliner is None:
        yield from contour_candidates(found.nuclei, found.contours, zoom, region, shape)
        return
    sketch = found.sketch()
    views = views_of(sketch, outliner.spec)
    probabilities = with_first_contour(outliner(views), views, outliner.spec)
    size = (region.y1 - region.y0, region.x1 - region.x0)
    cells, nuclei = draw_outlines(probabilities, sketch, outliner.spec, zoom, size)
    yield from mask_candidates(cells, nuclei, region)


def find_everywhere(
    source: ImageSource,
    um_per_px: float,
    parameters: SegmentationParameters = SegmentationParameters(),
) -> tuple[FoundCells, float] | None:
    """Cells of a small image at once, and the pixels of the image per pixel they were found on.

    None where there is no cell. For training; :func:`segment` works in tiles.
    """
    stain = stain_of(source, um_per_px, parameters)
    if not np.isfinite(stain.nucleus_threshold):
        return None
    grid = WorkingGrid.near(um_per_px, parameters.working_um_per_px)
    whole = Region(0, 0, *source.shape)
    found = find_in(source, whole, um_per_px, grid, stain, parameters)
    return None if found is None else (found, grid.zoom)


@dataclass(frozen=True)
class FoundCells:
    """Cells of one region, on its working grid.

    Parameters
    ----------
    rgb : ndarray, shape (Y, X, 3), uint8
    nuclei : ndarray, shape (Y, X), int32
        1…n.
    contours : Contours
        Of the cells, in the same order.
    densities : Densities
        Optical density, shape (Y, X, 3).
    stain : Stain
    um_per_px : float
    """

    rgb: np.ndarray
    nuclei: np.ndarray
    contours: Contours
    densities: Densities
    stain: Stain
    um_per_px: float

    @property
    def cells(self) -> np.ndarray:
        """The cells drawn, their nuclei on top: ndarray, shape (Y, X), int32."""
        return self.contours.draw(self.nuclei)

    @property
    def evidence(self) -> np.ndarray:
        """How much likelier cytoplasm is than ground: ndarray, shape (Y, X), float32, −1 to 1."""
        return cell_evidence(self.densities.smooth, self.stain)

    def sketch(self) -> Sketch:
        """What a network needs to draw the outlines again."""
        return Sketch(self.rgb, self.nuclei, self.cells, self.evidence, self.um_per_px)

    def refined(self) -> FoundCells:
        """The same with each nucleus and each cell drawn again at its own edge."""
        um_per_px = self.um_per_px
        nuclei = sharpen_nuclei(
            self.densities, self.nuclei, self.cells, self.stain.nucleus_threshold, um_per_px
        )
        contours = place_edges(self.contours, self.densities.fine, um_per_px)
        return replace(self, nuclei=nuclei, contours=contours)


def find_in(
    source: ImageSource,
    region: Region,
    um_per_px: float,
    grid: WorkingGrid,
    stain: Stain,
    parameters: SegmentationParameters,
) -> FoundCells | None:
    """Cells of `region`, which starts at a multiple of the grid's period; None without any."""
    rgb = grid.read(source, region)
    return _find(rgb, region, source.shape, um_per_px, grid, stain, parameters)


def _find(
    rgb: np.ndarray,
    region: Region,
    shape: tuple[int, int],
    um_per_px: float,
    grid: WorkingGrid,
    stain: Stain,
    parameters: SegmentationParameters,
) -> FoundCells | None:
    """Cells of `rgb`, which shows `region` of an image of `shape` on the grid."""
    density = stain.density(rgb, grid.part_of(region, rgb.shape, shape))
    return find_cells(rgb, density, um_per_px * grid.zoom, stain, parameters)


def find_cells(
    rgb: np.ndarray,
    density: np.ndarray,
    um_per_px: float,
    stain: Stain,
    parameters: SegmentationParameters,
) -> FoundCells | None:
    """Nuclei and the contours of their cells at working scale; None if there is no cell.

    `rgb`, shape (Y, X, 3), uint8, and its optical `density`, float32, are on the same grid.
    """
    densities = smoothed(density, um_per_px)
    raw, density = density, densities.smooth
    lower = pale_threshold(stain.nucleus_threshold, parameters)
    contrast = hide_foreign(nucleus_contrast(density), raw, density, lower, um_per_px)
    parts = find_parts(contrast, stain.nucleus_threshold, um_per_px)
    parts = add_pale(parts, contrast, lower, um_per_px)
    if not parts.any():
        return None
    reach_um = parameters.max_cytoplasm_um
    territories = Territories.of(parts)
    # Farther away no colour counts: most of the field need not be looked up.
    evidence = cell_evidence(density, stain, territories.away_px * um_per_px <= reach_um)
    first = cell_contours(evidence, parts, um_per_px, reach_um, territories)
    cores = join_lobes(parts, first.draw(parts), um_per_px)
    joined = cores
    cores = drop_specks(cores, parameters.min_nucleus_diameter_um / um_per_px)
    cores = drop_red_cells(cores, density, stain.red_cell)
    if not cores.any():
        return None
    contours = first
    if cores is not parts:
        # Joining moves no border between nuclei and ground; dropping does.
        territories = territories if cores is joined else Territories.of(cores)
        contours = cell_contours(evidence, cores, um_per_px, reach_um, territories)
    cores, contours = drop_platelets(cores, contours, parts, um_per_px)
    if not cores.any():
        return None
    return FoundCells(rgb, cores, contours, densities, stain, um_per_px)
