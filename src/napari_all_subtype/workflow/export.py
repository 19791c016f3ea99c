"""The result folder of one field: masks, tables, outlines, picture and summary."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.plausible import implausible_size
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.files import new_folder, write_json
from napari_all_subtype.taxonomy import Taxonomy, class_of
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.geojson import (
    Called,
    called_as,
    cell_features,
    collection,
    measured_again,
)
from napari_all_subtype.workflow.pieces import (
    OVERVIEW_FILE,
    OverlayPlan,
    earlier_pieces,
    write_overlay,
)
from napari_all_subtype.workflow.preliminary import preliminary_of, told_of, with_state
from napari_all_subtype.workflow.provenance import provenance
from napari_all_subtype.workflow.result_state import ResultState
from napari_all_subtype.workflow.said import as_files_have
from napari_all_subtype.workflow.summarise import FieldCells, summarise

if TYPE_CHECKING:
    import pandas as pd

SUMMARY_FILE = "summary.json"
FILES = (
    "labels.tif",
    "nuclei.tif",
    "cells.csv",
    "cells.geojson",
    OVERVIEW_FILE,
    SUMMARY_FILE,
)

# What the table of cells alone decides, and what else tells of it.
_OF_TABLE = ("cells.csv", "cells.geojson", SUMMARY_FILE)


def write_analysis(
    analysis: Analysis,
    source: ImageSource,
    folder: Path,
    overwrite: bool = False,
    state: ResultState | None = None,
) -> Path:
    """Write the result of one field; the folder appears whole or not at all.

    Parameters
    ----------
    analysis : Analysis
        What to write.
    source : ImageSource
        The field itself, for the overlay.
    folder : Path
        Where to.
    overwrite : bool
        Replace a folder that is there.
    state : ResultState, optional
        How final the result is; by default preliminary.

    Raises
    ------
    OutputExistsError, OutputError
        If it is there already or cannot be written.
    """
    state = state or preliminary_of([FieldCells.of(analysis)])
    own = {*FILES, *earlier_pieces(folder)}
    with new_folder(folder, own, overwrite) as partial:
        write_mask(partial / "labels.tif", analysis.masks.labels, analysis)
        write_mask(partial / "nuclei.tif", analysis.masks.nuclei, analysis)
        write_csv(with_state(cell_rows(analysis), state), partial / "cells.csv")
        (partial / "cells.geojson").write_text(
            json.dumps(to_geojson(analysis, state), ensure_ascii=False), encoding="utf-8"
        )
        overlay = write_overlay(partial, source, analysis)
        write_json(partial / SUMMARY_FILE, to_summary(analysis, overlay, state))
    return folder


def write_compared(field: FieldCells, folder: Path) -> None:
    """Have the result in `folder` say what the table of `field` says; masks stay as they are.

    The folder is replaced as a whole: table, outlines and summary never tell two things.

    Parameters
    ----------
    field : FieldCells
        The same cells, compared with another ruler.
    folder : Path
        What :func:`write_analysis` has written of them.

    Raises
    ------
    OutputError
        If it cannot be written; what was there stays.
    """
    state = preliminary_of([field])
    rows = _as_in_files(field.cells, field.taxonomy, field.um_relative_uncertainty)
    outlines, summary = (
        json.loads((folder / name).read_text(encoding="utf-8")) for name in _OF_TABLE[1:]
    )
    kept = [path for path in folder.iterdir() if path.name not in _OF_TABLE]
    with new_folder(folder, {*_OF_TABLE, *(path.name for path in kept)}, True) as partial:
        for path in kept:
            _link(path, partial / path.name)
        write_csv(with_state(rows, state), partial / "cells.csv")
        outlines = measured_again(outlines, rows)
        text = json.dumps(outlines, ensure_ascii=False)
        (partial / "cells.geojson").write_text(text, encoding="utf-8")
        own = summarise([field], field.name).model_dump(mode="json")
        write_json(partial / SUMMARY_FILE, {**summary, **own})


def _link(path: Path, to: Path) -> None:
    """The same file under another name; a copy where the disk knows no such thing."""
    try:
        os.link(path, to)
    except OSError:
        shutil.copy2(path, to)


def cell_rows(analysis: Analysis) -> pd.DataFrame:
    """The cell table as files have it: one row per cell that exists."""
    doubt = analysis.pixel_size.relative_uncertainty
    return _as_in_files(table.present(analysis.cells), analysis.taxonomy, doubt)


def _as_in_files(
    cells: pd.DataFrame, taxonomy: Taxonomy, um_relative_uncertainty: float
) -> pd.DataFrame:
    rows = as_files_have(cells, taxonomy)
    whole = ["label", *table.BOX, "area_px"]
    rows = rows.astype(dict.fromkeys(whole, np.int64) | {"touches_border": bool})
    return rows.assign(
        implausible_size=implausible_size(rows),
        um_relative_uncertainty=um_relative_uncertainty,
    )


def write_mask(path: Path, mask: np.ndarray, analysis: Analysis) -> None:
    """Write an integer mask, shape (Y, X), int32, with its pixel size as ImageJ reads it."""
    import tifffile

    px_per_cm = 1e4 / analysis.pixel_size.um_per_px
    tifffile.imwrite(
        path,
        mask.astype(np.int32, copy=False),
        compression="zlib",
        resolution=(px_per_cm, px_per_cm),
        resolutionunit="CENTIMETER",
        metadata=None,
        software="napari-all-subtype",
    )


def to_summary(analysis: Analysis, overlay: OverlayPlan, state: ResultState) -> dict[str, object]:
    """Counts, how final they are, flags, provenance and the size of the overlay, for JSON."""
    summary = summarise([FieldCells.of(analysis)], analysis.name).model_dump(mode="json")
    return {
        **summary,
        **told_of(state),
        "overlay": overlay.to_dict(),
        "provenance": provenance(analysis),
    }


def to_geojson(analysis: Analysis, state: ResultState | None = None) -> dict[str, object]:
    """Cells as a GeoJSON FeatureCollection that QuPath opens; by default preliminary."""
    state = state or preliminary_of([FieldCells.of(analysis)])
    rows = cell_rows(analysis)
    called = [_called(analysis, row) for row in rows.itertuples()]
    return collection(
        cell_features(analysis.masks, rows, called), {**provenance(analysis), **told_of(state)}
    )


def _called(analysis: Analysis, row: object) -> Called:
    """The class of a cell, and whether the model or a person gave it."""
    word = table.word_of(row)
    told = {
        "word": word,
        "annotation": table.annotation_of(row),
        "reader": "",
        "at_utc": "",
        "predicted": row.subtype,
        "model": analysis.model if row.subtype else "",
    }
    return called_as(class_of(analysis.taxonomy, word), told)
