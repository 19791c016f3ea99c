"""Lobes of one nucleus told from nuclei of touching cells: lobes share one round cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from napari_all_subtype.cells.components import foreground, relabel

# Two touching discs have an axis ratio of 2.2 and a solidity of 0.88 together.
_MAX_AXIS_RATIO = 1.65
_MIN_SOLIDITY = 0.90
# Two of three lobes are two thirds of a disc; a part this small is no nucleus of its own.
_MIN_LOBE_SOLIDITY = 0.82
_LOBE_UM2 = 40.0
_MAX_CELL_UM = 26.0
_MAX_GAP_UM = 6.0
# A part of this area, in µm², with an outline as convex as this, is a nucleus of its own.
_NUCLEUS_UM2 = 48.0
_NUCLEUS_SOLIDITY = 0.93
# Beside one larger than any lobe, what is convex is a piece of it only if it is smaller than the
# nucleus of any white cell; a small lymphocyte's has 25 µm² and more.
_NO_LOBE_UM2 = 65.0
_FRAGMENT_UM2 = 18.0
# Such a piece is no nucleus, so the small one beside it is not all of one either: together they
# may be longer than two cells that touch.
_MAX_BESIDE_UM2, _MAX_FRAGMENT_AXIS_RATIO = 30.0, 2.0
# Two of four lobes need not look like a round cell. Parts no larger than this, which hardly any
# nucleus of its own is, are tried in threes and fours.
_SEVERAL = (3, 4)
_MAX_SEVERAL_UM2 = 30.0
_MIN_SEVERAL_SOLIDITY = 0.90
_MAX_SEVERAL_AXIS_RATIO = 1.45
# A shape as round as this, and of the size of a white cell, is whole.
_ROUND_SOLIDITY = 0.92
_ROUND_AXIS_RATIO = 1.2
_ROUND_UM = 9.0
_LONG_AXIS_RATIO, _LONG_SOLIDITY = 1.35, 0.95
# Only so many of the nearest are tried, or a field of specks would take minutes.
_MAX_NEIGHBOURS = 4


@dataclass(frozen=True)
class _Part:
    """One part or several: labels, outline of the cell (x, y) in px and nuclear area in µm²."""

    labels: tuple[int, ...]
    cell: np.ndarray
    area_um2: float
    convex: bool
    whole: bool

    def with_(self, other: _Part) -> _Part:
        return _Part(
            self.labels + other.labels,
            np.concatenate([self.cell, other.cell]),
            self.area_um2 + other.area_um2,
            self.convex and other.convex,
            self.whole or other.whole,
        )


def join_lobes(parts: np.ndarray, cells: np.ndarray, um_per_px: float) -> np.ndarray:
    """Parts that share one round cell under one label: ndarray, shape (Y, X), int32.

    Parameters
    ----------
    parts : ndarray, shape (Y, X), int32
        Nuclei and lobes, 1…n.
    cells : ndarray, shape (Y, X), int32
        The cell around each, in the same numbering.
    um_per_px : float
        Pixel size in micrometres.
    """
    pixels = foreground(parts)
    count = pixels.count
    if count < 2:
        return parts
    nuclei, shares = outlines(parts, count), outlines(cells, count)
    areas = pixels.areas() * um_per_px**2
    groups = {}
    for k in range(1, count + 1):
        convex = _is_convex(parts, nuclei[k], k)
        whole = convex and areas[k] >= _NUCLEUS_UM2
        groups[k] = _Part((k,), shares[k], areas[k], convex, whole)
    pairs = sorted(_gaps(nuclei, _MAX_GAP_UM / um_per_px))
    joining = _Joining(groups, np.arange(count + 1), pairs, cells, um_per_px)
    joining.pairwise()
    joining.several()
    joining.pairwise()
    if len(groups) == count:
        return parts
    numbers = np.zeros(count + 1, np.int32)
    numbers[sorted(groups)] = np.arange(1, len(groups) + 1)
    return relabel(parts, numbers[joining.owner])


@dataclass(frozen=True)
class _Joining:
    """Parts on their way together: `groups` and the `owner` of each part change in place.

    `pairs` are the gap in px and the labels of parts that lie near each other, nearest first.
    """

    groups: dict[int, _Part]
    owner: np.ndarray
    pairs: list[tuple[float, int, int]]
    cells: np.ndarray
    um_per_px: float

    def pairwise(self) -> None:
        """Join what shares a cell two by two, nearest first."""
        for _gap, a, b in [*self.pairs, *self.pairs]:
            a, b = self.owner[a], self.owner[b]
            if a == b:
                continue
            if _share_a_cell(self.groups[a], self.groups[b], self.cells, self.um_per_px):
                self._join((a, b))

    def several(self) -> None:
        """Join small lobes that only three or four together make a round cell."""
        near = self._neighbours()
        for size in _SEVERAL:
            rated = []
            for names in _connected(near, size):
                parts = [self.groups[k] for k in names]
                shape = _shape_of(parts, self.cells, self.um_per_px)
                if (
                    shape.filled >= _MIN_SEVERAL_SOLIDITY
                    and shape.axis_ratio <= _MAX_SEVERAL_AXIS_RATIO
                    and shape.length_um <= _MAX_CELL_UM
                ):
                    rated.append((shape.axis_ratio / shape.filled, names))
            for _rating, names in sorted(rated):
                if all(k in near for k in names):
                    self._join(names)
                    for k in names:
                        near.pop(k)
            near = {k: {n for n in others if n in near} for k, others in near.items()}

    def _neighbours(self) -> dict[int, set[int]]:
        """The nearest small groups of each small group."""
        small = {k for k, part in self.groups.items() if part.area_um2 <= _MAX_SEVERAL_UM2}
        near: dict[int, set[int]] = {k: set() for k in small}
        for _gap, a, b in self.pairs:
            a, b = int(self.owner[a]), int(self.owner[b])
            if a == b or a not in small or b not in small:
                continue
            if max(len(near[a]), len(near[b])) < _MAX_NEIGHBOURS:
                near[a].add(b)
                near[b].add(a)
        return near

    def _join(self, names: tuple[int, ...]) -> None:
        """Give all of `names` to the first of them."""
        first, *others = names
        for k in others:
            self.groups[first] = self.groups[first].with_(self.groups.pop(k))
            self.owner[self.owner == k] = first


def _connected(near: dict[int, set[int]], size: int) -> list[tuple[int, ...]]:
    """Sets of `size` neighbours of which each is near another: sorted tuples."""
    sets = {(k,) for k in near}
    for _ in range(size - 1):
        sets = {
            tuple(sorted((*names, other)))
            for names in sets
            for k in names
            for other in near[k]
            if other not in names
        }
    return sorted(sets)


def _looks_like_nucleus(part: _Part) -> bool:
    return part.convex and part.area_um2 > _FRAGMENT_UM2


def _is_convex(parts: np.ndarray, outline: np.ndarray, k: int) -> bool:
    """True for a part with the outline of a nucleus of its own."""
    if len(outline) < 3:
        return False
    (x0, y0), (x1, y1) = outline.min(axis=0).astype(int), outline.max(axis=0).astype(int) + 1
    piece = (parts[y0:y1, x0:x1] == k).astype(np.uint8)
    hull = np.zeros_like(piece)
    cv2.fillConvexPoly(hull, cv2.convexHull(outline.astype(np.int32) - (x0, y0)), 1)
    return np.count_nonzero(piece) / np.count_nonzero(hull) >= _NUCLEUS_SOLIDITY


def _share_a_cell(
    a: _Part,
    b: _Part,
    cells: np.ndarray,
    um_per_px: float,
) -> bool:
    """True if the two together look like one cell: round, without a waist, not too large."""
    smaller, larger = sorted((a, b), key=lambda part: part.area_um2)
    beside_large = larger.whole and larger.area_um2 >= _NO_LOBE_UM2
    if (a.whole and b.whole) or (beside_large and _looks_like_nucleus(smaller)):
        return False
    shape = _shape_of((a, b), cells, um_per_px)
    lobes = smaller.area_um2 < _LOBE_UM2 and not (a.whole or b.whole)
    fragment = smaller.area_um2 <= _FRAGMENT_UM2 and larger.area_um2 <= _MAX_BESIDE_UM2
    if (
        shape.filled < (_MIN_LOBE_SOLIDITY if lobes else _MIN_SOLIDITY)
        or shape.axis_ratio > (_MAX_FRAGMENT_AXIS_RATIO if fragment else _MAX_AXIS_RATIO)
        or shape.length_um > _MAX_CELL_UM
    ):
        return False
    # A round cell is whole: what leaves a waist between them is its neighbour's, unless it is bent
    # as only a lobe is. Two cells end to end have less of a waist than side by side.
    long = shape.axis_ratio > _LONG_AXIS_RATIO
    bent = not smaller.convex and smaller.area_um2 > _FRAGMENT_UM2 and not long
    return (
        bent
        or shape.filled >= (_LONG_SOLIDITY if long else _ROUND_SOLIDITY)
        or not any(_shape_of((part,), cells, um_per_px).is_round for part in (a, b))
    )


class _Shape(NamedTuple):
    """Shape of the cell that several parts make together."""

    filled: float
    axis_ratio: float
    length_um: float

    @property
    def is_round(self) -> bool:
        """True for the shape, and the size, of a whole cell."""
        return (
            self.filled >= _ROUND_SOLIDITY
            and self.axis_ratio <= _ROUND_AXIS_RATIO
            and self.length_um >= _ROUND_UM
        )


def _shape_of(
    parts: Sequence[_Part],
    cells: np.ndarray,
    um_per_px: float,
) -> _Shape:
    points = np.concatenate([part.cell for part in parts]).astype(np.float32)
    (x0, y0), (x1, y1) = points.min(axis=0).astype(int), points.max(axis=0).astype(int) + 1
    window = cells[y0:y1, x0:x1]
    both = np.isin(window, [k for part in parts for k in part.labels])
    both = cv2.morphologyEx(both.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    filled = np.count_nonzero(both) / max(cv2.contourArea(cv2.convexHull(points)), 1.0)
    width, length = sorted(cv2.minAreaRect(points)[1])
    return _Shape(filled, length / max(width, 1.0), length * um_per_px)


def outlines(labels: np.ndarray, count: int) -> list[np.ndarray]:
    """Outline pixels (x, y) of each label 0…count: list of ndarrays, shape (M, 2), float32."""
    height, width = labels.shape
    pixels, flat = foreground(labels), labels.ravel()
    ys, xs = np.divmod(pixels.index, width)
    inner = (ys > 0) & (ys < height - 1) & (xs > 0) & (xs < width - 1)
    for step in (-width, width, -1, 1):
        beside = np.take(flat, pixels.index + step, mode="clip")
        inner &= beside == pixels.names
    ys, xs, names = ys[~inner], xs[~inner], pixels.names[~inner]
    order = np.argsort(names, kind="stable")
    cuts = np.searchsorted(names[order], np.arange(count + 2))
    points = np.stack([xs, ys], axis=1)[order].astype(np.float32)
    return [points[cuts[k] : cuts[k + 1]] for k in range(count + 1)]


def _gaps(points: list[np.ndarray], reach_px: float) -> list[tuple[float, int, int]]:
    """Gap in px between the outlines of each pair of parts nearer than `reach_px`."""
    boxes = np.array(
        [(*p.min(axis=0), *p.max(axis=0)) if len(p) else (np.nan,) * 4 for p in points]
    )
    gaps = []
    for a in range(1, len(points)):
        away = np.maximum(boxes[:, :2] - boxes[a, 2:], boxes[a, :2] - boxes[:, 2:]).max(axis=1)
        for b in np.flatnonzero(away <= reach_px):
            if b > a:
                steps = points[a][:, None] - points[b][None]
                gap = float(np.sqrt((steps**2).sum(axis=2).min()))
                if gap <= reach_px:
                    gaps.append((gap, a, int(b)))
    return gaps
