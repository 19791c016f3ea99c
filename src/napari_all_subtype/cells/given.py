"""Cells that were drawn elsewhere, by a person or another program, as a segmenter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_all_subtype.cells.label_images import as_labels
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor

NUCLEI_OUTSIDE = "nuclei outside their cells"


@dataclass(frozen=True)
class GivenCells:
    """The cells of one image as they are given, under the numbers they have.

    Parameters
    ----------
    cells : array, napari Labels layer, or path of a PNG, TIFF or NPY file
        See :func:`napari_all_subtype.cells.label_images.as_labels`.
    nuclei : the same, optional
        Where nuclei are: what of them lies in a cell is that cell's, whatever its
        number. Without them nuclei are found in the cells by their stain.
    parameters : SegmentationParameters
        For finding nuclei.
    called, nuclei_called : str
        What messages call the two masks.
    """

    cells: object
    nuclei: object | None = None
    parameters: SegmentationParameters = SegmentationParameters()
    called: str = "The mask"
    nuclei_called: str = "The mask of nuclei"

    @property
    def name(self) -> str:
        """What outputs call it; the notes of the masks have a digest of what was given."""
        return "given cells"

    def __call__(
        self, source: ImageSource, um_per_px: float, monitor: Monitor = SILENT
    ) -> CellMasks:
        """The given cells of `source` with their nuclei; a cell may have none.

        Raises
        ------
        MaskReadError, MaskTypeError, MaskError
            If what was given is no mask, or not of this image.
        Stopped
            If the monitor asks for it.
        """
        from napari_all_subtype.cells.halves import nuclei_inside

        given = as_labels(self.cells, source.shape, self.called)
        labels, notes = given.labels, given.notes
        if self.nuclei is None:
            nuclei = nuclei_inside(source, um_per_px, labels, self.parameters, monitor)
            notes = (*notes, "nuclei found in them by their stain")
            return CellMasks(labels, nuclei, notes, given.flags)
        drawn = as_labels(self.nuclei, source.shape, self.nuclei_called)
        nuclei = np.where(drawn.labels > 0, labels, 0).astype(np.int32)
        notes, flags = (*notes, f"with nuclei: {drawn.notes[0]}"), given.flags
        n, n_outside = _outside(drawn.labels, labels)
        if n_outside:
            notes = (*notes, f"{n_outside} of {n} nuclei lie outside their cells by more than half")
            flags = (*flags, NUCLEI_OUTSIDE)
        return CellMasks(labels, nuclei, notes, flags)


def _outside(nuclei: np.ndarray, cells: np.ndarray) -> tuple[int, int]:
    """Number of nuclei, and of those among them that lie in no cell by more than half."""
    area = np.bincount(nuclei.ravel(), minlength=1)[1:]
    outside = np.bincount(nuclei[cells == 0], minlength=len(area) + 1)[1:]
    return int(np.count_nonzero(area)), int(np.count_nonzero(2 * outside > area))
