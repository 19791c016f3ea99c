"""The layers a result is made of, and where they lie."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from napari.layers import Image, Labels, Layer, Points

from napari_all_subtype.config import ScaleParameters

# Until a field is measured; only for its place beside layers that have units of length.
UNKNOWN_UM_PER_PX = ScaleParameters().assumed_pixel_size_um
CELLS, SUBTYPES, LETTERS = "cells", "subtypes", "letters"


def new_image(data: np.ndarray) -> Image:
    return Image(data, rgb=True)


def new_cells(data: np.ndarray) -> Labels:
    """Instance ids: for hovering, tables and files; the colours are those of the subtypes."""
    layer = Labels(data, name=CELLS, visible=False)
    layer.editable = False
    return layer


def new_subtypes(data: np.ndarray) -> Labels:
    layer = Labels(data, name=SUBTYPES, opacity=1.0)
    layer.editable = False
    return layer


def new_letters(centres_px: np.ndarray) -> Points:
    """A badge with the class's letter at the upper left of each cell."""
    layer = Points(
        centres_px,
        name=LETTERS,
        border_width=0,
        symbol="disc",
        ndim=2,
        features={"letter": [""] * len(centres_px)},
        text={"string": "{letter}", "color": "black", "anchor": "center", "scaling": True},
    )
    layer.editable = False
    return layer


def placement_of_file(others: Iterable[Layer], um_per_px: float | None) -> dict:
    """Where the image of a file lies: in the units of `others`, since napari warns of two kinds.

    Parameters
    ----------
    others : iterable of Layer
        What else is in the viewer.
    um_per_px : float or None
        Of the file, as far as that is known.
    """
    units = [layer.units[-2:] for layer in others]
    lengths = [pair for pair in units if all(u.is_compatible_with("micrometer") for u in pair)]
    if lengths:
        size_um = um_per_px or UNKNOWN_UM_PER_PX
        one_um = [float((1 * unit).to("micrometer").magnitude) for unit in lengths[0]]
        return {"scale": [size_um / um for um in one_um], "units": lengths[0]}
    if units or um_per_px is None:
        return {"scale": (1.0, 1.0), "units": ("pixel", "pixel")}
    return {"scale": (um_per_px, um_per_px), "units": ("um", "um")}


def placement(image: Image) -> dict:
    """Where the last two axes of `image` lie in the world."""
    last = slice(-2, None)
    if image.ndim == 2:
        return {
            "scale": image.scale,
            "rotate": image.rotate,
            "shear": image.shear,
            "translate": image.translate,
            "affine": image.affine,
            "units": image.units,
        }
    return {
        "scale": image.scale[last],
        "translate": image.translate[last],
        "affine": image.affine.set_slice([image.ndim - 2, image.ndim - 1]),
        "units": image.units[last],
    }


def place(layer: Layer, placed: dict) -> None:
    for name, value in placed.items():
        setattr(layer, name, value)
