"""Uneven light: the optical density of the glass itself, over the whole image and coarsely."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

_UM_PER_PX = 2.0
_REACH_UM = 8.0
# Density, summed and of each channel, up to which a pixel may be glass under a darker part
# of the lamp.
_GLASS_TOTAL, _GLASS_CHANNEL = 0.15, 0.08
# Share of glass below which a place takes little from its own pixels.
_FEW = 0.02


def shading_of(strips: Iterable[tuple[np.ndarray, np.ndarray]], um_per_px: float) -> np.ndarray:
    """Density of the glass, smooth over the image: ndarray, shape (H, W, 3), float32.

    Zero where no glass is near.

    Parameters
    ----------
    strips : iterable of (ndarray, shape (Y, X, 3), float32; ndarray, shape (Y, X), bool)
        Optical density of strips of the image from top to bottom, and which pixels
        of them belong to the picture.
    um_per_px : float
    """
    factor = min(1.0, um_per_px / _UM_PER_PX)
    found = [_glass_in(density, seen, factor) for density, seen in strips]
    weight, value = (np.concatenate(part) for part in zip(*found, strict=True))
    sigma = _REACH_UM / (um_per_px / factor)
    blur = {"ksize": (0, 0), "sigmaX": sigma, "borderType": cv2.BORDER_REPLICATE}
    weight, value = cv2.GaussianBlur(weight, **blur), cv2.GaussianBlur(value, **blur)
    return (value / (weight + _FEW)[..., None]).astype(np.float32)


def _glass_in(
    density: np.ndarray, seen: np.ndarray, factor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Share of glass, (H, W), and its density times that share, (H, W, 3), on the coarse grid."""
    channels = cv2.split(density)
    total = channels[0] + channels[1] + channels[2]
    largest = np.maximum.reduce([np.abs(channel) for channel in channels])
    glass = seen & (np.abs(total) < _GLASS_TOTAL) & (largest < _GLASS_CHANNEL)
    glass = cv2.erode(glass.astype(np.float32), np.ones((3, 3), np.uint8))
    size = tuple(max(1, round(n * factor)) for n in density.shape[1::-1])
    weight = cv2.resize(glass, size, interpolation=cv2.INTER_AREA)
    value = cv2.resize(density * cv2.merge([glass] * 3), size, interpolation=cv2.INTER_AREA)
    return weight, value


def shading_in(
    shading: np.ndarray, part: tuple[float, float, float, float], shape: tuple[int, int]
) -> np.ndarray:
    """The shading of a part of the image: ndarray, shape (Y, X, 3), float32.

    Parameters
    ----------
    shading : ndarray, shape (H, W, 3), float32
        That of the whole image.
    part : tuple of float
        Where the part lies, as fractions y0, x0, y1, x1 of the sides of the image.
    shape : tuple of int
        (Y, X) of the part.
    """
    rows, columns = shading.shape[:2]
    y0, x0, y1, x1 = part
    height, width = shape
    # Affine map from pixel centres of the part to pixel centres of the coarse shading.
    sx, sy = (x1 - x0) * columns / width, (y1 - y0) * rows / height
    to = np.array([[sx, 0, x0 * columns + 0.5 * sx - 0.5], [0, sy, y0 * rows + 0.5 * sy - 0.5]])
    return cv2.warpAffine(
        shading,
        to,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
