"""Masks and cell table of a field as they are now: as they were found, and every edit since."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.mask_edits import MaskEdit, edits_of
from napari_all_subtype.project.masks import MASKS, read_masks
from napari_all_subtype.project.reclassifications import reclassified
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.tables import last_rows, read_table, rows_from_json

if TYPE_CHECKING:
    import pandas as pd


def masks_now(
    database: Database, field_id: int, edits: Sequence[MaskEdit] | None = None
) -> CellMasks | None:
    """Masks of a field with all edits; None if none are kept.

    Parameters
    ----------
    database : Database
    field_id : int
    edits : sequence of MaskEdit, optional
        Those of `mask_edits.edits_of`, where they were read already.

    Raises
    ------
    ProjectDamagedError
        If their file is missing or holds something else, or the edits do not fit it.
    """
    made = last_segmentation(database, field_id)
    if made is None or made.masks is None:
        return None
    masks = read_masks(database, made.masks)
    for one in edits_of(database, field_id) if edits is None else edits:
        try:
            one.edit.apply_to(masks)
        except (ValueError, zlib.error) as error:
            why = f"the edits recorded since do not fit it, from number {one.edit_id} on"
            raise MASKS.damaged(made.masks, why) from error
    return masks


def table_now(
    database: Database, field_id: int, edits: Sequence[MaskEdit] | None = None
) -> pd.DataFrame | None:
    """Cell table of a field with the rows of all edits; None if none is kept.

    Parameters
    ----------
    database : Database
    field_id : int
    edits : sequence of MaskEdit, optional
        Those of `mask_edits.edits_of`, where they were read already.

    Raises
    ------
    ProjectDamagedError
        If its file is missing or holds something else.
    """
    made = last_segmentation(database, field_id)
    if made is None or made.cell_table is None:
        return None
    cells = read_table(database, made.cell_table)
    edits = edits_of(database, field_id) if edits is None else edits
    later = reclassified(database, field_id) if edits else {}
    texts = [text for one in edits for text in (one.rows_after, *later.get(one.edit_id, ()))]
    for rows in last_rows(texts):
        cells = table.with_rows(cells, rows_from_json(rows, cells))
    return cells
