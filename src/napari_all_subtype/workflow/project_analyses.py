"""Analyses in a project: kept when they are made, and given back as they stand now."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import pandas as pd
from pydantic import TypeAdapter

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.model_facts import ModelFacts
from napari_all_subtype.cells.source import PixelSize, Region
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.project.current import masks_now, table_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.mask_edits import edits_of
from napari_all_subtype.project.masks import keep_masks
from napari_all_subtype.project.matching import match_cells
from napari_all_subtype.project.records import PlacedCell
from napari_all_subtype.project.segmentations import (
    Segmentation,
    last_segmentation,
    marked_in,
    store_segmentation,
)
from napari_all_subtype.project.tables import keep_table
from napari_all_subtype.taxonomy import Taxonomy

# These may hold a path: what found the cells and what classified them is told by their names.
_WITHOUT = {"parameters": {"finding": True, "model": {"model"}}}


@dataclass(frozen=True)
class Words:
    """What an Analysis says besides its masks and its table."""

    name: str
    pixel_size: PixelSize
    flags: tuple[str, ...]
    model: str
    device: str
    parameters: AnalysisParameters
    taxonomy: Taxonomy
    history: tuple[str, ...]
    seconds: dict[str, float]
    segmenter: str
    edits: int
    facts: ModelFacts


_WORDS = TypeAdapter(Words)


def keep_analysis(database: Database, field_id: int, analysis: Analysis) -> list[int]:
    """Keep `analysis` as the last one of a field; what a person said finds its cells again.

    Parameters
    ----------
    database : Database
    field_id : int
    analysis : Analysis

    Returns
    -------
    list of int
        `marked_id` of the cells that were not found again: their annotations are orphaned.

    Raises
    ------
    LockedError
        If the result of the smear is locked.
    RecordError
        If there is no such field.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    before = masks_now(database, field_id)
    same_shape = before is not None and before.labels.shape == analysis.masks.labels.shape
    sought = marked_in(database, field_id)
    found = match_cells(sought, analysis.masks.labels, before.labels if same_shape else None)
    made = Segmentation(
        analysis.segmenter,
        _WORDS.dump_python(_words_of(analysis), mode="json", exclude=_WITHOUT),
        keep_masks(database, analysis.masks),
        keep_table(database, analysis.cells),
    )
    store_segmentation(database, field_id, made, placed_cells(analysis.cells), found)
    return [one.marked_id for one in sought if one.marked_id not in found]


def kept_analysis(database: Database, field_id: int) -> Analysis | None:
    """The last analysis of a field with everything that people changed since; None if none is kept.

    A picture of one cell that came in with a person's word has masks, and no analysis.

    Raises
    ------
    ProjectDamagedError
        If its masks or its table are missing or damaged.
    """
    made = last_segmentation(database, field_id)
    masks, cells = masks_now(database, field_id), table_now(database, field_id)
    if made is None or not made.content or masks is None or cells is None:
        return None
    words = _WORDS.validate_python(made.content)
    analysis = Analysis(masks=masks, cells=cells, **vars(words))
    return replace(analysis, edits=words.edits + len(edits_of(database, field_id)))


def placed_cells(cells: pd.DataFrame) -> list[PlacedCell]:
    """Where the cells of a table are."""
    there = table.present(cells)
    columns = there[["centroid_y_px", "centroid_x_px", *table.BOX]].to_numpy(float)
    return [
        PlacedCell(int(label), (y, x), Region(*map(int, box)))
        for label, (y, x, *box) in zip(there.index, columns, strict=True)
    ]


def _words_of(analysis: Analysis) -> Words:
    return Words(**{field.name: getattr(analysis, field.name) for field in fields(Words)})
