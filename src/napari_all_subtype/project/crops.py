"""Crops as the reader saw them: plain PNG files, each called by the digest of its pixels."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.errors import (
    OutputError,
    ProjectDamagedError,
    ProjectWriteError,
    RecordError,
)
from napari_all_subtype.files import PARTIAL, folder_to_disk, new_file
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.pixels import pixels_sha256

CROPS_FOLDER = "crops"
_NAME = re.compile(r"[0-9a-f]{64}\.png")
# Nearly as small as the default and twice as fast: a reader waits for it.
_COMPRESSION = 1


def keep_crop(database: Database, crop: np.ndarray) -> str:
    """Name of `crop` in the project; it is on the disk when this returns.

    The same crop is kept once.

    Parameters
    ----------
    database : Database
    crop : ndarray, shape (S, S, 3) or (S, S, 4), uint8
        RGB, and perhaps the plane of its outlines, which becomes the transparency.

    Raises
    ------
    RecordError
        If it is no crop.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] not in (3, 4) or not crop.size:
        raise RecordError(
            f"A crop of shape {crop.shape} and type {crop.dtype} cannot be kept: expected "
            "(S, S, 3) or (S, S, 4), uint8."
        )
    database.refuse_read_only()
    name = f"{pixels_sha256(crop)}.png"
    path = _place(database, name)
    if not path.is_file():
        code = cv2.COLOR_RGB2BGR if crop.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        _, content = cv2.imencode(
            ".png", cv2.cvtColor(crop, code), [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION]
        )
        _write(path, content.tobytes())
    return name


def read_crop(database: Database, name: str) -> np.ndarray:
    """The crop called `name`: ndarray, shape (S, S, 3) or (S, S, 4), uint8, as it was kept.

    Raises
    ------
    RecordError
        If it is no name of a crop.
    ProjectDamagedError
        If its file is missing or holds something else.
    """
    path = _place(database, name)
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise _damaged(name, error.strerror or "it cannot be read") from error
    pixels = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if pixels is None or pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise _damaged(name, "it is no crop")
    code = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    crop = cv2.cvtColor(pixels, code)
    if f"{pixels_sha256(crop)}.png" != name:
        raise _damaged(name, "its pixels are not those its name tells")
    return crop


def _place(database: Database, name: str) -> Path:
    """Path of a crop: 256 folders, since some programs cannot open one of 50,000 files."""
    if not _NAME.fullmatch(name):
        raise RecordError(f"{name!r} is no name of a crop. Use the one that an annotation has.")
    return database.folder / CROPS_FOLDER / name[:2] / name


def _write(path: Path, content: bytes) -> None:
    try:
        with new_file(path, overwrite=True) as partial:
            partial.write_bytes(content)
        # The name of the file, too, must be on the disk before an annotation refers to it.
        for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
            folder_to_disk(folder)
    except OutputError as error:
        raise ProjectWriteError(f"A crop could not be kept. {error}") from error


def _damaged(name: str, why: str) -> ProjectDamagedError:
    return ProjectDamagedError(
        f"The crop {name[:12]}… of this project is damaged: {why}. Put the file back from a copy; "
        "the annotation itself is kept."
    )


def sweep_crops(database: Database) -> int:
    """Number of half-written files, left by a program that was killed, that were removed."""
    database.refuse_read_only()
    left = list((database.folder / CROPS_FOLDER).glob(f"*/{PARTIAL}*"))
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
