"""The nucleus of a cell that a person has drawn, by the image's own stain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_all_subtype.cells.halves import nucleus_inside
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.stain import Stain
from napari_all_subtype.config import SegmentationParameters


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

        Where nothing is as dark as a nucleus of this image there is none, though a
        person drew a cell there: see :func:`napari_all_subtype.cells.halves.nuclei_inside`.

        Parameters
        ----------
        region : Region
            Where `cell` lies in the image.
        cell : ndarray, shape (Y, X), bool
        """
        return nucleus_inside(
            self.source, self.um_per_px, self.stain, region, cell, self.parameters
        )
