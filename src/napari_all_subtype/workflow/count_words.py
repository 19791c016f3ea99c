"""A differential count as tables: one for files, one for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from napari_all_subtype.workflow.count_table import APART, Apart, CountColumn, Differential
from napari_all_subtype.workflow.intervals import Interval, Proportion
from napari_all_subtype.workflow.spoken import MODEL, Rater

if TYPE_CHECKING:
    import pandas as pd

BLAST_SIDE = "blast side"
COLUMNS = (
    *("by", "row", "count", "of", "fraction", "wilson_low", "wilson_high"),
    *("over_fields_low", "over_fields_high", "per_100_leukocytes", "per_100_low", "per_100_high"),
)
NO_NAMES: Mapping[int, str] = MappingProxyType({})


def count_rows(count: Differential) -> pd.DataFrame:
    """The count as a table for files: a row per class or object and column, of `COLUMNS`."""
    import pandas as pd

    rows = []
    for column in count.columns:
        shares = dict(column.classes)
        if column.blast_any is not None:
            shares[BLAST_SIDE] = column.blast_any
        for name, share in shares.items():
            told = (share.count, column.n_leukocytes, share.fraction)
            intervals = (*_ends(share.wilson), *_ends(share.over_fields))
            rows.append((column.by, name, *told, *intervals, None, None, None))
        for name, one in (column.apart or {}).items():
            told = (one.count, column.n_leukocytes, None, None, None, None, None)
            rows.append((column.by, name, *told, one.per_100, one.low, one.high))
        if column.apart is not None:
            rows.append((column.by, "artefacts", column.n_artefacts, *(None,) * 9))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"of": "Int64", "count": "Int64"})


def count_words(
    count: Differential, names: Mapping[int, str] = NO_NAMES, narrow: bool = False
) -> pd.DataFrame:
    """The count as a table for people: a row per class or object, a column per reader or model.

    Parameters
    ----------
    names : mapping of int to str, optional
        Of readers, by id.
    narrow : bool
        In two lines each, without the interval over fields and the name of the model.
    """
    import pandas as pd

    per_100 = "\nper 100" if narrow else " / 100"
    shown = {}
    for column in count.columns:
        cells = {count.titles.get(n, n): _share(s, narrow) for n, s in column.classes.items()}
        if column.blast_any is not None:
            cells["Blast side"] = _share(column.blast_any, narrow)
        cells["Leukocytes"] = str(column.n_leukocytes)
        for name in APART:
            one = None if column.apart is None else column.apart[name]
            cells[f"{count.titles.get(name, name)}{per_100}"] = _apart(one, narrow)
        told = "–" if column.apart is None else str(column.n_artefacts)
        cells["Artefacts, left out"] = told
        shown[_title(count, column, names, narrow)] = cells
    return pd.DataFrame(shown)


def _title(count: Differential, column: CountColumn, names: Mapping[int, str], narrow: bool) -> str:
    """What a column is called; where it is narrow as short as it can be told from the others."""
    title = Rater(column.by, column.reader_id).title(names)
    if not narrow:
        return title
    alone = sum(one.reader_id == column.reader_id for one in count.columns) == 1
    return MODEL if column.apart is None else names.get(column.reader_id if alone else None, title)


def _ends(interval: Interval | None) -> Sequence[float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def _share(share: Proportion, narrow: bool) -> str:
    if share.fraction is None:
        return "–"
    value = f"{100 * share.fraction:.1f} %"
    if narrow:
        return f"{share.count} · {value}\n{_range(share.wilson)}"
    text = f"{share.count} ({value}, {_range(share.wilson)}"
    return f"{text}; fields {_range(share.over_fields)})" if share.over_fields else f"{text})"


def _range(interval: Interval) -> str:
    return f"{100 * interval.low:.1f}–{100 * interval.high:.1f}"


def _apart(one: Apart | None, narrow: bool) -> str:
    if one is None or one.per_100 is None:
        return "–"
    if narrow:
        return f"{one.count} · {one.per_100:.1f}\n{one.low:.1f}–{one.high:.1f}"
    return f"{one.per_100:.1f} ({one.count} seen, {one.low:.1f}–{one.high:.1f})"
