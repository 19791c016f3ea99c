"""The cell in the middle of a picture, cut at the size that its table or it itself tells."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.single_cell import SingleCell, crop_single_cell
from napari_all_subtype.cells.source import ImageSource, PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.progress import Monitor
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.picture_scale import SharedScale


@dataclass(frozen=True)
class Cutter:
    """A picture opened, the size of its pixels, and the cell in its middle.

    Parameters
    ----------
    parameters : AnalysisParameters
    spec : CropSpec
        Of the model that is to see it.
    shared : SharedScale
        Of all pictures of the table.
    monitor : Monitor
    """

    parameters: AnalysisParameters
    spec: CropSpec
    shared: SharedScale
    monitor: Monitor

    def __call__(self, picture: Field) -> tuple[ImageSource, PixelSize, SingleCell]:
        """Cut the cell of `picture`.

        Raises
        ------
        ImageReadError
            If it cannot be read.
        """
        parameters = self.parameters
        source = as_source(picture.path, parameters.reading, dark_ground=True)
        size = self.shared.size_of(picture, source, parameters, self.monitor)
        pixels = source.read()
        cell = crop_single_cell(pixels, size.um_per_px, self.spec, parameters.segmentation)
        return source, size, cell
