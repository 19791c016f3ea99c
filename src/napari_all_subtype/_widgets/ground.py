"""The pixels of the field that is shown, and their stain: what corrections and preview need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.inputs import pixels_of
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype._widgets.views import FieldView
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.source import ArraySource, ImageSource, PixelSize
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError

if TYPE_CHECKING:
    from napari_all_subtype.cells.inner_nucleus import NucleusByStain


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


def same_pixels(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether both are the same pixels in memory: the slice of a stack is another array each time.

    Examples
    --------
    >>> stack = np.zeros((3, 8, 8), np.uint8)
    >>> same_pixels(stack[1], stack[1]), same_pixels(stack[1], stack[2])
    (True, False)
    """
    if one is other:
        return True
    arrays = isinstance(one, np.ndarray) and isinstance(other, np.ndarray)
    return arrays and one.__array_interface__ == other.__array_interface__


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
    from napari_all_subtype.cells.image import as_source

    if isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.shape[2:] == (3,):
        return ArraySource(pixels, name, pixel_size)
    return as_source(pixels, reading, name=name, pixel_size=pixel_size)


class GroundKeeper:
    """Keeps the ground of one field, read in a thread when it is first needed."""

    def __init__(self) -> None:
        self._kept: tuple[object, Ground] | None = None

    @property
    def ground(self) -> Ground | None:
        """What is kept, None before it was read."""
        return self._kept[1] if self._kept is not None else None

    def forget(self) -> None:
        """Let go of the pixels."""
        self._kept = None

    def has(self, key: object) -> bool:
        """Whether the ground of the field that is known by `key` is kept."""
        return self._kept is not None and self._kept[0] is key

    def read(
        self,
        key: Callable[[], object],
        pixels: np.ndarray,
        analysis: Analysis,
        then: Callable[[], None],
        failed: Callable[[AllSubtypeError], None],
    ) -> None:
        """Read the ground of `analysis`, then call `then` or `failed`.

        Parameters
        ----------
        key : callable
            Gives what the field that is shown is known by; the ground of one that is
            shown no longer is dropped.
        """
        wanted = key()

        def keep(ground: Ground | AllSubtypeError) -> None:
            if isinstance(ground, AllSubtypeError):
                failed(ground)
            elif key() is wanted:
                self._kept = (wanted, ground)
                then()

        in_thread(load_ground, pixels, analysis, then=keep)


def load_ground(pixels: np.ndarray, analysis: Analysis) -> Ground:
    """Read the stain of a whole field: up to a second for a large one."""
    from napari_all_subtype.cells.inner_nucleus import NucleusByStain
    from napari_all_subtype.cells.stain import stain_of

    source = source_in_view(pixels, analysis.name, analysis.parameters.reading)
    um_per_px, parameters = analysis.pixel_size.um_per_px, analysis.parameters.segmentation
    stain = stain_of(source, um_per_px, parameters)
    return Ground(source, NucleusByStain(source, um_per_px, stain, parameters))
