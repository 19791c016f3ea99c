"""Which measured cells cannot be white cells as they stand: too large, too small, or bare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_all_subtype.cells.table import present

if TYPE_CHECKING:
    import pandas as pd

NO_CELL = "no white cell found"
IMPLAUSIBLE_SIZE = "cells of implausible size"
NO_NUCLEUS = "cells without a nucleus"
# Flags that follow from the cell table alone, and change with it.
CELL_FLAGS = (NO_CELL, IMPLAUSIBLE_SIZE, NO_NUCLEUS)

# Of the disc of equal area. A red cell has 7 µm, a small lymphocyte about as much, a large
# blast 25 µm: beyond these the mask or the scale is wrong, or the cell is a megakaryocyte.
MIN_DIAMETER_UM, MAX_DIAMETER_UM = 4.0, 40.0


def cell_flags(cells: pd.DataFrame) -> tuple[str, ...]:
    """Those of :data:`CELL_FLAGS` that a cell table deserves.

    Parameters
    ----------
    cells : pandas.DataFrame
        See :data:`napari_all_subtype.cells.table.COLUMNS`.
    """
    deserved = (
        present(cells).empty,
        bool(implausible_size(cells).any()),
        len(without_nucleus(cells)) > 0,
    )
    return tuple(flag for flag, true in zip(CELL_FLAGS, deserved, strict=True) if true)


def implausible_size(cells: pd.DataFrame) -> pd.Series:
    """Whether a cell is larger than 40 µm or smaller than 4 µm across, one bool per row.

    Of a cell that the border of the image cuts only the upper bound is asked.
    """
    diameter = cells["diameter_um"]
    whole = ~cells["touches_border"].astype(bool)
    return (diameter > MAX_DIAMETER_UM) | ((diameter < MIN_DIAMETER_UM) & whole)


def without_nucleus(cells: pd.DataFrame) -> list[int]:
    """Labels of the cells that exist and have no nucleus."""
    rows = present(cells)
    return rows.index[~(rows["nucleus_area_um2"] > 0)].tolist()
