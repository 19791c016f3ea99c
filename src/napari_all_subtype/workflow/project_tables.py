"""What stands on the cells of a project, and all that was ever done, as tables."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pandas as pd

from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.errors import ProjectDamagedError
from napari_all_subtype.project.annotation import Annotation, Word
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import splits_of
from napari_all_subtype.project.history import Standing, history, standing
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import case_names, fields_of, path_of, slides_of
from napari_all_subtype.project.taxonomies import is_class_name
from napari_all_subtype.workflow.export_formats import CROPS

_TOLD = ("predicted", "confidence", "model")
_BROUGHT = ("said_utc", "brought_from")
_BOX = ("y0", "x0", "y1", "x1")
_LABELS = ("changed", "added", "deleted")
STANDING_COLUMNS = (
    *("case", "slide", "field", "cell", "marked_cell", "y_px", "x_px", "annotation"),
    *("taxonomy", "orphaned", "reader", "at_utc", *_TOLD, "um_per_px", "split"),
    *("pixels_sha256", "crop", "crop_file"),
)
HISTORY_COLUMNS = (
    *("line", "step", "at_utc", "reader", "reading", "blind", "field", "marked_cell", "label"),
    *("y_px", "x_px", "from", "to", "taxonomy", "undo_of", *_TOLD, "crop"),
    *_BROUGHT,
)
EDIT_COLUMNS = (
    *("edit", "step", "at_utc", "reader", "field", "segmentation", "kind", *_BOX, *_LABELS),
    "undo_of",
)
# Whole numbers may be missing, which would make others real ones.
_WHOLE = (
    *("slide", "field", "cell", "marked_cell", "line", "step", "reading", "label", "undo_of"),
    *("edit", "segmentation", *_BOX),
)
_REAL = ("y_px", "x_px", "confidence", "um_per_px")


def standing_table(
    database: Database, identifiers: bool = False, crops: bool = False
) -> pd.DataFrame:
    """What stands on each cell: one row per annotated cell of the common record.

    Parameters
    ----------
    database : Database
    identifiers : bool
        With names of readers, cases and files; else readers are ``reader-1`` and so on.
    crops : bool
        Crops are written, too: ``crop_file`` says where; else it is empty.

    Returns
    -------
    pandas.DataFrame
        Columns `STANDING_COLUMNS`, and ``identifier`` and ``file`` if asked for.

    Raises
    ------
    ProjectDamagedError
        If a word that a crop is to be filed under cannot be the name of a folder.
    """
    with database.snapshot():
        slides = {slide.slide_id: slide for slide in slides_of(database)}
        fields = {field.field_id: field for field in fields_of(database)}
        readers, splits = _readers(database, identifiers), splits_of(database)
        stands = standing(database)
        known = case_names(database) if identifiers else {}
        files = {key: path_of(database, key).name for key in fields} if identifiers else {}
    rows = []
    for one in stands:
        said, field = one.annotation, fields[one.annotation.seen.field_id]
        case = slides[field.slide_id].case_id
        row = {
            "case": case,
            "slide": field.slide_id,
            "field": field.field_id,
            "cell": one.label,
            "marked_cell": said.marked_id,
            "y_px": one.centroid_yx_px[0],
            "x_px": one.centroid_yx_px[1],
            "annotation": one.word.name,
            "taxonomy": one.word.taxonomy,
            "orphaned": one.label is None,
            "reader": readers[said.reader_id],
            "at_utc": said.at_utc,
            **_predicted(said),
            "um_per_px": field.um_per_px,
            "split": splits.get(case, ""),
            "pixels_sha256": field.sha256,
            "crop": said.seen.crop or "",
            "crop_file": str(crop_place(one)) if crops and said.seen.crop else "",
        }
        row |= {"identifier": known.get(case, ""), "file": files.get(field.field_id, "")}
        rows.append(row)
    more = ("identifier", "file") if identifiers else ()
    return _table(rows, (*STANDING_COLUMNS, *more))


def history_table(database: Database, identifiers: bool = False) -> pd.DataFrame:
    """All that was ever said, blind readings included: a row each, of `HISTORY_COLUMNS`.

    What was said in another project has the time at which it was recorded here (``at_utc``) and
    at which it was said there (``said_utc``), and the id of that project (``brought_from``).
    """
    with database.snapshot():
        readers, said = _readers(database, identifiers), history(database)
        blind = {row["id"] for row in database.rows("SELECT id FROM readings WHERE blind")}
        came = {
            row["annotation_id"]: (row["said_utc"], row["project_id"])
            for row in database.rows("SELECT * FROM brought_annotations")
        }
    rows = [
        {
            "line": one.annotation_id,
            "step": one.step_id,
            "at_utc": one.at_utc,
            "reader": readers[one.reader_id],
            "reading": one.reading_id,
            "blind": one.reading_id in blind,
            "field": one.seen.field_id,
            "marked_cell": one.marked_id,
            "label": one.seen.label,
            "y_px": one.seen.centroid_yx_px[0],
            "x_px": one.seen.centroid_yx_px[1],
            "from": _name(one.before),
            "to": _name(one.word),
            "taxonomy": "" if one.word is None else one.word.taxonomy,
            "undo_of": one.undo_of_id,
            **_predicted(one),
            "crop": one.seen.crop or "",
            **dict(zip(_BROUGHT, came.get(one.annotation_id, (one.at_utc, "")), strict=True)),
        }
        for one in said
    ]
    return _table(rows, HISTORY_COLUMNS)


def edits_table(database: Database, identifiers: bool = False) -> pd.DataFrame:
    """All edits of masks, also of earlier segmentations: a row each, of `EDIT_COLUMNS`.

    The rectangle is in pixels, its ends excluded; labels have spaces between them.
    """
    with database.snapshot():
        readers = _readers(database, identifiers)
        edits = database.rows(
            "SELECT id AS edit, step_id AS step, at_utc, reader_id AS reader, field_id AS field, "
            "segmentation_id AS segmentation, kind, y0, x0, y1, x1, changed, added, deleted, "
            "undo_of_id AS undo_of FROM mask_edits ORDER BY id"
        )
    rows = []
    for edit in map(dict, edits):
        labels = {side: " ".join(map(str, json.loads(edit[side]))) for side in _LABELS}
        rows.append(edit | labels | {"reader": readers[edit["reader"]]})
    return _table(rows, EDIT_COLUMNS)


def crop_place(one: Standing) -> PurePosixPath:
    """Where the crop of a cell is in an export: in the folder of its class.

    Raises
    ------
    ProjectDamagedError
        If the word cannot be the name of a folder.
    """
    if not is_class_name(one.word.name):
        raise ProjectDamagedError(
            f"The project holds the word {one.word.name!r}, which is no name of a class: expected "
            "small letters, digits and underscores. Take the project from a copy, or export "
            "without crops."
        )
    said = one.annotation
    name = f"field-{said.seen.field_id}-cell-{said.marked_id}.png"
    return PurePosixPath(CROPS) / one.word.name / name


def _table(rows: list[dict[str, object]], columns: tuple[str, ...]) -> pd.DataFrame:
    kinds = dict.fromkeys(_WHOLE, "Int64") | dict.fromkeys(_REAL, "float64")
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype({name: kinds[name] for name in columns if name in kinds})


def _readers(database: Database, identifiers: bool) -> dict[int, str]:
    """What each reader is called in an export."""
    return {
        reader.reader_id: reader.name if identifiers else f"reader-{reader.reader_id}"
        for reader in readers_of(database)
    }


def _predicted(annotation: Annotation) -> dict[str, object]:
    told = annotation.seen.predicted
    values = ("", None, "")
    # Projects of before have it that no model said unknown.
    if told is not None and told.model_id != FOUND_ONLY:
        values = (told.word.name, told.confidence, told.model_id)
    return dict(zip(_TOLD, values, strict=True))


def _name(word: Word | None) -> str:
    return "" if word is None else word.name
