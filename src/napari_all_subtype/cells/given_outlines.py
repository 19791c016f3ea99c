"""Cells whose outlines were drawn elsewhere, as a segmenter."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.cells.halves import nuclei_inside
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.polygons import Polygon, paint
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.errors import MaskError
from napari_all_subtype.progress import SILENT, Monitor

_DIGEST_CHARACTERS = 12


@dataclass(frozen=True)
class GivenOutlines:
    """The cells of one image as polygons; cell n is the n-th of them.

    Parameters
    ----------
    cells : sequence of sequence of Polygon
        Each of one polygon or several; where two overlap, the first stays whole.
    nuclei : sequence of (sequence of Polygon, or None)
        As many. Where none is given at all, nuclei are found in the cells by their stain.
    parameters : SegmentationParameters
        For finding nuclei.
    called : str
        What messages call them.
    """

    cells: Sequence[Sequence[Polygon]]
    nuclei: Sequence[Sequence[Polygon] | None] = ()
    parameters: SegmentationParameters = SegmentationParameters()
    called: str = "The file of outlines"

    @property
    def name(self) -> str:
        """What outputs call it; the notes of the masks have a digest of what was given."""
        return "given outlines"

    def __call__(
        self, source: ImageSource, um_per_px: float, monitor: Monitor = SILENT
    ) -> CellMasks:
        """The given cells of `source` with their nuclei; a cell may have none.

        Raises
        ------
        MaskError
            If one of them has no pixel of its own in the image.
        Stopped
            If the monitor asks for it.
        """
        labels = paint(self.cells, source.shape)
        self._refuse_lost(labels, source.shape)
        digest = hashlib.sha256(labels.tobytes()).hexdigest()[:_DIGEST_CHARACTERS]
        notes = (f"given as {len(self.cells)} outlines, sha256 {digest}",)
        if not any(self.nuclei):
            nuclei = nuclei_inside(source, um_per_px, labels, self.parameters, monitor)
            return CellMasks(labels, nuclei, (*notes, "nuclei found in them by their stain"))
        painted = paint([one or () for one in self.nuclei], source.shape)
        nuclei = np.where(painted == labels, labels, 0).astype(np.int32)
        return CellMasks(labels, nuclei, (*notes, "with nuclei"))

    def _refuse_lost(self, labels: np.ndarray, shape: tuple[int, int]) -> None:
        there = np.bincount(labels.ravel(), minlength=len(self.cells) + 1)[1:]
        lost = int(np.count_nonzero(there == 0))
        if lost:
            raise MaskError(
                f"{self.called} has {len(self.cells)} outlines, of which {lost} hold no pixel of "
                f"their own in an image of {shape[0]} × {shape[1]} pixels: they lie outside of it "
                "or under others. Check that they are of this image, in its pixels, and take out "
                "what is there twice."
            )
