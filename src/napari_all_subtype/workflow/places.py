"""Cells of several fields together, each called by its field and label, and ways through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FIELD, LABEL = "field", "label"
# What stands in a column that a field's table does not have.
_TEXT = frozenset(("annotation", "subtype", "fab_pattern"))


def stacked(fields: Sequence[pd.DataFrame], columns: Iterable[str]) -> pd.DataFrame:
    """Rows of all cells that exist, field by field and label by label.

    Parameters
    ----------
    fields : sequence of pandas.DataFrame
        Cell tables, row k of each is label k.
    columns : iterable of str
        What is read of them; empty or NaN where a table has no such column.

    Returns
    -------
    pandas.DataFrame
        ``field`` (position in `fields`), ``label``, and `columns`.
    """
    import pandas as pd

    there = [np.flatnonzero(cells["area_px"].to_numpy(float) > 0) for cells in fields]
    parts = {
        FIELD: [np.full(len(rows), n) for n, rows in enumerate(there)],
        LABEL: there,
    }
    for name in columns:
        parts[name] = [_values(cells, name)[k] for cells, k in zip(fields, there, strict=True)]
    none = np.empty(0, int)
    return pd.DataFrame({name: np.concatenate([none, *each]) for name, each in parts.items()})


def places_of(rows: pd.DataFrame) -> np.ndarray:
    """Field and label of `rows`: ndarray, shape (N, 2), int64."""
    return rows[[FIELD, LABEL]].to_numpy(np.int64)


def chance(rows: pd.DataFrame, seed: int) -> np.ndarray:
    """A random number for each cell, which hangs on its field, its label and `seed` alone.

    So the order of two cells stays as it is when a third is reviewed, added or deleted, which
    that of a shuffled list does not.

    Returns
    -------
    ndarray, shape (N,), uint64
        SplitMix64 (Steele, Lea & Flood, OOPSLA 2014, doi 10.1145/2660193.2660195), once for
        the seed, once for the field and once for the label.
    """
    state = _mixed(np.uint64(seed) + np.zeros(len(rows), np.uint64))
    state = _mixed(state ^ rows[FIELD].to_numpy(np.uint64))
    return _mixed(state ^ rows[LABEL].to_numpy(np.uint64))


def to_and_fro(rows: pd.DataFrame, row_height_cells: float) -> np.ndarray:
    """Order in which a field is read at the microscope: strip by strip, turning at each end.

    Parameters
    ----------
    rows : pandas.DataFrame
        All cells of the fields, with ``centroid_y_px``, ``centroid_x_px``, ``y0_px``, ``y1_px``.
    row_height_cells : float
        Height of a strip, in heights of the field's middle cell.

    Returns
    -------
    ndarray, shape (N,), int
        Positions of `rows` in that order; the first strip goes to the right.
    """
    import pandas as pd

    height = rows["y1_px"].to_numpy(float) - rows["y0_px"].to_numpy(float)
    middle = pd.Series(height).groupby(rows[FIELD].to_numpy()).transform("median").to_numpy()
    y, x = rows["centroid_y_px"].to_numpy(float), rows["centroid_x_px"].to_numpy(float)
    strip = (y // (row_height_cells * np.maximum(middle, 1))).astype(int)
    along = np.where(strip % 2 == 0, x, -x)
    return np.lexsort((rows[LABEL], y, along, strip, rows[FIELD]))


def _values(cells: pd.DataFrame, name: str) -> np.ndarray:
    if name in cells:
        column = cells[name]
        return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.to_numpy(object)
    return np.full(len(cells), "", object) if name in _TEXT else np.full(len(cells), np.nan)


def _mixed(state: np.ndarray) -> np.ndarray:
    """One step of SplitMix64; uint64 wraps around."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
