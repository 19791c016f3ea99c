"""Any image of a stained smear, from a file, an array or a pyramid, as one ImageSource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np
from PIL import Image

from napari_all_subtype.cells.colour import (
    alpha_note,
    apply_icc,
    extremes,
    intensity_of,
    refuse_colourless,
    to_rgb8,
)
from napari_all_subtype.cells.formats import format_of, refuse_wrong_name
from napari_all_subtype.cells.levels import ArrayLike, check_channels, levels_source
from napari_all_subtype.cells.raster import Decoded, decode_picture, decode_raster
from napari_all_subtype.cells.source import ArraySource, ImageSource, PixelSize
from napari_all_subtype.cells.tiff import decode_tiff
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import ImageReadError, ImageTooLargeError, ImageTypeError


def open_image(
    path: str | PathLike[str],
    parameters: ReadingParameters | None = None,
    *,
    dark_ground: bool = False,
) -> ArraySource:
    """The image in a PNG, JPEG, BMP, TIFF or OME-TIFF file.

    16-bit values are scaled to 8 bit, orientation and colour profile applied,
    transparency composed on white; the source's history says so. Of the
    file's own text nothing is kept but its name.

    Parameters
    ----------
    dark_ground : bool
        Accept cells cut out on a black ground, which look like fluorescence.

    Raises
    ------
    ImageReadError, NotColourError, ImageTooLargeError
        Saying what the file is instead of a readable colour image.
    """
    parameters = parameters or ReadingParameters()
    path = Path(path)
    file_format = format_of(path)
    note = refuse_wrong_name(path, file_format)

    def check(shape: tuple[int, int]) -> None:
        check_size(shape, path.name, parameters)

    if file_format == "TIFF":
        decoded = decode_tiff(path, check, parameters.slice_index)
    else:
        decoded = decode_raster(path, file_format, check)
    return _source(decoded, path.name, (note,) if note else (), dark_ground)


def as_source(
    image: ImageSource | ArrayLike | Sequence[ArrayLike] | str | PathLike[str],
    parameters: ReadingParameters | None = None,
    *,
    name: str = "image",
    pixel_size: PixelSize | None = None,
    dark_ground: bool = False,
) -> ImageSource:
    """`image` as a source, whether it is one, a path, an array or a pyramid of arrays.

    Parameters
    ----------
    image
        A source is given back as it is. A numpy array is (Y, X, 3 or 4), 8 or
        16 bit or fractions; a Pillow image is taken as well; dask and zarr
        arrays, and sequences of arrays (finest first), are read in parts when
        needed.
    name, pixel_size
        For arrays, which have neither: the layer's.

    Raises
    ------
    ImageReadError, NotColourError, ImageTooLargeError
        If the image cannot be used.
    ImageTypeError
        If `image` is none of these.
    """
    parameters = parameters or ReadingParameters()
    if isinstance(image, (str, PathLike)):
        return open_image(image, parameters, dark_ground=dark_ground)
    if isinstance(image, np.ndarray):
        check_channels(image.shape, name)
        check_size(image.shape[:2], name, parameters)
        return _source(Decoded(image, pixel_size), name, (), dark_ground)
    if hasattr(image, "read") and hasattr(image, "history") and hasattr(image, "shape"):
        return image
    if isinstance(image, Image.Image):
        check_size((image.height, image.width), name, parameters)
        decoded = decode_picture(image, name)
        decoded = replace(decoded, pixel_size=pixel_size or decoded.pixel_size)
        return _source(decoded, name, (), dark_ground)
    levels = _levels_of(image, name)
    for finest in levels[:1]:
        check_size(finest.shape[:2], name, parameters)
    return levels_source(levels, name, pixel_size, dark_ground=dark_ground)


def _levels_of(image: ArrayLike | Sequence[ArrayLike], name: str) -> tuple[ArrayLike, ...]:
    """The arrays of a pyramid, or the only one, each of three or four channels."""
    if hasattr(image, "dtype"):
        levels = (image,)
    else:
        levels = tuple(image) if isinstance(image, Iterable) else ()
    if not levels or not all(
        hasattr(level, "shape") and hasattr(level, "dtype") for level in levels
    ):
        raise ImageTypeError(
            f"{type(image).__name__} is no image. Expected a path, an array of shape (Y, X, 3), a "
            "sequence of such arrays (finest first), a Pillow image, or an ImageSource."
        )
    for level in levels:
        check_channels(level.shape, name)
    return levels


def check_size(shape: tuple[int, int], name: str, parameters: ReadingParameters) -> None:
    """Raise unless an image of `shape` (Y, X) may be opened.

    Raises
    ------
    ImageTooLargeError
        If it is beyond the pixel budget.
    ImageReadError
        If it is too small to hold a cell.
    """
    height, width = shape
    megapixels = height * width / 1e6
    if megapixels > parameters.max_megapixels:
        raise ImageTooLargeError(
            f"{name} has {width} × {height} pixels ({megapixels:,.0f} megapixels); at most "
            f"{parameters.max_megapixels:g} are opened. Cut it into fields, or raise the limit: "
            "--max-megapixels on the command line, ReadingParameters(max_megapixels=...) in Python."
        )
    if min(height, width) < parameters.min_side_px:
        raise ImageReadError(
            f"{name} has {width} × {height} pixels, too small to hold a cell; expected at least "
            f"{parameters.min_side_px} on each side."
        )


def _source(
    decoded: Decoded, name: str, history: tuple[str, ...], dark_ground: bool
) -> ArraySource:
    pixels = decoded.pixels
    intensity = intensity_of(pixels.dtype, *extremes(pixels), decoded.significant_bits)
    rgb = to_rgb8(pixels, intensity)
    rgb, profile_note = apply_icc(rgb, decoded.icc_profile)
    refuse_colourless(rgb, name, dark_ground)
    notes = (*history, *decoded.history, intensity.note, alpha_note(pixels), profile_note)
    return ArraySource(rgb, name, decoded.pixel_size, tuple(filter(None, notes)))
