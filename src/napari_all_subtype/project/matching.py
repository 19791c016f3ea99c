"""Which cell of a new segmentation is the one that a person spoke of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

# Below it two masks need not be one cell: of two equal discs this is a shift by 0.44 diameters.
MIN_IOU = 0.3
_BAND_ROWS = 256


@dataclass(frozen=True)
class Sought:
    """A marked cell as the segmentation before knew it.

    Parameters
    ----------
    marked_id : int
    label : int or None
        Its integer in the masks before; None if they had lost it already.
    centroid_yx_px : tuple of float
    """

    marked_id: int
    label: int | None
    centroid_yx_px: tuple[float, float]


def match_cells(
    sought: Sequence[Sought],
    after: np.ndarray,
    before: np.ndarray | None = None,
    min_iou: float = MIN_IOU,
) -> dict[int, int]:
    """The new label of each marked cell that is found again; the others are orphaned.

    The masks decide where they overlap enough, best pairs first; of what is left, a cell is
    the new one that its centroid lies in. No new cell is found twice: of two that were
    merged, the one it resembles more keeps it.

    Parameters
    ----------
    sought : sequence of Sought
    after, before : ndarray, shape (Y, X), int
        Masks of all cells, 0 background. Without those before, centroids decide alone.
    min_iou : float
        Least intersection over union, 0–1.

    Returns
    -------
    dict of int to int
        `marked_id` to label.

    Raises
    ------
    ValueError
        If the masks are of different shapes.
    """
    if before is not None and before.shape != after.shape:
        raise ValueError(
            f"Masks of shape {before.shape} cannot be compared with masks of shape {after.shape}. "
            "Give the masks of the same image."
        )
    found: dict[int, int] = {}
    taken: set[int] = set()
    by_mask = [] if before is None else _by_overlap(sought, before, after, min_iou)
    for marked_id, label in [*by_mask, *_by_centroid(sought, after)]:
        if marked_id not in found and label not in taken:
            found[marked_id] = label
            taken.add(label)
    return found


def _by_overlap(
    sought: Sequence[Sought], before: np.ndarray, after: np.ndarray, min_iou: float
) -> Iterator[tuple[int, int]]:
    """Pairs of marked cell and new label, the most alike first."""
    marked = {one.label: one.marked_id for one in sought if one.label is not None}
    old, new, pixels = _overlaps(before, after)
    before_areas, after_areas = _areas(before), _areas(after)
    iou = pixels / (before_areas[old] + after_areas[new] - pixels)
    for k in np.lexsort((new, old, -iou)):
        if iou[k] >= min_iou and int(old[k]) in marked:
            yield marked[int(old[k])], int(new[k])


def _overlaps(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, ...]:
    """Old labels, new labels and shared pixels of all pairs that overlap."""
    base = int(after.max(initial=0)) + 1
    counts: dict[int, int] = {}
    # Band by band: codes of a whole slide would take gigabytes.
    for old, new in zip(_bands(before), _bands(after), strict=True):
        both = (old > 0) & (new > 0)
        codes = old[both].astype(np.int64) * base + new[both]
        for code, pixels in zip(*np.unique(codes, return_counts=True), strict=True):
            counts[int(code)] = counts.get(int(code), 0) + int(pixels)
    codes = np.fromiter(counts, np.int64, len(counts))
    return codes // base, codes % base, np.fromiter(counts.values(), np.int64, len(counts))


def _areas(labels: np.ndarray) -> np.ndarray:
    """Pixels of each label, by label."""
    areas = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
    for band in _bands(labels):
        areas += np.bincount(band.ravel(), minlength=len(areas))
    return areas


def _bands(labels: np.ndarray) -> Iterator[np.ndarray]:
    return (labels[start : start + _BAND_ROWS] for start in range(0, len(labels), _BAND_ROWS))


def _by_centroid(sought: Sequence[Sought], after: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of marked cell and the new label under its centroid, in order of marking."""
    for one in sorted(sought, key=lambda one: one.marked_id):
        y, x = (int(np.floor(v + 0.5)) for v in one.centroid_yx_px)
        if 0 <= y < after.shape[0] and 0 <= x < after.shape[1] and after[y, x] > 0:
            yield one.marked_id, int(after[y, x])
