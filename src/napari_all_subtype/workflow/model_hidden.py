"""Cell tables without what a model said, for a reading that it is not to sway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.said import undecided

if TYPE_CHECKING:
    import pandas as pd


def model_columns(cells: pd.DataFrame) -> list[str]:
    """Columns of a cell table that a model filled, or that tell what it said.

    FAB evidence is one of them: it is of cells that the model calls blasts.
    """
    known = (*table.COLUMNS, table.ANNOTATION)
    return [name for name in cells.columns if name not in known]


def without_model(cells: pd.DataFrame, taxonomy: Taxonomy) -> pd.DataFrame:
    """`cells`, all of them *unknown*, with their measurements and what people say."""
    bare = table.empty_rows(cells, cells.index.tolist())[model_columns(cells)]
    there = table.present(cells).index.tolist()
    return undecided(cells.assign(**bare), there, taxonomy)


def with_model_again(cells: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """`cells` with what the model said in `before`, which has the same rows."""
    return cells.assign(**before[model_columns(before)])
