"""Nuclei drawn again inside their cells, each with a threshold of its own."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.components import Foreground, filled, foreground, pieces_of
from napari_all_subtype.cells.nuclei import disc

_BINS = 96
# How far a cell's own threshold may lie from the image's.
_LOWEST, _HIGHEST = 0.5, 1.35
# Contrast between the two halves of a cell, as a share of the image's threshold, below
# which they are one: a nucleus without cytoplasm.
_MIN_STEP = 0.45
_CYTOPLASM = 0.85
_SPECK_UM2 = 1.5
_SMALL_HOLE_UM2 = 1.5
_DARK_HOLE_FRACTION = 0.85


def sharpen_nuclei(
    contrast: np.ndarray,
    total: np.ndarray,
    nuclei: np.ndarray,
    cells: np.ndarray,
    threshold: float,
    um_per_px: float,
) -> np.ndarray:
    """Nuclei at the threshold that parts each cell's own nucleus and cytoplasm best.

    Parameters
    ----------
    contrast, total : ndarray, shape (Y, X), float32
        Nucleus contrast, and optical density summed over the channels.
    nuclei, cells : ndarray, shape (Y, X), int32
        The same numbering, 1…n.
    threshold : float
        The image's own threshold.
    um_per_px : float
        Pixel size in micrometres.

    Returns
    -------
    ndarray, shape (Y, X), int32
        The same numbering; a nucleus that would vanish stays as it was.
    """
    inside = foreground(cells)
    own = _own_thresholds(contrast, inside, threshold)
    dark = inside.index[contrast.ravel()[inside.index] > own[inside.names]]
    mask = np.zeros(cells.shape, np.uint8)
    mask.ravel()[dark] = 1
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc(0.3 / um_per_px))
    mask = _without_specks(mask, _SPECK_UM2 / um_per_px**2)
    drawn = np.where(_holes_filled(mask, total, um_per_px) > 0, cells, 0)
    before, after = (foreground(a).areas(inside.count) for a in (nuclei, drawn))
    lost = after < 0.4 * before
    lost[0] = False
    if not lost.any():
        return drawn
    back = inside.index[lost[inside.names]]
    old, name = nuclei.ravel()[back], cells.ravel()[back]
    drawn.ravel()[back] = np.where(old == name, old, 0)
    return drawn


def _own_thresholds(contrast: np.ndarray, cells: Foreground, threshold: float) -> np.ndarray:
    """Otsu's threshold inside each cell, indexed by label, near the image's own."""
    count = cells.count
    low, high = 0.0, 3.0 * threshold
    values = contrast.ravel()[cells.index]
    bins = np.clip((values - low) / (high - low) * _BINS, 0, _BINS - 1).astype(np.int64)
    counts = np.bincount(cells.names * _BINS + bins, minlength=(count + 1) * _BINS)
    counts = counts.reshape(count + 1, _BINS).astype(float)
    middle = low + (np.arange(_BINS) + 0.5) * (high - low) / _BINS
    below, moment = counts.cumsum(axis=1), (counts * middle).cumsum(axis=1)
    total, mean = below[:, -1:], moment[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (mean * below - total * moment) ** 2 / (below * (total - below))
        best = np.where(np.isfinite(variance), variance, -1).argmax(axis=1)
        rows = np.arange(count + 1)
        lower = moment[rows, best] / below[rows, best]
        upper = (mean[:, 0] - moment[rows, best]) / (total[:, 0] - below[rows, best])
    step = np.nan_to_num(upper - lower)
    own = low + (best + 1) * (high - low) / _BINS
    own = np.clip(own, _LOWEST * threshold, _HIGHEST * threshold)
    # Where both halves are as dark as nuclei, the cell shows no cytoplasm to part from.
    two = (step >= _MIN_STEP * threshold) & (np.nan_to_num(lower) < _CYTOPLASM * threshold)
    return np.where(two, own, np.minimum(own, threshold)).astype(np.float32)


def _without_specks(mask: np.ndarray, min_area_px: float) -> np.ndarray:
    """Mask without pieces smaller than `min_area_px`: (Y, X) uint8, 0 or 1."""
    pixels = pieces_of(mask)[1]
    small = pixels.areas() < min_area_px
    mask.ravel()[pixels.index[small[pixels.names]]] = 0
    return mask


def _holes_filled(mask: np.ndarray, total: np.ndarray, um_per_px: float) -> np.ndarray:
    """Holes filled that are small, or as dark as the nuclei; a ring's clear middle stays."""
    holes = filled(mask) - mask
    if not holes.any():
        return mask
    pixels = foreground(cv2.connectedComponents(holes, connectivity=4)[1])
    size = np.maximum(pixels.areas(), 1)
    dark = pixels.sums(total) / size
    typical = float(np.median(total.ravel()[np.flatnonzero(mask)]))
    fill = (size * um_per_px**2 <= _SMALL_HOLE_UM2) | (dark >= _DARK_HOLE_FRACTION * typical)
    mask.ravel()[pixels.index[fill[pixels.names]]] = 1
    return mask
