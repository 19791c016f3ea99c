"""What finds the cells of an image: one protocol, whoever does it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.errors import MaskError, MaskTypeError
from napari_all_subtype.progress import SILENT, Monitor


class Segmenter(Protocol):
    """Finds the cells of any number of images.

    Attributes
    ----------
    name : str
        What it is, with its version: every output names it. No folder, no person.
    """

    @property
    def name(self) -> str:
        """What outputs call it."""

    def __call__(
        self, source: ImageSource, um_per_px: float, monitor: Monitor = SILENT
    ) -> CellMasks:
        """Cells and nuclei of `source`, whose pixels measure `um_per_px` micrometres.

        The monitor hears of stage ``"segment"``.
        """


@dataclass(frozen=True)
class ClassicalSegmenter:
    """The package's own way, by colour and shape: :func:`napari_all_subtype.cells.segmentation`."""

    parameters: SegmentationParameters = SegmentationParameters()

    @property
    def name(self) -> str:
        """``classical`` with the version of this package."""
        return f"classical {version('napari-all-subtype')}"

    def __call__(
        self, source: ImageSource, um_per_px: float, monitor: Monitor = SILENT
    ) -> CellMasks:
        """Cells 1…n of `source`."""
        return segment(source, um_per_px, self.parameters, monitor)


def find_cells(
    segmenter: Segmenter, source: ImageSource, um_per_px: float, monitor: Monitor = SILENT
) -> CellMasks:
    """What `segmenter` finds in `source`, once it is sure that the rest can work with it.

    Raises
    ------
    MaskTypeError, MaskError
        If a segmenter from elsewhere gives back something else than masks of this image.
    """
    masks = segmenter(source, um_per_px, monitor)
    if not isinstance(masks, CellMasks):
        raise MaskTypeError(
            f"{segmenter.name} gave back {type(masks).__name__}. Expected CellMasks: labels and "
            "nuclei, both of the shape of the image."
        )
    for what, mask in (("labels", masks.labels), ("nuclei", masks.nuclei)):
        if mask.shape != source.shape or mask.dtype != np.int32:
            raise MaskError(
                f"{segmenter.name} gave back {what} of shape {mask.shape}, {mask.dtype}. Expected "
                f"{source.shape}, int32, as the image."
            )
    return masks
