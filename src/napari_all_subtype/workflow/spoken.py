"""Who said what of which cell: readers, their readings apart, and the model, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import Standing, standing
from napari_all_subtype.project.readers import readings_of
from napari_all_subtype.project.records import Field, Reading, Slide
from napari_all_subtype.project.smears import fields_of, slides_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.taxonomy import UNKNOWN, Taxonomy
from napari_all_subtype.workflow.kept_cells import kept_cells, refuse_unknown_slide

if TYPE_CHECKING:
    import pandas as pd

RECORD, MODEL = "common record", "model"
PLACE = ("case", "slide", "field", "cell", "marked_cell", "y_px", "x_px")


@dataclass(frozen=True)
class Rater:
    """Somebody who said what cells are, or the model.

    Parameters
    ----------
    key : str
        Column of `Spoken.cells`; tells no name.
    reader_id : int or None
        None for the model, and for a common record that several readers made.
    """

    key: str
    reader_id: int | None = None

    def title(self, names: Mapping[int, str]) -> str:
        """`key`, with the reader's name where `names` has one."""
        if self.reader_id not in names:
            return self.key
        if self.key == RECORD:
            return f"{names[self.reader_id]}, {RECORD}"
        return self.key.replace(f"reader-{self.reader_id}", names[self.reader_id], 1)


@dataclass(frozen=True)
class Spoken:
    """Words on cells, a row per cell of which a person has said something.

    Parameters
    ----------
    raters : tuple of Rater
        The common record, readings apart, and the model, as far as there are any.
    cells : pandas.DataFrame
        `PLACE`, then a column per rater; empty where it says nothing.
    unfinished : int
        Readings apart that go on: nothing of them is here.
    taxonomy : Taxonomy
    """

    raters: tuple[Rater, ...]
    cells: pd.DataFrame
    unfinished: int
    taxonomy: Taxonomy

    @property
    def readers(self) -> tuple[Rater, ...]:
        """Raters without the model."""
        return tuple(one for one in self.raters if one.key != MODEL)

    def said(self, raters: Sequence[Rater]) -> np.ndarray:
        """Words of `raters`: ndarray, shape (N, R), object."""
        return self.cells[[one.key for one in raters]].to_numpy(object)


def spoken_in(database: Database, slides: Sequence[int] = ()) -> Spoken:
    """What was said in a project, or of some of its slides.

    A reading apart is here when it is finished, or was read elsewhere and brought back: what
    others say would no longer make it blind.

    Raises
    ------
    RecordError
        If there is no such slide.
    ProjectDamagedError
        If a table of cells is missing or damaged.
    """
    import pandas as pd

    for slide in slides:
        refuse_unknown_slide(database, slide)
    rows: dict[int, dict[str, object]] = {}
    voices: dict[str, set[int]] = {}
    unfinished = 0
    with database.snapshot():
        for slide in slides_of(database):
            if slides and slide.slide_id not in slides:
                continue
            done = finished_readings(database, slide.slide_id)
            unfinished += len(readings_of(database, slide.slide_id)) - len(done)
            named = [(RECORD, None), *((key, one) for key, one in named_readings(done))]
            for field in fields_of(database, slide.slide_id):
                for key, reading in named:
                    number = None if reading is None else reading.reading_id
                    for one in standing(database, field.field_id, number):
                        row = rows.setdefault(one.annotation.marked_id, _place(slide, field, one))
                        row[key] = one.word.name
                        voices.setdefault(key, set()).add(one.annotation.reader_id)
            _model_says(database, slide, rows)
        taxonomy = taxonomy_of(database)
    keys = [RECORD] * (RECORD in voices) + sorted(voices.keys() - {RECORD})
    raters = [Rater(key, *_only(voices[key])) for key in keys]
    if any(row.get(MODEL) for row in rows.values()):
        raters.append(Rater(MODEL))
    columns = [*PLACE, *(one.key for one in raters)]
    cells = pd.DataFrame([rows[key] for key in sorted(rows)], columns=columns)
    words = [one.key for one in raters]
    cells[words] = cells[words].astype(object).where(cells[words].notna(), "")
    whole = dict.fromkeys(("slide", "field", "cell", "marked_cell"), "Int64")
    return Spoken(tuple(raters), cells.astype(whole), unfinished, taxonomy)


def finished_readings(database: Database, slide_id: int) -> list[Reading]:
    """Readings of their own that may be looked at: finished, or read elsewhere and brought back."""
    return [one for one in readings_of(database, slide_id) if one.finished or one.brought_from]


def named_readings(readings: Sequence[Reading]) -> list[tuple[str, Reading]]:
    """Readings of a slide under the code of their reader, and which of theirs it is."""
    count: dict[int, int] = {}
    named = []
    for one in readings:
        count[one.reader_id] = nth = count.get(one.reader_id, 0) + 1
        again = f", reading {nth}" if nth > 1 else ""
        seen = "" if one.blind else ", not blind"
        named.append((f"reader-{one.reader_id}{again}{seen}", one))
    return named


def _only(reader_ids: set[int]) -> tuple[int, ...]:
    return tuple(reader_ids) if len(reader_ids) == 1 else ()


def _place(slide: Slide, field: Field, one: Standing) -> dict[str, object]:
    y, x = one.centroid_yx_px
    where = (slide.case_id, slide.slide_id, field.field_id, one.label, one.annotation.marked_id)
    row = dict(zip(PLACE, (*where, y, x), strict=True))
    told = one.annotation.seen.predicted
    # Where the cell was lost, or its field was never analysed here, what it was said beside.
    return row if told is None else row | {MODEL: _of_model(told.word.name)}


def _model_says(database: Database, slide: Slide, rows: dict[int, dict[str, object]]) -> None:
    """Put what the model says now of cells that are still there into their rows."""
    said = {
        one.field.field_id: one.analysis.cells["subtype"]
        for one in kept_cells(database, slide.slide_id)
    }
    for row in rows.values():
        words, label = said.get(row["field"]), row["cell"]
        if words is not None and label is not None and label < len(words):
            row[MODEL] = _of_model(words.iat[label])


def _of_model(word: str) -> str:
    """The model's word; of an unknown cell it says nothing."""
    return "" if word == UNKNOWN.name else word
