"""The cell table: one row per label, so that row k is label k."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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
# What a person says of a cell: a class or an exclusion, empty where nobody has said anything.
ANNOTATION = "annotation"

COLUMNS = ("label", *MEASUREMENTS, *FLAGS, *BOX)


def present(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of cells that exist: without the background and without deleted cells."""
    return cells[cells["area_px"] > 0]


def few_rows(
    cells: pd.DataFrame, labels: Sequence[int], columns: Iterable[str]
) -> Iterator[SimpleNamespace]:
    """Rows of a few labels, in their order, with those of `columns` that the table has.

    Of a wide table of many kinds `loc` makes whole rows first, which takes milliseconds. Each row
    is made when it is asked for: thousands at once have the garbage collector go through all of
    the program.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"label": [0, 1, 2], "area_px": [0, 30, 20]})
    >>> [int(row.area_px) for row in few_rows(cells, [2], ["area_px", "mass"])]
    [20]
    """
    taken = _taken(cells, labels, columns)
    # As plain arrays: columns of pandas give their values one by one.
    values = {name: np.asarray(column).tolist() for name, column in taken.items()}
    return (
        SimpleNamespace(**dict(zip(values, row, strict=True)))
        for row in zip(*values.values(), strict=True)
    )


def rows_with(cells: pd.DataFrame, labels: Sequence[int], columns: Iterable[str]) -> pd.DataFrame:
    """The same as a table, whose index are the labels."""
    import pandas as pd

    return pd.DataFrame(_taken(cells, labels, columns), index=list(labels))


def _taken(cells: pd.DataFrame, labels: Sequence[int], columns: Iterable[str]) -> dict:
    here = np.asarray(labels, np.intp)
    return {name: cells[name].array[here] for name in dict.fromkeys(columns) if name in cells}


def with_rows(cells: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """`cells` with the values of `rows` for their labels; row k stays label k.

    What `rows` say nothing of stays: a person's word on a cell outlives the change
    of its outline. A label without a row gets one, empty where nothing is said.

    Parameters
    ----------
    rows : pandas.DataFrame
        Some columns of the table; the labels are its index.
    """
    import pandas as pd

    if rows.empty:
        return cells
    # A table from before a measure existed gets it now, empty where nothing is said.
    new = [name for name in rows.columns if name not in cells]
    if new:
        bare = empty_rows(rows[new], cells.index.tolist())
        cells = cells.assign(**{name: bare[name] for name in new})
    missing = range(len(cells), max(len(cells) - 1, *rows.index) + 1)
    if len(missing):
        cells = pd.concat([cells, empty_rows(cells, missing)])
    columns = {name: column.to_numpy(copy=name in rows) for name, column in cells.items()}
    for name in rows.columns:
        columns[name][rows.index] = rows[name].to_numpy()
    # Plain arrays go in as they are; words keep their own kind of column.
    kinds = cells.dtypes
    plain = {k: isinstance(kind, np.dtype) and kind.kind != "O" for k, kind in kinds.items()}
    return pd.DataFrame(
        {k: v if plain[k] else pd.Series(v, cells.index, kinds[k]) for k, v in columns.items()},
        index=cells.index,
    )


def annotated(cells: pd.DataFrame, words: Mapping[int, str]) -> pd.DataFrame:
    """`cells` in which a person says `words` of some labels; an empty one takes a word back.

    Labels that the table has no row for are passed over.
    """
    import pandas as pd

    if not words:
        return cells
    said = annotations(cells).to_numpy(object, copy=True)
    for label, word in words.items():
        if 0 < label < len(cells):
            said[label] = word
    return cells.assign(**{ANNOTATION: pd.Series(said, cells.index, object)})


def annotations(cells: pd.DataFrame) -> pd.Series:
    """What a person says of each cell; empty where nobody has said anything."""
    import pandas as pd

    if ANNOTATION in cells:
        return cells[ANNOTATION]
    return pd.Series("", cells.index, object)


def words(cells: pd.DataFrame, of_model: str = "subtype") -> pd.Series:
    """The word that counts for each cell: a person's where there is one, else the model's.

    Parameters
    ----------
    of_model : str
        Column of the model's word.
    """
    if ANNOTATION not in cells:
        return cells[of_model]
    said = cells[ANNOTATION]
    return said.where(said.astype(bool), cells[of_model])


def word_of(row: object, of_model: str = "subtype") -> str:
    """The word that counts for the cell in `row`, a named tuple of the table; see `words`."""
    return annotation_of(row) or getattr(row, of_model)


def annotation_of(row: object) -> str:
    """What a person says of the cell in `row`, a named tuple of the table; empty if nothing."""
    return getattr(row, ANNOTATION, "")


def without(cells: pd.DataFrame, labels: Iterable[int]) -> pd.DataFrame:
    """`cells` with the rows of `labels` emptied: they stay, so that no label is used again."""
    gone = sorted(labels)
    return with_rows(cells, empty_rows(cells, gone)) if gone else cells


def rows_of(cells: pd.DataFrame, labels: Sequence[int]) -> pd.DataFrame:
    """Rows of `labels` as they are, empty for those that the table has no row for."""
    import pandas as pd

    missing = [label for label in labels if label >= len(cells)]
    known = cells.loc[[label for label in labels if label < len(cells)]]
    return pd.concat([known, empty_rows(cells, missing)]) if missing else known


def empty_rows(cells: pd.DataFrame, labels: Sequence[int]) -> pd.DataFrame:
    """Rows as a deleted cell has them: the label, and nothing in the other columns."""
    import pandas as pd

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
            empty[name] = np.full(len(labels), "", object)
    return pd.DataFrame(empty, index=list(labels))
