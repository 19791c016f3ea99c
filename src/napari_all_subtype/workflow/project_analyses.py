"""Analyses in a project: kept when they are made, and given back as they stand now."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.fab import Ruler
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.model_facts import ModelFacts
from napari_all_subtype.cells.source import PixelSize, Region
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ProjectDamagedError
from napari_all_subtype.project.current import masks_now, table_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.locks import refuse_locked
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
from napari_all_subtype.project.smears import field_of, name_of
from napari_all_subtype.project.tables import keep_table
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.corrections import with_cells
from napari_all_subtype.workflow.inputs import readable

if TYPE_CHECKING:
    import pandas as pd

# Flags that name another field of a batch, by the name of its file.
_NAMING = ("overlaps ", "same picture as ")


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
    ruler: Ruler | None = None


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
    # Nothing is written for a smear that takes nothing.
    refuse_locked(database, field_of(database, field_id).slide_id)
    return store_prepared(database, field_id, prepare_analysis(database, field_id, analysis))[1]


@dataclass(frozen=True)
class PreparedAnalysis:
    """An analysis whose files are kept, and where its cells are: ready to be recorded.

    Parameters
    ----------
    made : Segmentation
    cells : tuple of PlacedCell
    sought : tuple of int
        `marked_id` of the cells that people spoke of.
    found : dict of int to int
        Labels of those that are found again.
    """

    made: Segmentation
    cells: tuple[PlacedCell, ...]
    sought: tuple[int, ...] = ()
    found: dict[int, int] = field(default_factory=dict)


def prepare_analysis(
    database: Database, field_id: int | None, analysis: Analysis, files: Database | None = None
) -> PreparedAnalysis:
    """Keep masks and table of `analysis`, and find the cells again that people spoke of.

    It takes as long as writing the masks takes; `store_prepared` is short.

    Parameters
    ----------
    field_id : int or None
        None for a field that the project does not have yet.
    files : Database, optional
        The same project open for writing, where `database` is open for reading: of it only
        the folder is used, so it may belong to another thread.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If the files cannot be written.
    """
    files = files or database
    cells, sought, found = analysis.cells.drop(columns=table.ANNOTATION, errors="ignore"), (), {}
    if field_id is not None:
        before = _masks_before(database, field_id)
        same_shape = before is not None and before.labels.shape == analysis.masks.labels.shape
        sought = marked_in(database, field_id)
        found = match_cells(sought, analysis.masks.labels, before.labels if same_shape else None)
    made = Segmentation(
        analysis.segmenter,
        _content_of(analysis),
        keep_masks(files, analysis.masks),
        keep_table(files, cells),
    )
    placed, marked = tuple(placed_cells(cells)), tuple(one.marked_id for one in sought)
    return PreparedAnalysis(made, placed, marked, found)


def store_prepared(
    database: Database, field_id: int, prepared: PreparedAnalysis
) -> tuple[int, list[int]]:
    """Record a prepared analysis as the last one of a field.

    Returns
    -------
    segmentation_id : int
    orphaned : list of int
        `marked_id` of the cells that were not found again.

    Raises
    ------
    LockedError
        If the result of the smear is locked.
    RecordError
        If there is no such field.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    made = store_segmentation(database, field_id, prepared.made, prepared.cells, prepared.found)
    return made, [one for one in prepared.sought if one not in prepared.found]


def kept_analysis(database: Database, field_id: int) -> Analysis | None:
    """The last analysis of a field with everything that people changed since; None if none is kept.

    A picture of one cell that came in with a person's word has masks, and no analysis. Its name
    is that of the file, and paths among its parameters are left out: the record of an analysis
    tells no person's name.

    Raises
    ------
    ProjectDamagedError
        If its masks or its table are missing or damaged.
    """
    made = last_segmentation(database, field_id)
    edits = edits_of(database, field_id)
    masks = masks_now(database, field_id, edits)
    cells = table_now(database, field_id, edits)
    if made is None or not made.content or masks is None or cells is None:
        return None
    words = kept_words(made, readable(name_of(database, field_id)))
    analysis = Analysis(masks=masks, cells=cells, **vars(words))
    analysis = replace(analysis, cells=table.annotated(cells, words_on(database, field_id)))
    if not edits:
        return analysis
    return replace(with_cells(analysis, analysis.cells), edits=words.edits + len(edits))


def kept_words(made: Segmentation, name: str) -> Words:
    """What the analysis behind `made` says besides masks and table; its field is called `name`."""
    return _WORDS.validate_python({**made.content, "name": name})


def words_on(database: Database, field_id: int, reading_id: int | None = None) -> dict[int, str]:
    """What stands now on the cells of a field, by label."""
    stands = standing(database, field_id, reading_id)
    return {one.label: one.word.name for one in stands if one.label is not None}


def placed_cells(cells: pd.DataFrame) -> list[PlacedCell]:
    """Where the cells of a table are."""
    there = table.present(cells)
    columns = there[["centroid_y_px", "centroid_x_px", *table.BOX]].to_numpy(float)
    return [
        PlacedCell(int(label), (y, x), Region(*map(int, box)))
        for label, (y, x, *box) in zip(there.index, columns, strict=True)
    ]


def _masks_before(database: Database, field_id: int) -> CellMasks | None:
    """The masks so far; None where they cannot be read, for marked cells have a position too."""
    try:
        return masks_now(database, field_id)
    except ProjectDamagedError:
        return None


def _content_of(analysis: Analysis) -> dict:
    """All but masks and table, ready for JSON, without what may tell a name."""
    words = Words(**{one.name: getattr(analysis, one.name) for one in fields(Words)})
    told = replace(
        words,
        pixel_size=_nameless(words.pixel_size),
        flags=tuple(flag for flag in words.flags if not flag.startswith(_NAMING)),
        parameters=_pathless(words.parameters),
    )
    return _WORDS.dump_python(told, mode="json", exclude={"name"})


def _nameless(size: PixelSize) -> PixelSize:
    # A person called the profile as they liked.
    return replace(size, note="") if size.origin == "profile" else size


def _pathless(parameters: AnalysisParameters) -> AnalysisParameters:
    """`parameters` without the name of a profile, and without paths of models."""
    from napari_all_subtype.model.weights import BUNDLED
    from napari_all_subtype.workflow.models import known_ids

    finding, model = parameters.finding, parameters.model
    weights = finding.segmenter_model
    if weights is not None and (os.path.basename(weights) != weights or os.path.exists(weights)):
        finding = finding.model_copy(update={"segmenter_model": None})
    if model.model not in {BUNDLED, *known_ids()}:
        model = model.model_copy(update={"model": BUNDLED})
    scale = parameters.scale.model_copy(update={"profile": None})
    return parameters.model_copy(update={"scale": scale, "finding": finding, "model": model})
