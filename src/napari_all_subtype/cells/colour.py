"""Any colour array becomes (Y, X, 3) uint8 RGB, with a record of what was done to it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageCms

from napari_all_subtype.errors import ImageValueError, NotColourError

CAMERA_BITS = (8, 10, 12, 14, 16)
# Spread between channels, in grey levels, that JPEG rounding alone can give a grey picture.
_GREY_SPREAD = 3
_FLAT_RANGE = 10
# Median brightness below which the ground is dark; stained cells that fill a crop stay above.
_DARK_GROUND = 35


@dataclass(frozen=True)
class Intensity:
    """How stored values become 0–255: ``value * 255 / full_scale``.

    Parameters
    ----------
    full_scale : float
        The stored value that means white.
    note : str
        Line for the history; empty when nothing is changed.
    """

    full_scale: float
    note: str = ""


def extremes(pixels: np.ndarray) -> tuple[float, float]:
    """Largest and smallest value of `pixels`.

    Raises
    ------
    ImageValueError
        If they are no real numbers.
    """
    if pixels.dtype.kind not in "uif":
        raise ImageValueError(
            f"The image holds {pixels.dtype} values; expected 8 or 16 bit, or fractions from 0 to "
            "1. Pass the photograph itself, not a mask or a result of it."
        )
    maximum, minimum = float(pixels.max()), float(pixels.min())
    if not np.isfinite([maximum, minimum]).all():
        raise ImageValueError(
            "The image holds values that are no numbers (NaN or infinite); expected fractions from "
            "0 to 1. Find out where they come from, or replace them: numpy.nan_to_num."
        )
    return maximum, minimum


def intensity_of(
    dtype: np.dtype, maximum: float, minimum: float = 0.0, significant_bits: int | None = None
) -> Intensity:
    """The scaling for values of `dtype` between `minimum` and `maximum`.

    16-bit files mostly hold what a camera of 10, 12, 14 or 16 bits gave. The
    depth is the one that the file states, else the smallest of 8, 10, 12, 14
    and 16 that holds the largest value: the bright ground of a smear comes
    close to the top of a camera's range. Only full ranges are used, so that
    fields of one camera are scaled alike.

    Raises
    ------
    ImageValueError
        If the type or the range of values cannot be a photograph.
    """
    if dtype == np.uint8:
        return Intensity(255.0)
    if np.issubdtype(dtype, np.integer) and minimum >= 0 and maximum <= 65535:
        bits = significant_bits or next(b for b in CAMERA_BITS if maximum < 2**b)
        if maximum >= 2**bits:
            bits = 16
        return Intensity(float(2**bits - 1), f"{bits}-bit values scaled to 8 bit")
    if np.issubdtype(dtype, np.floating) and minimum >= 0 and maximum <= 1:
        return Intensity(1.0, "values from 0 to 1 scaled to 8 bit")
    raise ImageValueError(
        f"The image holds {dtype} values from {minimum:g} to {maximum:g}; expected 8 or 16 bit, "
        "or fractions from 0 to 1. Export it as 8-bit RGB."
    )


def to_rgb8(pixels: np.ndarray, intensity: Intensity) -> np.ndarray:
    """Pixels with 3 or 4 channels as RGB: ndarray, shape (Y, X, 3), uint8.

    Alpha is composed on white, the colour of an empty field.
    """
    if intensity.full_scale != 255.0 or pixels.dtype != np.uint8:
        # Rows at a time, so that a large image is never held as float as a whole.
        scaled = np.empty(pixels.shape, np.uint8)
        for y in range(0, len(pixels), 256):
            strip = pixels[y : y + 256] * np.float32(255.0 / intensity.full_scale)
            scaled[y : y + 256] = np.clip(np.rint(strip), 0, 255)
        pixels = scaled
    if pixels.shape[2] == 4:
        return _on_white(pixels)
    return np.ascontiguousarray(pixels)


def alpha_note(pixels: np.ndarray) -> str | None:
    """A line for the history when `pixels` carry an alpha channel."""
    return "transparency composed on white" if pixels.shape[-1] == 4 else None


def _on_white(rgba: np.ndarray) -> np.ndarray:
    rgb = np.empty((*rgba.shape[:2], 3), np.uint8)
    for y in range(0, len(rgba), 256):
        strip = rgba[y : y + 256].astype(np.float32)
        alpha = strip[..., 3:] / 255.0
        rgb[y : y + 256] = np.rint(strip[..., :3] * alpha + 255.0 * (1.0 - alpha))
    return rgb


def apply_icc(rgb: np.ndarray, profile: bytes | None) -> tuple[np.ndarray, str | None]:
    """Pixels in sRGB, and a line for the history.

    A profile that cannot be used (broken, or not of an RGB device) is left
    aside, which the line says.
    """
    if not profile:
        return rgb, None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return rgb, "embedded colour profile left aside: it is not for RGB"
        if "srgb" in (source.profile.profile_description or "").lower():
            return rgb, "embedded colour profile is sRGB"
        image = ImageCms.profileToProfile(
            Image.fromarray(rgb), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return rgb, "embedded colour profile left aside: it cannot be read"
    return np.asarray(image), "embedded colour profile converted to sRGB"


def refuse_colourless(rgb: np.ndarray, name: str, dark_ground: bool = False) -> None:
    """Raise unless `rgb` looks like a colour photograph; `dark_ground` is let pass if said so.

    Raises
    ------
    NotColourError
        If the image is grey, or has the dark ground of fluorescence.
    """
    refuse_grey(rgb, name)
    if not dark_ground:
        refuse_fluorescence(rgb, name)


def refuse_grey(rgb: np.ndarray, name: str) -> None:
    """Raise if the three channels say the same thing.

    A picture of one flat tone passes: there is nothing in it that could be
    grey, and an empty field is no error.

    Raises
    ------
    NotColourError
        If the image is a greyscale picture stored as RGB.
    """
    small = thumbnail(rgb)
    channels = [small[..., c].astype(np.int16) for c in range(3)]
    spread = np.maximum.reduce(channels) - np.minimum.reduce(channels)
    tone = small[..., 1]
    if np.percentile(spread, 99.5) <= _GREY_SPREAD and np.ptp(tone) > _FLAT_RANGE:
        raise NotColourError(
            f"{name} is greyscale: its red, green and blue channels are equal. Expected a colour "
            "photograph of a stained smear; switch the camera or the export to colour."
        )


def refuse_fluorescence(rgb: np.ndarray, name: str) -> None:
    """Raise if bright objects lie on a dark ground, as in fluorescence.

    A bright field within a black surround (a photograph through the eyepiece,
    or a cell cut out) is one connected area and passes.

    Raises
    ------
    NotColourError
        If the ground is dark.
    """
    luminance = thumbnail(rgb).astype(np.float32) @ np.float32([0.299, 0.587, 0.114])
    if np.median(luminance) >= _DARK_GROUND:
        return
    lit = (luminance > 25).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(lit, connectivity=8)
    largest = stats[1:, cv2.CC_STAT_AREA].max(initial=0)
    is_one_bright_field = (
        largest >= 0.1 * lit.size
        and largest >= 0.8 * lit.sum()
        and np.percentile(luminance[lit > 0], 75) > 120
    )
    if not is_one_bright_field:
        raise NotColourError(
            f"{name} has a dark ground (median brightness {np.median(luminance):.0f} of 255), as "
            "fluorescence or dark-field images have. Expected a stained smear in bright field."
        )


def thumbnail(rgb: np.ndarray, max_side_px: int = 512) -> np.ndarray:
    """Every n-th pixel, so that no side is much longer than `max_side_px`."""
    step_y, step_x = (max(1, side // max_side_px) for side in rgb.shape[:2])
    return rgb[::step_y, ::step_x]
