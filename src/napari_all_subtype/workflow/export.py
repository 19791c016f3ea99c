"""The result folder of one field: masks, tables, outlines, picture and summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.plausible import implausible_size
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.files import new_folder, write_json
from napari_all_subtype.taxonomy import class_of
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.geojson import Called, cell_features, collection
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


def cell_rows(analysis: Analysis) -> pd.DataFrame:
    """The cell table as files have it: one row per cell that exists."""
    rows = as_files_have(table.present(analysis.cells), analysis.taxonomy)
    whole = ["label", *table.BOX, "area_px"]
    rows = rows.astype(dict.fromkeys(whole, np.int64) | {"touches_border": bool})
    return rows.assign(
        implausible_size=implausible_size(rows),
        um_relative_uncertainty=analysis.pixel_size.relative_uncertainty,
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
    called = [Called(class_of(analysis.taxonomy, word)) for word in table.words(rows)]
    return collection(
        cell_features(analysis.masks, rows, called), {**provenance(analysis), **told_of(state)}
    )
