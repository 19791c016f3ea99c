"""The list of pictures that are in two groups, so that a person can leave one of each pair out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from napari_all_subtype.files import new_file
from napari_all_subtype.learning.duplicates import Duplicate
from napari_all_subtype.project.database import Database

DUPLICATES_FILE = "duplicates.csv"


def list_duplicates(
    database: Database,
    pairs: Sequence[Duplicate],
    places: Sequence[tuple[int, int | None]],
    groups: Sequence[str],
) -> str:
    """Write the pairs into the project's folder: a sentence that says so; empty without one.

    Parameters
    ----------
    places : sequence of (int, int or None)
        Field and label of each cell that the pairs speak of.
    groups : sequence of str
        Of each, as a person calls it.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = database.folder / DUPLICATES_FILE
    if not pairs:
        with suppress(OSError):
            path.unlink(missing_ok=True)  # those of an earlier run are none any more
        return ""
    import pandas as pd

    from napari_all_subtype.workflow.csv_file import write_csv
    from napari_all_subtype.workflow.queue_file import name_of_picture

    rows = []
    for pair in pairs:
        row: dict[str, object] = {}
        for end, n in (("", pair.first), ("other_", pair.second)):
            field, label = places[n]
            file = name_of_picture(database, field, database.folder)
            row |= {f"{end}file": file, f"{end}group": groups[n]}
            row |= {f"{end}field": field, f"{end}cell": label}
        rows.append(row | {"every_pixel_the_same": pair.exact})
    with new_file(path, overwrite=True) as partial:
        write_csv(pd.DataFrame(rows), partial)
    return f"They are listed in {DUPLICATES_FILE} in the project's folder."
