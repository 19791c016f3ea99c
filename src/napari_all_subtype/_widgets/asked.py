"""What a run is asked to do: the fields that are chosen, their pixels, scales and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari.layers import Image, Labels

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.homes import ProjectSmear
from napari_all_subtype._widgets.inputs import fields_of_folder, pixel_size_of_layer, pixels_of
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.errors import MaskError

if TYPE_CHECKING:
    from napari_all_subtype.cells.levels import ArrayLike


@dataclass(frozen=True)
class Asked:
    """A smear to analyse; the sequences have one entry per field.

    Parameters
    ----------
    fields : tuple of SmearField
    smear : str
        What it is called.
    pixels : tuple of array or None
        Of the fields that are layers.
    pixel_sizes : tuple of PixelSize or None
        What the layers say of their scale.
    masks : tuple of array or None
        Cells that are given.
    """

    fields: tuple[SmearField, ...]
    smear: str
    pixels: tuple[ArrayLike | None, ...]
    pixel_sizes: tuple[PixelSize | None, ...]
    masks: tuple[ArrayLike | None, ...]


def asked_of(
    chosen: Image | str,
    folder: Path | ProjectSmear | None,
    cells: Labels | None,
    step: Sequence[int],
    shown: Sequence[SmearField] = (),
) -> Asked:
    """What to analyse.

    Parameters
    ----------
    chosen : napari.layers.Image or str
        The image layer; anything else stands for the folder.
    folder : Path or ProjectSmear or None
        Of the fields of a smear.
    cells : napari.layers.Labels or None
        The cells of the image layer, if they are known.
    step : sequence of int
        The viewer's position on every axis.
    shown : sequence of SmearField
        The fields of the smear that is shown: those of a project are no folder's.

    Raises
    ------
    MaskError
        If cells are given for a folder of fields.
    NoImagesError, PixelSizeError
        If the folder is empty, or the layer states a size that no smear can have.
    """
    if isinstance(chosen, Image):
        field = SmearField(chosen.name, layer=chosen)
        mask = None if cells is None else pixels_of(cells, step)
        size, pixels = pixel_size_of_layer(chosen), pixels_of(chosen, step)
        return Asked((field,), chosen.name, (pixels,), (size,), (mask,))
    if cells is not None:
        raise MaskError(
            f"The cells are to be those of the layer {cells.name}, and a folder of fields is "
            "chosen. Expected one image layer; choose it, or have the cells found."
        )
    if isinstance(folder, ProjectSmear):
        fields = tuple(SmearField(one.name, one.path) for one in shown)
    else:
        fields = tuple(fields_of_folder(folder))
    nothing = (None,) * len(fields)
    return Asked(fields, folder.name, nothing, nothing, nothing)
