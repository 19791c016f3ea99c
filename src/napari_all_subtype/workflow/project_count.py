"""The differential count of a smear that a project keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_all_subtype.amounts import amount
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import AllSubtypeError, RecordError, Stopped
from napari_all_subtype.progress import SILENT, Monitor, steps
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import readers_heard
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.records import Reading
from napari_all_subtype.project.smears import path_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.blank_rate import blank_rate
from napari_all_subtype.workflow.count_table import (
    CountColumn,
    Differential,
    count_column,
    model_column,
    titles_of,
)
from napari_all_subtype.workflow.differential import CountedField, Drawn, draw
from napari_all_subtype.workflow.kept_cells import kept_cells
from napari_all_subtype.workflow.overlaps import SmearOverviews
from napari_all_subtype.workflow.project_analyses import words_on
from napari_all_subtype.workflow.result_state import FINAL, result_state
from napari_all_subtype.workflow.review_parameters import DifferentialParameters
from napari_all_subtype.workflow.spoken import MODEL, RECORD, finished_readings, named_readings

NO_CELL = (
    "The fields of this smear were not analysed in this project yet, so there is no cell to draw. "
    "Choose it in the window (dock Review, Smear), press Run in the dock Analyse smear, then count."
)
Analyses = Mapping[int, Analysis]
Repeated = dict[int, tuple[Region, ...]]


def repeated_parts(
    database: Database, fields: Analyses, monitor: Monitor = SILENT
) -> tuple[Repeated, int]:
    """Parts of fields that an earlier one shows as well, and how many images could not be read.

    Parameters
    ----------
    fields : mapping of int to Analysis
        Of one slide, by field id; masks are not needed.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    """
    if len(fields) < 2:
        return {}, 0
    overviews, lost = SmearOverviews(), 0
    for number, analysis in steps(list(fields.items()), "compare fields", monitor):
        try:
            source = as_source(path_of(database, number), analysis.parameters.reading)
            overviews.add(number, analysis.name, source)
        except Stopped:
            raise
        except AllSubtypeError:
            lost += 1
    quality = next(iter(fields.values())).parameters.quality
    return overviews.seen_before(quality, monitor), lost


def draw_smear(fields: Analyses, repeated: Repeated, parameters: DifferentialParameters) -> Drawn:
    """The cells that are counted of a smear.

    Raises
    ------
    RecordError
        If no field was analysed, or their classes differ.
    """
    if not fields:
        raise RecordError(NO_CELL)
    if len({one.taxonomy for one in fields.values()}) > 1:
        raise RecordError(
            "Fields of this smear were classified by models with different classes, which cannot "
            "be counted together. Analyse all of them with one model."
        )
    counted = [
        CountedField(number, analysis.cells, repeated.get(number, ()))
        for number, analysis in fields.items()
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
    kept = kept_cells(database, slide_id)
    fields = {one.field.field_id: one.analysis for one in kept}
    repeated, lost = repeated_parts(database, fields, monitor)
    drawn = draw_smear(fields, repeated, parameters)
    return counted(database, slide_id, fields, drawn, parameters, lost)


def counted(
    database: Database,
    slide_id: int,
    fields: Analyses,
    drawn: Drawn,
    parameters: DifferentialParameters,
    lost: int = 0,
    apart: Reading | None = None,
    with_model: bool = True,
    identifiers: bool = False,
) -> Differential:
    """What the cells drawn add up to, column by column.

    Parameters
    ----------
    fields : mapping of int to Analysis
        Of the slide, by field id, with the words that `drawn` has.
    lost : int
        Images that could not be compared with the others.
    apart : Reading, optional
        The one whose words these are; by default the common record.
    with_model : bool
        Also what the model says, if any did, and how often it is wrong of normal cells.
    identifiers : bool
        Have the result name who locked it.
    """
    first = next(iter(fields.values()))
    taxonomy, seed = first.taxonomy, parameters.seed
    own = RECORD if apart is None else f"reader-{apart.reader_id}"
    column = count_column(own, drawn, drawn.words, taxonomy, seed)
    columns = [column.model_copy(update={"reader_id": _who(database, slide_id, apart)})]
    if apart is None:
        columns += _readings(database, slide_id, fields, drawn, taxonomy, seed)
    models = sorted({one.model for one in fields.values()})
    # Cells that were found only stand there as unknown, which no model called them.
    with_model = with_model and models != [FOUND_ONLY]
    if with_model:
        columns.append(model_column(f"{MODEL} {', '.join(models)}", drawn, taxonomy, seed))
    threshold = first.parameters.decision.blast_threshold
    rate = blank_rate(first.facts, drawn.n_leukocytes, threshold)
    state = result_state(database, slide_id)
    return Differential(
        parameters=parameters,
        n_drawn=len(drawn.places),
        n_read=drawn.n_read,
        n_leukocytes=drawn.n_leukocytes,
        n_able=drawn.n_able,
        n_at_edges=drawn.n_at_edges,
        n_repeated=drawn.n_repeated,
        columns=tuple(columns),
        blank_rate=rate if with_model else None,
        notes=_notes(lost, models),
        result=state.text(identifiers),
        final=apart is None and state.state in FINAL,
        titles=titles_of(taxonomy),
    )


def _who(database: Database, slide_id: int, apart: Reading | None) -> int | None:
    """Who said all that counts: who reads apart, or the only one in the common record."""
    if apart is not None:
        return apart.reader_id
    heard = readers_heard(database, slide_id)
    return heard.pop() if len(heard) == 1 else None


def _readings(
    database: Database,
    slide_id: int,
    fields: Analyses,
    drawn: Drawn,
    taxonomy: Taxonomy,
    seed: int,
) -> list[CountColumn]:
    """A column for each reading of its own that may be looked at."""
    columns = []
    for key, reading in named_readings(finished_readings(database, slide_id)):
        words = {
            (number, label): word
            for number in fields
            for label, word in words_on(database, number, reading.reading_id).items()
        }
        column = count_column(key, drawn, drawn.said(words), taxonomy, seed)
        columns.append(column.model_copy(update={"reader_id": reading.reader_id}))
    return columns


def names_of_readers(database: Database) -> dict[int, str]:
    """Names by id, for the eyes of those who have the project."""
    return {one.reader_id: one.name for one in readers_of(database)}


def _notes(lost: int, models: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if lost:
        notes.append(
            f"{amount(lost, 'image')} could not be read: whether cells there are shown by others "
            "as well is not known."
        )
    if len(models) > 1:
        notes.append("Fields of this smear were classified by different models.")
    return tuple(notes)
