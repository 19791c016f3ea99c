"""Annotate: one cell or many, each written to the disk before the function gives it back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import groupby

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.annotation import Annotation, SeenCell, Word
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.steps import Thread, append_step

COLUMNS = (
    "step_id",
    "at_utc",
    "reader_id",
    "reading_id",
    "marked_id",
    "field_id",
    "label",
    "y_px",
    "x_px",
    "crop",
    "from_taxonomy",
    "from_word",
    "to_taxonomy",
    "to_word",
    "predicted_taxonomy",
    "predicted_word",
    "model_id",
    "confidence",
    "undo_of_id",
)
_INSERT = f"INSERT INTO annotations ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


def annotate(
    database: Database,
    reader_id: int,
    seen: SeenCell,
    word: Word | None,
    reading_id: int | None = None,
) -> Annotation:
    """What was recorded when a reader called one cell `word`; None takes the word back.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    LockedError
        If the result of the smear is locked.
    RecordError
        If there is no such field, reader or reading.
    """
    (made,) = annotate_many(database, reader_id, [seen], [word], reading_id)
    return made


def annotate_many(
    database: Database,
    reader_id: int,
    seen: Sequence[SeenCell],
    words: Sequence[Word | None],
    reading_id: int | None = None,
    marked_ids: Sequence[int | None] | None = None,
) -> list[Annotation]:
    """What was recorded when a reader spoke of many cells; see `record_words`."""
    with database.transaction() as connection:
        made = record_words(database, reader_id, seen, words, reading_id, marked_ids)
        return _annotations(connection, made)


def record_words(
    database: Database,
    reader_id: int,
    seen: Sequence[SeenCell],
    words: Sequence[Word | None],
    reading_id: int | None = None,
    marked_ids: Sequence[int | None] | None = None,
) -> list[int]:
    """Ids of the lines that record what a reader said of many cells: all of it or nothing.

    It is one step for undo; where the cells lie on several slides, one for each.

    Parameters
    ----------
    database : Database
    reader_id : int
    seen : sequence of SeenCell
    words : sequence of Word or None
        As many.
    reading_id : int, optional
        For a reading apart from the common record.
    marked_ids : sequence of int or None, optional
        As many, from `mark_lost`, for cells that have no label here; None where the label tells.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    LockedError
        If the result of a smear is locked.
    RecordError
        If there is no such field, reader or reading, the reading is finished or another
        reader's, or there are not as many words as cells.
    """
    marked_ids = [None] * len(seen) if marked_ids is None else marked_ids
    if not len(seen) == len(words) == len(marked_ids):
        raise RecordError(
            f"{len(words)} words were given for {len(seen)} cells: expected one for each."
        )
    with database.transaction() as connection:
        slide_of = {
            field_id: _slide_of(connection, field_id, reading_id)
            for field_id in dict.fromkeys(cell.field_id for cell in seen)
        }
        slides = [slide_of[cell.field_id] for cell in seen]
        made: dict[int, int] = {}
        order = sorted(range(len(seen)), key=slides.__getitem__)
        for slide_id, group in groupby(order, key=slides.__getitem__):
            # A reading of its own says nothing of the result, and may come after it.
            if reading_id is None:
                refuse_locked(database, slide_id)
            thread = Thread(slide_id, reading_id)
            step_id, at_utc = append_step(database, thread, reader_id, "annotate")
            head = (step_id, at_utc, reader_id, reading_id)
            for n in group:
                marked_id = marked_ids[n] or _marked(connection, seen[n])
                made[n] = _append(connection, head, seen[n], words[n], marked_id)
        return [made[n] for n in range(len(seen))]


def mark_lost(database: Database, field_id: int, centroid_yx_px: tuple[float, float]) -> int:
    """`marked_id` of a cell that was spoken of elsewhere and is not among those found here.

    The next segmentation of the field may find it by its position.
    """
    place = (field_id, *map(float, centroid_yx_px))
    with database.transaction() as connection:
        known = connection.execute(
            "SELECT id FROM marked_cells "
            "WHERE field_id = ? AND y_px = ? AND x_px = ? AND label IS NULL",
            place,
        ).fetchone()
        if known is not None:
            return known[0]
        return connection.execute(
            "INSERT INTO marked_cells (field_id, y_px, x_px) VALUES (?, ?, ?)", place
        ).lastrowid


def _append(
    connection: sqlite3.Connection,
    head: tuple[int, str, int, int | None],
    cell: SeenCell,
    word: Word | None,
    marked_id: int,
) -> int:
    """Id of the new line on `cell`."""
    before = connection.execute(
        "SELECT to_taxonomy, to_word FROM annotations WHERE marked_id = ? AND reading_id IS ? "
        "ORDER BY id DESC LIMIT 1",
        (marked_id, head[3]),
    ).fetchone()
    place = (marked_id, cell.field_id, cell.label, *map(float, cell.centroid_yx_px), cell.crop)
    said = (None, None) if word is None else (word.taxonomy, word.name)
    model: tuple[object, ...] = (None,) * 4
    told = cell.predicted
    if told is not None and told.model_id:
        confidence = None if told.confidence is None else float(told.confidence)
        model = (told.word.taxonomy, told.word.name, told.model_id, confidence)
    values = (*head, *place, *(before or (None, None)), *said, *model, None)
    return connection.execute(_INSERT, values).lastrowid


def _marked(connection: sqlite3.Connection, cell: SeenCell) -> int:
    """Id of the marked cell that has this label in the last segmentation of its field."""
    known = connection.execute(
        "SELECT id FROM marked_cells WHERE field_id = ? AND label = ?", (cell.field_id, cell.label)
    ).fetchone()
    if known is not None:
        return known[0]
    return connection.execute(
        "INSERT INTO marked_cells (field_id, label, y_px, x_px) VALUES (?, ?, ?, ?)",
        (cell.field_id, cell.label, *map(float, cell.centroid_yx_px)),
    ).lastrowid


def _slide_of(connection: sqlite3.Connection, field_id: int, reading_id: int | None) -> int:
    """Slide of a field, which must be that of the reading if there is one."""
    row = connection.execute("SELECT slide_id FROM fields WHERE id = ?", (field_id,)).fetchone()
    if row is None:
        raise RecordError(f"The project has no field {field_id}. Add its image to the project.")
    if reading_id is not None:
        reading = connection.execute(
            "SELECT slide_id FROM readings WHERE id = ?", (reading_id,)
        ).fetchone()
        if reading is None or reading[0] != row[0]:
            raise RecordError(
                f"Field {field_id} is on slide {row[0]}, which is not that of reading "
                f"{reading_id}. Begin a reading of this slide."
            )
    return row[0]


def _annotations(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Annotation]:
    """The lines that have these ids, in their order."""
    rows = connection.execute(
        "SELECT annotations.* FROM json_each(?) AS wanted "
        "JOIN annotations ON annotations.id = wanted.value ORDER BY wanted.key",
        (json.dumps(list(ids)),),
    )
    return [Annotation.of_row(row) for row in rows]
