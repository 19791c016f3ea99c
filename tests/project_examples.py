"""A small project that the tests of the store share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from napari_all_subtype.cells import edits, table
from napari_all_subtype.cells.edit import Edit
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import Region
from napari_all_subtype.project import current
from napari_all_subtype.project.annotation import Predicted, SeenCell, Word
from napari_all_subtype.project.database import Database, create_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.locks import begin_amendment, lock
from napari_all_subtype.project.mask_edits import MaskEdit, record_edit
from napari_all_subtype.project.masks import keep_masks
from napari_all_subtype.project.matching import match_cells
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.records import PlacedCell
from napari_all_subtype.project.segmentations import (
    Segmentation,
    last_segmentation,
    marked_in,
    store_segmentation,
)
from napari_all_subtype.project.smears import add_case, add_field, add_slide, add_specimen
from napari_all_subtype.project.tables import keep_table
from napari_all_subtype.taxonomy import FAB5

BLAST, NORMAL, L1 = (Word.of(FAB5, name) for name in ("blast", "normal", "l1"))
SMUDGE = Word.excluded("smudge")
SHA = "0" * 64
UM = 0.1


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


def locked_and_amended(project: Database, slide_id: int) -> None:
    """A slide whose result was locked, and is being amended: what was before is for good."""
    lock(project, 1, slide_id, {})
    begin_amendment(project, 1, slide_id, "read again")


def said(project: Database, field_id: int | None = None, reading_id: int | None = None) -> dict:
    """Words that stand, by field and label."""
    return {
        (one.annotation.seen.field_id, one.label): one.word
        for one in standing(project, field_id, reading_id)
    }


def found(project: Database, masks: CellMasks) -> pd.DataFrame:
    """Table of `masks`, after they were found in field 1."""
    cells = measure(masks, UM)
    placed = [
        PlacedCell(int(k), (row["centroid_y_px"], row["centroid_x_px"]), Region(*row[[*table.BOX]]))
        for k, row in table.present(cells).iterrows()
    ]
    before = last_segmentation(project, 1)
    old = None if before is None else masks_now(project).labels
    kept = Segmentation("drawn", {}, keep_masks(project, masks), keep_table(project, cells))
    matched = match_cells(marked_in(project, 1), masks.labels, old)
    store_segmentation(project, 1, kept, placed, matched)
    return cells


def masks_now(project: Database) -> CellMasks:
    """Masks of field 1 as kept, with all edits."""
    return current.masks_now(project, 1)


def table_now(project: Database) -> pd.DataFrame:
    """Cell table of field 1 as kept, with all edits."""
    return current.table_now(project, 1)


def edited(project: Database, edit: Edit, reader_id: int = 1) -> MaskEdit:
    """What was recorded of `edit`, whose cells were measured again."""
    cells, masks = table_now(project), masks_now(project)
    edit.apply_to(masks)
    after = measure(masks, UM)
    rows = (table.rows_of(side, edit.touched) for side in (cells, after))
    seen = last_segmentation(project, 1).segmentation_id
    return record_edit(project, reader_id, 1, edit, *rows, segmentation_id=seen)


def delete(project: Database, label: int) -> MaskEdit:
    """What was recorded when a reader took a cell away."""
    return edited(project, edits.delete(masks_now(project), table_now(project), label))
