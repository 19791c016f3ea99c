"""The same picture twice, or nearly: in two groups it would let a test see what was trained on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.amounts import amount

# Correlation of detail from which on two crops show one picture. Of 675 different real cells the
# most alike two have 0.93; a copy that is lighter 1.00, compressed hard (JPEG 60) 0.98 and blurred
# by a pixel 0.96 in 19 of 20. A copy that was shifted or scaled is not found.
NEAR = 0.945
_SIDE = 48
_CLIP = 0.7
_ROWS = 512


@dataclass(frozen=True)
class Duplicate:
    """Two crops that show one picture.

    Parameters
    ----------
    first, second : int
        Their numbers, the smaller one first.
    exact : bool
        Whether every pixel is the same.
    """

    first: int
    second: int
    exact: bool


def find_duplicates(
    crops: np.ndarray, groups: Sequence[str], near: float = NEAR
) -> list[Duplicate]:
    """Pairs of crops of different groups that show the same picture.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
    groups : sequence of str
        Of each crop: pairs within a group are no matter.
    near : float
        Correlation of their detail from which on two are one.
    """
    names, numbers = np.unique(np.asarray(groups, object), return_inverse=True)
    if len(crops) < 2 or len(names) < 2:
        return []
    exact = _same_pixels(crops, numbers)
    details = _details(crops)
    found = dict.fromkeys(exact, True)
    for start in range(0, len(crops), _ROWS):
        alike = details[start : start + _ROWS] @ details.T >= near
        alike &= numbers[start : start + _ROWS, None] != numbers[None, :]
        for one, two in np.argwhere(alike):
            if start + one < two:
                found.setdefault((int(start + one), int(two)), False)
    return [Duplicate(one, two, same) for (one, two), same in sorted(found.items())]


def groups_together(
    duplicates: Sequence[Duplicate], groups: Sequence[str]
) -> list[tuple[str, str]]:
    """Pairs of groups that share a picture, each once."""
    return sorted({tuple(sorted((groups[d.first], groups[d.second]))) for d in duplicates})


def describe_duplicates(
    duplicates: Sequence[Duplicate], groups: Sequence[str], random_split: bool = False
) -> str:
    """What was found and becomes of it, in two sentences; empty if nothing was.

    Parameters
    ----------
    random_split : bool
        Cells are divided one by one: nothing is kept together.
    """
    if not duplicates:
        return ""
    exact = sum(one.exact for one in duplicates)
    pairs = groups_together(duplicates, groups)
    shown = ", ".join(f"{one} and {two}" for one, two in pairs[:3])
    more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    of = f"{len(pairs)} pairs of groups" if len(pairs) > 1 else "1 pair of groups"
    found = amount(len(duplicates), "pair")
    then = "These groups are kept together, unless they were parted before."
    if random_split:
        then = "The split is random: such a cell may train here and validate there."
    return (
        f"{found} of cells in different groups, the same picture ({exact} pixel by pixel), "
        f"in {of}: {shown}{more}. {then}"
    )


def _same_pixels(crops: np.ndarray, groups: np.ndarray) -> list[tuple[int, int]]:
    seen: dict[bytes, list[int]] = defaultdict(list)
    for n, crop in enumerate(crops):
        seen[hashlib.sha256(np.ascontiguousarray(crop)).digest()].append(n)
    return [
        (one, two)
        for same in seen.values()
        for i, one in enumerate(same)
        for two in same[i + 1 :]
        if groups[one] != groups[two]
    ]


def _details(crops: np.ndarray) -> np.ndarray:
    """What is fine in each crop, of length 1: ndarray, shape (N, 2304), float32.

    Round dark things on white are all alike until what is coarse is taken away. A crop without
    detail is like no other.
    """
    out = np.zeros((len(crops), _SIDE * _SIDE), np.float32)
    for n, crop in enumerate(crops):
        grey = cv2.cvtColor(np.ascontiguousarray(crop[..., :3]), cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        fine = (small - cv2.GaussianBlur(small, (0, 0), 2.0)).ravel()
        spread = fine.std()
        if spread > 1:  # grey value
            # Else the edge of the cell, which is alike in all, would outweigh what is in it.
            fine = np.clip(fine, -_CLIP * spread, _CLIP * spread)
            out[n] = fine / np.linalg.norm(fine)
    return out
