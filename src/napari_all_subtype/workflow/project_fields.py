"""Fields that come into a project: images of one smear of one case, known by their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as field_of_data
from pathlib import Path

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import RecordError, Stopped
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.smears import (
    add_case,
    add_field,
    add_slide,
    add_specimen,
    field_with,
    fields_of,
    move_field,
    plain_text,
    slides_of,
)
from napari_all_subtype.workflow.inputs import name_fields
from napari_all_subtype.workflow.outcomes import IMAGES, Outcome, failure_of


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
        Cells that came with a word which did not stand on them yet.
    failed : tuple of Outcome
        Images that could not be read or taken, each with its error.
    sizes : tuple of PixelSize
        Of the pictures of one cell that are new, with the origin of each.
    of_other_size : int
        Pictures of one cell that the project has at another pixel size than was stated now;
        they keep it.
    no_cell : int
        Of the pictures of one cell that are new, those in which none was found.
    """

    added: int = 0
    known: int = 0
    annotated: int = 0
    failed: tuple[Outcome, ...] = ()
    sizes: tuple[PixelSize, ...] = field_of_data(default=(), repr=False)
    of_other_size: int = 0
    no_cell: int = 0


@dataclass(frozen=True)
class ReadImage:
    """What a project keeps of an image that was read.

    Parameters
    ----------
    path : Path
    digest : str
        Of its pixels, by `pixels.pixels_sha256`.
    shape_yx_px : tuple of int
    size : PixelSize or None
        As the image itself tells it.
    """

    path: Path
    digest: str
    shape_yx_px: tuple[int, int]
    size: PixelSize | None


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

    Where some are there already, the others go to the same slide: what was interrupted, or
    failed in part, is completed by doing it again.

    Parameters
    ----------
    case_id : str
        Pseudonym of a case that is there, or of a new one; by default ``case-1``, ``case-2`` …
    identifier : str
        What tells the patient: kept apart, never exported unless asked for.
    specimen : str
        ``blood``, ``marrow`` or the like.

    Raises
    ------
    LockedError
        If others of these images are on a slide whose result is locked.
    RecordError
        If others of these images are on several slides, or belong to another case or specimen;
        or the identifier belongs to another case.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    Stopped
        If the monitor asked for it; nothing came in then.
    """
    database.refuse_read_only()
    read, failed = _read_all(images, parameters, monitor)
    with database.transaction():
        fields = {field.sha256: field for field in fields_of(database)}
        there = {fields[one.digest].slide_id for one in read if one.digest in fields}
        known = {digest: field.field_id for digest, field in fields.items()}
        slide_id = None
        for one in read:
            if one.digest in known:
                move_field(database, known[one.digest], one.path)
                continue
            if slide_id is None:
                slide_id = _slide_for(database, sorted(there), case_id, identifier, specimen)
            known[one.digest] = add_image(
                database, slide_id, one.path, one.digest, one.shape_yx_px, one.size
            )
    added = len(known) - len(fields)
    return Imported(added, len(read) - added, failed=tuple(failed))


def enter_image(database: Database, image: ReadImage, slide_id: int | None = None) -> int:
    """Id of the field with these pixels: the one that is there, else a new one.

    Parameters
    ----------
    slide_id : int, optional
        Where a new one goes; by default to a slide of a case of its own.

    Raises
    ------
    LockedError
        If it is new and the result of the slide is locked.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    with database.transaction():
        known = field_with(database, image.digest)
        if known is not None:
            move_field(database, known.field_id, image.path)
            return known.field_id
        if slide_id is None:
            slide_id = add_slide(database, add_specimen(database, add_case(database)))
        refuse_locked(database, slide_id)
        return add_image(
            database, slide_id, image.path, image.digest, image.shape_yx_px, image.size
        )


def add_image(
    database: Database,
    slide_id: int,
    path: Path,
    digest: str,
    shape_yx_px: tuple[int, int],
    size: PixelSize | None,
) -> int:
    """Id of a new field of a slide, with its pixel size if that is known."""
    told = (None, "") if size is None else (size.um_per_px, size.origin)
    return add_field(database, slide_id, path, digest, shape_yx_px, *told)


def _read_all(
    images: Sequence[Path], parameters: AnalysisParameters, monitor: Monitor
) -> tuple[list[ReadImage], list[Outcome]]:
    """What is to be kept of each image, and what became of those that cannot be read."""
    read, failed = [], []
    for n, field in enumerate(name_fields(list(images))):
        checkpoint(monitor, Progress(IMAGES, n, len(images)))
        try:
            source = as_source(field.path, parameters.reading)
            digest = pixels_sha256(source.read())
            read.append(ReadImage(field.path, digest, source.shape, source.pixel_size))
        except Stopped:
            raise
        except Exception as error:  # the edge: recorded, and the others go on
            failed.append(failure_of(field, error))
    checkpoint(monitor, Progress(IMAGES, len(images), len(images)))
    return read, failed


def _slide_for(
    database: Database, there: Sequence[int], case_id: str, identifier: str, specimen: str
) -> int:
    """The slide that new images go to: that of the known ones (`there`), else a new one."""
    if not there:
        case = add_case(database, case_id, identifier)
        return add_slide(database, add_specimen(database, case, specimen))
    if len(there) > 1:
        raise RecordError(
            f"Some of these images are in the project already, on slides "
            f"{', '.join(map(str, there))}, and some are new. Nothing was added: add the images of "
            "one smear at a time."
        )
    (slide,) = (one for one in slides_of(database) if one.slide_id == there[0])
    refuse_locked(database, slide.slide_id)
    if plain_text(case_id) not in ("", slide.case_id):
        raise RecordError(
            f"Some of these images belong to {slide.case_id} already, not to {case_id}. Nothing "
            "was added: leave the case out, or add only the images of this case."
        )
    if plain_text(specimen) not in ("", slide.specimen_kind):
        raise RecordError(
            f"Some of these images are of a specimen called {slide.specimen_kind!r} already, not "
            f"{specimen!r}. Nothing was added: leave the specimen out, or add only its images."
        )
    if identifier:
        add_case(database, slide.case_id, identifier)
    return slide.slide_id
