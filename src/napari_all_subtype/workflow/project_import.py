"""What comes into a project: fields of a case, and pictures of single cells with their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.folders import is_image_name, list_images
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.scale import pixel_size_of
from napari_all_subtype.cells.single_cell import SingleCell, crop_single_cell
from napari_all_subtype.cells.source import ImageSource, PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ImageReadError, NoImagesError, RecordError, Stopped
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.crops import keep_crop
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.masks import keep_masks
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.segmentations import Segmentation, store_segmentation
from napari_all_subtype.project.smears import (
    add_case,
    add_field,
    add_slide,
    add_specimen,
    fields_of,
    move_field,
)
from napari_all_subtype.project.tables import keep_table
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.inputs import Field, name_fields
from napari_all_subtype.workflow.outcomes import IMAGES, Outcome, failure_of
from napari_all_subtype.workflow.picture_scale import SharedScale, shared_scale
from napari_all_subtype.workflow.project_analyses import placed_cells

FILE, WORD, GROUP = "file", "annotation", "group"
ONE_CELL = "the cell in the middle"


@dataclass(frozen=True)
class Imported:
    """What became of the images that were to come in.

    Parameters
    ----------
    added : int
        New fields.
    known : int
        Images whose pixels the project has already; their place is noted anew.
    annotated : int
        Cells that came with a word.
    failed : tuple of Outcome
        Images that could not be read, each with its error.
    """

    added: int = 0
    known: int = 0
    annotated: int = 0
    failed: tuple[Outcome, ...] = ()


def import_fields(
    database: Database,
    images: Sequence[Path],
    case_id: str = "",
    identifier: str = "",
    specimen: str = "",
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> Imported:
    """Add images as fields of one slide of one case; those that are there already stay.

    Parameters
    ----------
    case_id : str
        Pseudonym; by default the next of ``case-1``, ``case-2`` …
    identifier : str
        What tells the patient: kept apart, never exported unless asked for.
    specimen : str
        ``blood``, ``marrow`` or the like.

    Raises
    ------
    RecordError
        If the pseudonym belongs to another case.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    Stopped
        If the monitor asked for it; what came in before stays.
    """
    database.refuse_read_only()
    known = {field.sha256: field.field_id for field in fields_of(database)}
    slide_id, count, failed = None, {"added": 0, "known": 0}, []
    for n, field in enumerate(name_fields(list(images))):
        checkpoint(monitor, Progress(IMAGES, n, len(images)))
        try:
            source = as_source(field.path, parameters.reading)
            digest = pixels_sha256(source.read())
        except Stopped:
            raise
        except Exception as error:  # the edge: recorded, and the others go on
            failed.append(failure_of(field, error))
            continue
        if digest in known:
            move_field(database, known[digest], field.path)
            count["known"] += 1
            continue
        if slide_id is None:
            slide_id = _new_slide(database, case_id, identifier, specimen)
        known[digest] = _add(database, slide_id, field.path, digest, source, source.pixel_size)
        count["added"] += 1
    checkpoint(monitor, Progress(IMAGES, len(images), len(images)))
    return Imported(count["added"], count["known"], failed=tuple(failed))


def import_cells(
    database: Database,
    rows: pd.DataFrame,
    reader_id: int,
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> Imported:
    """Add pictures of one cell each, with the words that came with them.

    Pictures of one group are one case: no split will ever separate them. Its crop is kept as
    the model of `parameters` sees it.

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
        If a word is none of the project's; nothing is added then.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    Stopped
        If the monitor asked for it; what came in before stays.
    """
    database.refuse_read_only()
    taxonomy = taxonomy_of(database)
    words = [Word.of(taxonomy, text) if text else None for text in rows[WORD]]
    pictures = name_fields([Path(path) for path in rows[FILE]])
    spec = read_card(find_model(parameters.model.model)).crop_spec
    cutter = _Cutter(parameters, spec, shared_scale(pictures, parameters, monitor), monitor)
    known = {field.sha256 for field in fields_of(database)}
    slides: dict[str, int] = {}
    count, failed = {"added": 0, "known": 0, "annotated": 0}, []
    for n, (picture, word, group) in enumerate(zip(pictures, words, rows[GROUP], strict=True)):
        checkpoint(monitor, Progress(IMAGES, n, len(pictures)))
        try:
            source, size, cell = cutter(picture)
        except Stopped:
            raise
        except Exception as error:  # the edge: recorded, and the others go on
            failed.append(failure_of(picture, error))
            continue
        digest = pixels_sha256(source.read())
        if digest in known:
            count["known"] += 1
            continue
        known.add(digest)
        with database.transaction():
            if group not in slides:
                slides[group] = _new_slide(database, "", group, "")
            field_id = _add(database, slides[group], picture.path, digest, source, size)
            centre = _keep_cell(database, field_id, cell, size)
            if word is not None:
                seen = SeenCell(field_id, 1, centre, keep_crop(database, cell.crop))
                annotate(database, reader_id, seen, word)
        count["added"] += 1
        count["annotated"] += word is not None
    checkpoint(monitor, Progress(IMAGES, len(pictures), len(pictures)))
    return Imported(**count, failed=tuple(failed))


def rows_of_csv(path: Path) -> pd.DataFrame:
    """Rows for :func:`import_cells` from a CSV file: ``file``, ``annotation``, ``group``.

    Files are looked for beside the CSV file. ``label`` stands for ``annotation`` as well;
    without ``group`` the pictures of one folder are one.

    Raises
    ------
    ImageReadError
        If it cannot be read.
    RecordError
        If it has no column of files, or none of annotations.
    """
    try:
        given = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ImageReadError(
            f"{path.name} cannot be read as CSV ({error}). Expected a table with the columns "
            f"{FILE}, {WORD} and {GROUP}."
        ) from error
    named = WORD if WORD in given else "label"
    if FILE not in given or named not in given:
        raise RecordError(
            f"{path.name} has the columns {', '.join(given)}: expected {FILE}, {WORD} and, if "
            f"pictures belong together, {GROUP}."
        )
    files = [path.parent / name for name in given[FILE]]
    folders = [str(file.parent) for file in files]
    groups = [g or f for g, f in zip(given.get(GROUP, folders), folders, strict=True)]
    words = [word.strip().lower().replace(" ", "_") for word in given[named]]
    return pd.DataFrame({FILE: files, WORD: words, GROUP: groups})


def rows_of_class_folders(folder: Path) -> pd.DataFrame:
    """Rows for :func:`import_cells` from a folder with one folder of pictures per class.

    A folder ``unlabelled`` holds pictures that nobody has named. Nothing tells which pictures
    belong together: they are one group.

    Raises
    ------
    NoImagesError
        If there is no folder of pictures in it.
    """
    found = [
        (image, "" if home.name == "unlabelled" else home.name.lower().replace(" ", "_"))
        for home in sorted(path for path in folder.iterdir() if path.is_dir())
        if any(is_image_name(path.name) for path in home.iterdir())
        for image in list_images(home)
    ]
    if not found:
        raise NoImagesError(
            f"{folder.name} holds no folder of pictures. Expected one for each class, called by "
            "its name, and 'unlabelled' for the rest."
        )
    files, words = zip(*found, strict=True)
    return pd.DataFrame({FILE: files, WORD: words, GROUP: str(folder.absolute())})


@dataclass(frozen=True)
class _Cutter:
    """The cell in the middle of a picture, at the size its red cells or its folder tell."""

    parameters: AnalysisParameters
    spec: CropSpec
    shared: SharedScale
    monitor: Monitor

    def __call__(self, picture: Field) -> tuple[ImageSource, PixelSize, SingleCell]:
        source = as_source(picture.path, self.parameters.reading, dark_ground=True)
        size = self.shared.get(picture, source) or pixel_size_of(
            source, self.parameters.scale, self.monitor
        )
        segmentation = self.parameters.segmentation
        cell = crop_single_cell(source.read(), size.um_per_px, self.spec, segmentation)
        return source, size, cell


def _new_slide(database: Database, case_id: str, identifier: str, specimen: str) -> int:
    case = add_case(database, case_id, identifier)
    return add_slide(database, add_specimen(database, case, specimen))


def _add(
    database: Database,
    slide_id: int,
    path: Path,
    digest: str,
    source: ImageSource,
    size: PixelSize | None,
) -> int:
    told = (None, "") if size is None else (size.um_per_px, size.origin)
    return add_field(database, slide_id, path, digest, source.shape, *told)


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
