"""Pictures of single cells that come into a project, with the words people said of them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.scale import given_size, refuse_unknown_profile
from napari_all_subtype.cells.single_cell import SingleCell
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ProjectError, RecordError, Stopped
from napari_all_subtype.model.card import read_card
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint, steps
from napari_all_subtype.project import records
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.crops import keep_crop
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.masks import keep_masks
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.segmentations import (
    Segmentation,
    cells_of,
    last_segmentation,
    store_segmentation,
)
from napari_all_subtype.project.smears import (
    add_case,
    add_slide,
    add_specimen,
    field_of,
    fields_of,
    move_field,
)
from napari_all_subtype.project.tables import keep_table
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.cell_rows import FILE, GROUP, words_in
from napari_all_subtype.workflow.cut_cell import Cutter
from napari_all_subtype.workflow.inputs import Field, name_fields
from napari_all_subtype.workflow.models import folder_of
from napari_all_subtype.workflow.outcomes import IMAGES, Outcome, failure_of
from napari_all_subtype.workflow.picture_scale import shared_scale
from napari_all_subtype.workflow.project_analyses import placed_cells
from napari_all_subtype.workflow.project_fields import Imported, add_image

ONE_CELL = "the cell in the middle"


@dataclass(frozen=True)
class _Picture:
    """A picture of one cell, what was said of it, and what it belongs to."""

    field: Field
    word: Word | None
    group: str
    digest: str


def import_cells(
    database: Database,
    rows: pd.DataFrame,
    reader_id: int,
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> Imported:
    """Add pictures of one cell each, with the words that came with them.

    Pictures of one group are one case: no split will ever separate them. Its crop is kept as
    the model of `parameters` sees it. A picture that is there already takes a word that does
    not stand on it yet, and keeps the size of its pixels.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``file`` (path), ``annotation`` (a class of the project or an exclusion; empty where
        nobody has said anything) and ``group``.
    reader_id : int
        Who said these words.

    Raises
    ------
    RecordError
        If a word is none of the project's, two contradict each other, or there is no such
        reader; nothing is added then.
    ProfileError
        If the instrument profile cannot be used.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    Stopped
        If the monitor asked for it; what came in before stays.
    """
    database.refuse_read_only()
    if reader_id not in {reader.reader_id for reader in readers_of(database)}:
        raise RecordError(f"The project has no reader {reader_id}. Enter the reader first.")
    refuse_unknown_profile(parameters.scale)
    pictures, failed = _read_all(database, rows, parameters, monitor)
    _refuse_contradictions(pictures)
    scale = shared_scale([one.field for one in pictures], parameters, monitor)
    spec = read_card(folder_of(parameters.model.model)).crop_spec
    intake = _Intake(database, reader_id, Cutter(parameters, spec, scale, monitor), pictures)
    count = {"added": 0, "known": 0, "annotated": 0}
    for n, picture in enumerate(pictures):
        checkpoint(monitor, Progress(IMAGES, n, len(pictures)))
        try:
            new, annotated = intake.take(picture)
        except Exception as error:  # the edge: recorded, and the others go on
            ends = isinstance(error, ProjectError) and not isinstance(error, RecordError)
            if ends or isinstance(error, Stopped):
                raise
            failed.append(failure_of(picture.field, error))
            continue
        count["added" if new else "known"] += 1
        count["annotated"] += annotated
    checkpoint(monitor, Progress(IMAGES, len(pictures), len(pictures)))
    otherwise = _of_other_size(database, intake.met, given_size(parameters.scale))
    told = {"sizes": tuple(intake.sizes), "of_other_size": otherwise, "no_cell": intake.no_cell}
    return Imported(**count, failed=tuple(failed), **told)


def words_of(database: Database, rows: pd.DataFrame) -> list[Word | None]:
    """What the ``annotation`` of each of `rows` means in this project; None where it is empty.

    Raises
    ------
    RecordError
        If one is neither a class of the project nor an exclusion.
    """
    taxonomy = taxonomy_of(database)
    return words_in(rows, taxonomy)


class _Intake:
    """Takes pictures into a project one by one, each whole or not at all."""

    def __init__(
        self, database: Database, reader_id: int, cutter: Cutter, pictures: Sequence[_Picture]
    ):
        self._database, self._reader_id, self._cutter = database, reader_id, cutter
        self.sizes: list[PixelSize] = []  # of the pictures that are new
        self.no_cell = 0  # of them, in which none was found
        self.met: set[int] = set()  # fields that were there already
        fields = {field.sha256: field for field in fields_of(database)}
        self._known = {digest: field.field_id for digest, field in fields.items()}
        # What an earlier run left out goes where the others of its group are.
        self._slides = {
            one.group: fields[one.digest].slide_id for one in pictures if one.digest in fields
        }

    def take(self, picture: _Picture) -> tuple[bool, bool]:
        """Whether the picture is new, and whether its word is."""
        if picture.digest in self._known:
            self.met.add(self._known[picture.digest])
            return False, self._take_word(picture, self._known[picture.digest])
        database = self._database
        source, size, cell = self._cutter(picture.field)
        with database.transaction():
            slide_id = self._slides.get(picture.group) or self._new_slide(picture.group)
            refuse_locked(database, slide_id)
            field_id = add_image(
                database, slide_id, picture.field.path, picture.digest, source.shape, size
            )
            centre = _keep_cell(database, field_id, cell, size)
            if picture.word is not None:
                seen = SeenCell(field_id, 1, centre, keep_crop(database, cell.crop))
                annotate(database, self._reader_id, seen, picture.word)
        self.sizes.append(size)
        self.no_cell += not cell.found
        self._known[picture.digest] = field_id
        self._slides[picture.group] = slide_id
        return True, picture.word is not None

    def _take_word(self, picture: _Picture, field_id: int) -> bool:
        """Whether a picture that is there already took a word that did not stand on it."""
        database, word = self._database, picture.word
        move_field(database, field_id, picture.field.path)
        if word is None or any(one.word == word for one in standing(database, field_id)):
            return False
        centre = _centre_of_one(database, field_of(database, field_id))
        _, _, cell = self._cutter(picture.field)
        seen = SeenCell(field_id, 1, centre, keep_crop(database, cell.crop))
        annotate(database, self._reader_id, seen, word)
        return True

    def _new_slide(self, group: str) -> int:
        case = add_case(self._database, identifier=group)
        return add_slide(self._database, add_specimen(self._database, case))


def _of_other_size(database: Database, met: Set[int], given: PixelSize | None) -> int:
    """How many of the fields that were met have pixels of another size than is given now."""
    if given is None:
        return 0
    kept = (one.um_per_px for one in fields_of(database) if one.field_id in met)
    return sum(not np.isclose(um, given.um_per_px, rtol=1e-3) for um in kept if um)


def _read_all(
    database: Database, rows: pd.DataFrame, parameters: AnalysisParameters, monitor: Monitor
) -> tuple[list[_Picture], list[Outcome]]:
    """The pictures with their words, and what became of those that cannot be read.

    Raises
    ------
    RecordError
        If a word is none of the project's.
    """
    fields = name_fields([Path(path) for path in rows[FILE]])
    told = list(zip(fields, words_of(database, rows), rows[GROUP], strict=True))
    pictures, failed = [], []
    for field, word, group in steps(told, "read pictures", monitor):
        try:
            source = as_source(field.path, parameters.reading, dark_ground=True)
            pictures.append(_Picture(field, word, group, pixels_sha256(source.read())))
        except Stopped:
            raise
        except Exception as error:  # the edge: recorded, and the others go on
            failed.append(failure_of(field, error))
    return pictures, failed


def _refuse_contradictions(pictures: Sequence[_Picture]) -> None:
    said: dict[str, _Picture] = {}
    for picture in pictures:
        if picture.word is None:
            continue
        first = said.setdefault(picture.digest, picture)
        if first.word != picture.word:
            raise RecordError(
                f"{first.field.name} and {picture.field.name} have the same pixels, and are called "
                f"{first.word.name} and {picture.word.name}. Nothing was added: give one word."
            )


def _centre_of_one(database: Database, field: records.Field) -> tuple[float, float]:
    """Centre of the one cell of a picture (y, x) in pixels.

    Raises
    ------
    RecordError
        If its cells were found otherwise since, or a person deleted it.
    """
    made = last_segmentation(database, field.field_id)
    if made is None:
        height, width = field.shape_yx_px
        return height / 2, width / 2
    cells = cells_of(database, field.field_id) if made.segmenter == ONE_CELL else []
    if not cells or cells[0].label != 1:
        raise RecordError(
            f"Field {field.field_id} of the project has these pixels, and it is not known which of "
            "its cells the word is of. The word was not taken: say it of the cell itself."
        )
    return cells[0].centroid_yx_px


def _keep_cell(
    database: Database, field_id: int, cell: SingleCell, size: PixelSize
) -> tuple[float, float]:
    """Centre of the cell (y, x) in pixels, after its masks were kept if it was found."""
    if not cell.found:
        height, width = cell.mask.shape
        return height / 2, width / 2
    masks = CellMasks(*(part.astype("int32") for part in (cell.mask, cell.nucleus)))
    cells = measure(masks, size.um_per_px)
    kept = keep_masks(database, masks), keep_table(database, cells)
    (placed,) = placed_cells(cells)
    store_segmentation(database, field_id, Segmentation(ONE_CELL, {}, *kept), [placed], {})
    return placed.centroid_yx_px
