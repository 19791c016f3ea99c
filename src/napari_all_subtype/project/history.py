"""What stands now, and all that was ever said: queries, never stored answers."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.project.annotation import Annotation, Word
from napari_all_subtype.project.database import Database

# The line that said first what an undo or redo has brought back: it is the word of its reader, and
# of its time. What stood before the line that was taken back may have been brought back, too.
SAID_FIRST = """
CASE WHEN last.undo_of_id IS NULL THEN last.id ELSE (
    WITH RECURSIVE told (id) AS (
        SELECT last.id
        UNION ALL
        SELECT (
            SELECT max(earlier.id) FROM annotations AS earlier
            WHERE earlier.marked_id = undone.marked_id
                AND earlier.reading_id IS undone.reading_id AND earlier.id < undone.id
        )
        FROM told
        JOIN annotations AS line ON line.id = told.id
        JOIN annotations AS undone ON undone.id = line.undo_of_id
    )
    SELECT min(id) FROM told
) END
"""

# A marked cell that a person deleted keeps its label, for undo brings it back: it has none now.
_LAST = f"""
SELECT annotations.*,
    CASE WHEN EXISTS (
        SELECT 1 FROM cells
        WHERE cells.field_id = marked_cells.field_id AND cells.label = marked_cells.label
    ) OR NOT EXISTS (
        SELECT 1 FROM segmentations WHERE segmentations.field_id = marked_cells.field_id
    ) THEN marked_cells.label END AS label_now,
    marked_cells.y_px AS y_now_px, marked_cells.x_px AS x_now_px
FROM marked_cells JOIN annotations AS last ON last.id = (
    SELECT max(id) FROM annotations AS said
    WHERE said.marked_id = marked_cells.id AND said.reading_id IS ?
)
JOIN annotations ON annotations.id = {SAID_FIRST}
WHERE last.to_word IS NOT NULL
"""


@dataclass(frozen=True)
class Standing:
    """The annotation that stands on a cell now.

    Parameters
    ----------
    annotation : Annotation
        The last one that said it; where undo brought the word back, that of whoever said it.
    label : int or None
        The cell's integer in the masks now; None if the last segmentation lost it, or a
        person deleted it.
    centroid_yx_px : tuple of float
        Where it was last.
    """

    annotation: Annotation
    label: int | None
    centroid_yx_px: tuple[float, float]

    @property
    def word(self) -> Word:
        """What is said of the cell."""
        return self.annotation.word


def standing(
    database: Database, field_id: int | None = None, reading_id: int | None = None
) -> list[Standing]:
    """Annotations that stand in a field, or in the whole project, in order of field and cell.

    Parameters
    ----------
    database : Database
    field_id : int, optional
    reading_id : int, optional
        Those of one reading instead of the common record.
    """
    return _found(database, _LAST, field_id, reading_id)


def _found(
    database: Database, sql: str, field_id: int | None, reading_id: int | None
) -> list[Standing]:
    values = [reading_id]
    if field_id is not None:
        sql += " AND marked_cells.field_id = ?"
        values.append(field_id)
    rows = database.rows(sql + " ORDER BY marked_cells.field_id, marked_cells.id", values)
    return [
        Standing(Annotation.of_row(row), row["label_now"], (row["y_now_px"], row["x_now_px"]))
        for row in rows
    ]


def word_on(
    database: Database, field_id: int, label: int, reading_id: int | None = None
) -> Word | None:
    """What is said now of the cell that has `label` in the masks of a field, if anything.

    A cell that a person deleted has no word until undo brings it back.
    """
    sql = _LAST + " AND marked_cells.field_id = ? AND marked_cells.label = ?"
    row = database.row(sql, (reading_id, field_id, label))
    return None if row is None or row["label_now"] is None else Annotation.of_row(row).word


def words_of_step(database: Database, step_id: int) -> dict[int, dict[int, str]]:
    """What was said in one step, by field and by the label that the cell has in the masks now.

    Empty where a word was taken back; cells that have no label now are left out.
    """
    words: dict[int, dict[int, str]] = {}
    sql = (
        "SELECT annotations.field_id, marked_cells.label, coalesce(to_word, '') FROM annotations "
        "JOIN marked_cells ON marked_cells.id = marked_id "
        "WHERE step_id = ? AND marked_cells.label IS NOT NULL ORDER BY annotations.id"
    )
    for field_id, label, word in database.rows(sql, (step_id,)):
        words.setdefault(field_id, {})[label] = word
    return words


def orphaned(
    database: Database, field_id: int | None = None, reading_id: int | None = None
) -> list[Standing]:
    """Annotations whose cell the last segmentation did not find again."""
    # Few of many: those that have their cell are left out before anything is made of them.
    return _found(database, f"{_LAST} AND label_now IS NULL", field_id, reading_id)


def history(
    database: Database, field_id: int | None = None, label: int | None = None
) -> list[Annotation]:
    """All that was ever said, in order: in the project, a field, or of one of its cells."""
    sql, values = "SELECT annotations.* FROM annotations", []
    if label is not None:
        sql += " JOIN marked_cells ON marked_cells.id = marked_id WHERE marked_cells.label = ?"
        sql += " AND marked_cells.field_id = ?"
        values = [label, field_id]
    elif field_id is not None:
        sql += " WHERE field_id = ?"
        values = [field_id]
    rows = database.rows(sql + " ORDER BY annotations.id", values)
    return [Annotation.of_row(row) for row in rows]


def readers_heard(database: Database, slide_id: int) -> set[int]:
    """Readers whose words stand in the common record of a slide."""
    sql = (
        f"SELECT DISTINCT reader_id FROM ({_LAST} AND marked_cells.field_id IN "
        "(SELECT id FROM fields WHERE slide_id = ?))"
    )
    return {row["reader_id"] for row in database.rows(sql, (None, slide_id))}


def count_standing(database: Database, field_id: int) -> tuple[int, int]:
    """How many annotations of the common record stand in a field, and how many are orphaned."""
    sql = f"SELECT count(label_now), count(*) FROM ({_LAST} AND marked_cells.field_id = ?)"
    placed, there = database.row(sql, (None, field_id))
    return placed, there - placed
