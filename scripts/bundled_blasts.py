"""What FAB criteria say of real blasts, as they are and altered: what teaches the subtypes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from napari_all_subtype.cells.crops import CropSpec, crop_single_cell, cut
from napari_all_subtype.cells.fab import fab_scores, measure_fab_alone
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.simulate.alter import ALTERATIONS, alter

ALTERED_PER_BLAST = 2
# How far an alteration goes: from barely seen to beyond a plain case.
STRENGTH = (0.4, 1.6)


def taught_by_rules(
    pixels: np.ndarray, um_per_px: float, spec: CropSpec, seed: tuple[int, ...]
) -> Iterator[tuple[np.ndarray, str]]:
    """Crop and FAB pattern of one blast: as it is, then altered along chance criteria.

    Nothing where no whole cell with a nucleus was found.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    seed : tuple of int
        Of which alterations, and how strong.
    """
    found = crop_single_cell(pixels, um_per_px, spec)
    edges = (found.mask[0], found.mask[-1], found.mask[:, 0], found.mask[:, -1])
    if not found.nucleus.any() or any(edge.any() for edge in edges):
        return
    yield found.crop, _pattern(pixels, found.mask, found.nucleus, um_per_px)
    rng = np.random.default_rng(seed)
    for number in rng.choice(len(ALTERATIONS), ALTERED_PER_BLAST, replace=False):
        wanted = replace(ALTERATIONS[number], strength=rng.uniform(*STRENGTH))
        made = alter(pixels, found.mask, found.nucleus, um_per_px, wanted, rng)
        if made.nucleus.any():
            crop = cut(made.pixels, (made.cell, made.nucleus), _centre(made.cell), um_per_px, spec)
            yield crop, _pattern(made.pixels, made.cell, made.nucleus, um_per_px)


def _pattern(pixels: np.ndarray, cell: np.ndarray, nucleus: np.ndarray, um_per_px: float) -> str:
    """l1, l2, l3 or undetermined, by the rules of `cells/fab`."""
    masks = CellMasks(cell.astype(np.int32), nucleus.astype(np.int32))
    return str(fab_scores(measure_fab_alone(pixels, masks, 1, um_per_px))["fab_pattern"].iloc[0])


def _centre(mask: np.ndarray) -> tuple[float, float]:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return y + height / 2, x + width / 2
