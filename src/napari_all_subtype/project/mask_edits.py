"""What people changed in the masks: one step each, in the same thread of undo as their words."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_all_subtype.cells.edit import Edit, MaskPatch
from napari_all_subtype.cells.source import Region
from napari_all_subtype.cells.table import BOX
from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.smears import field_of
from napari_all_subtype.project.steps import Thread, append_step
from napari_all_subtype.project.tables import rows_to_json

if TYPE_CHECKING:
    import pandas as pd

_INSERT = """
INSERT INTO mask_edits (
    step_id, at_utc, reader_id, field_id, segmentation_id, kind, y0, x0, y1, x1,
    before, after, changed, added, deleted, rows_before, rows_after
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True)
class MaskEdit:
    """One line of the record: who changed when which pixels of the masks.

    Parameters
    ----------
    edit_id, step_id : int
    at_utc : str
    reader_id, field_id, segmentation_id : int
        An edit belongs to the masks of one segmentation.
    edit : Edit
    rows_before, rows_after : str
        Rows of the cells it touched, by `tables.rows_to_json`.
    undo_of_id : int or None
        The edit that this one takes back.
    """

    edit_id: int
    step_id: int
    at_utc: str
    reader_id: int
    field_id: int
    segmentation_id: int
    edit: Edit
    rows_before: str
    rows_after: str
    undo_of_id: int | None = None

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> MaskEdit:
        """The edit in a row of the table."""
        region = Region(row["y0"], row["x0"], row["y1"], row["x1"])
        shape = (region.y1 - region.y0, region.x1 - region.x0)
        patches = (MaskPatch(shape, row[side]) for side in ("before", "after"))
        labels = (tuple(json.loads(row[k])) for k in ("changed", "added", "deleted"))
        return cls(
            row["id"],
            row["step_id"],
            row["at_utc"],
            row["reader_id"],
            row["field_id"],
            row["segmentation_id"],
            Edit(row["kind"], region, *patches, *labels),
            row["rows_before"],
            row["rows_after"],
            row["undo_of_id"],
        )


def record_edit(
    database: Database,
    reader_id: int,
    field_id: int,
    edit: Edit,
    rows_before: pd.DataFrame,
    rows_after: pd.DataFrame,
    *,
    segmentation_id: int,
) -> MaskEdit:
    """What was recorded when a reader changed the masks of a field; on the disk when it returns.

    Parameters
    ----------
    edit : Edit
    rows_before, rows_after : pandas.DataFrame
        Rows of the cells that it touched; a cell that is not there has an empty one.
    segmentation_id : int
        The segmentation whose masks the reader saw, and the edit was made on.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    LockedError
        If the result of the smear is locked.
    RecordError
        If there is no such field or reader, the field was never segmented or segmented again
        since, or the rows are not those of the cells it touched.
    """
    _refuse_other_rows(edit, rows_before, rows_after)
    with database.transaction() as connection:
        slide_id = field_of(database, field_id).slide_id
        refuse_locked(database, slide_id)
        _refuse_other_masks(database, field_id, segmentation_id)
        step_id, at_utc = append_step(database, Thread(slide_id), reader_id, "edit")
        labels = (json.dumps(list(those)) for those in (edit.changed, edit.added, edit.deleted))
        rows = (rows_to_json(rows_before), rows_to_json(rows_after))
        patches = (edit.before.content, edit.after.content)
        head = (step_id, at_utc, reader_id, field_id, segmentation_id, edit.kind)
        inserted = connection.execute(_INSERT, (*head, *edit.region, *patches, *labels, *rows))
        place_cells(connection, field_id, edit, rows[1])
        row = connection.execute("SELECT * FROM mask_edits WHERE id = ?", (inserted.lastrowid,))
        return MaskEdit.of_row(row.fetchone())


def _refuse_other_rows(edit: Edit, *rows: pd.DataFrame) -> None:
    touched = sorted(edit.touched)
    for side in rows:
        if sorted(side.index) != touched:
            raise RecordError(
                f"This edit touches the cells {touched}, and rows of the cells "
                f"{sorted(side.index)} came with it. Hand over one row for each, before and after."
            )


def _refuse_other_masks(database: Database, field_id: int, segmentation_id: int) -> None:
    made = last_segmentation(database, field_id)
    if made is None:
        raise RecordError(
            f"Field {field_id} has no masks in this project yet. Find its cells first."
        )
    if made.segmentation_id != segmentation_id:
        raise RecordError(
            f"The cells of field {field_id} were segmented again since these masks were loaded "
            f"({segmentation_id}, now {made.segmentation_id}). Nothing was changed: load the "
            "field anew, and edit it there."
        )


def edits_of(database: Database, field_id: int) -> list[MaskEdit]:
    """All edits of the last masks of a field, in the order in which they are applied."""
    rows = database.rows(
        "SELECT * FROM mask_edits WHERE segmentation_id = "
        "(SELECT max(id) FROM segmentations WHERE field_id = ?) ORDER BY id",
        (field_id,),
    )
    return [MaskEdit.of_row(row) for row in rows]


def place_cells(connection: sqlite3.Connection, field_id: int, edit: Edit, rows: str) -> None:
    """Note where the cells are that `edit` touched; marked ones move with them.

    Parameters
    ----------
    rows : str
        Rows of these cells after the edit, by `tables.rows_to_json`.
    """
    connection.executemany(
        "DELETE FROM cells WHERE field_id = ? AND label = ?",
        [(field_id, label) for label in edit.touched],
    )
    columns = json.loads(rows)
    names = ("index", "area_px", "centroid_y_px", "centroid_x_px", *BOX)
    for label, area, y, x, *box in zip(*(columns[name] for name in names), strict=True):
        if not area:
            continue  # a cell that is gone
        connection.execute(
            "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (field_id, label, y, x, *map(int, box)),
        )
        connection.execute(
            "UPDATE marked_cells SET y_px = ?, x_px = ? WHERE field_id = ? AND label = ?",
            (y, x, field_id, label),
        )
