"""The nucleus of a cell that a person has drawn, by the image's own stain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import binary_fill_holes

from napari_all_subtype.cells.halves import nucleus_inside
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.stain import Stain, nucleus_contrast
from napari_all_subtype.config import SegmentationParameters

# A nucleus takes up more of its cell than this; else the cell's own contrast decides.
_MIN_NC_RATIO = 0.05
_SMOOTHING_PX = 1.0


@dataclass(frozen=True)
class NucleusByStain:
    """Finds the nucleus inside a given cell; see :data:`cells.edits.NucleusFinder`.

    Parameters
    ----------
    source : ImageSource
        The field.
    um_per_px : float
        Micrometres per pixel of `source`.
    stain : Stain
        Its colours.
    parameters : SegmentationParameters
    """

    source: ImageSource
    um_per_px: float
    stain: Stain
    parameters: SegmentationParameters = SegmentationParameters()

    def __call__(self, region: Region, cell: np.ndarray) -> np.ndarray:
        """The nucleus: ndarray, shape of `cell`, bool; all False in an empty cell.

        What :func:`napari_all_subtype.cells.halves.nucleus_inside` finds; where that is
        next to nothing, the darker part of the cell itself: a person saw a cell there.

        Parameters
        ----------
        region : Region
            Where `cell` lies in the image.
        cell : ndarray, shape (Y, X), bool
        """
        nucleus = nucleus_inside(
            self.source, self.um_per_px, self.stain, region, cell, self.parameters
        )
        if nucleus.sum() >= _MIN_NC_RATIO * cell.sum():
            return nucleus
        contrast = self._contrast(region)
        return binary_fill_holes(cell & (contrast > _halfway(contrast[cell]))) & cell

    def _contrast(self, region: Region) -> np.ndarray:
        """Contrast of a nucleus in each pixel of `region`: ndarray, shape (Y, X), float32."""
        height, width = self.source.shape
        y0, x0, y1, x1 = region
        part = (y0 / height, x0 / width, y1 / height, x1 / width)
        rgb = np.ascontiguousarray(self.source.read(region))
        contrast = nucleus_contrast(self.stain.density(rgb, part)).astype(np.float32)
        return cv2.GaussianBlur(contrast, (0, 0), _SMOOTHING_PX)


def _halfway(values: np.ndarray) -> float:
    """Otsu's threshold of the contrasts in one cell."""
    if values.size == 0:
        return np.inf
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.inf
    grey = np.round((values - low) / (high - low) * 255).astype(np.uint8)
    threshold, _ = cv2.threshold(grey.reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)
    return low + (threshold + 0.5) / 255 * (high - low)
