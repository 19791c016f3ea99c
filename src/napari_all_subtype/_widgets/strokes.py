"""What a stroke of napari's brush did, read from its paint event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_all_subtype.cells.edit import box_of, joined
from napari_all_subtype.cells.source import Region


def stroke_of(labels: np.ndarray, atoms: Sequence[object]) -> tuple[Region, np.ndarray, np.ndarray]:
    """Where a stroke was, and the labels there before and after it.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int
        With the stroke, or, where napari tells of it first, without it yet.
    atoms : sequence
        The value of the paint event: in order, what each part of the stroke replaced.
        Since napari 0.9 objects with `slice_key`, `mask`, `old_values` and `new_value`;
        before, and from `data_setitem` still, tuples of indices, old and new values.

    Returns
    -------
    Region; ndarray, ndarray, each of its shape, int
    """
    region = joined(*(_region(atom, labels.shape) for atom in atoms))
    before = labels[box_of(region)].copy()
    for atom in reversed(atoms):
        _replay(before, region, atom, forwards=False)
    after = before.copy()
    for atom in atoms:
        _replay(after, region, atom, forwards=True)
    return region, before, after


def _replay(part: np.ndarray, region: Region, atom: object, forwards: bool) -> None:
    """Write what `atom` replaced, or what it gave, into the pixels of `region`."""
    if hasattr(atom, "slice_key"):
        y0, x0, y1, x1 = _region(atom, (region.y1, region.x1))
        here = part[y0 - region.y0 : y1 - region.y0, x0 - region.x0 : x1 - region.x0]
        values = atom.new_value if forwards else atom.old_values
        here[... if atom.mask is None else atom.mask] = values
    else:
        ys, xs = (np.asarray(axis) for axis in atom[0])
        part[ys - region.y0, xs - region.x0] = atom[2] if forwards else atom[1]


def _region(atom: object, shape: tuple[int, int]) -> Region:
    if hasattr(atom, "slice_key"):
        (y0, y1, _), (x0, x1, _) = (
            one.indices(n) for one, n in zip(atom.slice_key, shape, strict=True)
        )
        return Region(y0, x0, y1, x1)
    ys, xs = (np.asarray(axis) for axis in atom[0])
    return Region(int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1)
