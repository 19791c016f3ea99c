"""The cells of a smear as a project keeps them, with what stands on them; without masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.errors import RecordError
from napari_all_subtype.project import records
from napari_all_subtype.project.current import table_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.segmentations import Segmentation, last_segmentation
from napari_all_subtype.project.smears import fields_of, slides_of
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.project_analyses import kept_words, words_on


@dataclass(frozen=True)
class KeptCells:
    """The cells of one field of a project.

    Parameters
    ----------
    field : records.Field
    made : Segmentation
        How they were found.
    analysis : Analysis
        Without masks; its table is that after all edits and says what people say, and it is
        called after the number of the field: the name of a file tells people.
    """

    field: records.Field
    made: Segmentation
    analysis: Analysis

    @property
    def counted(self) -> FieldCells:
        """What a summary needs of it."""
        return FieldCells.of(self.analysis)


def kept_cells(database: Database, slide_id: int, reading_id: int | None = None) -> list[KeptCells]:
    """The analysed fields of a slide, in the order in which they came.

    Parameters
    ----------
    database : Database
    slide_id : int
    reading_id : int, optional
        Whose words the tables say; by default those of the common record.

    Raises
    ------
    RecordError
        If there is no such slide.
    ProjectDamagedError
        If a table is missing or damaged.
    """
    refuse_unknown_slide(database, slide_id)
    with database.snapshot():
        found = [_of_field(database, one, reading_id) for one in fields_of(database, slide_id)]
    return [one for one in found if one is not None]


def refuse_unknown_slide(database: Database, slide_id: int) -> None:
    """Raise if there is no such slide.

    Raises
    ------
    RecordError
    """
    known = [slide.slide_id for slide in slides_of(database)]
    if slide_id not in known:
        there = f"{known[0]} to {known[-1]}" if known else "none yet"
        raise RecordError(
            f"The project has no slide {slide_id}. Its slides are {there}: napari-all-subtype "
            "project status shows them."
        )


def _of_field(database: Database, field: records.Field, reading_id: int | None) -> KeptCells | None:
    made = last_segmentation(database, field.field_id)
    cells = table_now(database, field.field_id)
    if made is None or not made.content or cells is None:
        return None
    words = kept_words(made, f"field {field.field_id}")
    none = np.zeros((0, 0), np.int32)
    cells = table.annotated(cells, words_on(database, field.field_id, reading_id))
    return KeptCells(field, made, Analysis(masks=CellMasks(none, none), cells=cells, **vars(words)))
