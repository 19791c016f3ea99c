"""What the model says of cells whose outlines a person changed: it comes later than the edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.smears import field_of
from napari_all_subtype.project.tables import rows_to_json

if TYPE_CHECKING:
    import pandas as pd


def record_reclassified(
    database: Database, field_id: int, rows: pd.DataFrame, *, segmentation_id: int
) -> None:
    """Keep `rows` as what is known now of some cells of a field; on the disk when it returns.

    It is no step that can be undone: undoing the edit before it brings back the rows from
    before that edit.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the cell table, labels as index.
    segmentation_id : int
        The segmentation whose masks the edits were made on.

    Raises
    ------
    LockedError
        If the result of the smear is locked.
    RecordError
        If no edit was made on these masks.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    with database.transaction() as connection:
        refuse_locked(database, field_of(database, field_id).slide_id)
        last = connection.execute(
            "SELECT max(id) FROM mask_edits WHERE field_id = ? AND segmentation_id = ?",
            (field_id, segmentation_id),
        ).fetchone()[0]
        if last is None:
            raise RecordError(
                f"Nobody has changed these masks of field {field_id}: its cells keep what was said "
                "of them when they were found."
            )
        connection.execute(
            "INSERT INTO reclassifications (at_utc, edit_id, rows_after) VALUES (?, ?, ?)",
            (utc_now(), last, rows_to_json(rows)),
        )


def reclassified(database: Database, field_id: int) -> dict[int, list[str]]:
    """Rows that came after each edit of a field's last masks, in order, by the id of the edit."""
    rows = database.rows(
        "SELECT edit_id, rows_after FROM reclassifications WHERE edit_id IN "
        "(SELECT id FROM mask_edits WHERE segmentation_id = "
        "(SELECT max(id) FROM segmentations WHERE field_id = ?)) ORDER BY id",
        (field_id,),
    )
    told: dict[int, list[str]] = {}
    for row in rows:
        told.setdefault(row["edit_id"], []).append(row["rows_after"])
    return told
