"""Cells drawn by a network from elsewhere, tile by tile at the scale it was trained at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from napari_all_subtype.cells.candidate import Candidate, enlarged, paint_all
from napari_all_subtype.cells.halves import cells_around, nuclei_inside
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.nuclei import renumber
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.cells.stain import overview
from napari_all_subtype.cells.tiles import Tile, overlap_px_of
from napari_all_subtype.cells.working import WorkingGrid
from napari_all_subtype.config import FindingParameters, SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

# Grey values that become 0 and 1: over the whole image, so that every tile is brought alike.
_DARKEST_PERCENT, _BRIGHTEST_PERCENT = 1.0, 99.8


class LabelNetwork(Protocol):
    """A network that outlines objects.

    Attributes
    ----------
    name : str
        Program, version and the name of its weights, without any folder.
    """

    name: str

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Labels, shape (Y, X), of `pixels`, shape (Y, X, 3), float32, about 0 to 1."""


@dataclass(frozen=True)
class DrawnCells:
    """A segmenter that has a network draw cells, or nuclei, and finds the other half itself.

    Parameters
    ----------
    network : LabelNetwork
    finding : FindingParameters
        What the network outlines, and its scale.
    parameters : SegmentationParameters
        For the other half, and the size of tiles.
    """

    network: LabelNetwork
    finding: FindingParameters = FindingParameters()
    parameters: SegmentationParameters = SegmentationParameters()

    @property
    def name(self) -> str:
        """The network, what it was taken to outline, and at which scale."""
        finding = self.finding
        return f"{self.network.name}, {finding.outlined}, {finding.segmenter_um_per_px:g} µm/px"

    def __call__(
        self, source: ImageSource, um_per_px: float, monitor: Monitor = SILENT
    ) -> CellMasks:
        """Cells 1…n of `source`; what is drawn without a nucleus in it is a red cell, and left out.

        Raises
        ------
        Stopped
            If the monitor asks for it.
        """
        drawn = self.drawn(source, um_per_px, monitor)
        if self.finding.outlined == "nuclei":
            return cells_around(source, um_per_px, drawn, self.parameters, monitor)
        nuclei = nuclei_inside(source, um_per_px, drawn, self.parameters, monitor)
        nucleated = np.zeros(int(drawn.max()) + 1, bool)
        nucleated[nuclei[nuclei > 0]] = True
        return CellMasks(renumber(drawn, nucleated), renumber(nuclei, nucleated))

    def drawn(self, source: ImageSource, um_per_px: float, monitor: Monitor = SILENT) -> np.ndarray:
        """What the network outlines, cells or nuclei: ndarray, shape (Y, X), int32, 1…n.

        Raises
        ------
        Stopped
            If the monitor asks for it.
        """
        rgb = overview(source, um_per_px, monitor)
        limits = np.percentile(rgb, (_DARKEST_PERCENT, _BRIGHTEST_PERCENT), axis=(0, 1))
        grid = WorkingGrid.near(um_per_px, self.finding.segmenter_um_per_px)
        tiles = grid.tiles(source.shape, um_per_px, self.parameters.tile_px)
        masks = CellMasks(np.zeros(source.shape, np.int32), np.zeros(source.shape, np.int32))
        seen = (
            (tile, candidate)
            for tile in steps(tiles, "segment", monitor)
            for candidate in self._objects(source, tile, grid, um_per_px, limits)
        )
        paint_all(masks, seen, overlap_px_of(um_per_px) / 2)
        return masks.labels

    def _objects(
        self,
        source: ImageSource,
        tile: Tile,
        grid: WorkingGrid,
        um_per_px: float,
        limits: np.ndarray,
    ) -> Iterator[Candidate]:
        """Objects of a tile and its overlap, each its own nucleus and cell."""
        from scipy.ndimage import find_objects

        outer = tile.outer
        rgb = grid.read(source, outer)
        low, high = limits.astype(np.float32)
        pixels = (rgb - low) / np.maximum(high - low, 1.0)
        labels = self._labels(pixels, um_per_px * grid.zoom / self.finding.segmenter_um_per_px)
        start = round(outer.y0 / grid.zoom), round(outer.x0 / grid.zoom)
        for k, window in enumerate(find_objects(labels), 1):
            if window is None:
                continue
            corner = start[0] + window[0].start, start[1] + window[1].start
            mask, y0, x0 = enlarged(labels[window] == k, corner, grid.zoom, source.shape)
            ys, xs = np.nonzero(mask)
            if len(ys):
                yield Candidate(mask, mask, y0, x0, (y0 + ys.mean(), x0 + xs.mean()))

    def _labels(self, pixels: np.ndarray, coarser: float) -> np.ndarray:
        """Labels of `pixels`, enlarged for the network where they are `coarser` than it knows."""
        if coarser <= 1.05:
            return np.asarray(self.network(pixels)).astype(np.int32)
        size = tuple(round(n * coarser) for n in pixels.shape[1::-1])
        labels = np.asarray(self.network(cv2.resize(pixels, size)))
        small = cv2.resize(
            labels.astype(np.float64), pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST
        )
        return small.astype(np.int32)
