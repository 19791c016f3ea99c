"""The map of what the network looked at, laid over the picture of its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.taxonomy import FAB5, Taxonomy
from napari_all_subtype.workflow.overlay import rgb

if TYPE_CHECKING:
    from napari_all_subtype.model.saliency import Saliency

MOST_OPAQUE = 0.75
# Of the stain's own colour that stays under the map: else a purple could be taken for a tint.
COLOUR_LEFT = 0.15
# What is dark is lifted: a green over a dark nucleus would be as dark as the nucleus.
DARKEST, LIFTED = 90, 0.6


def with_saliency(
    picture: np.ndarray, found: Saliency, zoom: float, taxonomy: Taxonomy = FAB5
) -> np.ndarray:
    """`picture`, nearly grey, with the map over it: (N, N, 3) uint8.

    The colours are those of the classes blast and normal, which differ in lightness
    too, so that nobody needs to tell yellow from green.

    Parameters
    ----------
    picture : ndarray, shape (N, N, 3), uint8
        With the cell in its middle, as in the crop.
    found : Saliency
        Its maps have the size of the crop.
    zoom : float
        Pixels of the picture per pixel of the crop.
    """
    side, size = len(picture), len(found.for_blast)
    rest = 0.5 * side - 0.5 * size * zoom
    move = np.float64([[zoom, 0, rest + 0.5 * (zoom - 1)], [0, zoom, rest + 0.5 * (zoom - 1)]])
    grey = picture.mean(axis=-1, keepdims=True)
    drawn = DARKEST + LIFTED * (COLOUR_LEFT * picture + (1 - COLOUR_LEFT) * grey)
    for name, values in (("normal", found.for_normal), ("blast", found.for_blast)):
        share = cv2.warpAffine(values, move, (side, side), flags=cv2.INTER_LINEAR)
        share = MOST_OPAQUE * np.clip(share, 0, 1)[..., None]
        drawn = (1 - share) * drawn + share * np.array(rgb(taxonomy[name].colour))
    return np.round(drawn).astype(np.uint8)


def legend_colours(steps: int, taxonomy: Taxonomy = FAB5) -> np.ndarray:
    """Colours from most for normal, over nothing, to most for blast: (steps, 3) uint8.

    Drawn over a middle grey, as a cell has.
    """
    along = np.linspace(-1, 1, steps)
    colours = np.full((steps, 3), 160.0)
    for name, values in (("normal", -along), ("blast", along)):
        share = MOST_OPAQUE * np.maximum(values, 0)[:, None]
        colours = (1 - share) * colours + share * np.array(rgb(taxonomy[name].colour))
    return np.round(colours).astype(np.uint8)
