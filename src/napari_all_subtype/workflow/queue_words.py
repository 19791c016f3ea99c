"""Words that a reader wrote into a queue, said of cells of fields that hold many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import ImageReadError, RecordError
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate_many
from napari_all_subtype.project.crops import keep_crops
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.segmentations import cells_of
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.cell_rows import FIELD, FILE, WORD, table_of_csv, word_of
from napari_all_subtype.workflow.project_crops import cut_field

PLACE = (FIELD, "cell", "pixels_sha256", "y_px", "x_px")
MOST_AWAY_PX = 1.0


def rows_in_fields(path: Path) -> pd.DataFrame:
    """Rows of a queue that name a cell of a field and no file of its own; perhaps none.

    Raises
    ------
    ImageReadError
        If the table cannot be read.
    RecordError
        If a place in it is no number.
    """
    given = table_of_csv(path)
    if not {WORD, *PLACE} <= set(given):
        return pd.DataFrame(columns=[*PLACE, WORD])
    nameless = given[FILE].str.strip() == "" if FILE in given else np.ones(len(given), bool)
    rows = given.loc[nameless & (given[FIELD] != ""), [*PLACE, WORD]]
    try:
        kinds = {FIELD: int, "cell": int, "y_px": float, "x_px": float}
        return rows.assign(**{WORD: rows[WORD].map(word_of)}).astype(kinds)
    except ValueError as error:
        raise RecordError(
            f"{path.name} names a cell by what is no number ({error}). Expected the columns "
            f"{', '.join(PLACE)} as feedback wrote them."
        ) from error


def say_of_queue(database: Database, rows: pd.DataFrame, reader_id: int, spec: CropSpec) -> int:
    """Say the words in `rows` of their cells, all of them or none: how many are new.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `rows_in_fields`.
    spec : CropSpec
        Of the crops that are kept.

    Raises
    ------
    RecordError
        If a word is none of the project's, or a cell is not where it was when the queue was made.
    LockedError
        If the result of a smear is locked.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    taxonomy = taxonomy_of(database)
    known = {field.field_id: field for field in fields_of(database)}
    stands = {(one.annotation.seen.field_id, one.label): one.word for one in standing(database)}
    seen, words = [], []
    for row in rows[rows[WORD] != ""].itertuples(index=False):
        word, cell = Word.of(taxonomy, row.annotation), _seen(database, known, row)
        if stands.get((cell.field_id, cell.label)) != word:
            seen.append(cell)
            words.append(word)
    if seen:
        annotate_many(database, reader_id, _with_crops(database, known, seen, spec), words)
    return len(seen)


def _seen(database: Database, known: dict, row) -> SeenCell:
    field = known.get(row.field)
    same = field is not None and field.sha256 == row.pixels_sha256
    for one in cells_of(database, row.field) if same else ():
        away = np.subtract(one.centroid_yx_px, (row.y_px, row.x_px))
        if one.label == row.cell and np.hypot(*away) <= MOST_AWAY_PX:
            return SeenCell(row.field, row.cell, one.centroid_yx_px)
    raise RecordError(
        f"Cell {row.cell} of field {row.field} is not where it was when the queue was made: its "
        "cells were found anew since, or it is a queue of another project. Nothing was said: run "
        "feedback again."
    )


def _with_crops(
    database: Database, known: dict, seen: Sequence[SeenCell], spec: CropSpec
) -> list[SeenCell]:
    """The same with their pictures as they are now, where the image can be read."""
    names: dict[tuple[int, int], str] = {}
    for field_id in dict.fromkeys(one.field_id for one in seen):
        labels = [one.label for one in seen if one.field_id == field_id]
        try:
            found = cut_field(database, known[field_id], labels, spec)
        except (ImageReadError, RecordError):
            continue  # the word counts without a picture, which training cuts where it can
        kept = keep_crops(database, found.crops)
        names |= {(field_id, k): name for k, name in zip(found.labels, kept, strict=True)}
    return [
        SeenCell(one.field_id, one.label, one.centroid_yx_px, names.get((one.field_id, one.label)))
        for one in seen
    ]
