"""That a result is preliminary, in the words and keys in which a project says how final it is."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.project.locks import PRELIMINARY
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.result_state import ResultState
from napari_all_subtype.workflow.summarise import Summary

RESULT, REVIEWED = "result", "reviewed"


def preliminary(n_cells: int, n_reviewed: int = 0) -> ResultState:
    """The state of cells that are in no project, where alone a result is locked.

    Examples
    --------
    >>> preliminary(12).text()
    'Preliminary: 0 of 12 cells were reviewed.'
    """
    return ResultState(0, PRELIMINARY, n_cells, n_reviewed)


def preliminary_of(fields: Iterable[FieldCells]) -> ResultState:
    """The same of the cells of some fields, those that are no leukocytes included."""
    fields = list(fields)
    return preliminary(
        sum(len(field.cells) for field in fields), sum(field.n_reviewed for field in fields)
    )


def state_of(summary: Summary) -> ResultState:
    """The same of all cells of a summary."""
    return preliminary(summary.n_cells + sum(summary.excluded.values()), summary.n_reviewed)


def told_of(state: ResultState) -> dict[str, object]:
    """What a file says of it, ready for JSON: as an export of a project does, and in words."""
    return {RESULT: state.to_dict() | {"text": state.text()}}


def with_state(rows: pd.DataFrame, state: ResultState) -> pd.DataFrame:
    """`rows` of cells with how final all are (``result``), and whether a person spoke of each."""
    return rows.assign(**{RESULT: state.state, REVIEWED: table.annotations(rows) != ""})
