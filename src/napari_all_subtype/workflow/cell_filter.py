"""Which cells of a table pass a filter: one answer for queue, gallery and table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.workflow.review_parameters import CellFilter

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("area_px", "confidence", "diameter_um", "touches_border", "subtype", table.ANNOTATION)


def passes(cells: pd.DataFrame, cell_filter: CellFilter = CellFilter()) -> np.ndarray:
    """Whether each row of `cells` is a cell that `cell_filter` shows: ndarray, shape (N,), bool.

    Background and deleted cells never pass.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table, or some rows of one.
    """
    shown = cells["area_px"].to_numpy(float) > 0
    confidence = np.nan_to_num(cells["confidence"].to_numpy(float))
    shown &= (confidence >= cell_filter.min_confidence) & (confidence <= cell_filter.max_confidence)
    diameter = cells["diameter_um"].to_numpy(float)
    shown &= diameter >= cell_filter.min_diameter_um
    if cell_filter.max_diameter_um < CellFilter().max_diameter_um:
        shown &= diameter <= cell_filter.max_diameter_um
    if cell_filter.reviewed != "all":
        said = table.annotations(cells).to_numpy(object) != ""
        shown &= said == (cell_filter.reviewed == "reviewed")
    if cell_filter.border != "all":
        cut = cells["touches_border"].to_numpy(object).astype(bool)
        shown &= cut == (cell_filter.border == "cut")
    if cell_filter.classes is not None:
        shown &= table.words(cells).isin(cell_filter.classes).to_numpy(bool)
    return shown
