"""Crops as the reader saw them: plain PNG files, each called by the digest of its pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.kept_files import KeptFiles
from napari_all_subtype.project.pixels import pixels_sha256

CROPS = KeptFiles("crops", ".png", "a crop")
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
    (name,) = keep_crops(database, [crop])
    return name


def keep_crops(database: Database, crops: Iterable[np.ndarray]) -> list[str]:
    """Names of `crops`, one each; see `keep_crop`, which waits for the disk for each by itself."""
    database.refuse_read_only()
    return keep_crop_files(database, map(crop_file, crops))


def keep_crop_files(database: Database, files: Iterable[CropFile]) -> list[str]:
    """Names of `files`, one each, which are on the disk when this returns.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If one cannot be written.
    """
    files = list(files)
    CROPS.write_many(database, dict(files))
    return [one.name for one in files]


class CropFile(NamedTuple):
    """Name and content of the file of a crop."""

    name: str
    content: bytes


def crop_file(crop: np.ndarray) -> CropFile:
    """The file of `crop`, before it is kept.

    Raises
    ------
    RecordError
        If it is no crop.
    """
    import cv2

    if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] not in (3, 4) or not crop.size:
        raise RecordError(
            f"A crop of shape {crop.shape} and type {crop.dtype} cannot be kept: expected "
            "(S, S, 3) or (S, S, 4), uint8."
        )
    name = CROPS.name_of(pixels_sha256(crop))
    code = cv2.COLOR_RGB2BGR if crop.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    _, content = cv2.imencode(
        ".png", cv2.cvtColor(crop, code), [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION]
    )
    return CropFile(name, content.tobytes())


def read_crop(database: Database, name: str) -> np.ndarray:
    """The crop called `name`: ndarray, shape (S, S, 3) or (S, S, 4), uint8, as it was kept.

    Raises
    ------
    RecordError
        If it is no name of a crop.
    ProjectDamagedError
        If its file is missing or holds something else.
    """
    import cv2

    content = np.frombuffer(CROPS.read(database, name), np.uint8)
    pixels = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if pixels is None or pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise CROPS.damaged(name, "it is no crop")
    code = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    crop = cv2.cvtColor(pixels, code)
    if CROPS.name_of(pixels_sha256(crop)) != name:
        raise CROPS.damaged(name, "its pixels are not those its name tells")
    return crop
