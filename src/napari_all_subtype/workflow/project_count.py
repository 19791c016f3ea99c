"""The differential count of a smear that a project keeps."""

from __future__ import annotations

from collections.abc import Sequence

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import AllSubtypeError, RecordError, Stopped
from napari_all_subtype.progress import SILENT, Monitor, steps
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import path_of
from napari_all_subtype.workflow.blank_rate import blank_rate
from napari_all_subtype.workflow.count_table import (
    Differential,
    count_column,
    model_column,
    titles_of,
)
from napari_all_subtype.workflow.differential import CountedField, Drawn, draw
from napari_all_subtype.workflow.kept_cells import KeptCells, kept_cells
from napari_all_subtype.workflow.overlaps import SmearOverviews
from napari_all_subtype.workflow.project_analyses import words_on
from napari_all_subtype.workflow.result_state import result_state
from napari_all_subtype.workflow.review_parameters import DifferentialParameters
from napari_all_subtype.workflow.spoken import MODEL, RECORD, finished_readings, named_readings

Repeated = dict[int, tuple[Region, ...]]


def repeated_parts(
    database: Database, fields: Sequence[KeptCells], monitor: Monitor = SILENT
) -> tuple[Repeated, int]:
    """Parts of fields that an earlier one shows as well, and how many images could not be read.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    """
    if len(fields) < 2:
        return {}, 0
    overviews, lost = SmearOverviews(), 0
    for one in steps(fields, "compare fields", monitor):
        number = one.field.field_id
        try:
            source = as_source(path_of(database, number), one.analysis.parameters.reading)
            overviews.add(number, one.analysis.name, source)
        except Stopped:
            raise
        except AllSubtypeError:
            lost += 1
    return overviews.seen_before(fields[0].analysis.parameters.quality, monitor), lost


def draw_smear(
    fields: Sequence[KeptCells], repeated: Repeated, parameters: DifferentialParameters
) -> Drawn:
    """The cells that are counted of a smear.

    Raises
    ------
    RecordError
        If no field was analysed, or their classes differ.
    """
    if not fields:
        raise RecordError("No cell was found in this smear yet. Analyse its fields, then count.")
    if len({one.analysis.taxonomy for one in fields}) > 1:
        raise RecordError(
            "Fields of this smear were classified by models with different classes, which cannot "
            "be counted together. Analyse all of them with one model."
        )
    counted = [
        CountedField(one.field.field_id, one.analysis.cells, repeated.get(one.field.field_id, ()))
        for one in fields
    ]
    return draw(counted, parameters)


def count_smear(
    database: Database,
    slide_id: int,
    parameters: DifferentialParameters = DifferentialParameters(),
    monitor: Monitor = SILENT,
) -> Differential:
    """The count of a slide by its common record, by each finished reading, and by the model.

    Raises
    ------
    RecordError
        If there is no such slide, nothing was found in it, or its classes differ.
    ProjectDamagedError
        If a table is missing or damaged.
    Stopped
        If the monitor asked for it.
    """
    fields = kept_cells(database, slide_id)
    repeated, lost = repeated_parts(database, fields, monitor)
    drawn = draw_smear(fields, repeated, parameters)
    return counted(database, slide_id, fields, drawn, parameters, lost)


def counted(
    database: Database,
    slide_id: int,
    fields: Sequence[KeptCells],
    drawn: Drawn,
    parameters: DifferentialParameters,
    lost: int = 0,
) -> Differential:
    """What the cells drawn add up to, column by column.

    Parameters
    ----------
    lost : int
        Images that could not be compared with the others.
    name_of : callable, optional
        What a reader is called, by id; by default ``reader-1`` and so on.
    """
    first = fields[0].analysis
    taxonomy, seed = first.taxonomy, parameters.seed
    columns = [count_column(RECORD, drawn, drawn.words, taxonomy, seed)]
    for key, reading in named_readings(finished_readings(database, slide_id)):
        words = {
            (one.field.field_id, label): word
            for one in fields
            for label, word in words_on(database, one.field.field_id, reading.reading_id).items()
        }
        column = count_column(key, drawn, drawn.said(words), taxonomy, seed)
        columns.append(column.model_copy(update={"reader_id": reading.reader_id}))
    models = sorted({one.analysis.model for one in fields})
    columns.append(model_column(f"{MODEL} {', '.join(models)}", drawn, taxonomy, seed))
    threshold = first.parameters.decision.blast_threshold
    return Differential(
        parameters=parameters,
        n_drawn=len(drawn.places),
        n_read=drawn.n_read,
        n_leukocytes=drawn.n_leukocytes,
        n_able=drawn.n_able,
        n_at_edges=drawn.n_at_edges,
        n_repeated=drawn.n_repeated,
        columns=tuple(columns),
        blank_rate=blank_rate(first.facts, drawn.n_leukocytes, threshold),
        notes=_notes(lost, models),
        result=result_state(database, slide_id).text(),
        titles=titles_of(taxonomy),
    )


def names_of_readers(database: Database) -> dict[int, str]:
    """Names by id, for the eyes of those who have the project."""
    return {one.reader_id: one.name for one in readers_of(database)}


def _notes(lost: int, models: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if lost:
        notes.append(
            f"{lost} images could not be read: whether they show again what others show is not "
            "known."
        )
    if len(models) > 1:
        notes.append("Fields of this smear were classified by different models.")
    return tuple(notes)
