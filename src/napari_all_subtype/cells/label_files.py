"""Mask files: PNG, TIFF and NPY, one number per pixel as it was written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import BmpImagePlugin, PngImagePlugin

from napari_all_subtype.cells.formats import format_of
from napari_all_subtype.cells.tiff import opened_quietly
from napari_all_subtype.errors import ImageReadError, MaskError, MaskReadError

MASK_SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".bmp")
_NPY = b"\x93NUMPY"
# By class, since `Image.open` has a limit of its own that depends on what else is running.
_PLUGINS = {"PNG": PngImagePlugin.PngImageFile, "BMP": BmpImagePlugin.BmpImageFile}

CheckShape = Callable[[tuple[int, ...]], None]


def read_labels(path: Path, check: CheckShape, called: str = "The mask") -> np.ndarray:
    """The numbers in the mask file `path`: ndarray of the file's own type and shape.

    Of a picture with a palette they are the positions in it.

    Parameters
    ----------
    check : callable
        Told the shape before anything is decoded; raises if that cannot be right.
    called : str
        What messages call it: the name of the file may be a person's.

    Raises
    ------
    MaskReadError
        If it is missing, damaged or of another kind.
    """
    kind = _kind_of(path, called)
    try:
        if kind == "NPY":
            values = np.load(path, mmap_mode="r", allow_pickle=False)
            check(values.shape)
            return np.array(values)
        if kind == "TIFF":
            return _read_tiff(path, check)
        with path.open("rb") as stream, _PLUGINS[kind](stream) as image:
            bands = len(image.getbands())
            check((image.height, image.width, bands) if bands > 1 else (image.height, image.width))
            return np.asarray(image)
    except (MemoryError, MaskError):
        raise
    except Exception as error:  # codecs raise classes of their own, one per format
        raise MaskReadError(
            f"{called} is truncated or damaged ({kind}: {type(error).__name__}). Write the file "
            "again."
        ) from None


def _read_tiff(path: Path, check: CheckShape) -> np.ndarray:
    with opened_quietly(path) as tif:
        series = tif.series[0]
        check((len(tif.series), *series.shape) if len(tif.series) > 1 else series.shape)
        return series.asarray()


def _kind_of(path: Path, called: str) -> str:
    expected = "Expected a PNG, TIFF or NPY file with one whole number per pixel"
    if not os.path.isfile(path):
        what = "is a folder" if os.path.isdir(path) else "is not there"
        raise MaskReadError(f"{called} {what}. {expected}; check the name.")
    try:
        with path.open("rb") as stream:
            if stream.read(len(_NPY)) == _NPY:
                return "NPY"
        kind = format_of(path)
    except ImageReadError:
        raise MaskReadError(f"{called} is no image file, or empty. {expected}.") from None
    except OSError as error:
        raise MaskReadError(f"{called} cannot be opened: {error.strerror}. {expected}.") from None
    if kind == "JPEG":
        raise MaskReadError(
            f"{called} is a JPEG, which changes numbers on writing. {expected}; write it again "
            "from the program that made it."
        )
    return kind
