"""Tables as CSV files that a spreadsheet takes for text and numbers, never for formulas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# What makes a cell a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write `table` to `path`: real numbers with six digits, whole ones whole, text as text.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    from pandas.api.types import is_numeric_dtype

    text = {
        name: column.map(_plain)
        for name, column in table.items()
        if not is_numeric_dtype(column.dtype)
    }
    table.assign(**text).to_csv(path, index=False, float_format="%.6g")


def _plain(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
