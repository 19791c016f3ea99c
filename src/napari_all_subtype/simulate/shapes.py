"""Smooth random contours and noise: the shapes that nothing alive draws with a compass.

Shapes are level functions: µm inside the outline, positive within, negative outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_ANGLES = 720
_THETA = np.linspace(0.0, 2.0 * np.pi, _ANGLES, endpoint=False)


def noise(rng: np.random.Generator, shape: tuple[int, int], sigma_px: float) -> np.ndarray:
    """Smooth noise of mean 0 and deviation 1: ndarray, `shape`, float32.

    White noise blurred with a Gaussian; coarse noise is made on a coarse grid.
    """
    step = max(1.0, sigma_px / 1.5)
    small = (int(np.ceil(shape[0] / step)) + 2, int(np.ceil(shape[1] / step)) + 2)
    white = rng.standard_normal(small, dtype=np.float32)
    sigma = sigma_px / step
    if sigma > 0.25:
        white = cv2.GaussianBlur(white, (0, 0), sigma)
        # A Gaussian keeps 1 / (2 sigma sqrt(pi)) of the deviation of white noise.
        white *= max(1.0, 2.0 * sigma * np.sqrt(np.pi))
    if step > 1.0:
        size = (int(small[1] * step) + 1, int(small[0] * step) + 1)
        white = cv2.resize(white, size, interpolation=cv2.INTER_CUBIC)
    return white[: shape[0], : shape[1]]


def octaves(
    rng: np.random.Generator, shape: tuple[int, int], sigma_px: float, count: int = 3
) -> np.ndarray:
    """Noise at `sigma_px` and finer, each octave half as coarse and 0.6 as strong; deviation 1."""
    total = np.zeros(shape, np.float32)
    weight, power = 1.0, 0.0
    for _ in range(count):
        total += weight * noise(rng, shape, sigma_px)
        power += weight**2
        weight, sigma_px = weight * 0.6, sigma_px / 2.0
    return total / np.float32(np.sqrt(power))


def soft(level: np.ndarray, width_um: float) -> np.ndarray:
    """0 outside, 1 inside, with a smooth edge `width_um` wide."""
    t = np.clip(level / np.float32(width_um) + 0.5, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def ramp(values: np.ndarray, start: float, end: float) -> np.ndarray:
    """Smooth step from 0 at `start` to 1 at `end`."""
    t = np.clip((values - np.float32(start)) / np.float32(end - start), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@dataclass(frozen=True)
class Patch:
    """Coordinates in µm of a piece of the field, from the centre of one object."""

    top: int
    left: int
    yy: np.ndarray
    xx: np.ndarray
    um_per_px: float

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) in pixels."""
        return self.yy.shape

    @property
    def window(self) -> tuple[slice, slice]:
        """Where the patch lies in its field."""
        return (
            slice(self.top, self.top + self.shape[0]),
            slice(self.left, self.left + self.shape[1]),
        )


def patch_around(
    centre_um: np.ndarray, reach_um: float, um_per_px: float, shape: tuple[int, int]
) -> Patch | None:
    """The patch of a field of `shape` within `reach_um` of `centre_um`; None if it is outside."""
    low = np.floor((centre_um - reach_um) / um_per_px).astype(int)
    high = np.ceil((centre_um + reach_um) / um_per_px).astype(int)
    low = np.maximum(low, 0)
    high = np.minimum(high, shape)
    if (high - low < 3).any():
        return None
    y = ((np.arange(low[0], high[0]) + 0.5) * um_per_px - centre_um[0]).astype(np.float32)
    x = ((np.arange(low[1], high[1]) + 0.5) * um_per_px - centre_um[1]).astype(np.float32)
    yy, xx = np.meshgrid(y, x, indexing="ij")
    return Patch(int(low[0]), int(low[1]), yy, xx, um_per_px)


def warped(patch: Patch, rng: np.random.Generator, grain_um: float, shift_um: float) -> Patch:
    """The patch with its coordinates pushed about smoothly: straight shapes come out organic."""
    sigma = grain_um / patch.um_per_px
    yy = patch.yy + np.float32(shift_um) * noise(rng, patch.shape, sigma)
    xx = patch.xx + np.float32(shift_um) * noise(rng, patch.shape, sigma)
    return Patch(patch.top, patch.left, yy, xx, patch.um_per_px)


def contour(
    rng: np.random.Generator,
    radius_um: float,
    irregularity: float,
    elongation: float = 0.0,
    harmonics: tuple[int, int] = (2, 7),
    decay: float = 1.1,
) -> np.ndarray:
    """Radius by angle of a closed random outline: ndarray, shape (720,), float32, µm.

    A Fourier series whose amplitudes fall with the harmonic; `irregularity` is their sum
    as a fraction of the radius, `elongation` that of a further ellipse.
    """
    k = np.arange(harmonics[0], harmonics[1] + 1)
    amplitude = rng.normal(0.0, 1.0, k.size) / k**decay
    amplitude *= irregularity / max(float(np.sqrt((1.0 / k ** (2 * decay)).sum())), 1e-9)
    phase = rng.uniform(0.0, 2.0 * np.pi, k.size)
    table = 1.0 + (amplitude[:, None] * np.cos(k[:, None] * _THETA + phase[:, None])).sum(0)
    table += elongation * np.cos(2.0 * (_THETA - rng.uniform(0.0, np.pi)))
    return (radius_um * np.maximum(table, 0.3)).astype(np.float32)


def inside(
    outline: np.ndarray, yy: np.ndarray, xx: np.ndarray, centre_um: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """Level of a radial outline around `centre_um`: µm inside it."""
    radius, angle = cv2.cartToPolar(xx - np.float32(centre_um[1]), yy - np.float32(centre_um[0]))
    index = (angle * np.float32(_ANGLES / (2.0 * np.pi))).astype(np.int32) % _ANGLES
    return outline[index] - radius


def stroke(
    yy: np.ndarray,
    xx: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    radius_um: float,
    end_um: float | None = None,
) -> np.ndarray:
    """Level of a round-ended line from `a` to `b` (y, x), half as wide as `radius_um` says.

    With `end_um` it tapers from `radius_um` at `a` to `end_um` at `b`.
    """
    d = np.asarray(b, float) - np.asarray(a, float)
    length = max(float(d @ d), 1e-9)
    py, px = yy - np.float32(a[0]), xx - np.float32(a[1])
    t = np.clip((py * np.float32(d[0]) + px * np.float32(d[1])) / np.float32(length), 0.0, 1.0)
    taper = np.float32((radius_um if end_um is None else end_um) - radius_um)
    return (
        np.float32(radius_um)
        + taper * t
        - np.hypot(py - t * np.float32(d[0]), px - t * np.float32(d[1]))
    )


def smooth_max(a: np.ndarray, b: np.ndarray, blend_um: float) -> np.ndarray:
    """Union of two shapes with a fillet of about `blend_um` where they meet."""
    h = np.clip(0.5 + 0.5 * (a - b) / np.float32(blend_um), 0.0, 1.0)
    return b + (a - b) * h + np.float32(blend_um) * h * (1.0 - h)
