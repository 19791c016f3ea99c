"""Stain as optical density: what glass, red cells and nuclei of this very image look like."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.debris import drawn_upon, without_burned_white
from napari_all_subtype.cells.palette import BINS, cytoplasm_table
from napari_all_subtype.cells.shading import shading_in, shading_of
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.thresholds import (
    MIN_FOREGROUND_PX,
    glass_limit,
    nucleus_threshold,
    solid_pixels,
)
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint, steps

# Colours are told on the whole image at this scale, or its own if that is coarser.
OVERVIEW_UM_PER_PX = 0.5
# Darker than this in every channel is no stain but the black ground of a cut-out or a frame.
BLACK_UINT8 = 12
# Natural logarithm to decadic absorbance, with the grey level kept off zero.
_OFFSET = 1.0
_STRIP_MEGAPIXELS = 4.0
_STAGE = "measure colours"
# Red cells are looked for this far from nuclei; two of them at least must be seen.
_CLEAR_UM = 4.0
_MIN_RED_UM2 = 80.0
# More of the overview than this is looked at in bands of rows, to bound memory.
_MAX_MEGAPIXELS = 8.0
_BAND_ROWS = 512


@dataclass(frozen=True)
class Stain:
    """The colours of one image.

    Parameters
    ----------
    background : ndarray, shape (3,), float32
        Grey values of the empty glass (R, G, B), 1–255.
    nucleus_threshold : float
        Nucleus contrast from which a pixel is nucleus; infinite where the image
        has no population of nuclei.
    cytoplasm : ndarray, shape (BINS³,), float32
        Log-likelihood ratio of cytoplasm for every colour,
        see :mod:`napari_all_subtype.cells.palette`.
    red_cell : ndarray, shape (3,), float32
        Optical density of the red cells; zeros where none was seen.
    shading : ndarray, shape (H, W, 3), float32
        Optical density of the glass over the whole image, coarsely.
    """

    background: np.ndarray
    nucleus_threshold: float
    cytoplasm: np.ndarray
    red_cell: np.ndarray
    shading: np.ndarray

    def density(self, rgb: np.ndarray, part: tuple[float, float, float, float]) -> np.ndarray:
        """Optical density of a part of the image, its uneven illumination taken out.

        Parameters
        ----------
        rgb : ndarray, shape (Y, X, 3), uint8
        part : tuple of float
            Where `rgb` lies in the image, as fractions y0, x0, y1, x1 of its sides.

        Returns
        -------
        ndarray, shape (Y, X, 3), float32
        """
        shading = shading_in(self.shading, part, rgb.shape[:2])
        density = optical_density(rgb, self.background)
        return np.subtract(density, shading, out=density)


def optical_density(rgb: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Decadic optical density of each channel against the empty glass.

    Parameters
    ----------
    rgb : ndarray, shape (Y, X, 3), uint8
    background : ndarray, shape (3,), float
        Grey values of the glass, 1–255.

    Returns
    -------
    ndarray, shape (Y, X, 3), float32
        0 for glass and black ground, larger where stain absorbs; below 0 where
        brighter than glass.

    Examples
    --------
    >>> glass = np.array([199.0, 199.0, 199.0])
    >>> float(optical_density(np.full((1, 1, 3), 19, np.uint8), glass)[0, 0, 0])
    1.0
    """
    grey = np.arange(256, dtype=np.float32)[:, None]
    table = -np.log10((grey + _OFFSET) / (np.asarray(background, np.float32)[None] + _OFFSET))
    density = cv2.LUT(rgb, table.reshape(1, 256, 3).astype(np.float32))
    black = black_ground(rgb)
    if black.any():
        density[black] = 0
    return density


def black_ground(rgb: np.ndarray) -> np.ndarray:
    """Pixels of a black ground: ndarray, shape (Y, X), bool."""
    if rgb.size == 0:
        return np.zeros(rgb.shape[:2], bool)
    # A maximum over the three channels in numpy takes thirty times as long.
    return cv2.inRange(rgb, (0, 0, 0), (BLACK_UINT8,) * 3) > 0


def nucleus_contrast(density: np.ndarray) -> np.ndarray:
    """Optical density red + green − blue: high in nuclei, low in red cells.

    Red alone takes dark red cells for nuclei (Dice 0.78–0.95 on the expert masks
    of three sets, against 0.91–0.96 for this one).
    """
    return cv2.transform(density, np.array([[1, 1, -1]], np.float32))


def total_density(density: np.ndarray) -> np.ndarray:
    """Optical density of all channels together: ndarray, shape (Y, X), float32."""
    return cv2.transform(density, np.array([[1, 1, 1]], np.float32))


def background_of(source: ImageSource | np.ndarray) -> np.ndarray:
    """Grey values of the empty glass: ndarray, shape (3,), float32, 1–255.

    The median colour of the pixels whose green (which both stains and haemoglobin
    absorb) lies in the upper tenth; the black ground of cut-outs and white letters or
    frames are left out.
    """
    rgb = source if isinstance(source, np.ndarray) else source.read()
    black = black_ground(rgb)
    pixels = without_burned_white(rgb[~black] if black.any() else rgb.reshape(-1, 3))
    if len(pixels) == 0:
        return np.full(3, 255, np.float32)
    bright = pixels[pixels[:, 1] >= np.percentile(pixels[:, 1], 90)]
    return np.maximum(np.median(bright, axis=0), 1).astype(np.float32)


def overview(source: ImageSource, um_per_px: float, monitor: Monitor = SILENT) -> np.ndarray:
    """The whole image at about 0.5 µm per pixel, read in strips: (Y, X, 3) uint8.

    Raises
    ------
    Stopped
        If the monitor asks for it, between two strips.
    """
    height, width = source.shape
    factor = min(1.0, um_per_px / OVERVIEW_UM_PER_PX)
    rows = max(1, int(_STRIP_MEGAPIXELS * 1e6 / max(width, 1)))
    rows = max(rows, int(np.ceil(1 / factor)))
    strips = []
    for y0 in steps(range(0, height, rows), _STAGE, monitor):
        strip = source.read(Region(y0, 0, min(y0 + rows, height), width))
        size = (max(1, round(width * factor)), max(1, round(strip.shape[0] * factor)))
        strips.append(cv2.resize(strip, size, interpolation=cv2.INTER_AREA))
    return np.ascontiguousarray(np.concatenate(strips)[..., :3])


def stain_of(
    source: ImageSource,
    um_per_px: float,
    parameters: SegmentationParameters,
    monitor: Monitor = SILENT,
) -> Stain:
    """Colours of glass, red cells, cytoplasm and nuclei of `source`, from its overview.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    rgb = overview(source, um_per_px, monitor)
    scale = max(um_per_px, OVERVIEW_UM_PER_PX)
    bands = _bands(rgb.shape)
    background = background_of(np.concatenate([rgb[band] for band in bands]))
    checkpoint(monitor, Progress(_STAGE))
    density, seen, shading = _flat_density(rgb, bands, background, scale)
    seen &= ~drawn_upon(density)
    density[~seen] = 0
    checkpoint(monitor, Progress(_STAGE))
    total = total_density(density)
    glass = seen & (total <= glass_limit(total[seen]))
    contrast = nucleus_contrast(density)
    threshold = float("inf")
    if np.count_nonzero(seen & ~glass) >= MIN_FOREGROUND_PX:
        threshold = nucleus_threshold(contrast[seen & ~glass], parameters)
    nuclei = solid_pixels(contrast > threshold)
    if not nuclei.any():
        nothing = np.zeros(BINS**3, np.float32), np.zeros(3, np.float32)
        return Stain(background, float("inf"), *nothing, shading)
    checkpoint(monitor, Progress(_STAGE))
    table = cytoplasm_table(density, nuclei, glass, scale)
    checkpoint(monitor, Progress(_STAGE))
    red_cell = _red_cell(density, nuclei, ~glass & seen, scale)
    return Stain(background, threshold, table, red_cell, shading)


def _bands(shape: tuple[int, ...]) -> list[slice]:
    """Rows of an overview of `shape` (Y, X, …) that are looked at: all, if it is not large."""
    height, width = shape[:2]
    if height * width <= _MAX_MEGAPIXELS * 1e6:
        return [slice(0, height)]
    count = max(1, int(_MAX_MEGAPIXELS * 1e6 / (width * _BAND_ROWS)))
    starts = np.linspace(0, max(height - _BAND_ROWS, 0), count + 2)[1:-1].astype(int)
    return [slice(start, min(start + _BAND_ROWS, height)) for start in starts]


def _flat_density(
    rgb: np.ndarray, bands: list[slice], background: np.ndarray, um_per_px: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Density of the bands under even light, their pixels that are no black ground, the shading."""

    def density_of(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        part = rgb[rows]
        density = optical_density(cv2.GaussianBlur(part, (3, 3), 0), background)
        return density, ~black_ground(part)

    height, width = rgb.shape[:2]
    if bands == [slice(0, height)]:
        density, seen = density_of(bands[0])
        shading = shading_of([(density, seen)], um_per_px)
        density -= cv2.resize(shading, (width, height))
    else:
        step = _BAND_ROWS
        strips = (density_of(slice(y0, y0 + step)) for y0 in range(0, height, step))
        shading = shading_of(strips, um_per_px)
        density, seen = map(np.concatenate, zip(*map(density_of, bands), strict=True))
        done = 0
        for band in bands:
            rows = band.stop - band.start
            part = (band.start / height, 0.0, band.stop / height, 1.0)
            density[done : done + rows] -= shading_in(shading, part, (rows, width))
            done += rows
    return density, seen, shading


def _red_cell(
    density: np.ndarray, nuclei: np.ndarray, stained: np.ndarray, um_per_px: float
) -> np.ndarray:
    """Optical density of the red cells: ndarray, shape (3,), float32; zeros without any."""
    red = far_from(nuclei, stained, _CLEAR_UM / um_per_px)
    if np.count_nonzero(red) * um_per_px**2 < _MIN_RED_UM2:
        return np.zeros(3, np.float32)
    return np.median(density[red], axis=0)


def far_from(nuclei: np.ndarray, stained: np.ndarray, reach_px: float) -> np.ndarray:
    """Stained pixels farther than `reach_px` from nuclei and not connected to one: bool."""
    away = cv2.distanceTransform((~nuclei).astype(np.uint8), cv2.DIST_L2, 5)
    count, pieces = cv2.connectedComponents(stained.astype(np.uint8), connectivity=4)
    nucleated = np.zeros(count, bool)
    nucleated[pieces[nuclei]] = True
    return stained & (away > reach_px) & ~nucleated[pieces]
