"""Undo and redo: what takes a step back is appended, and nothing is ever taken away."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from napari_all_subtype.project.annotation import Annotation, AnnotationRows
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.mask_edits import MaskEdit, place_cells
from napari_all_subtype.project.steps import Thread, Tops, append_step, tops_of

_COPIED = "marked_id, field_id, label, y_px, x_px, crop"
_MODEL = "predicted_taxonomy, predicted_word, model_id, confidence"
_SAID_BACK = f"""
INSERT INTO annotations (
    step_id, at_utc, reader_id, reading_id, {_COPIED},
    from_taxonomy, from_word, to_taxonomy, to_word, {_MODEL}, undo_of_id
)
SELECT ?, ?, ?, reading_id, {_COPIED},
    to_taxonomy, to_word, from_taxonomy, from_word, {_MODEL}, id
FROM annotations WHERE step_id = ? ORDER BY id DESC
"""
_PLACE = "field_id, segmentation_id"
_BOX = "y0, x0, y1, x1"
_EDITED_BACK = f"""
INSERT INTO mask_edits (
    step_id, at_utc, reader_id, {_PLACE}, kind, {_BOX},
    before, after, changed, added, deleted, rows_before, rows_after, undo_of_id
)
SELECT ?, ?, ?, {_PLACE},
    CASE WHEN kind LIKE 'undo %' THEN substr(kind, 6) ELSE 'undo ' || kind END, {_BOX},
    after, before, changed, deleted, added, rows_after, rows_before, id
FROM mask_edits WHERE step_id = ? ORDER BY id DESC
"""


@dataclass(frozen=True)
class Reversal:
    """What was recorded to take a step back, or to make it again.

    Parameters
    ----------
    annotations : sequence of Annotation
        The label in their `seen` is that of the masks in which a person spoke of the cell. Where
        the field was segmented again since, the cell has another, or none: take it from
        `history.words_of_step`, or load the field anew.
    edits : tuple of MaskEdit
        To be applied to the masks in this order.
    """

    annotations: Sequence[Annotation] = ()
    edits: tuple[MaskEdit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.annotations or self.edits)


def undo(database: Database, reader_id: int, thread: Thread) -> Reversal:
    """What was recorded to take the last step of `thread` back; empty if there is none.

    There is no limit but the last lock of the slide. Whoever undoes stands in the record.
    An edit of masks that a later segmentation has replaced is passed over: it has no effect.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    LockedError
        If the result of the smear is locked.
    """
    return _reverse(database, reader_id, thread, "undo")


def redo(database: Database, reader_id: int, thread: Thread) -> Reversal:
    """What was recorded to make the step again that was undone last; empty if there is none.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    LockedError
        If the result of the smear is locked.
    """
    return _reverse(database, reader_id, thread, "redo")


def undoable(database: Database, thread: Thread) -> Tops:
    """What undo and redo would take next in `thread`."""
    return tops_of(database, thread)


def _reverse(database: Database, reader_id: int, thread: Thread, kind: str) -> Reversal:
    with database.transaction() as connection:
        # A reading of its own says nothing of the result, and may come after it.
        if thread.reading_id is None:
            refuse_locked(database, thread.slide_id)
        while True:
            tops = tops_of(database, thread)
            top = tops.undo_id if kind == "undo" else tops.redo_id
            if top is None:
                return Reversal()
            step_id, at_utc = append_step(database, thread, reader_id, kind, top)
            head = (step_id, at_utc, reader_id, top)
            made = Reversal(_said_back(connection, head), _edited_back(connection, head))
            if made.annotations or not made.edits or _has_effect(connection, made.edits):
                return made


def _said_back(connection: sqlite3.Connection, head: tuple) -> Sequence[Annotation]:
    connection.execute(_SAID_BACK, head)
    rows = connection.execute("SELECT * FROM annotations WHERE step_id = ? ORDER BY id", head[:1])
    return AnnotationRows(rows.fetchall())


def _edited_back(connection: sqlite3.Connection, head: tuple) -> tuple[MaskEdit, ...]:
    connection.execute(_EDITED_BACK, head)
    rows = connection.execute("SELECT * FROM mask_edits WHERE step_id = ? ORDER BY id", head[:1])
    made = tuple(MaskEdit.of_row(row) for row in rows.fetchall())
    for one in made:
        if _has_effect(connection, (one,)):
            place_cells(connection, one.field_id, one.edit, one.rows_after)
    return made


def _has_effect(connection: sqlite3.Connection, edits: tuple[MaskEdit, ...]) -> bool:
    """Whether any of `edits` is of the masks that its field has now."""
    last = "SELECT max(id) FROM segmentations WHERE field_id = ?"
    return any(
        connection.execute(last, (one.field_id,)).fetchone()[0] == one.segmentation_id
        for one in edits
    )
