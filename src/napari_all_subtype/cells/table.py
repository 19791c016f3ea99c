"""The cell table: one row per label, so that row k is label k."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

MEASUREMENTS = (
    "centroid_y_px",
    "centroid_x_px",
    "area_px",
    "area_um2",
    "diameter_um",
    "nucleus_area_um2",
    "nucleus_diameter_um",
    "nc_ratio",
    "nucleus_solidity",
    "nucleus_circularity",
)
FLAGS = ("touches_border",)
BOX = ("y0_px", "x0_px", "y1_px", "x1_px")

COLUMNS = ("label", *MEASUREMENTS, *FLAGS, *BOX)


def present(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of cells that exist: without the background and without deleted cells."""
    return cells[cells["area_px"] > 0]


def with_rows(cells: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """`cells` with the values of `rows` for their labels; row k stays label k.

    What `rows` say nothing of stays: a person's word on a cell outlives the change
    of its outline. A label without a row gets one, empty where nothing is said.

    Parameters
    ----------
    rows : pandas.DataFrame
        Some columns of the table; the labels are its index.
    """
    missing = range(len(cells), max([len(cells) - 1, *rows.index]) + 1)
    cells = pd.concat([cells, empty_rows(cells, missing)]) if len(missing) else cells.copy()
    for name in rows.columns:
        values = cells[name].to_numpy(copy=True)
        values[rows.index] = rows[name].to_numpy()
        cells[name] = pd.Series(values, cells.index, cells[name].dtype)
    return cells


def without(cells: pd.DataFrame, labels: Iterable[int]) -> pd.DataFrame:
    """`cells` with the rows of `labels` emptied: they stay, so that no label is used again."""
    return with_rows(cells, empty_rows(cells, sorted(labels)))


def rows_of(cells: pd.DataFrame, labels: Sequence[int]) -> pd.DataFrame:
    """Rows of `labels` as they are, empty for those that the table has no row for."""
    missing = [label for label in labels if label >= len(cells)]
    known = cells.loc[[label for label in labels if label < len(cells)]]
    return pd.concat([known, empty_rows(cells, missing)]) if missing else known


def empty_rows(cells: pd.DataFrame, labels: Sequence[int]) -> pd.DataFrame:
    """Rows as a deleted cell has them: the label, and nothing in the other columns."""
    empty = {}
    for name, column in cells.items():
        kind = column.dtype
        if name == "label":
            empty[name] = np.array(labels, kind)
        elif name in FLAGS or kind.kind == "b":
            empty[name] = np.zeros(len(labels), bool)
        elif kind.kind == "f":
            empty[name] = np.full(len(labels), np.nan, kind)
        else:
            empty[name] = pd.Series([""] * len(labels), dtype=kind).to_numpy()
    return pd.DataFrame(empty, index=list(labels))
