"""Which resolution tags of a file can be a microscope's, and the pixel size they mean."""

from __future__ import annotations

import math
import re

from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import MAX_PIXEL_SIZE_UM, MIN_PIXEL_SIZE_UM

# Calibrations by a stage micrometer are good to one or two per cent.
METADATA_UNCERTAINTY_FRACTION = 0.02

_UM_PER_UNIT = {
    "m": 1e6, "cm": 1e4, "mm": 1e3, "um": 1.0, "µm": 1.0, "μm": 1.0, "nm": 1e-3, "å": 1e-4,
    "pm": 1e-6, "in": 25400.0, "inch": 25400.0, "micron": 1.0, "microns": 1.0,
    "micrometer": 1.0, "micrometre": 1.0, "micrometers": 1.0, "millimeter": 1e3,
    "nanometer": 1e-3, "centimeter": 1e4, "meter": 1e6,
}  # fmt: skip


def trusted(x_um: float | None, y_um: float | None, note: str) -> PixelSize | None:
    """A pixel size from metadata, or None when no microscope gives it.

    Screen and print resolutions (72, 96, 300, 1200 dpi …) are 20 µm per pixel
    and more; anything above 1 µm is taken for one of them. Pixels that are
    not square, to within 1 %, are not trusted either.
    """
    values = [value for value in (x_um, y_um) if value is not None]
    if not values or not all(math.isfinite(v) and v > 0 for v in values):
        return None
    if max(values) > 1.01 * min(values):
        return None
    size = sum(values) / len(values)
    if not MIN_PIXEL_SIZE_UM <= size <= MAX_PIXEL_SIZE_UM:
        return None
    return PixelSize(size, "metadata", METADATA_UNCERTAINTY_FRACTION, note)


def um_of(value: float, unit: str) -> float | None:
    """`value` in micrometres; None for a unit that is no length.

    >>> um_of(130, "nm")
    0.13
    >>> um_of(1, "pixel") is None
    True
    """
    factor = _UM_PER_UNIT.get(unit.replace("\\u00B5", "µ").strip().lower())
    return None if factor is None else round(value * factor, 9)


def from_dpi(dpi: tuple[float, float] | None) -> PixelSize | None:
    """Pixel size from dots per inch, if it is a microscope's."""
    if not dpi or not all(dpi):
        return None
    x_um, y_um = (25400.0 / float(value) for value in dpi)
    return trusted(x_um, y_um, "resolution tag")


def from_ome(xml: str, shape: tuple[int, int] | None = None) -> PixelSize | None:
    """Pixel size that OME-XML states for the images of `shape` (Y, X), by default for the first.

    Images of one shape that differ in their pixel size leave it unknown.
    """
    # The tags are searched for as text: no XML from a stranger is parsed.
    images = [
        dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', attributes))
        for attributes in re.findall(r"<(?:\w+:)?Pixels\b([^>]*)>", xml)
    ]
    if len(images) > 1 and shape is not None:
        wanted = {"SizeY": str(shape[0]), "SizeX": str(shape[1])}
        images = [image for image in images if wanted.items() <= image.items()]
        if any(_physical(image) != _physical(images[0]) for image in images):
            return None
    sizes = _physical(images[0]) if images else []
    if not sizes or None in sizes:
        return None
    return trusted(sizes[0], sizes[-1], "OME physical size")


def _physical(attributes: dict[str, str]) -> list[float | None]:
    """The sizes that are stated, in micrometres; None for one in a unit that is no length."""
    sizes = []
    for axis in "XY":
        try:
            value = float(attributes[f"PhysicalSize{axis}"])
        except (KeyError, ValueError):
            continue
        sizes.append(um_of(value, attributes.get(f"PhysicalSize{axis}Unit", "µm")))
    return sizes


def significant_bits_of(xml: str) -> int | None:
    """Bits per sample that OME-XML states for the first image."""
    match = re.search(r'\bSignificantBits\s*=\s*"(\d{1,2})"', xml)
    return int(match.group(1)) if match else None
