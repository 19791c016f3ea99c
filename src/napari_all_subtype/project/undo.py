"""Undo and redo: what takes a step back is appended, and nothing is ever taken away."""

from __future__ import annotations

from napari_all_subtype.project.annotation import Annotation
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.steps import Thread, Tops, append_step, tops_of

_COPIED = "marked_id, field_id, label, y_px, x_px, crop"
_MODEL = "predicted_taxonomy, predicted_word, model_id, confidence"
_REVERSE = f"""
INSERT INTO annotations (
    step_id, at_utc, reader_id, reading_id, {_COPIED},
    from_taxonomy, from_word, to_taxonomy, to_word, {_MODEL}, undo_of_id
)
SELECT ?, ?, ?, reading_id, {_COPIED},
    to_taxonomy, to_word, from_taxonomy, from_word, {_MODEL}, id
FROM annotations WHERE step_id = ? ORDER BY id DESC
"""


def undo(database: Database, reader_id: int, thread: Thread) -> list[Annotation]:
    """What was recorded to take the last step of `thread` back; empty if there is none.

    There is no limit but the last lock of the slide. Whoever undoes stands in the record.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    return _reverse(database, reader_id, thread, "undo")


def redo(database: Database, reader_id: int, thread: Thread) -> list[Annotation]:
    """What was recorded to make the step again that was undone last; empty if there is none.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    return _reverse(database, reader_id, thread, "redo")


def undoable(database: Database, thread: Thread) -> Tops:
    """What undo and redo would take next in `thread`."""
    return tops_of(database, thread)


def _reverse(database: Database, reader_id: int, thread: Thread, kind: str) -> list[Annotation]:
    with database.transaction() as connection:
        tops = tops_of(database, thread)
        top = tops.undo_id if kind == "undo" else tops.redo_id
        if top is None:
            return []
        step_id, at_utc = append_step(database, thread, reader_id, kind, top)
        connection.execute(_REVERSE, (step_id, at_utc, reader_id, top))
        rows = connection.execute(
            "SELECT * FROM annotations WHERE step_id = ? ORDER BY id", (step_id,)
        ).fetchall()
    return [Annotation.of_row(row) for row in rows]
