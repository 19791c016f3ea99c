"""A field of the window on its way into a project: what takes its time, apart from what is short.

`ready_field` reads and writes files and may run in a thread; `enter_field` records them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError, OutputError, ProjectWriteError
from napari_all_subtype.files import new_file
from napari_all_subtype.project.database import Database, open_project
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.smears import IMAGES_FOLDER, field_of, field_with
from napari_all_subtype.workflow.inputs import readable, unique
from napari_all_subtype.workflow.project_analyses import (
    PreparedAnalysis,
    prepare_analysis,
    store_prepared,
)
from napari_all_subtype.workflow.project_fields import ReadImage, enter_image

# Of the digest in the name of an image that the project keeps itself.
_NAME_DIGITS = 16
# What no file of Windows may have in its name, and names that are no files there.
_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class ReadyField:
    """An image and its analysis, ready to be recorded."""

    image: ReadImage
    prepared: PreparedAnalysis


@dataclass(frozen=True)
class KeptField:
    """Where the result of a field is in a project.

    Parameters
    ----------
    field_id, slide_id, segmentation_id : int
    """

    field_id: int
    slide_id: int
    segmentation_id: int


def ready_field(
    database: Database,
    analysis: Analysis,
    path: Path | None,
    pixels: np.ndarray | None = None,
    reading: ReadingParameters = ReadingParameters(),
) -> ReadyField:
    """Keep the files of an analysed field; takes as long as reading and writing them takes.

    Parameters
    ----------
    database : Database
        Open for writing; used for its folder only, so it may belong to another thread.
    path : Path or None
        The file of the image. One that holds other pixels than `pixels` is not it.
    pixels : ndarray, optional
        As a layer shows them; without a file of the same pixels the project keeps a copy.

    Raises
    ------
    ImageReadError, NotColourError, ImageTooLargeError
        If the image cannot be read.
    ProjectReadOnlyError, ProjectWriteError
        If the project cannot be written.
    """
    if pixels is None:
        source = as_source(path, reading)
        digest = pixels_sha256(source.read())
    else:
        source = as_source(pixels, reading, name=analysis.name)
        whole = source.read()
        digest = pixels_sha256(whole)
        if path is None or _digest_of(path, reading) != digest:
            path = _copy(database, whole, digest, analysis.name)
    with open_project(database.folder, write=False) as project:
        known = field_with(project, digest)
        field_id = None if known is None else known.field_id
        prepared = prepare_analysis(project, field_id, analysis, files=database)
    size = analysis.pixel_size
    return ReadyField(ReadImage(path, digest, source.shape, size), prepared)


def enter_field(
    database: Database, ready: ReadyField, slide_id: int | None = None
) -> tuple[KeptField, int]:
    """Record what `ready_field` gave.

    Parameters
    ----------
    slide_id : int, optional
        Where a field goes that the project does not have; by default to a slide of its own.

    Returns
    -------
    KeptField
    int
        Words that did not find their cell again.

    Raises
    ------
    LockedError
        If the result of the smear is locked.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    with database.transaction():
        field_id = enter_image(database, ready.image, slide_id)
        segmentation_id, lost = store_prepared(database, field_id, ready.prepared)
    place = field_of(database, field_id)
    return KeptField(field_id, place.slide_id, segmentation_id), len(lost)


def _digest_of(path: Path, reading: ReadingParameters) -> str:
    """Digest of the pixels of a file; empty where it is no image that can be read."""
    try:
        return pixels_sha256(as_source(path, reading).read())
    except AllSubtypeError:
        return ""


def _copy(database: Database, pixels: np.ndarray, digest: str, name: str) -> Path:
    """Path of the pixels as a PNG in the project folder, by the name that a person knows."""
    database.refuse_read_only()
    images = database.folder / IMAGES_FOLDER
    folder, before = images / digest[:_NAME_DIGITS], images / f"{digest[:_NAME_DIGITS]}.png"
    # Versions before had the digest for a name.
    for there in (before, *sorted(folder.glob("*.png"))):
        if there.exists():
            return there
    path = folder / f"{_file_stem(name)}.png"
    _, content = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path, overwrite=True) as partial:
            partial.write_bytes(content.tobytes())
    except (OutputError, OSError) as error:
        raise ProjectWriteError(
            f"A copy of the image could not be kept in the project: {error}"
        ) from error
    return path


def _file_stem(name: str) -> str:
    """`name` as a file of any system can be called.

    Examples
    --------
    >>> [_file_stem(name) for name in ("Blood: A/7.png", "nul", "..")]
    ['Blood_ A_7', '_nul', 'image']
    """
    plain = _NO_NAME.sub("_", readable(name).removesuffix(".png"))
    return unique([f"_{plain}" if _DEVICE.fullmatch(plain) else plain])[0]
