"""Outlines as polygons, painted into masks: a pixel is inside if its middle is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# A ring: (N, 2) float64, x before y, in pixels; (0, 0) is the corner of the first pixel.
Ring = np.ndarray
# Outer ring and its holes.
Polygon = Sequence[Ring]
_INSIDE, _ON = 1, 2
# Of a pixel: how close to its middle a line counts as through it.
_NEAR = 1e-6


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
    """0 outside of the ring, 1 inside, 2 on it, for the middle of each pixel.

    scikit-image's `grid_points_in_poly` takes a line that is drawn there and back for none.
    """
    height, width = size
    starts = ring - corner
    ends = np.roll(starts, -1, axis=0)
    low, high = (f(starts[:, 1], ends[:, 1]) for f in (np.minimum, np.maximum))
    first = np.clip(np.ceil(low - _NEAR), 0, height).astype(int)
    last = np.clip(np.floor(high + _NEAR), -1, height - 1).astype(int)
    count = np.maximum(last - first + 1, 0)
    edge = np.repeat(np.arange(len(ring)), count)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    rise = (ends - starts)[edge, 1]
    level = np.abs(rise) <= _NEAR
    run = (ends - starts)[edge, 0] / np.where(level, 1.0, rise)
    xs = starts[edge, 0] + (rows - starts[edge, 1]) * run
    crossing = np.zeros((height, width + 1), np.int32)
    # Each end belongs to the edge below it, so that a corner is crossed once or not at all.
    through = ~level & (rows >= low[edge]) & (rows < high[edge])
    columns = np.clip(np.floor(xs[through]) + 1, 0, width).astype(int)
    np.add.at(crossing, (rows[through], columns), 1)
    found = (np.cumsum(crossing, axis=1)[:, :width] % 2).astype(np.uint8)
    on = ~level & (np.abs(xs - np.round(xs)) <= _NEAR)
    columns = np.round(xs[on]).astype(int)
    there = (columns >= 0) & (columns < width)
    found[rows[on][there], columns[there]] = _ON
    for n, row in zip(edge[level], rows[level], strict=True):
        x0, x1 = sorted((starts[n, 0], ends[n, 0]))
        found[row, max(int(np.ceil(x0 - _NEAR)), 0) : max(int(np.floor(x1 + _NEAR)) + 1, 0)] = _ON
    return found
