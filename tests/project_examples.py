"""A small project that the tests of the store share."""

from __future__ import annotations

from pathlib import Path

from napari_all_subtype.project.annotation import Predicted, SeenCell, Word
from napari_all_subtype.project.database import Database, create_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.smears import add_case, add_field, add_slide, add_specimen
from napari_all_subtype.taxonomy import FAB5

BLAST, NORMAL, L1 = (Word.of(FAB5, name) for name in ("blast", "normal", "l1"))
SMUDGE = Word.excluded("smudge")
SHA = "0" * 64


def new_project(folder: Path, slides: int = 1, fields: int = 1) -> Database:
    """One case; slides 1, 2 … with fields 1, 2 … each; reader 1."""
    project = create_project(folder)
    specimen_id = add_specimen(project, add_case(project), "marrow")
    for _ in range(slides):
        slide_id = add_slide(project, specimen_id)
        for n in range(fields):
            add_field(project, slide_id, Path(f"field-{n}.png"), SHA, (480, 640), 0.1, "user")
    reader_named(project, "Dr. A")
    return project


def cell(label: int, field_id: int = 1, predicted: bool = True) -> SeenCell:
    """A cell at (10 × label, 5 × label)."""
    told = Predicted(NORMAL, "compact-2", 0.75) if predicted else None
    return SeenCell(field_id, label, (10.0 * label, 5.0 * label), None, told)


def lock(project: Database, slide_id: int) -> None:
    """A lock as its verb will write it."""
    with project.transaction() as connection:
        connection.execute(
            "INSERT INTO locks (at_utc, slide_id, reader_id, content, sha256, last_step_id) "
            "SELECT 'now', ?, 1, '{}', '', coalesce(max(id), 0) FROM steps",
            (slide_id,),
        )


def said(project: Database, field_id: int | None = None, reading_id: int | None = None) -> dict:
    """Words that stand, by field and label."""
    return {
        (one.annotation.seen.field_id, one.label): one.word
        for one in standing(project, field_id, reading_id)
    }
