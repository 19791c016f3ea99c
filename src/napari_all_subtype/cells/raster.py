"""PNG, JPEG and BMP files as decoded pixels, with colour profile and orientation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import imagecodecs
import numpy as np
from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin

from napari_all_subtype.cells import resolution
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.errors import ImageReadError, NotColourError

# The plugin classes are called directly: `Image.open` has a pixel limit of its own, in
# module state, which would warn or refuse before our budget is asked.
_PLUGINS = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}
_ORIENTATION = 0x0112
_GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "F")


@dataclass(frozen=True)
class Decoded:
    """What a file held, before any conversion.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3 or 4)
        RGB or RGBA as stored, orientation applied.
    history : tuple of str
        What was done, in our own words.
    """

    pixels: np.ndarray
    pixel_size: PixelSize | None = None
    icc_profile: bytes | None = None
    significant_bits: int | None = None
    history: tuple[str, ...] = ()


class SizeCheck(Protocol):
    """Raises if an image of (Y, X) pixels may not be decoded."""

    def __call__(self, shape: tuple[int, int]) -> None:
        """Check `shape`."""


def decode_raster(path: Path, file_format: str, check_size: SizeCheck) -> Decoded:
    """The pixels of a PNG, JPEG or BMP file.

    Raises
    ------
    ImageReadError
        If the file is truncated, broken, or of a kind that is not read.
    """
    try:
        with path.open("rb") as stream, _PLUGINS[file_format](stream) as image:
            width, height = image.size
            check_size((height, width))
            if image.mode in ("RGB", "RGBA") and _png_bit_depth(path, file_format) == 16:
                return _decode_png16(image, path)
            return decode_picture(image, path.name)
    except ImageReadError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError) as error:
        raise ImageReadError(_broken(path, file_format, error)) from None
    except imagecodecs.PngError as error:
        raise ImageReadError(_broken(path, file_format, error)) from None


def _broken(path: Path, file_format: str, error: Exception) -> str:
    reason = str(error).replace(str(path), path.name) or type(error).__name__
    return (
        f"{path.name} is truncated or damaged ({file_format}: {reason}). Copy or export the "
        "image again."
    )


def decode_picture(image: Image.Image, name: str) -> Decoded:
    """The pixels of an opened Pillow image.

    Raises
    ------
    NotColourError
        If it is grey.
    ImageReadError
        If its colours are those of print.
    """
    if image.mode in _GREY_MODES:
        raise NotColourError(
            f"{name} is greyscale (one channel). Expected a colour photograph of a stained "
            "smear; switch the camera or the export to colour."
        )
    if image.mode not in ("RGB", "RGBA", "P", "PA"):
        raise ImageReadError(
            f"{name} has the colour mode {image.mode}, which is not that of a screen. "
            "Expected RGB; export the image as RGB."
        )
    history: list[str] = []
    orientation = image.getexif().get(_ORIENTATION, 1)
    if image.mode in ("P", "PA"):
        has_alpha = image.mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if has_alpha else "RGB")
        history.append("palette resolved to RGB")
    elif image.mode == "RGB" and "transparency" in image.info:
        image = image.convert("RGBA")
    pixels = oriented(np.asarray(image), orientation)
    return _described(image, pixels, orientation, history)


def _described(
    image: Image.Image, pixels: np.ndarray, orientation: int, history: list[str]
) -> Decoded:
    if orientation in range(2, 9):
        history = [*history, "orientation of the camera applied"]
    return Decoded(
        pixels,
        resolution.from_dpi(image.info.get("dpi")),
        image.info.get("icc_profile"),
        history=tuple(history),
    )


def _png_bit_depth(path: Path, file_format: str) -> int:
    if file_format != "PNG":
        return 8
    with path.open("rb") as stream:
        return stream.read(25)[24]


def _decode_png16(image: Image.Image, path: Path) -> Decoded:
    # Pillow keeps the upper 8 of 16 bits, which loses all of a 12-bit camera's tones.
    orientation = image.getexif().get(_ORIENTATION, 1)
    pixels = oriented(imagecodecs.png_decode(path.read_bytes()), orientation)
    return _described(image, pixels, orientation, [])


def oriented(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """`pixels` turned upright for a TIFF/EXIF orientation from 1 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
