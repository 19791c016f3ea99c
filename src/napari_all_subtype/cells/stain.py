"""Stain as optical density: what glass, red cells and nuclei of this very image look like."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.palette import BINS, cytoplasm_table
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint, steps

# Darker than this in every channel is no stain but the black ground of a cut-out or a frame.
BLACK_UINT8 = 12
# Natural logarithm to decadic absorbance, with the grey level kept off zero.
_OFFSET = 1.0
_OVERVIEW_UM_PER_PX = 0.5
_STRIP_MEGAPIXELS = 4.0
_MIN_FOREGROUND_PX = 50
_STAGE = "measure colours"
# Red cells are looked for this far from nuclei; two of them at least must be seen.
_CLEAR_UM = 4.0
_MIN_RED_UM2 = 80.0
_SHADING_UM_PER_PX = 2.0
_SHADING_REACH_UM = 8.0
# Summed density up to which a pixel may be glass under a darker part of the lamp.
_SHADED_GLASS = 0.15


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
        rows, columns = self.shading.shape[:2]
        y0, x0, y1, x1 = part
        height, width = rgb.shape[:2]
        # Affine map from pixel centres of `rgb` to pixel centres of the coarse shading.
        sx, sy = (x1 - x0) * columns / width, (y1 - y0) * rows / height
        to = np.array(
            [
                [sx, 0, x0 * columns + 0.5 * sx - 0.5],
                [0, sy, y0 * rows + 0.5 * sy - 0.5],
            ]
        )
        shading = cv2.warpAffine(
            self.shading,
            to,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
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
    absorb) lies in the upper tenth; the black ground of cut-outs is left out.
    """
    rgb = source if isinstance(source, np.ndarray) else source.read()
    black = black_ground(rgb)
    pixels = rgb[~black] if black.any() else rgb.reshape(-1, 3)
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
    factor = min(1.0, um_per_px / _OVERVIEW_UM_PER_PX)
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
    scale = max(um_per_px, _OVERVIEW_UM_PER_PX)
    background = background_of(rgb)
    checkpoint(monitor, Progress(_STAGE))
    density = optical_density(cv2.GaussianBlur(rgb, (3, 3), 0), background)
    seen = ~black_ground(rgb)
    shading = _shading(density, seen, scale)
    density -= cv2.resize(shading, density.shape[1::-1])
    density[~seen] = 0
    checkpoint(monitor, Progress(_STAGE))
    total = total_density(density)
    glass = seen & (total <= _glass_limit(total[seen]))
    contrast = nucleus_contrast(density)
    threshold = float("inf")
    if np.count_nonzero(seen & ~glass) >= _MIN_FOREGROUND_PX:
        threshold = _nucleus_threshold(contrast[seen & ~glass], parameters)
    if not np.isfinite(threshold):
        nothing = np.zeros(BINS**3, np.float32), np.zeros(3, np.float32)
        return Stain(background, threshold, *nothing, shading)
    checkpoint(monitor, Progress(_STAGE))
    nuclei = (contrast > threshold).astype(np.uint8)
    nuclei = cv2.morphologyEx(nuclei, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    table = cytoplasm_table(density, nuclei, glass, scale)
    checkpoint(monitor, Progress(_STAGE))
    red_cell = _red_cell(density, nuclei, ~glass & seen, scale)
    return Stain(background, threshold, table, red_cell, shading)


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


def _shading(density: np.ndarray, seen: np.ndarray, um_per_px: float) -> np.ndarray:
    """Density of the glass itself, smooth over the image and coarse: (H, W, 3) float32.

    Zero where no glass is near.
    """
    largest = np.maximum.reduce([np.abs(channel) for channel in cv2.split(density)])
    glass = seen & (np.abs(total_density(density)) < _SHADED_GLASS) & (largest < 0.08)
    glass = cv2.erode(glass.astype(np.float32), np.ones((3, 3), np.uint8))
    factor = min(1.0, um_per_px / _SHADING_UM_PER_PX)
    size = tuple(max(1, round(n * factor)) for n in density.shape[1::-1])
    weight = cv2.resize(glass, size, interpolation=cv2.INTER_AREA)
    value = cv2.resize(density * cv2.merge([glass] * 3), size, interpolation=cv2.INTER_AREA)
    sigma = _SHADING_REACH_UM / (um_per_px / factor)
    blur = {"ksize": (0, 0), "sigmaX": sigma, "borderType": cv2.BORDER_REPLICATE}
    weight, value = cv2.GaussianBlur(weight, **blur), cv2.GaussianBlur(value, **blur)
    return (value / (weight + 0.02)[..., None]).astype(np.float32)


def _glass_limit(total: np.ndarray) -> float:
    """Summed optical density up to which a pixel is glass: four spreads of its noise."""
    if total.size == 0:
        return 0.0
    low = total[total < np.percentile(total, 50) + 1e-6]
    noise = 1.4826 * np.median(np.abs(low - np.median(low))) if len(low) else 0.0
    return float(np.clip(4 * noise, 0.06, 0.15))


def _nucleus_threshold(contrast: np.ndarray, parameters: SegmentationParameters) -> float:
    """Contrast that parts nuclei from red cells, or infinity where there are none.

    Otsu on root counts, so that a handful of nuclei among many red cells is seen;
    never inside the spread of the red cells and never below the stated minimum.
    """
    counts, edges = np.histogram(contrast, bins=256, range=(-0.3, 2.5))
    middle = 0.5 * (edges[1:] + edges[:-1])
    threshold = middle[_otsu_bin(np.sqrt(counts), middle)]
    lower = contrast[contrast < threshold]
    if len(lower):
        centre = np.median(lower)
        spread = 1.4826 * np.median(np.abs(lower - centre))
        threshold = max(threshold, centre + 2.5 * spread)
    else:
        centre = 0.0
    threshold = max(threshold, parameters.min_nucleus_contrast)
    above = contrast[contrast >= threshold]
    if len(above) < _MIN_FOREGROUND_PX or np.median(above) - centre < 0.15:
        return float("inf")
    return float(threshold * 2 ** (0.5 - parameters.sensitivity))


def _otsu_bin(weights: np.ndarray, middle: np.ndarray) -> int:
    """Bin after which between-class variance is largest."""
    below = np.cumsum(weights)
    moment = np.cumsum(weights * middle)
    total, mean = below[-1], moment[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (mean * below - total * moment) ** 2 / (below * (total - below))
    return int(np.nanargmax(np.where(np.isfinite(variance), variance, -1)))
