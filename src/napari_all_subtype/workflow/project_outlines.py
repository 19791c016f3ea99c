"""Fields that come into a project with outlines of their cells, from QuPath or from here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.crops import crop_cells
from napari_all_subtype.cells.given_outlines import GivenOutlines
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import (
    MaskReadError,
    ParameterError,
    ProjectError,
    RecordError,
    Stopped,
)
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.project.annotation import Predicted, SeenCell, Word
from napari_all_subtype.project.annotations import annotate_many
from napari_all_subtype.project.crops import keep_crop
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.smears import field_with
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.geojson_read import SUFFIXES, DrawnCells, read_geojson
from napari_all_subtype.workflow.inputs import Field, name_fields
from napari_all_subtype.workflow.outcomes import Outcome, failure_of
from napari_all_subtype.workflow.project_analyses import prepare_analysis, store_prepared
from napari_all_subtype.workflow.project_fields import Imported, import_fields

OUTLINES = "take outlines"
# Image, what finds its cells, and a monitor in; what was found out.
Analyse = Callable[[ImageSource, Monitor, GivenOutlines], Analysis]


@dataclass(frozen=True)
class DrawnField:
    """An image with the cells that were drawn on it, and their words in the project's classes."""

    field: Field
    drawn: DrawnCells
    words: list[Word | None]


def drawn_fields(database: Database, images: Sequence[Path], given: Path) -> list[DrawnField]:
    """Images with their outlines; nothing is written.

    Parameters
    ----------
    images : sequence of Path
    given : Path
        A file for one image, or a folder with a file of the same stem for each; a file that
        this program exported is known by the pixels it is of, whatever it is called.

    Raises
    ------
    MaskReadError
        If a file is missing or no GeoJSON of cells.
    ParameterError
        If one file is given for several images.
    RecordError
        If a word is none of the project's.
    """
    fields, taxonomy = name_fields(list(images)), taxonomy_of(database)
    files = _files_of(fields, given)
    return [
        DrawnField(one, own, own.words(taxonomy)) for one, own in zip(fields, files, strict=True)
    ]


def import_outlines(
    database: Database,
    drawn: Sequence[DrawnField],
    reader_id: int,
    analyse: Analyse,
    case_id: str = "",
    identifier: str = "",
    specimen: str = "",
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> Imported:
    """Add images as fields of one slide, with the cells drawn on them and their words.

    Each field is analysed with these cells, and comes in whole or not at all. A word that
    stands on its cell already is not said again.

    Parameters
    ----------
    reader_id : int
        Who said the words.
    analyse : callable
        What measures and classifies the cells: `analyse.Analyser`.

    Raises
    ------
    LockedError, RecordError
        As `import_fields` does.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    Stopped
        If the monitor asked for it; what came in before stays.
    """
    paths = [one.field.path for one in drawn]
    came = import_fields(database, paths, case_id, identifier, specimen, parameters, monitor)
    lost = {outcome.field.path for outcome in came.failed}
    failed: list[Outcome] = []
    annotated = 0
    for n, one in enumerate(drawn):
        checkpoint(monitor, Progress(OUTLINES, n, len(drawn)))
        if one.field.path in lost:
            continue
        try:
            annotated += _take(database, one, reader_id, analyse, parameters, monitor)
        except Exception as error:  # the edge: recorded, and the others go on
            ends = isinstance(error, ProjectError) and not isinstance(error, RecordError)
            if ends or isinstance(error, Stopped):
                raise
            failed.append(failure_of(one.field, error))
    checkpoint(monitor, Progress(OUTLINES, len(drawn), len(drawn)))
    return replace(came, annotated=annotated, failed=(*came.failed, *failed))


def _take(
    database: Database,
    one: DrawnField,
    reader_id: int,
    analyse: Analyse,
    parameters: AnalysisParameters,
    monitor: Monitor,
) -> int:
    """Number of words that one field came with and that did not stand on its cells yet."""
    source = as_source(one.field.path, parameters.reading)
    known = field_with(database, pixels_sha256(source.read()))
    refuse_locked(database, known.slide_id)
    cells = GivenOutlines(
        [cell.polygons for cell in one.drawn.cells],
        [cell.nucleus for cell in one.drawn.cells],
        parameters.segmentation,
        one.drawn.name,
    )
    analysis = analyse(source, monitor, cells)
    prepared = prepare_analysis(database, known.field_id, analysis)
    with database.transaction():
        store_prepared(database, known.field_id, prepared)
        stands = {s.label: s.word for s in standing(database, known.field_id)}
        told = {k: w for k, w in enumerate(one.words, 1) if w is not None and stands.get(k) != w}
        seen = _seen(database, known.field_id, source, analysis, sorted(told))
        annotate_many(database, reader_id, seen, [told[cell.label] for cell in seen])
    return len(told)


def _seen(
    database: Database, field_id: int, source: ImageSource, analysis: Analysis, labels: list[int]
) -> list[SeenCell]:
    """The cells `labels` as the model sees them, each with its crop."""
    rows = table.present(analysis.cells).loc[labels]
    spec = read_card(find_model(analysis.parameters.model.model)).crop_spec
    crops = crop_cells(source, analysis.masks, rows, analysis.pixel_size.um_per_px, spec)
    return [
        SeenCell(
            field_id,
            int(row.label),
            (row.centroid_y_px, row.centroid_x_px),
            keep_crop(database, crop),
            Predicted(Word(analysis.taxonomy.name, row.subtype), analysis.model, row.confidence),
        )
        for row, crop in zip(rows.itertuples(), crops, strict=True)
    ]


def _files_of(fields: Sequence[Field], given: Path) -> list[DrawnCells]:
    if not given.is_dir():
        if len(fields) != 1:
            raise ParameterError(
                f"One file of outlines is given for {len(fields)} images. Expected a folder with a "
                "file for each, of the same name as the image."
            )
        return [read_geojson(given)]
    there = sorted(p for p in given.iterdir() if p.suffix.lower() in SUFFIXES)
    # Of two with one stem the one that says it is GeoJSON counts.
    by_stem = {path.stem: path for path in reversed(there)}
    found = [by_stem.get(field.path.stem) for field in fields]
    read = [None if path is None else read_geojson(path) for path in found]
    if None in read:
        by_pixels = {one.pixels_sha256: one for one in map(read_geojson, there)}
        read = [one or _of_pixels(f, by_pixels) for one, f in zip(read, fields, strict=True)]
    return read


def _of_pixels(field: Field, by_pixels: dict[str, DrawnCells]) -> DrawnCells:
    """The outlines of the image with these pixels.

    Raises
    ------
    MaskReadError
        If the folder has none.
    """
    made = by_pixels.get(pixels_sha256(as_source(field.path).read()))
    if made is None:
        raise MaskReadError(
            f"The folder of outlines has none for {field.name}. Expected a file of the same name, "
            f"ending in {' or '.join(SUFFIXES)}; add one, or leave the image out."
        )
    return made
