"""What leaves a project: annotations, history and crops, without anything that tells a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import cv2
import pandas as pd

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.files import new_folder, write_json
from napari_all_subtype.project.annotation import Annotation, Word
from napari_all_subtype.project.crops import read_crop
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import splits_of
from napari_all_subtype.project.history import history, standing
from napari_all_subtype.project.locks import locks_of, reasons_of, state_of
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import fields_of, path_of, slides_of
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

ANNOTATIONS, HISTORY, CROPS, PROVENANCE = "annotations", "history", "crops", "provenance.json"
FORMATS = ("csv", "parquet", "crops")
_TOLD = ("predicted", "confidence", "model")
STANDING_COLUMNS = (
    *("case", "slide", "field", "cell", "y_px", "x_px", "annotation", "orphaned", "reader"),
    *("at_utc", *_TOLD, "um_per_px", "split", "pixels_sha256", "crop"),
)
HISTORY_COLUMNS = (
    *("line", "step", "at_utc", "reader", "reading", "field", "marked_cell", "from", "to"),
    *("undo_of", *_TOLD),
)


def export_project(
    database: Database,
    out: Path,
    formats: Sequence[str] = ("csv",),
    identifiers: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write what was said in a project into a folder, which appears whole or not at all.

    Parameters
    ----------
    out : Path
        The folder.
    formats : sequence of str
        ``csv`` and ``parquet``: what stands (`annotations`) and all that was ever said
        (`history`); ``crops``: a folder of pictures per class.
    identifiers : bool
        Write the identifiers of cases and the names of files as well. They tell people.
    overwrite : bool
        Replace an earlier export.

    Raises
    ------
    ParameterError
        If a format is unknown.
    OutputExistsError, OutputError
        If the folder is there already or cannot be written.
    ProjectDamagedError
        If a crop is missing or damaged.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise ParameterError(
            f"{', '.join(unknown) or 'No format'}: expected one or more of {', '.join(FORMATS)}."
        )
    own = [PROVENANCE, *FORMATS, *(f"{n}.{k}" for n in (ANNOTATIONS, HISTORY) for k in FORMATS)]
    with new_folder(out, own, overwrite) as folder:
        tables = {ANNOTATIONS: standing_table(database, identifiers), HISTORY: _history(database)}
        writers: dict[str, Callable[[pd.DataFrame, Path], None]] = {
            "csv": lambda table, path: table.to_csv(path, index=False, float_format="%.6g"),
            "parquet": lambda table, path: table.to_parquet(path, index=False),
        }
        for kind in formats:
            if kind == CROPS:
                _write_crops(database, folder / CROPS)
                continue
            for name, table in tables.items():
                writers[kind](table, folder / f"{name}.{kind}")
        write_json(folder / PROVENANCE, provenance_of(database, formats))
    return out


def provenance_of(database: Database, formats: Sequence[str]) -> dict[str, object]:
    """What made an export, of which project and in which state, ready for JSON."""
    facts = {row["key"]: row["value"] for row in database.rows("SELECT * FROM project")}
    smears = [
        {
            "slide": slide.slide_id,
            "case": slide.case_id,
            "state": state_of(database, slide.slide_id),
            "versions": [
                {"locked_utc": one.at_utc, "sha256": one.sha256}
                for one in locks_of(database, slide.slide_id)
            ],
            "amended_because": reasons_of(database, slide.slide_id),
        }
        for slide in slides_of(database)
    ]
    return {
        "software": f"napari-all-subtype {version('napari-all-subtype')}",
        "project": facts.get("id", ""),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "formats": list(formats),
        "smears": smears,
        "subtypes": "what a person called a cell; no image set with FAB labels stands behind it",
        "notice": RESEARCH_USE_ONLY,
    }


def standing_table(database: Database, identifiers: bool = False) -> pd.DataFrame:
    """What stands on each cell: one row per annotated cell of the common record."""
    slides = {slide.slide_id: slide for slide in slides_of(database)}
    fields = {field.field_id: field for field in fields_of(database)}
    readers = {reader.reader_id: reader.name for reader in readers_of(database)}
    splits, known = splits_of(database), _identifiers(database)
    rows = []
    for one in standing(database):
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
                "file": path_of(database, field.field_id).name,
            }
        rows.append(row)
    more = ("identifier", "file") if identifiers else ()
    return pd.DataFrame(rows, columns=[*STANDING_COLUMNS, *more])


def _history(database: Database) -> pd.DataFrame:
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


def _write_crops(database: Database, folder: Path) -> None:
    """A folder per class; each crop on white, called by field and cell."""
    for one in standing(database):
        seen = one.annotation.seen
        if seen.crop is None:
            continue
        home = folder / one.word.name
        home.mkdir(parents=True, exist_ok=True)
        crop = read_crop(database, seen.crop)[..., :3]
        path = home / f"field-{seen.field_id}-cell-{one.annotation.marked_id}.png"
        _, content = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
        path.write_bytes(content.tobytes())
