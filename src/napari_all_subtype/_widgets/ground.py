"""The pixels of the field that is shown, and their stain: what corrections and preview need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.inputs import pixels_of
from napari_all_subtype._widgets.views import FieldView
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.inner_nucleus import NucleusByStain
from napari_all_subtype.cells.source import ArraySource, ImageSource, PixelSize
from napari_all_subtype.cells.stain import stain_of
from napari_all_subtype.config import ReadingParameters


@dataclass(frozen=True)
class Ground:
    """What a changed cell is measured and classified on.

    Parameters
    ----------
    source : ImageSource
        The field.
    nucleus_of : NucleusByStain
        Finds the nucleus of a new cell.
    """

    source: ImageSource
    nucleus_of: NucleusByStain


def pixels_in_view(
    field: SmearField, view: FieldView | None, step: Sequence[int]
) -> np.ndarray | None:
    """Pixels of `field` as the viewer has them, as lazy as they are there; None if not yet read.

    Parameters
    ----------
    step : sequence of int
        The viewer's position on every axis.
    """
    if field.layer is not None:
        return pixels_of(field.layer, step)
    return None if view is None else view.pixels


def source_in_view(
    pixels: np.ndarray, name: str, reading: ReadingParameters, pixel_size: PixelSize | None = None
) -> ImageSource:
    """`pixels` as an analysis reads them; may compute a lazy array.

    Parameters
    ----------
    pixel_size : PixelSize or None
        What their layer says of it.

    Raises
    ------
    ImageReadError, NotColourError
        If they are no photograph.
    """
    if isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.shape[2:] == (3,):
        return ArraySource(pixels, name, pixel_size)
    return as_source(pixels, reading, name=name, pixel_size=pixel_size)


def load_ground(pixels: np.ndarray, analysis: Analysis) -> Ground:
    """Read the stain of a whole field: up to a second for a large one."""
    source = source_in_view(pixels, analysis.name, analysis.parameters.reading)
    um_per_px, parameters = analysis.pixel_size.um_per_px, analysis.parameters.segmentation
    stain = stain_of(source, um_per_px, parameters)
    return Ground(source, NucleusByStain(source, um_per_px, stain, parameters))
