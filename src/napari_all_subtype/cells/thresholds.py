"""Where glass ends and nuclei begin, by the colours of the image itself."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.config import SegmentationParameters

# Fewer pixels are no population.
MIN_FOREGROUND_PX = 50
# Measured: at least 0.52 in 2,700 images of eight sets with white cells, and at most 0.13 in noise.
_MIN_SOLID_SHARE = 0.3
# A threshold lies on top of a population if as much of it as this share of its peak lies there,
# and the valley before it, no lower than this share of the threshold, is less than half as full.
_ON_TOP, _DEEP, _LOWEST_VALLEY = 0.6, 0.5, 0.4
_SMOOTH_BINS = 4.0


def glass_limit(total: np.ndarray) -> float:
    """Summed optical density up to which a pixel is glass: four spreads of its noise."""
    if total.size == 0:
        return 0.0
    low = total[total < np.percentile(total, 50) + 1e-6]
    noise = 1.4826 * np.median(np.abs(low - np.median(low))) if len(low) else 0.0
    return float(np.clip(4 * noise, 0.06, 0.15))


def nucleus_threshold(contrast: np.ndarray, parameters: SegmentationParameters) -> float:
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
        threshold = _in_valley(max(threshold, centre + 2.5 * spread), counts, middle)
    else:
        centre = 0.0
    threshold = max(threshold, parameters.min_nucleus_contrast)
    above = contrast[contrast >= threshold]
    if len(above) < MIN_FOREGROUND_PX or np.median(above) - centre < 0.15:
        return float("inf")
    return float(threshold * 2 ** (0.5 - parameters.sensitivity))


def _in_valley(threshold: float, counts: np.ndarray, middle: np.ndarray) -> float:
    """`threshold`, or the valley before it where it cuts through the middle of a population.

    That happens to pale nuclei beside much darker ones.
    """
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(counts.astype(float), _SMOOTH_BINS)
    at, lowest = np.searchsorted(middle, [threshold, _LOWEST_VALLEY * threshold])
    if at == len(middle):  # beyond all colours of a stain: no population is there
        return float(threshold)
    valley = lowest + int(smooth[lowest : at + 1].argmin())
    on_top = smooth[at] > _ON_TOP * smooth[at:].max()
    deep = smooth[valley] < _DEEP * smooth[at]
    return float(middle[valley]) if on_top and deep else float(threshold)


def solid_pixels(dark: np.ndarray) -> np.ndarray:
    """Pixels of pieces that are 3 px wide and more: ndarray, shape (Y, X), bool.

    Noise is as dark as nuclei, but in single pixels: where such pieces are the
    exception, none counts.

    Parameters
    ----------
    dark : ndarray, shape (Y, X), bool
        Darker than a threshold, at about 0.5 µm per pixel.
    """
    pixels = dark.view(np.uint8)
    solid = cv2.morphologyEx(pixels, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if cv2.countNonZero(solid) < _MIN_SOLID_SHARE * cv2.countNonZero(pixels):
        return np.zeros(dark.shape, bool)
    return solid > 0


def _otsu_bin(weights: np.ndarray, middle: np.ndarray) -> int:
    """Bin after which between-class variance is largest."""
    below = np.cumsum(weights)
    moment = np.cumsum(weights * middle)
    total, mean = below[-1], moment[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (mean * below - total * moment) ** 2 / (below * (total - below))
    return int(np.nanargmax(np.where(np.isfinite(variance), variance, -1)))
