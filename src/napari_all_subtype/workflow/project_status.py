"""What a project holds: its smears in a table, and how far each was read."""

from __future__ import annotations

import pandas as pd

from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.locks import state_of
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.segmentations import cells_of
from napari_all_subtype.project.smears import fields_of, path_of, slides_of

COLUMNS = (
    "slide",
    "case",
    "specimen",
    "fields",
    "missing_files",
    "cells",
    "annotated",
    "orphaned",
    "state",
)


def status_of(database: Database) -> pd.DataFrame:
    """One row per slide.

    Returns
    -------
    pandas.DataFrame
        ``slide``, ``case`` (pseudonym), ``specimen``, ``fields``, ``missing_files`` (fields
        whose image is not where it was), ``cells`` (found), ``annotated`` and ``orphaned``
        (words whose cell was lost), ``state`` of the result.
    """
    said: dict[int, list] = {}
    for one in standing(database):
        said.setdefault(one.annotation.seen.field_id, []).append(one)
    rows = []
    for slide in slides_of(database):
        fields = fields_of(database, slide.slide_id)
        words = [one for field in fields for one in said.get(field.field_id, ())]
        missing = sum(not path_of(database, field.field_id).is_file() for field in fields)
        rows.append(
            (
                slide.slide_id,
                slide.case_id,
                slide.specimen_kind,
                len(fields),
                missing,
                sum(len(cells_of(database, field.field_id)) for field in fields),
                len(words),
                sum(one.label is None for one in words),
                state_of(database, slide.slide_id),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def status_lines(database: Database) -> list[str]:
    """The same as lines of text for a terminal, with what is to be done next."""
    table = status_of(database)
    lines = list(database.notes)
    if table.empty:
        return [*lines, "The project is empty. Add images: napari-all-subtype project add --help"]
    readers = ", ".join(reader.name for reader in readers_of(database)) or "none yet"
    totals = table[["fields", "cells", "annotated"]].sum()
    lines += [
        f"{len(table)} slides of {table['case'].nunique()} cases, {totals['fields']} fields, "
        f"{totals['cells']} cells found, {totals['annotated']} annotated; readers: {readers}",
        table.to_string(index=False),
    ]
    if missing := table["missing_files"].sum():
        lines.append(
            f"{missing} images are not where they were. Add them again from where they are now: "
            "they are known by their pixels."
        )
    return lines
