"""The list of pictures that are in two groups, so that a person can leave one of each pair out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from napari_all_subtype.errors import OutputError
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

    The list is a help and no more: if it cannot be written, the sentence says why.

    Parameters
    ----------
    places : sequence of (int, int or None)
        Field and label of each cell that the pairs speak of.
    groups : sequence of str
        Of each, by its pseudonym: what a person calls it is kept apart.
    """
    path = database.folder / DUPLICATES_FILE
    if not pairs:
        with suppress(OSError):
            path.unlink(missing_ok=True)  # those of an earlier run are none any more
        return ""
    import pandas as pd

    from napari_all_subtype.workflow.queue_file import name_of_picture
    from napari_all_subtype.workflow.reading_files import write_table

    rows = []
    for pair in pairs:
        row: dict[str, object] = {}
        for end, n in (("", pair.first), ("other_", pair.second)):
            field, label = places[n]
            file = name_of_picture(database, field, database.folder)
            row |= {f"{end}file": file, f"{end}group": groups[n]}
            row |= {f"{end}field": field, f"{end}cell": label}
        rows.append(row | {"every_pixel_the_same": pair.exact})
    try:
        write_table(pd.DataFrame(rows), {}, path, overwrite=True)
    except OutputError as error:
        return f"They could not be listed; is {DUPLICATES_FILE} open in another program? {error}"
    return f"They are listed in {DUPLICATES_FILE} in the project's folder, cases by pseudonym."
