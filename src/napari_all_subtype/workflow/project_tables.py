"""What stands on the cells of a project, and all that was ever said, as tables."""

from __future__ import annotations

import pandas as pd

from napari_all_subtype.project.annotation import Annotation, Word
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import splits_of
from napari_all_subtype.project.history import history, standing
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import fields_of, path_of, slides_of

_TOLD = ("predicted", "confidence", "model")
STANDING_COLUMNS = (
    *("case", "slide", "field", "cell", "y_px", "x_px", "annotation", "orphaned", "reader"),
    *("at_utc", *_TOLD, "um_per_px", "split", "pixels_sha256", "crop"),
)
HISTORY_COLUMNS = (
    *("line", "step", "at_utc", "reader", "reading", "field", "marked_cell", "from", "to"),
    *("undo_of", *_TOLD),
)


def standing_table(database: Database, identifiers: bool = False) -> pd.DataFrame:
    """What stands on each cell: one row per annotated cell of the common record."""
    with database.snapshot():
        slides = {slide.slide_id: slide for slide in slides_of(database)}
        fields = {field.field_id: field for field in fields_of(database)}
        readers = {reader.reader_id: reader.name for reader in readers_of(database)}
        splits, known = splits_of(database), _identifiers(database)
        stands = standing(database)
        files = {key: path_of(database, key).name for key in fields} if identifiers else {}
    rows = []
    for one in stands:
        field = fields[one.annotation.seen.field_id]
        case = slides[field.slide_id].case_id
        row = {
            "case": case,
            "slide": field.slide_id,
            "field": field.field_id,
            "cell": one.label,
            "y_px": one.centroid_yx_px[0],
            "x_px": one.centroid_yx_px[1],
            "annotation": one.word.name,
            "orphaned": one.label is None,
            "reader": readers[one.annotation.reader_id],
            "at_utc": one.annotation.at_utc,
            **_predicted(one.annotation),
            "um_per_px": field.um_per_px,
            "split": splits.get(case, ""),
            "pixels_sha256": field.sha256,
            "crop": one.annotation.seen.crop or "",
        }
        if identifiers:
            row |= {
                "identifier": known.get(case, ""),
                "file": files[field.field_id],
            }
        rows.append(row)
    more = ("identifier", "file") if identifiers else ()
    return pd.DataFrame(rows, columns=[*STANDING_COLUMNS, *more])


def history_table(database: Database) -> pd.DataFrame:
    """All that was ever said, blind readings included, a row each."""
    readers = {reader.reader_id: reader.name for reader in readers_of(database)}
    rows = [
        {
            "line": one.annotation_id,
            "step": one.step_id,
            "at_utc": one.at_utc,
            "reader": readers[one.reader_id],
            "reading": one.reading_id,
            "field": one.seen.field_id,
            "marked_cell": one.marked_id,
            "from": _name(one.before),
            "to": _name(one.word),
            "undo_of": one.undo_of_id,
            **_predicted(one),
        }
        for one in history(database)
    ]
    return pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))


def _predicted(annotation: Annotation) -> dict[str, object]:
    told = annotation.seen.predicted
    values = ("", None, "")
    if told is not None:
        values = (told.word.name, told.confidence, told.model_id)
    return dict(zip(_TOLD, values, strict=True))


def _name(word: Word | None) -> str:
    return "" if word is None else word.name


def _identifiers(database: Database) -> dict[str, str]:
    return {
        row["case_id"]: row["identifier"] for row in database.rows("SELECT * FROM case_identifiers")
    }
