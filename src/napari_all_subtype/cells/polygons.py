"""Outlines as polygons, painted into masks: a pixel is inside if its middle is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skimage.measure import grid_points_in_poly

# A ring: (N, 2) float64, x before y, in pixels; (0, 0) is the corner of the first pixel.
Ring = np.ndarray
# Outer ring and its holes.
Polygon = Sequence[Ring]
_INSIDE = 1


def paint(shapes: Sequence[Sequence[Polygon]], shape: tuple[int, int]) -> np.ndarray:
    """Masks of `shapes`, each under its place in the sequence, from 1 on.

    What lies on an outline is inside. Where two overlap, the first stays whole.

    Parameters
    ----------
    shapes : sequence of sequence of Polygon
        Each of one polygon or several.
    shape : tuple of int
        (Y, X) of the image in pixels; what lies outside of it is cut off.

    Returns
    -------
    ndarray, shape (Y, X), int32

    Examples
    --------
    >>> square = np.array([[1, 1], [3, 1], [3, 3], [1, 3]])
    >>> paint([[[square]]], (4, 4)).tolist()
    [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    labels = np.zeros(shape, np.int32)
    for label, polygons in enumerate(shapes, 1):
        for polygon in polygons:
            _paint_one(labels, polygon, label)
    return labels


def _paint_one(labels: np.ndarray, polygon: Polygon, label: int) -> None:
    outer = np.asarray(polygon[0], np.float64)
    x0, y0 = np.maximum(np.floor(outer.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(outer.max(axis=0)).astype(int) + 1, labels.shape[::-1])
    if x0 >= x1 or y0 >= y1:
        return
    size, corner = (y1 - y0, x1 - x0), np.array([x0, y0]) + 0.5
    inside = _where(outer, corner, size) > 0
    for hole in polygon[1:]:
        inside &= _where(np.asarray(hole, np.float64), corner, size) != _INSIDE
    here = labels[y0:y1, x0:x1]
    here[inside & (here == 0)] = label


def _where(ring: Ring, corner: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """0 outside of the ring, 1 inside, 2 and 3 on it, for the middle of each pixel."""
    return grid_points_in_poly(size, (ring - corner)[:, ::-1], binarize=False)
