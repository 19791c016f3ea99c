"""The layers a result is made of, and where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image, Labels, Layer, Points
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.transforms import Affine

from napari_all_subtype.cells import table
from napari_all_subtype.config import ScaleParameters
from napari_all_subtype.taxonomy import EXCLUSIONS, Taxonomy

if TYPE_CHECKING:
    import pandas as pd

# Until a field is measured; only for its place beside layers that have units of length.
UNKNOWN_UM_PER_PX = ScaleParameters().assumed_pixel_size_um
CELLS, SUBTYPES, LETTERS, PREVIEW = "cells", "subtypes", "letters", "preview"
# Seen on pink, on violet and on glass; the colour of no class.
PREVIEW_COLOUR = "#39FF14"
# Of the border around the badge of a cell that a person has spoken of.
REVIEWED_COLOUR = "black"
# Of a cell of which nobody has: napari's table writes nothing where nothing stands.
NO_WORD = "\N{EN DASH}"
# In the metadata of an image layer: no photograph, but a smear that was drawn here.
DRAWN = "napari-all-subtype: drawn"


def is_drawn(layer: object) -> bool:
    """Whether `layer` shows a drawn smear; None shows nothing."""
    return bool(getattr(layer, "metadata", {}).get(DRAWN))


def new_image(data: np.ndarray) -> Image:
    return Image(data, rgb=True)


def new_cells(data: np.ndarray) -> Labels:
    """Instance ids: for hovering, tables and files; the colours are those of the subtypes."""
    layer = Labels(data, name=CELLS, visible=False)
    layer.editable = False
    return layer


def words_of(taxonomy: Taxonomy) -> tuple[str, ...]:
    """What a person can say of a cell that `taxonomy` was made for."""
    return (*taxonomy.names, *(one.name for one in EXCLUSIONS))


def hover_features(cells: pd.DataFrame, taxonomy: Taxonomy) -> pd.DataFrame:
    """A cell table such that napari's status bar says nothing of what has no pixel.

    Napari leaves out None, and what is not a number in double precision only.
    """
    import pandas as pd

    gone = ~(cells["area_px"] > 0)
    shown = cells.astype(dict.fromkeys(cells.select_dtypes("floating").columns, float))
    for name in shown.select_dtypes(exclude="number").columns:
        shown[name] = shown[name].astype(object).mask(gone, None)
    # Of this kind of column napari's table of features makes a box to choose from.
    said = table.annotations(cells)
    choices = dict.fromkeys((NO_WORD, *words_of(taxonomy)))
    # Also words of other classes that stand in a project: what is no choice would be gone.
    choices |= dict.fromkeys(said[said != ""])
    said = said.where(said != "", NO_WORD).mask(gone, None)
    return shown.assign(**{table.ANNOTATION: pd.Categorical(said, list(choices))})


def words_in(layer: Labels) -> np.ndarray | None:
    """What stands in the features of `layer` as people's words, by label; empty where none does.

    Returns
    -------
    ndarray, shape (N,), object, or None
        None where the features tell of no words.
    """
    if table.ANNOTATION not in layer.features:
        return None
    shown = layer.features[table.ANNOTATION].astype(object)
    return shown.where(shown.notna() & (shown != NO_WORD), "").to_numpy(copy=True)


def say_words(
    layer: Labels, cells: pd.DataFrame, labels: Sequence[int], taxonomy: Taxonomy
) -> bool:
    """Have the features of `layer` say what people say of `labels`; the others stay as they are.

    Returns
    -------
    bool
        Whether they did; False where the words of all cells had to be written anew.
    """
    import pandas as pd

    shown, labels = layer.features, list(labels)
    said = table.annotations(cells).to_numpy(object)[labels]
    said[said == ""] = NO_WORD
    whole = table.ANNOTATION in shown and len(shown) == len(cells)
    column = shown[table.ANNOTATION].cat if whole else None
    number_of = {word: k for k, word in enumerate(column.categories)} if whole else {}
    if not set(said) <= number_of.keys():
        layer.features = hover_features(cells, taxonomy)
        return False
    codes, there = column.codes.to_numpy(copy=True), cells["area_px"].to_numpy()[labels] > 0
    codes[labels] = np.where(there, [number_of[word] for word in said], -1)
    # One column in the place of another: cell by cell it would take longer, the more there are.
    shown[table.ANNOTATION] = pd.Categorical.from_codes(codes, dtype=shown[table.ANNOTATION].dtype)
    layer.events.features()
    return True


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
        border_color=REVIEWED_COLOUR,
        symbol="disc",
        ndim=2,
        features={"letter": [""] * len(centres_px)},
        text={"string": "{letter}", "color": "black", "anchor": "center", "scaling": True},
    )
    layer.editable = False
    return layer


def new_preview(lines: np.ndarray) -> Labels:
    """Outlines of a preview: 1 on a line."""
    clear = np.zeros(4)
    colours = DirectLabelColormap(color_dict={None: clear, 0: clear, 1: PREVIEW_COLOUR})
    layer = Labels(lines, name=PREVIEW, opacity=1.0, colormap=colours)
    layer.editable = False
    return layer


def part_placement(image: Image, origin_yx_px: tuple[int, int], zoom: float) -> dict:
    """Where pixels lie that are `zoom` pixels of `image` wide and begin at `origin_yx_px`."""
    placed = placement(image)
    scale = np.asarray(placed["scale"], float)
    # From the middle of the first pixel of the image to that of the first wide one.
    away = scale * (np.asarray(origin_yx_px) + 0.5 * (zoom - 1))
    away = np.asarray(placed.get("rotate", np.eye(2))) @ away
    return {**placed, "scale": scale * zoom, "translate": np.asarray(placed["translate"]) + away}


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
    """Put `layer` where `placed` says; what it says already is left alone, as napari draws anew."""
    for name, value in placed.items():
        if not _same(getattr(layer, name), value):
            setattr(layer, name, value)


def _same(one: object, other: object) -> bool:
    if isinstance(one, Affine):
        return isinstance(other, Affine) and np.array_equal(one.affine_matrix, other.affine_matrix)
    return np.shape(one) == np.shape(other) and bool(np.all(np.asarray(one) == np.asarray(other)))
