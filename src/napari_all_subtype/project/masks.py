"""Masks of a field as they were found: a TIFF file of two pages, labels and nuclei."""

from __future__ import annotations

import hashlib
from io import BytesIO

import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.kept_files import KeptFiles
from napari_all_subtype.project.pixels import pixels_sha256

MASKS = KeptFiles("masks", ".tif", "the masks of a field")
_TILE_PX = (512, 512)


def keep_masks(database: Database, masks: CellMasks) -> str:
    """Name of `masks` in the project; they are on the disk when this returns.

    The same masks are kept once.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If they cannot be written.
    """
    import tifffile

    database.refuse_read_only()
    name = MASKS.name_of(_digest(masks))
    content = BytesIO()
    with tifffile.TiffWriter(content, bigtiff=True) as tiff:
        for page in (masks.labels, masks.nuclei):
            # What every reader of TIFF knows; the fast end of it.
            tiff.write(
                np.asarray(page, np.int32),
                compression="zlib",
                compressionargs={"level": 1},
                tile=_TILE_PX,
                metadata=None,
            )
    MASKS.write(database, name, content.getvalue())
    return name


def read_masks(database: Database, name: str) -> CellMasks:
    """The masks called `name`, as they were kept.

    Raises
    ------
    RecordError
        If it is no name of masks.
    ProjectDamagedError
        If their file is missing or holds something else.
    """
    import tifffile

    content = MASKS.read(database, name)
    try:
        with tifffile.TiffFile(BytesIO(content)) as tiff:
            masks = CellMasks(*(page.asarray() for page in tiff.pages))
    except Exception as error:  # the edge of the codecs: damage fails in ways of their own
        raise MASKS.damaged(name, "they are no masks") from error
    if MASKS.name_of(_digest(masks)) != name:
        raise MASKS.damaged(name, "their pixels are not those their name tells")
    return masks


def _digest(masks: CellMasks) -> str:
    pages = (np.asarray(page, np.int32) for page in (masks.labels, masks.nuclei))
    return hashlib.sha256("".join(map(pixels_sha256, pages)).encode()).hexdigest()
