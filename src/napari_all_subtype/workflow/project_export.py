"""What leaves a project: annotations, history, edits and crops; names of people only if asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import pandas as pd

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.files import new_folder, refuse_foreign, write_json
from napari_all_subtype.project.crops import read_crop
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import Standing, standing
from napari_all_subtype.project.locks import locks_of, reasons_of, state_of
from napari_all_subtype.project.smears import slides_of
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.project_tables import (
    CROPS,
    crop_place,
    edits_table,
    history_table,
    standing_table,
)
from napari_all_subtype.workflow.provenance import PROGRAM, made_now

ANNOTATIONS, HISTORY, EDITS = "annotations", "history", "edits"
PROVENANCE = "provenance.json"
FORMATS = ("csv", "parquet", CROPS)


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
        ``csv`` and ``parquet``: what stands (`annotations`), all that was ever said
        (`history`) and every change of masks (`edits`); ``crops``: a folder of pictures per
        class.
    identifiers : bool
        Write the identifiers of cases, the names of files and readers and the reasons of
        amendments as well. They tell people. Without them readers are ``reader-1`` and so on;
        a pseudonym that a person gave to a case leaves as it is.
    overwrite : bool
        Replace an earlier export, which tells in its provenance what it wrote. A folder
        that holds anything else is never replaced.

    Raises
    ------
    ParameterError
        If a format is unknown.
    OutputExistsError, OutputError
        If the folder is there already or cannot be written.
    ProjectDamagedError
        If a crop is missing or damaged, or its word cannot be the name of a folder.
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
    writers: dict[str, Callable[[pd.DataFrame, Path], None]] = {
        "csv": write_csv,
        "parquet": lambda table, path: table.to_parquet(path, index=False),
    }
    with new_folder(out, _own(out) if overwrite else (), overwrite) as folder:
        for kind in formats:
            if kind == CROPS:
                _write_crops(database, stands, folder)
                continue
            for name, table in tables.items():
                writers[kind](table, folder / f"{name}.{kind}")
        files = [
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        ]
        write_json(folder / PROVENANCE, told | {"files": sorted([*files, PROVENANCE])})
    return out


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
            "state": state_of(database, slide.slide_id),
            "versions": [
                {"locked_utc": one.at_utc, "sha256": one.sha256}
                for one in locks_of(database, slide.slide_id)
            ],
            **({"amended_because": reasons_of(database, slide.slide_id)} if identifiers else {}),
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


def _write_crops(database: Database, stands: Sequence[Standing], folder: Path) -> None:
    """A folder per class; each crop on white, called by field and cell."""
    for one in stands:
        seen = one.annotation.seen
        if seen.crop is None:
            continue
        path = folder / crop_place(one)
        path.parent.mkdir(parents=True, exist_ok=True)
        crop = read_crop(database, seen.crop)[..., :3]
        _, content = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
        path.write_bytes(content.tobytes())
