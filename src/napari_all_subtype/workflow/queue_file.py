"""The lists that feedback hands to a reader: cells to name, and words to look at again."""

from __future__ import annotations

import csv
import os
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.errors import OutputError
from napari_all_subtype.files import new_file
from napari_all_subtype.learning.hierarchy import said_of
from napari_all_subtype.learning.queries import Feedback, Queue
from napari_all_subtype.learning.training_set import TrainingSet, UnlabelledCrops
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.segmentations import cells_of, last_segmentation
from napari_all_subtype.project.smears import field_of, path_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.learning_cells import place_of
from napari_all_subtype.workflow.project_cells import ONE_CELL

QUEUE_FILE, SUSPECTS_FILE = "queue.csv", "suspects.csv"
FILE = "file"


def queue_table(
    database: Database,
    pool: UnlabelledCrops,
    probabilities: np.ndarray,
    queue: Queue,
    taxonomy: Taxonomy,
) -> pd.DataFrame:
    """A row per cell to ask about, in that order; its ``annotation`` is to be filled in.

    It comes in again by the place of each cell, and with the column of files that `write_list`
    adds by that.
    """
    said = said_of(probabilities, taxonomy)
    fields = {place_of(pool.ids[row])[0] for row in queue.rows}
    centres = {one: _centres(database, one) for one in fields}
    rows = []
    for rank, (row, reason) in enumerate(zip(queue.rows, queue.reasons, strict=True), 1):
        field_id, label = place_of(pool.ids[row])
        y, x = centres[field_id].get(label, (None, None))
        rows.append(
            {
                "rank": rank,
                "annotation": "",
                "group": pool.groups[row],
                "field": field_id,
                "cell": label,
                "pixels_sha256": field_of(database, field_id).sha256,
                "y_px": y,
                "x_px": x,
                "model_says": said.words[row],
                "confidence": float(said.confidence[row]),
                "reason": reason,
            }
        )
    names = ("rank", "annotation", "group", "field", "cell", "pixels_sha256", "y_px", "x_px")
    return pd.DataFrame(rows, columns=[*names, "model_says", "confidence", "reason"])


def _centres(database: Database, field_id: int) -> dict[int, tuple[float, float]]:
    return {one.label: one.centroid_yx_px for one in cells_of(database, field_id)}


def suspects_table(database: Database, training: TrainingSet, found: Feedback) -> pd.DataFrame:
    """A row per labelled cell whose word the model contradicts, the surest first."""
    rows = np.flatnonzero(found.suspect)
    rows = rows[np.argsort(-found.confidence[rows], kind="stable")]
    places = {
        row["id"]: (row["field_id"], row["label"])
        for row in database.rows("SELECT id, field_id, label FROM marked_cells")
    }
    told = [
        {
            "marked_cell": int(training.ids[n]),
            "group": training.groups[n],
            "field": places[int(training.ids[n])][0],
            "cell": places[int(training.ids[n])][1],
            "annotation": training.words[n],
            "model_says": found.said[n],
            "confidence": float(found.confidence[n]),
        }
        for n in rows
    ]
    names = ("marked_cell", "group", "field", "cell", "annotation", "model_says", "confidence")
    return pd.DataFrame(told, columns=list(names))


def write_list(
    database: Database, table: pd.DataFrame, path: Path, identifiers: bool = False
) -> Path | None:
    """Write a list, in the place of an earlier one: where that is now, if it is kept.

    An earlier queue in which a reader wrote words is kept beside it, as ``queue-1.csv``: nothing
    says that they came in.

    In the project's own folder, or with `identifiers`, pictures of one cell are named by file, so
    that what a reader fills in comes in again by the same table. Elsewhere names stay out.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = path.absolute()
    if identifiers or path.is_relative_to(Path(os.path.abspath(database.folder))):
        names = [name_of_picture(database, int(field), path.parent) for field in table["field"]]
        table = table.assign(**{FILE: pd.Series(names, table.index, object)})
        table = table[[FILE, *(name for name in table.columns if name != FILE)]]
    kept = _put_aside(path) if _has_words(path) else None
    with new_file(path, overwrite=True) as partial:
        write_csv(table, partial)
    return kept


def _has_words(path: Path) -> bool:
    """Whether a reader wrote into the queue at `path`; what cannot be read may hold words."""
    if not path.is_file():
        return False
    try:
        earlier = pd.read_csv(path, dtype=str, sep=None, engine="python", keep_default_na=False)
    except (ValueError, csv.Error):  # also what is no text, or no table
        return path.stat().st_size > 0
    if not {"rank", "annotation"} <= set(earlier):
        return False
    return bool(earlier["annotation"].str.strip().any())


def _put_aside(path: Path) -> Path:
    """Give the file at `path` the first name with a number that is free."""
    numbered = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(1))
    free = next(one for one in numbered if not one.exists())
    try:
        path.rename(free)
    except OSError as error:
        raise OutputError(
            f"{path.name} holds words of a reader and cannot be kept as {free.name}: "
            f"{error.strerror}. Close it in other programs, or move it away."
        ) from error
    return free


def name_of_picture(database: Database, field_id: int, home: Path) -> str:
    """The picture of one cell as seen from `home`; empty for a field of many cells."""
    made = last_segmentation(database, field_id)
    if made is not None and made.segmenter != ONE_CELL:
        return ""
    file = path_of(database, field_id)
    try:
        return Path(os.path.relpath(file, home)).as_posix()
    except ValueError:  # another drive
        return file.name
