"""What was said in another project and brought here: each line once, known by its hash."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.project.annotation import Annotation
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import SAID_FIRST
from napari_all_subtype.project.locks import canonical, digest_of

# As in `history`, and also where a word was taken back, in the common record and every reading.
_LAST = f"""
SELECT last.*, said.reader_id AS said_by_id, said.at_utc AS said_utc,
    marked_cells.label AS label_now,
    marked_cells.y_px AS y_now_px, marked_cells.x_px AS x_now_px,
    EXISTS (
        SELECT 1 FROM segmentations WHERE segmentations.field_id = marked_cells.field_id
    ) AND NOT EXISTS (
        SELECT 1 FROM cells
        WHERE cells.field_id = marked_cells.field_id AND cells.label = marked_cells.label
    ) AS not_there
FROM annotations AS last JOIN marked_cells ON marked_cells.id = last.marked_id
JOIN annotations AS said ON said.id = {SAID_FIRST}
WHERE marked_cells.field_id = ? AND last.id IN (
    SELECT max(id) FROM annotations GROUP BY marked_id, reading_id
)
ORDER BY last.id
"""


@dataclass(frozen=True)
class LastLine:
    """What was said last of a cell, in the common record or in one reading.

    Parameters
    ----------
    annotation : Annotation
        Its `word` is None where the word was taken back.
    said_by_id : int
    said_utc : str
        Who said the word, and when: also where another reader's undo has brought it back.
    label : int or None
        The cell's integer in the masks now; None if the last segmentation lost it.
    centroid_yx_px : tuple of float
        Where it was last.
    deleted : bool
        A person took the cell away, and undo may bring it back.
    """

    annotation: Annotation
    said_by_id: int
    said_utc: str
    label: int | None
    centroid_yx_px: tuple[float, float]
    deleted: bool


@dataclass(frozen=True)
class Brought:
    """A line of the record that came from another project, and the cell it is of here."""

    annotation_id: int
    marked_id: int


def last_lines(database: Database, field_id: int) -> list[LastLine]:
    """What was said last of each cell of a field, in the order in which it was said."""
    return [
        LastLine(
            Annotation.of_row(row),
            row["said_by_id"],
            row["said_utc"],
            row["label_now"],
            (row["y_now_px"], row["x_now_px"]),
            row["label_now"] is not None and bool(row["not_there"]),
        )
        for row in database.rows(_LAST, (field_id,))
    ]


def line_sha256(project_id: str, reader: str, field_sha256: str, said: Annotation) -> str:
    """The hash by which a line of `project_id` is known: who said when what of which cell.

    Two copies of one packet that two people read give different ones.
    """
    word = None if said.word is None else [said.word.taxonomy, said.word.name]
    place = [field_sha256, said.seen.label, *map(float, said.seen.centroid_yx_px)]
    who = [project_id, said.annotation_id, said.at_utc, reader]
    return digest_of(canonical({"line": who, "cell": place, "word": word}))


def brought_from(database: Database, project_id: str) -> dict[str, Brought]:
    """Lines that came from `project_id`, by their hash."""
    rows = database.rows(
        "SELECT line_sha256, annotation_id, marked_id FROM brought_annotations "
        "JOIN annotations ON annotations.id = annotation_id WHERE project_id = ?",
        (project_id,),
    )
    return {row["line_sha256"]: Brought(row["annotation_id"], row["marked_id"]) for row in rows}


def note_brought(
    database: Database, annotation_id: int, project_id: str, said_utc: str, line: str
) -> None:
    """Note that an annotation was said in `project_id`, and when, by `line_sha256`.

    Raises
    ------
    RecordError
        If that line was brought already.
    """
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO brought_annotations VALUES (?, ?, ?, ?)",
            (annotation_id, project_id, said_utc, line),
        )
