"""Nuclei drawn again inside their cells, each with a threshold of its own."""

from __future__ import annotations

import cv2
import numpy as np

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
    count = int(nuclei.max())
    own = _own_thresholds(contrast, cells, count, threshold)
    mask = ((cells > 0) & (contrast > own[cells])).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc(0.3 / um_per_px))
    drawn = np.where(_without_specks(mask, _SPECK_UM2 / um_per_px**2), cells, 0).astype(np.int32)
    drawn = _fill_holes(drawn, total, cells, um_per_px)
    before = np.bincount(nuclei.ravel(), minlength=count + 1)
    after = np.bincount(drawn.ravel(), minlength=count + 1)
    lost = after < 0.4 * before
    lost[0] = False
    return np.where(lost[cells], np.where(nuclei == cells, nuclei, 0), drawn).astype(np.int32)


def _own_thresholds(
    contrast: np.ndarray, cells: np.ndarray, count: int, threshold: float
) -> np.ndarray:
    """Otsu's threshold inside each cell, indexed by label, near the image's own."""
    inside = cells > 0
    low, high = 0.0, 3.0 * threshold
    bins = np.clip((contrast[inside] - low) / (high - low) * _BINS, 0, _BINS - 1).astype(np.int64)
    counts = np.bincount(cells[inside] * _BINS + bins, minlength=(count + 1) * _BINS)
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
    """Mask without pieces smaller than `min_area_px`: bool."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area_px
    keep[0] = False
    return keep[pieces]


def _fill_holes(
    nuclei: np.ndarray, total: np.ndarray, cells: np.ndarray, um_per_px: float
) -> np.ndarray:
    """Holes filled that are small, or as dark as the nucleus; a ring's clear middle stays."""
    count, holes, stats, _ = cv2.connectedComponentsWithStats(
        (nuclei == 0).astype(np.uint8), connectivity=4
    )
    size = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    names = np.where(nuclei == 0, holes, 0)
    dark = np.bincount(names.ravel(), total.ravel(), minlength=count)[:count] / size
    solid = nuclei > 0
    typical = float(np.median(total[solid])) if solid.any() else np.inf
    fill = (size * um_per_px**2 <= _SMALL_HOLE_UM2) | (dark >= _DARK_HOLE_FRACTION * typical)
    fill[0] = False
    # Component 0 is the nuclei themselves; the one that reaches the frame is the ground.
    for edge in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        fill[edge] = False
    return np.where(fill[names] & (nuclei == 0), cells, nuclei).astype(np.int32)
