"""Tables of what was read, as single files that say themselves what they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from napari_all_subtype.files import new_file
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.provenance import made_now


def write_table(
    table: pd.DataFrame, stated: Mapping[str, object], path: Path, overwrite: bool = False
) -> None:
    """Write `table` to `path` as CSV, whole or not at all.

    A single file has no provenance beside it, so each row says what `stated` holds, the
    program, the time, and what it is not for.

    Raises
    ------
    OutputExistsError
        If `path` exists and `overwrite` is False.
    OutputError
        If it cannot be written.
    """
    told = {**stated, **made_now(), "notice": RESEARCH_USE_ONLY}
    with new_file(path, overwrite) as partial:
        write_csv(table.assign(**told), partial)
