"""Which cells are kept apart from which training: laboratories left out, and grouped folds."""

from __future__ import annotations

import hashlib

import numpy as np
from bundled_data import Cells
from sklearn.model_selection import StratifiedGroupKFold

CROSS_FOLDS = 5
# Laboratories left out together. d2 and txl_pbc come from the same kind of analyser.
LEFT_OUT = {
    "without all_idb2": ("all_idb2",),
    "without mll": ("mll",),
    "without txl_pbc, d2": ("txl_pbc", "segmentation_wbc_d2"),
    "without txl_raabin, d1": ("txl_raabin", "segmentation_wbc_d1"),
    "without bccd, draaslan": ("bccd", "draaslan"),
}
SINGLE_CELL_IMAGES = ("all_idb2", "mll", "segmentation_wbc_d1", "segmentation_wbc_d2")
BLASTS_LEFT_OUT = ("without all_idb2", "without mll")  # where blasts are of the other laboratory


def folds_of(cells: Cells) -> dict[str, np.ndarray]:
    """Name of each fold to its test cells, (N,) bool; a group is never on both sides.

    Where laboratories without blasts are left out, one fold of the groups of the
    others is as well: blasts that the network never saw, to be recoloured like them.
    """
    real = np.flatnonzero(cells.teaching)
    splitter = StratifiedGroupKFold(CROSS_FOLDS, shuffle=True, random_state=0)
    strata = np.char.add(cells.laboratory.astype(str), cells.word.astype(str))[real]
    inside = {}
    for k, (_, test) in enumerate(splitter.split(real, strata, cells.group[real])):
        groups = np.unique(cells.group[real[test]])
        inside[f"fold {k + 1} of {CROSS_FOLDS}"] = np.isin(cells.group, groups)
    has_blasts = np.unique(cells.laboratory[cells.teaching & (cells.word == "blast")])
    folds = {}
    for (name, laboratories), fold in zip(LEFT_OUT.items(), inside.values(), strict=True):
        folds[name] = np.isin(cells.laboratory, laboratories)
        if not np.isin(laboratories, has_blasts).any():
            folds[name] |= fold & np.isin(cells.laboratory, has_blasts)
    return folds | inside


def split_hash(folds: dict[str, np.ndarray]) -> str:
    """Short hash of which cell is tested in which fold."""
    digest = hashlib.sha256()
    for name in sorted(folds):
        digest.update(name.encode() + np.packbits(folds[name]).tobytes())
    return digest.hexdigest()[:16]


def counted(cells: Cells) -> np.ndarray:
    """Which cells count, (N,) bool.

    An image of one cell always does, found or not: `classify` answers it all the
    same. The cell of a field does if it is found: `analyse` says nothing of others.
    """
    return cells.found | np.isin(cells.laboratory, SINGLE_CELL_IMAGES)


def refuse_other_cells(cells: np.ndarray, others: np.ndarray) -> None:
    """Refuse outputs of two networks that are to be drawn together, and are of different cells.

    Raises
    ------
    SystemExit
        If their rows or groups, (N,) each, differ.
    """
    if not np.array_equal(cells, others):
        raise SystemExit(
            "The kept folds of some seeds are not of the same cells as the others': remove those "
            "of build/bundled-folds that are older, and run `make figures-model`."
        )
