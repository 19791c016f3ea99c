"""Whether a field can be trusted: is it in focus, and does it repeat another field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.config import QualityParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

# The two smoothings, in micrometres, between which the loss of edges is measured.
_FINE_UM, _COARSE_UM = 0.15, 0.45
_WORKING_UM_PER_PX = 0.1
_MAX_SIDE_PX = 2048
_THUMBNAIL_PX = 192
_CANDIDATES = 4
# From this part of the field on, a common area holds enough cells to be sure.
_LARGE_OVERLAP = 0.3


@dataclass(frozen=True)
class Overlap:
    """Two fields that show the same part of a smear.

    Parameters
    ----------
    first, second : int
        Positions of the fields in the sequence that was given.
    shift_fraction_yx : tuple of float
        Where the second lies, in units of the longer side of the first.
    overlap_fraction : float
        Common area over the area of the smaller field, 0–1.
    correlation : float
        Normalised cross-correlation in the common area, -1–1.
    """

    first: int
    second: int
    shift_fraction_yx: tuple[float, float]
    overlap_fraction: float
    correlation: float


def edge_blur_um(source: ImageSource, um_per_px: float) -> float:
    """Width (standard deviation, in µm) by which the strong edges of `source` are blurred.

    An edge blurred by w has a gradient energy in proportion to
    ``1 / sqrt(w² + s²)`` after smoothing by s; two smoothings give w. Contrast
    and the number of cells cancel out. A field without edges gives infinity.
    """
    pixels = _middle(source)[..., 1].astype(np.float32)
    zoom = um_per_px / _WORKING_UM_PER_PX
    if zoom < 1:
        pixels = cv2.resize(pixels, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        um_per_px = _WORKING_UM_PER_PX
    fine, coarse = (_edge_energy(pixels, s / um_per_px) for s in (_FINE_UM, _COARSE_UM))
    if fine <= 0 or min(pixels.shape) < 8:
        return float("inf")
    ratio = min((coarse / fine) ** 2, 0.999)
    squared = (ratio * _COARSE_UM**2 - _FINE_UM**2) / (1 - ratio)
    return float(np.sqrt(max(squared, 0.0)))


def is_blurred(
    source: ImageSource, um_per_px: float, parameters: QualityParameters | None = None
) -> bool:
    """Whether the edges of `source` are softer than a focused objective leaves them."""
    parameters = parameters or QualityParameters()
    return edge_blur_um(source, um_per_px) > parameters.max_edge_blur_um


def overlapping_fields(
    sources: Sequence[ImageSource],
    parameters: QualityParameters | None = None,
    monitor: Monitor = SILENT,
) -> list[Overlap]:
    """Pairs of `sources` that show a common area, so that cells in it count twice.

    The fields must have one scale and one orientation, as those of a session
    at the microscope have.

    Raises
    ------
    Stopped
        If a stop was requested.
    """
    from scipy import fft

    parameters = parameters or QualityParameters()
    longest = max((max(source.shape) for source in sources), default=1)
    thumbnails = [
        _thumbnail(source, min(1.0, _THUMBNAIL_PX / longest))
        for source in steps(sources, "compare fields", monitor)
    ]
    size = tuple(fft.next_fast_len(2 * _THUMBNAIL_PX, real=True) for _ in range(2))
    spectra = [fft.rfft2(thumbnail, size) for thumbnail in thumbnails]
    pairs = list(combinations(range(len(thumbnails)), 2))
    found = []
    for first, second in steps(pairs, "compare fields", monitor):
        best = _best_shift(
            (thumbnails[first], thumbnails[second]),
            (spectra[first], spectra[second]),
            parameters.min_overlap_fraction,
        )
        if best is None or best[0] < _needed_correlation(best[1], parameters):
            continue
        correlation, fraction, shift = best
        side = max(thumbnails[first].shape)
        relative = (shift[0] / side, shift[1] / side)
        found.append(Overlap(first, second, relative, fraction, correlation))
    return found


def _edge_energy(pixels: np.ndarray, sigma_px: float) -> float:
    smooth = cv2.GaussianBlur(pixels, (0, 0), sigma_px) if sigma_px > 0.3 else pixels
    dy, dx = np.diff(smooth, axis=0)[:, 1:], np.diff(smooth, axis=1)[1:]
    # The sum of squares is that of the steepest edges: cell and nuclear outlines.
    return float((dy**2 + dx**2).mean())


def _middle(source: ImageSource) -> np.ndarray:
    height, width = source.shape
    y0, x0 = max(0, (height - _MAX_SIDE_PX) // 2), max(0, (width - _MAX_SIDE_PX) // 2)
    return source.read(
        Region(y0, x0, min(height, y0 + _MAX_SIDE_PX), min(width, x0 + _MAX_SIDE_PX))
    )


def _thumbnail(source: ImageSource, zoom: float) -> np.ndarray:
    """Green channel without its slow shading, mean 0, (Y, X) float32."""
    wanted = zoom * max(source.shape)
    level = max(
        (at for at, shape in enumerate(source.level_shapes) if max(shape) >= wanted), default=0
    )
    shape = tuple(max(8, round(side * zoom)) for side in source.shape)
    green = np.ascontiguousarray(source.read(level=level)[..., 1])
    small = cv2.resize(green, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), 0.8)
    return small - cv2.GaussianBlur(small, (0, 0), _THUMBNAIL_PX / 16)


def _needed_correlation(overlap_fraction: float, parameters: QualityParameters) -> float:
    """More agreement is asked of a small common area, in which few cells can agree by chance."""
    least = parameters.min_overlap_correlation
    return least + 0.5 * (1 - least) * max(0.0, 1 - overlap_fraction / _LARGE_OVERLAP)


def _best_shift(
    pictures: tuple[np.ndarray, np.ndarray],
    spectra: tuple[np.ndarray, np.ndarray],
    min_overlap_fraction: float,
) -> tuple[float, float, tuple[int, int]] | None:
    """Correlation, overlap and shift of the best of a few peaks of the phase correlation."""
    from scipy import fft

    cross = spectra[0] * spectra[1].conj()
    size = spectra[0].shape[0], 2 * (spectra[0].shape[1] - 1)
    peaks = fft.irfft2(cross / (np.abs(cross) + 1e-6 * np.abs(cross).max() + 1e-12), size)
    peaks = cv2.GaussianBlur(peaks.astype(np.float32), (0, 0), 0.8)
    best = None
    for _ in range(_CANDIDATES):
        y, x = np.unravel_index(np.argmax(peaks), peaks.shape)
        peaks[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = -np.inf
        shift = int(y - size[0] * (y > size[0] // 2)), int(x - size[1] * (x > size[1] // 2))
        measured = _correlation(*pictures, shift, min_overlap_fraction)
        if measured is not None and (best is None or measured[0] > best[0]):
            best = (*measured, shift)
    return best


def _correlation(
    first: np.ndarray, second: np.ndarray, shift: tuple[int, int], min_overlap_fraction: float
) -> tuple[float, float] | None:
    """Normalised cross-correlation of the common area, and its part of the smaller field."""
    (dy, dx), (h1, w1), (h2, w2) = shift, first.shape, second.shape
    a = first[max(0, dy) : min(h1, h2 + dy), max(0, dx) : min(w1, w2 + dx)]
    b = second[max(0, -dy) : min(h2, h1 - dy), max(0, -dx) : min(w2, w1 - dx)]
    fraction = a.size / min(first.size, second.size)
    if a.size == 0 or fraction < min_overlap_fraction:
        return None
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return (float((a * b).sum() / norm) if norm > 0 else 0.0), float(fraction)
