"""What leaves a project: annotations, history, edits and crops; names of people only if asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from napari_all_subtype.errors import ImageReadError, ParameterError
from napari_all_subtype.files import new_folder, refuse_foreign, write_json
from napari_all_subtype.progress import SILENT, Monitor, steps
from napari_all_subtype.project.crops import read_crop
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import Standing, standing
from napari_all_subtype.project.locks import locks_of
from napari_all_subtype.project.smears import fields_of, slides_of
from napari_all_subtype.workflow.coco import CocoWriter
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.export_formats import (
    COCO,
    CROPS,
    CSV,
    FORMATS,
    GEOJSON,
    HTML,
    OME_ZARR,
    PARQUET,
)
from napari_all_subtype.workflow.exported_field import exported_field, pixels_of
from napari_all_subtype.workflow.field_writer import FieldWriter, GeoJsonWriter, png_of
from napari_all_subtype.workflow.ome_zarr import OmeZarrWriter
from napari_all_subtype.workflow.project_tables import (
    crop_place,
    edits_table,
    history_table,
    standing_table,
)
from napari_all_subtype.workflow.provenance import PROGRAM, made_now
from napari_all_subtype.workflow.result_state import result_state
from napari_all_subtype.workflow.smear_report import ReportWriter

ANNOTATIONS, HISTORY, EDITS = "annotations", "history", "edits"
PROVENANCE = "provenance.json"
LOCKED = "locked"


@dataclass(frozen=True)
class Exported:
    """What was written.

    Parameters
    ----------
    folder : Path
    left_out : tuple of str
        What could not be written, and why: images that are not where they were.
    """

    folder: Path
    left_out: tuple[str, ...] = ()


def export_project(
    database: Database,
    out: Path,
    formats: Sequence[str] = (CSV,),
    identifiers: bool = False,
    overwrite: bool = False,
) -> Path:
    """The folder that `write_export` wrote; see there."""
    return write_export(database, out, formats, identifiers, overwrite).folder


def write_export(
    database: Database,
    out: Path,
    formats: Sequence[str] = (CSV,),
    identifiers: bool = False,
    overwrite: bool = False,
    monitor: Monitor = SILENT,
) -> Exported:
    """Write what was said in a project into a folder, which appears whole or not at all.

    Parameters
    ----------
    out : Path
        The folder.
    formats : sequence of str
        Of `FORMATS`. Locked versions are written as they were locked, whatever the formats.
    identifiers : bool
        Write the identifiers of cases, the names of files and readers and the reasons of
        amendments as well. They tell people. Without them readers are ``reader-1`` and so on;
        a pseudonym that a person gave to a case leaves as it is.
    overwrite : bool
        Replace an earlier export, which tells in its provenance what it wrote. A folder
        that holds anything else is never replaced.
    monitor : Monitor
        Told of every field and crop; stops between them when asked.

    Raises
    ------
    ParameterError
        If a format is unknown.
    OutputExistsError, OutputError
        If the folder is there already or cannot be written.
    ProjectDamagedError
        If a crop or a mask is missing or damaged, or a word cannot be the name of a folder.
    Stopped
        If the monitor asked for it; nothing is written then.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise ParameterError(
            f"{', '.join(unknown) or 'No format'}: expected one or more of {', '.join(FORMATS)}."
        )
    with database.snapshot():
        tables = {
            ANNOTATIONS: standing_table(database, identifiers, CROPS in formats),
            HISTORY: history_table(database, identifiers),
            EDITS: edits_table(database, identifiers),
        }
        stands, told = standing(database), provenance_of(database, formats, identifiers)
        locked = _locked_versions(database)
    left_out: list[str] = []
    with new_folder(out, _own(out) if overwrite else (), overwrite) as folder:
        _write_tables(tables, formats, folder, told)
        for name, content in locked.items():
            (folder / LOCKED).mkdir(exist_ok=True)
            (folder / LOCKED / name).write_text(content, encoding="utf-8", newline="")
        if CROPS in formats:
            _write_crops(database, stands, folder, monitor)
        left_out += _write_fields(database, folder, formats, told, identifiers, monitor)
        files = [
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        ]
        more = {"left_out": left_out, "files": sorted([*files, PROVENANCE])}
        write_json(folder / PROVENANCE, told | more)
    return Exported(out, tuple(left_out))


def _write_tables(
    tables: dict[str, pd.DataFrame],
    formats: Sequence[str],
    folder: Path,
    told: dict[str, object],
) -> None:
    def write_parquet(table: pd.DataFrame, path: Path) -> None:
        # Pandas writes it into the metadata of the file, and reads it back as `attrs`.
        table.attrs["provenance"] = told
        table.to_parquet(path, index=False)

    writers = {CSV: write_csv, PARQUET: write_parquet}
    for kind in writers.keys() & set(formats):
        for name, table in tables.items():
            writers[kind](table, folder / f"{name}.{kind}")


def _write_fields(
    database: Database,
    folder: Path,
    formats: Sequence[str],
    told: dict[str, object],
    identifiers: bool,
    monitor: Monitor,
) -> list[str]:
    """Write the formats that go field by field; what had to be left out of them."""
    made: dict[str, Callable[[], FieldWriter]] = {
        GEOJSON: partial(GeoJsonWriter, folder, told),
        OME_ZARR: partial(OmeZarrWriter, folder, told),
        COCO: partial(CocoWriter, folder, told),
        HTML: partial(ReportWriter, database, folder, told, identifiers, monitor),
    }
    writers = [make() for kind, make in made.items() if kind in formats]
    if not writers:
        return []
    needs_pixels = any(writer.needs_pixels for writer in writers)
    cases = {slide.slide_id: slide.case_id for slide in slides_of(database)}
    left_out = []
    for field in steps(fields_of(database), "export fields", monitor):
        exported = exported_field(database, field, cases[field.slide_id], identifiers)
        pixels = None
        if needs_pixels:
            try:
                pixels = pixels_of(exported, database)
            except ImageReadError as error:
                left_out.append(str(error))
        for writer in writers:
            writer.add(exported, pixels)
    for writer in writers:
        writer.finish()
    return left_out


def _locked_versions(database: Database) -> dict[str, str]:
    """Every locked version by the name of its file, as the hash was taken of it."""
    return {
        f"slide-{slide.slide_id}-version-{n}.json": version.content
        for slide in slides_of(database)
        for n, version in enumerate(locks_of(database, slide.slide_id), 1)
    }


def _own(out: Path) -> set[str]:
    """Names in `out` that an earlier export wrote, by its own account.

    Raises
    ------
    OutputExistsError
        If one of its folders holds anything else.
    """
    try:
        told = json.loads((out / PROVENANCE).read_text(encoding="utf-8"))
        files = [Path(one) for one in told["files"]]
        ours = told["software"].startswith(f"{PROGRAM} ") and "project" in told
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return set()
    if not ours:
        return set()
    names: dict[Path, set[str]] = {Path(): set()}
    for one in files:
        for path in (one, *one.parents[:-1]):
            names.setdefault(path.parent, set()).add(path.name)
    for folder, own in names.items():
        refuse_foreign(out / folder, own)
    return names[Path()]


def provenance_of(
    database: Database, formats: Sequence[str], identifiers: bool = False
) -> dict[str, object]:
    """What made an export, of which project and in which state, ready for JSON."""
    facts = {row["key"]: row["value"] for row in database.rows("SELECT * FROM project")}
    smears = [
        {
            "slide": slide.slide_id,
            "case": slide.case_id,
            **result_state(database, slide.slide_id).to_dict(identifiers),
            "versions": [
                {"locked_utc": one.at_utc, "sha256": one.sha256}
                for one in locks_of(database, slide.slide_id)
            ],
        }
        for slide in slides_of(database)
    ]
    return {
        **made_now(),
        "project": facts.get("id", ""),
        "formats": list(formats),
        "smears": smears,
        "subtypes": "what a person called a cell; no image set with FAB labels stands behind it",
    }


def _write_crops(
    database: Database, stands: Sequence[Standing], folder: Path, monitor: Monitor
) -> None:
    """A folder per class; each crop on white, called by field and cell."""
    for one in steps(stands, "export crops", monitor):
        seen = one.annotation.seen
        if seen.crop is None:
            continue
        path = folder / crop_place(one)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png_of(read_crop(database, seen.crop)[..., :3]))
