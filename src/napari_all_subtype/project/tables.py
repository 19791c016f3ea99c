"""Cell tables in a project: whole ones as Parquet files, single rows as JSON in the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.project.database import Database
from napari_all_subtype.project.kept_files import KeptFiles

if TYPE_CHECKING:
    import pandas as pd

TABLES = KeptFiles("tables", ".parquet", "the cell table of a field")


def keep_table(database: Database, cells: pd.DataFrame) -> str:
    """Name of a cell table in the project; it is on the disk when this returns.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    database.refuse_read_only()
    content = cells.to_parquet(None, engine="pyarrow", compression="zstd")
    name = TABLES.name_of(hashlib.sha256(content).hexdigest())
    TABLES.write(database, name, content)
    return name


def read_table(database: Database, name: str) -> pd.DataFrame:
    """The cell table called `name`, as it was kept.

    Raises
    ------
    RecordError
        If it is no name of a table.
    ProjectDamagedError
        If its file is missing or holds something else.
    """
    import pandas as pd

    content = TABLES.read(database, name)
    if TABLES.name_of(hashlib.sha256(content).hexdigest()) != name:
        raise TABLES.damaged(name, "it holds something else than its name tells")
    try:
        return pd.read_parquet(BytesIO(content), engine="pyarrow")
    except Exception as error:  # the edge of the codec, as for masks
        raise TABLES.damaged(name, "it cannot be read as a table") from error


def rows_to_json(rows: pd.DataFrame) -> str:
    """`rows` of a cell table as text; no digit is lost.

    Examples
    --------
    >>> import pandas as pd
    >>> rows_to_json(pd.DataFrame({"label": [7], "area_px": [np.nan]}, index=[7]))
    '{"index": [7], "label": [7], "area_px": [null]}'
    """
    columns = {str(name): [_plain(v) for v in column] for name, column in rows.items()}
    index = [int(label) for label in rows.index]
    return json.dumps({"index": index, **columns}, ensure_ascii=False, allow_nan=False)


def rows_from_json(text: str, like: pd.DataFrame) -> pd.DataFrame:
    """The rows that `rows_to_json` wrote, with the kinds of columns that `like` has.

    Parameters
    ----------
    like : pandas.DataFrame
        The table that the rows are of; a column it lacks keeps the kind that its values have.
    """
    import pandas as pd

    columns = json.loads(text)
    index = columns.pop("index")
    kinds = like.dtypes.to_dict()
    made = {
        name: pd.Series(values, index, dtype=_kind(kinds.get(name), values))
        for name, values in columns.items()
    }
    return pd.DataFrame(made, index=index)


def last_rows(texts: Iterable[str]) -> list[str]:
    """What `texts` of `rows_to_json` say last of each cell: one text where columns are the same.

    Examples
    --------
    >>> last_rows(['{"index": [7, 8], "y": [1, 2]}', '{"index": [7], "y": [3]}'])
    ['{"index": [7, 8], "y": [3, 2]}']
    """
    made: list[tuple[tuple[str, ...], dict[int, tuple]]] = []
    for text in texts:
        columns = json.loads(text)
        if not made or made[-1][0] != tuple(columns):
            made.append((tuple(columns), {}))
        made[-1][1].update(zip(columns["index"], zip(*columns.values(), strict=True), strict=True))
    return [
        json.dumps(dict(zip(names, map(list, zip(*rows.values(), strict=True)), strict=True)))
        for names, rows in made
        if rows
    ]


def _plain(value: object) -> object:
    """A value that JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _kind(known: object, values: list) -> object:
    if known is not None:
        return known
    return float if any(v is None for v in values) else None
