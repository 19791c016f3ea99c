"""Masks and cell table of a field as they are now: as they were found, and every edit since."""

from __future__ import annotations

import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.mask_edits import edits_of
from napari_all_subtype.project.masks import read_masks
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.tables import read_table


def masks_now(database: Database, field_id: int) -> CellMasks | None:
    """Masks of a field with all edits; None if none are kept.

    Raises
    ------
    ProjectDamagedError
        If their file is missing or holds something else.
    """
    made = last_segmentation(database, field_id)
    if made is None or made.masks is None:
        return None
    masks = read_masks(database, made.masks)
    for one in edits_of(database, field_id):
        one.edit.apply_to(masks)
    return masks


def table_now(database: Database, field_id: int) -> pd.DataFrame | None:
    """Cell table of a field with the rows of all edits; None if none is kept.

    Raises
    ------
    ProjectDamagedError
        If its file is missing or holds something else.
    """
    made = last_segmentation(database, field_id)
    if made is None or made.cell_table is None:
        return None
    cells = read_table(database, made.cell_table)
    for one in edits_of(database, field_id):
        cells = table.with_rows(cells, one.rows(cells))
    return cells
