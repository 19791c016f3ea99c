"""Rulers of a few red cells of one picture, held against the other pictures of its size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path

from napari_all_subtype.cells.scale import CONTRADICTS
from napari_all_subtype.cells.source import PixelSize

# Fewer others might be the ones that are wrong; with an assumed scale more so.
FEWEST_MEASURED, FEWEST_ASSUMED = 2, 5

At = tuple[Path, tuple[int, int]]


def without_outliers(
    own: Mapping[At, PixelSize], others: Mapping[At, PixelSize], few: Set[At]
) -> dict[At, PixelSize]:
    """`own`, in which the `few` that contradict the rest have the size of the rest.

    A few circles that are no red cells agree by chance: of 99 pictures without a red cell one
    told 0.48 µm/px by three.

    Parameters
    ----------
    own : mapping of (path, shape) to PixelSize
        As each picture tells it, or assumed.
    others : mapping of (path, shape) to PixelSize
        Of the other pictures, which share theirs.
    few : set of (path, shape)
        Of `own`, those told by a few red cells.
    """
    every = {**own, **others}
    out = dict(own)
    for at in few:
        rest = [size for one, size in every.items() if one != at and one[1] == at[1]]
        usual = _usual(rest)
        if usual is None or not _contradict(own[at], usual):
            continue
        note = f"{usual.note}; its own {own[at].note} contradict the others"
        out[at] = replace(usual, note=note.removeprefix("; "))
    return out


def _usual(rest: list[PixelSize]) -> PixelSize | None:
    """The one in the middle of those that were measured, else of all; None of too few."""
    measured = [size for size in rest if size.origin == "red cells"]
    if len(measured) >= max(FEWEST_MEASURED, len(rest) / 4):
        chosen = measured
    elif len(rest) >= FEWEST_ASSUMED:
        chosen = rest
    else:
        return None
    return sorted(chosen, key=lambda size: size.um_per_px)[len(chosen) // 2]


def _contradict(one: PixelSize, two: PixelSize) -> bool:
    off = abs(math.log(one.um_per_px / two.um_per_px))
    return off > CONTRADICTS * math.hypot(one.relative_uncertainty, two.relative_uncertainty)
