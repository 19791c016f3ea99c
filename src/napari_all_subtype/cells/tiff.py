"""TIFF, OME-TIFF and ImageJ files as decoded pixels, with pixel size and orientation."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.cells import resolution
from napari_all_subtype.cells.raster import Decoded, SizeCheck, oriented
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.errors import ImageReadError, NotColourError

if TYPE_CHECKING:
    import tifffile

_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _ICC = 274, 282, 283, 296, 34675
_UM_PER_RESOLUTION_UNIT = {2: 25400.0, 3: 10000.0}
_PRINT_COLOURS = ("SEPARATED", "CIELAB", "ICCLAB", "ITULAB", "LOGLUV", "CFA", "LINEAR_RAW")


def decode_tiff(path: Path, check_size: SizeCheck, slice_index: int | None = None) -> Decoded:
    """The pixels of the largest image of a TIFF file, or of one slice of its stack.

    Raises
    ------
    NotColourError
        If it has one channel, or channels that are no RGB.
    ImageReadError
        If it is a stack and no slice was chosen, or broken, or of a kind that is not read.
    """
    try:
        with opened_quietly(path) as tif:
            return _decode(tif, path.name, check_size, slice_index)
    except (ImageReadError, MemoryError):
        raise
    except Exception as error:  # codecs raise classes of their own, one per format
        raise ImageReadError(
            f"{path.name} is truncated or damaged (TIFF: {type(error).__name__}). Copy or export "
            "the image again."
        ) from None


@contextmanager
def opened_quietly(path: Path) -> Iterator[tifffile.TiffFile]:
    """A TIFF file whose oddities tifffile does not log: it repeats the file's own text."""
    import tifffile

    logging.getLogger("tifffile").addFilter(_drop)
    try:
        with tifffile.TiffFile(path) as tif:
            yield tif
    finally:
        logging.getLogger("tifffile").removeFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    return False


def _decode(
    tif: tifffile.TiffFile, name: str, check_size: SizeCheck, slice_index: int | None
) -> Decoded:
    if not tif.pages:
        raise ImageReadError(f"{name} is a TIFF file without an image in it. Export it again.")
    history: list[str] = []
    series, slice_index = _choose_image(tif.series, slice_index, name, history)
    page, axes, shape = series.keyframe, series.axes, series.shape
    check_size(_size(series))
    _refuse_print_colours(page, name)
    keys, axes = _choose_slice(axes, shape, slice_index, name, history)
    pixels = _channels_last(series.asarray()[keys], axes, page, name, history)
    if _is_luma_chroma(page):
        pixels = cv2.cvtColor(np.ascontiguousarray(pixels[..., [0, 2, 1]]), cv2.COLOR_YCrCb2RGB)
        history.append("YCbCr converted to RGB")
    orientation = int(_tag(page, _ORIENTATION, 1))
    if orientation in range(2, 9):
        pixels = oriented(pixels, orientation)
        history.append("orientation of the camera applied")
    ome = tif.ome_metadata or ""
    return Decoded(
        pixels,
        _pixel_size(tif, page, ome, _size(series)),
        _tag(page, _ICC, None),
        resolution.significant_bits_of(ome),
        tuple(history),
    )


def _refuse_print_colours(page: tifffile.TiffPage, name: str) -> None:
    photometric = getattr(page.photometric, "name", str(page.photometric))
    if photometric in _PRINT_COLOURS:
        raise ImageReadError(
            f"{name} has the colours of a print or raw file ({photometric}). Expected RGB; export "
            "the image as RGB."
        )


def _size(series: tifffile.TiffPageSeries) -> tuple[int, int]:
    return series.shape[series.axes.index("Y")], series.shape[series.axes.index("X")]


def _choose_image(
    images: Sequence[tifffile.TiffPageSeries],
    slice_index: int | None,
    name: str,
    history: list[str],
) -> tuple[tifffile.TiffPageSeries, int | None]:
    """The largest image of the file; of several equally large ones the chosen one."""
    images = [image for image in images if "Y" in image.axes and "X" in image.axes]
    largest = max((np.prod(_size(image)) for image in images), default=0)
    equal = [image for image in images if np.prod(_size(image)) == largest]
    if not equal:
        raise ImageReadError(f"{name} is a TIFF file without an image in it. Export it again.")
    if len(equal) == 1:
        if len(images) > 1:
            history.append(f"largest of {len(images)} images in the file")
        return equal[0], slice_index
    if slice_index is None or slice_index >= len(equal):
        raise ImageReadError(
            f"{name} holds {len(equal)} images of one size. {_choice(len(equal))}, or save each "
            "to a file of its own."
        )
    history.append(f"image {slice_index} of {len(equal)}")
    return equal[slice_index], 0


def _choice(count: int) -> str:
    return (
        f"Choose one by its number: --slice-index on the command line or slice_index in Python, "
        f"from 0 to {count - 1}"
    )


def _is_luma_chroma(page: tifffile.TiffPage) -> bool:
    """Whether the pixels come as YCbCr: the decoders of JPEG convert, the others do not."""
    is_ycbcr = getattr(page.photometric, "name", "") == "YCBCR"
    return is_ycbcr and "JPEG" not in getattr(page.compression, "name", "")


def _choose_slice(
    axes: str, shape: tuple[int, ...], slice_index: int | None, name: str, history: list[str]
) -> tuple[tuple[int | slice, ...], str]:
    """Index of one plane (with its channels) in the series, and the axes that are left."""
    stacked = [
        (axis, size)
        for axis, size in zip(axes, shape, strict=True)
        if axis not in "YXCS" and size > 1
    ]
    if "C" in axes and "S" in axes and shape[axes.index("C")] > 1:
        raise NotColourError(
            f"{name} has {shape[axes.index('C')]} channels of several colours each. Expected one "
            "RGB image; export the brightfield channel."
        )
    n_slices = int(np.prod([size for _, size in stacked]))
    if stacked and slice_index is None:
        raise ImageReadError(f"{name} is a stack of {n_slices} slices. {_choice(n_slices)}.")
    chosen = {}
    if stacked:
        if slice_index >= n_slices:
            raise ImageReadError(
                f"{name} has no slice {slice_index}; expected 0 to {n_slices - 1}."
            )
        position = np.unravel_index(slice_index, [size for _, size in stacked])
        chosen = {axis: int(at) for (axis, _), at in zip(stacked, position, strict=True)}
        history.append(f"slice {slice_index} of {n_slices}")
    keep = [
        axis in "YX" or (axis in "CS" and size > 1) for axis, size in zip(axes, shape, strict=True)
    ]
    keys = tuple(
        slice(None) if kept else chosen.get(axis, 0) for axis, kept in zip(axes, keep, strict=True)
    )
    return keys, "".join(axis for axis, kept in zip(axes, keep, strict=True) if kept)


def _channels_last(
    pixels: np.ndarray, axes: str, page: tifffile.TiffPage, name: str, history: list[str]
) -> np.ndarray:
    channel_axis = next((at for at, axis in enumerate(axes) if axis in "CS"), None)
    if channel_axis is None:
        if getattr(page.photometric, "name", "") == "PALETTE":
            history.append("palette resolved to RGB")
            return np.moveaxis(page.colormap[:, pixels], 0, -1)
        raise NotColourError(
            f"{name} is greyscale (one channel). Expected a colour photograph of a stained smear; "
            "switch the camera or the export to colour."
        )
    pixels = np.moveaxis(pixels, channel_axis, -1)
    count = pixels.shape[-1]
    if axes[channel_axis] == "C":
        if count != 3:
            raise NotColourError(
                f"{name} has {count} separate channels, as fluorescence images have. Expected the "
                "three colours of a stained smear in bright field."
            )
        history.append("three planes taken as red, green and blue")
    if count not in (3, 4):
        raise NotColourError(f"{name} has {count} channels; expected RGB or RGBA.")
    return pixels


def _pixel_size(
    tif: tifffile.TiffFile, page: tifffile.TiffPage, ome: str, shape: tuple[int, int]
) -> PixelSize | None:
    if ome:
        return resolution.from_ome(ome, shape)
    per_x, per_y = (_ratio(_tag(page, code, None)) for code in (_X_RESOLUTION, _Y_RESOLUTION))
    if not per_x or not per_y:
        return None
    if tif.imagej_metadata:
        unit = str(tif.imagej_metadata.get("unit", ""))
        x_um, y_um = (resolution.um_of(1.0 / per, unit) for per in (per_x, per_y))
        return resolution.trusted(x_um, y_um, "ImageJ calibration")
    um_per_unit = _UM_PER_RESOLUTION_UNIT.get(int(_tag(page, _RESOLUTION_UNIT, 2)))
    if um_per_unit is None:
        return None
    return resolution.trusted(um_per_unit / per_x, um_per_unit / per_y, "resolution tag")


def _ratio(value: tuple[int, int] | None) -> float:
    if value is None or not value[1]:
        return 0.0
    return value[0] / value[1]


def _tag(page: tifffile.TiffPage, code: int, default: object) -> object:
    tag = page.tags.get(code)
    return default if tag is None else tag.value
