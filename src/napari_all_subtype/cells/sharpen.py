"""Nuclei drawn again inside their cells, each with a threshold of its own."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.components import Foreground, filled, foreground, pieces_of
from napari_all_subtype.cells.darkness import Densities, darkness
from napari_all_subtype.cells.nuclei import disc
from napari_all_subtype.cells.stain import nucleus_contrast, total_density

_BINS = 96
# How far a cell's own threshold may lie from the image's.
_LOWEST, _HIGHEST = 0.5, 1.35
# Step between the two halves of a cell, as a share of the image's threshold, below
# which they are one: a nucleus without cytoplasm.
_MIN_STEP = 0.45
_CYTOPLASM = 0.85
# What is dark in green must also show this share of the contrast of the cell's own nucleus.
_CONTRAST_SHARE = 0.8
_SPECK_UM2 = 1.5
_SMALL_HOLE_UM2 = 1.5
# Darkness in green that a rim is taken to have at least: what a dye leaves green has none.
_MIN_LEVEL = 0.01
_DARK_HOLE_FRACTION = 0.85


def sharpen_nuclei(
    densities: Densities,
    nuclei: np.ndarray,
    cells: np.ndarray,
    threshold: float,
    um_per_px: float,
) -> np.ndarray:
    """Nuclei at the threshold that parts each cell's own nucleus and cytoplasm best.

    Inside a cell green light tells nucleus from cytoplasm better than red + green − blue
    does, but eosin granules are as dark in it: what shows no contrast of a nucleus is none.

    Parameters
    ----------
    densities : Densities
        Of shape (Y, X, 3).
    nuclei, cells : ndarray, shape (Y, X), int32
        The same numbering, 1…n.
    threshold : float
        The image's own threshold of nucleus contrast.
    um_per_px : float
        Pixel size in micrometres.

    Returns
    -------
    ndarray, shape (Y, X), int32
        The same numbering; a nucleus that would vanish stays as it was.
    """
    inside = foreground(cells)
    colours = densities.smooth.reshape(-1, 3)[inside.index]
    contrast = nucleus_contrast(colours[None]).ravel()
    green = darkness(densities.fine[..., 1].ravel()[inside.index])
    enough = _CONTRAST_SHARE * _own_thresholds(contrast, inside, threshold)
    own = _own_thresholds(green, inside, _edge_levels(green, inside, nuclei))
    dark = inside.index[(green > own[inside.names]) & (contrast > enough[inside.names])]
    mask = np.zeros(cells.shape, np.uint8)
    mask.ravel()[dark] = 1
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc(0.3 / um_per_px))
    mask = _without_specks(mask, _SPECK_UM2 / um_per_px**2)
    drawn = np.where(_holes_filled(mask, densities.smooth, um_per_px) > 0, cells, 0)
    before, after = (foreground(a).areas(inside.count) for a in (nuclei, drawn))
    lost = after < 0.4 * before
    lost[0] = False
    if not lost.any():
        return drawn
    back = inside.index[lost[inside.names]]
    old, name = nuclei.ravel()[back], cells.ravel()[back]
    drawn.ravel()[back] = np.where(old == name, old, 0)
    return drawn


def _edge_levels(green: np.ndarray, cells: Foreground, nuclei: np.ndarray) -> np.ndarray:
    """Median of `green`, one value per pixel of the cells, on the rim of each nucleus; above 0."""
    there = (nuclei > 0).astype(np.uint8)
    rim = there - cv2.erode(there, np.ones((3, 3), np.uint8))
    on_rim = rim.ravel()[cells.index] > 0
    values, names = green[on_rim], cells.names[on_rim]
    order = np.lexsort((values, names))
    number = np.bincount(names, minlength=cells.count + 1)
    middle = np.cumsum(number) - (number + 1) // 2
    levels = values[order][middle.clip(0, len(values) - 1)]
    return np.maximum(np.where(number > 0, levels, np.median(values)), _MIN_LEVEL)


def _own_thresholds(
    values: np.ndarray, cells: Foreground, threshold: float | np.ndarray
) -> np.ndarray:
    """Otsu's threshold of `values` inside each cell, indexed by label, near the image's own."""
    count = cells.count
    threshold = np.broadcast_to(threshold, count + 1)
    high = 3.0 * threshold
    bins = np.clip(values / high[cells.names] * _BINS, 0, _BINS - 1).astype(np.int64)
    counts = np.bincount(cells.names * _BINS + bins, minlength=(count + 1) * _BINS)
    counts = counts.reshape(count + 1, _BINS).astype(float)
    middle = (np.arange(_BINS) + 0.5) * high[:, None] / _BINS
    below, moment = counts.cumsum(axis=1), (counts * middle).cumsum(axis=1)
    total, mean = below[:, -1:], moment[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (mean * below - total * moment) ** 2 / (below * (total - below))
        best = np.where(np.isfinite(variance), variance, -1).argmax(axis=1)
        rows = np.arange(count + 1)
        lower = moment[rows, best] / below[rows, best]
        upper = (mean[:, 0] - moment[rows, best]) / (total[:, 0] - below[rows, best])
    step = np.nan_to_num(upper - lower)
    own = (best + 1) * high / _BINS
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


def _holes_filled(mask: np.ndarray, density: np.ndarray, um_per_px: float) -> np.ndarray:
    """Holes filled that are small, or as dark as the nuclei; a ring's clear middle stays."""
    holes = filled(mask) - mask
    if not holes.any():
        return mask
    pixels = foreground(cv2.connectedComponents(holes, connectivity=4)[1])
    size = np.maximum(pixels.areas(), 1)
    total = total_density(density)
    dark = pixels.sums(total) / size
    typical = float(np.median(total.ravel()[np.flatnonzero(mask)]))
    fill = (size * um_per_px**2 <= _SMALL_HOLE_UM2) | (dark >= _DARK_HOLE_FRACTION * typical)
    mask.ravel()[pixels.index[fill[pixels.names]]] = 1
    return mask
