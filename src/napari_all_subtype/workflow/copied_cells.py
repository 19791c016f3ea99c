"""Cells of a field that go to the same field of another project, as they stand now."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.cells.model_facts import NO_FACTS
from napari_all_subtype.project.current import masks_now, table_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.mask_edits import edits_of
from napari_all_subtype.project.masks import keep_masks
from napari_all_subtype.project.matching import match_cells
from napari_all_subtype.project.segmentations import (
    Segmentation,
    last_segmentation,
    marked_in,
    store_segmentation,
)
from napari_all_subtype.project.tables import keep_table
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.project_analyses import placed_cells
from napari_all_subtype.workflow.said import undecided


def copy_cells(
    there: Database, field_there: int, here: Database, field_here: int, hide_model: bool = False
) -> bool:
    """Whether a field had cells there, which are those of the same field here now.

    All edits are in the masks, and labels stay what they are: a cell has the same number in
    both. What people said does not come along.

    Parameters
    ----------
    hide_model : bool
        Without anything that a model said of them.

    Raises
    ------
    LockedError
        If the result of the smear here is locked.
    ProjectDamagedError
        If masks or table are missing or damaged.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    with there.snapshot():
        made, edits = last_segmentation(there, field_there), edits_of(there, field_there)
        masks = masks_now(there, field_there, edits)
        cells = table_now(there, field_there, edits)
    if made is None or masks is None or cells is None:
        return False
    content = dict(made.content)
    if content:
        content["edits"] = content.get("edits", 0) + len(edits)
    cells = cells.drop(columns=table.ANNOTATION, errors="ignore")
    if hide_model:
        content, cells = _without_model(content), without_model(cells, taxonomy_of(there))
    kept = Segmentation(made.segmenter, content, keep_masks(here, masks), keep_table(here, cells))
    found = match_cells(marked_in(here, field_here), masks.labels)
    store_segmentation(here, field_here, kept, placed_cells(cells), found)
    return True


def without_model(cells: pd.DataFrame, taxonomy: Taxonomy) -> pd.DataFrame:
    """`cells` with their measurements alone; whatever else was said of them is empty or *unknown*.

    That is all of a model, and the FAB evidence, which is there for its blasts only.
    """
    empty = table.empty_rows(cells, cells.index.tolist())
    measured = {name: cells[name] for name in table.COLUMNS if name in cells}
    rows = empty.assign(**measured)
    if "subtype" not in rows:
        return rows  # a picture of one cell, of which a model said nothing
    return undecided(rows, table.present(rows).index.tolist(), taxonomy)


def _without_model(content: dict) -> dict:
    """What an analysis says of itself, without its model; empty where there is no analysis."""
    return content and content | {"model": "", "device": "", "facts": asdict(NO_FACTS)}
