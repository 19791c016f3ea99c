"""What FAB criteria say of real blasts, as they are and altered: what teaches the subtypes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np

from napari_all_subtype.cells.crops import CropSpec, cut
from napari_all_subtype.cells.fab import fab_scores, measure_fab_alone
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.config import FabParameters
from napari_all_subtype.simulate.alter import ALTERATIONS, alter

ALTERED_PER_BLAST = 2
# How far an alteration goes: from barely seen to beyond a plain case.
STRENGTH = (0.4, 1.6)
# A cell may lean on the edge of its picture along at most this share of its diameter: less than
# three hundredths of its area lie beyond then.
MOST_CUT = 0.5
_RIM_PX = 8


def setting() -> dict:
    """All that the words of the rules depend on, besides the pictures and the code."""
    return {
        "altered per blast": ALTERED_PER_BLAST,
        "strength": STRENGTH,
        "most cut": MOST_CUT,
        "alterations": [dataclasses.asdict(alteration) for alteration in ALTERATIONS],
        "rules": FabParameters().model_dump(),
    }


def taught_by_rules(
    pixels: np.ndarray, um_per_px: float, spec: CropSpec, seed: tuple[int, ...]
) -> Iterator[tuple[np.ndarray, str]]:
    """Crop and FAB pattern of one blast: as it is, then altered along chance criteria.

    Nothing where no cell with a nucleus was found, or the edge of the picture cuts it.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    seed : tuple of int
        Of which alterations, and how strong.
    """
    found = crop_single_cell(pixels, um_per_px, spec)
    if not found.nucleus.any() or _cut_share(found.mask) > MOST_CUT:
        return
    # What leans on the edge is as good as whole: with a rim around it, it is measured as such.
    pixels = np.pad(pixels, ((_RIM_PX, _RIM_PX), (_RIM_PX, _RIM_PX), (0, 0)), mode="edge")
    cell, nucleus = (np.pad(mask, _RIM_PX) for mask in (found.mask, found.nucleus))
    yield found.crop, _pattern(pixels, cell, nucleus, um_per_px)
    rng = np.random.default_rng(seed)
    for number in rng.choice(len(ALTERATIONS), ALTERED_PER_BLAST, replace=False):
        wanted = dataclasses.replace(ALTERATIONS[number], strength=rng.uniform(*STRENGTH))
        made = alter(pixels, cell, nucleus, um_per_px, wanted, rng)
        if made.nucleus.any():
            crop = cut(made.pixels, (made.cell, made.nucleus), _centre(made.cell), um_per_px, spec)
            yield crop, _pattern(made.pixels, made.cell, made.nucleus, um_per_px)


def _cut_share(mask: np.ndarray) -> float:
    """Longest stretch of a mask along an edge of its picture, by the diameter of its area."""
    edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    diameter_px = 2 * np.sqrt(np.count_nonzero(mask) / np.pi)
    return max(np.count_nonzero(edge) for edge in edges) / max(diameter_px, 1.0)


def _pattern(pixels: np.ndarray, cell: np.ndarray, nucleus: np.ndarray, um_per_px: float) -> str:
    """l1, l2, l3 or undetermined, by the rules of `cells/fab`."""
    masks = CellMasks(cell.astype(np.int32), nucleus.astype(np.int32))
    return str(fab_scores(measure_fab_alone(pixels, masks, 1, um_per_px))["fab_pattern"].iloc[0])


def _centre(mask: np.ndarray) -> tuple[float, float]:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return y + height / 2, x + width / 2
