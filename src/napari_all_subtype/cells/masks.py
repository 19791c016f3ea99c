"""The two masks of a field: whole cells and their nuclei, under one numbering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BAND_ROWS = 256


@dataclass(frozen=True)
class CellMasks:
    """Cells and nuclei of one field.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        0 background, one integer per cell.
    nuclei : ndarray, shape (Y, X), int32
        The same integers; a nucleus lies inside its cell. A cell may have none.
    notes : tuple of str
        How they came about, where that is not plain from the parameters.
    flags : tuple of str
        What is to be looked at in them.
    """

    labels: np.ndarray
    nuclei: np.ndarray
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of cells: of labels that have a pixel."""
        there = np.zeros(self.highest + 1, bool)
        # Band by band: the labels as indices of a whole slide would take gigabytes.
        for start in range(0, len(self.labels), _BAND_ROWS):
            there[self.labels[start : start + _BAND_ROWS]] = True
        return int(np.count_nonzero(there[1:]))

    @property
    def highest(self) -> int:
        """Largest label: the number of rows of the cell table less one."""
        return int(self.labels.max(initial=0))
