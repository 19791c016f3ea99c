"""Size, cytoplasm and nuclear outline of a cell as radii by angle, and changes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

ANGLES = 720
_THETA = np.linspace(0.0, 2.0 * np.pi, ANGLES, endpoint=False, dtype=np.float32)


@dataclass(frozen=True)
class Radii:
    """A cell as radii by angle, in pixels, about a point in its nucleus.

    Parameters
    ----------
    centre : tuple of float
        (y, x).
    nucleus, cell : ndarray, shape (720,), float32
        Outermost edges; that of the cell is never within that of the nucleus.
    border : ndarray, shape (720,), float32
        Where the picture ends.
    zoom : float
        How many times as large the middle of the nucleus is as it was.
    """

    centre: tuple[float, float]
    nucleus: np.ndarray
    cell: np.ndarray
    border: np.ndarray
    zoom: float = 1.0

    @property
    def nc_ratio(self) -> float:
        """Area of the nucleus over that of the cell, as the radii have them."""
        return float(np.square(self.nucleus).sum() / np.square(self.cell).sum())


def radii_of(cell: np.ndarray, nucleus: np.ndarray) -> Radii:
    """Radii of a cell, from its masks, shape (Y, X), bool; the nucleus has at least a pixel."""
    ys, xs = np.nonzero(nucleus)
    centre = (float(ys.mean()), float(xs.mean()))
    if not nucleus[round(centre[0]), round(centre[1])]:
        deepest = cv2.distanceTransform(nucleus.astype(np.uint8), cv2.DIST_L2, 5)
        centre = tuple(float(v) for v in np.unravel_index(deepest.argmax(), deepest.shape))
    height, width = cell.shape
    sine, cosine = np.sin(_THETA), np.cos(_THETA)
    with np.errstate(divide="ignore"):
        border = np.minimum(
            np.where(sine > 0, height - 1 - centre[0], centre[0]) / np.abs(sine),
            np.where(cosine > 0, width - 1 - centre[1], centre[1]) / np.abs(cosine),
        ).astype(np.float32)
    inner, outer = (_edge_by_angle(mask, centre) for mask in (nucleus, cell | nucleus))
    return Radii(centre, inner, np.maximum(outer, inner), border)


def with_cell(radii: Radii, cell: np.ndarray) -> Radii:
    """The same nucleus in another cell mask, shape (Y, X), bool, that holds it."""
    outer = _edge_by_angle(cell, radii.centre)
    return replace(radii, cell=np.maximum(outer, radii.nucleus))


def _edge_by_angle(mask: np.ndarray, centre: tuple[float, float]) -> np.ndarray:
    """Farthest pixel of `mask` on each ray, smoothed over about two degrees."""
    ys, xs = np.nonzero(mask)
    reach = float(np.hypot(ys - centre[0], xs - centre[1]).max()) + 2.0
    steps = int(reach * 2)
    polar = cv2.warpPolar(
        mask.astype(np.uint8) * np.uint8(255),
        (steps, ANGLES),
        centre[::-1],
        reach,
        cv2.INTER_LINEAR | cv2.WARP_FILL_OUTLIERS,
    )
    last = steps - np.argmax(polar[:, ::-1] > 127, axis=1)
    last = np.where((polar > 127).any(axis=1), last, 1)
    return around(last.astype(np.float32) * reach / steps, 4.0)


def around(table: np.ndarray, sigma: float) -> np.ndarray:
    """A table by angle smoothed by a Gaussian of `sigma` half degrees, all the way round."""
    pad = int(4 * sigma) + 1
    ring = np.concatenate([table[-pad:], table, table[:pad]])[None].astype(np.float32)
    return cv2.GaussianBlur(ring, (0, 0), sigmaX=sigma, sigmaY=1e-6)[0, pad:-pad]


def scaled(radii: Radii, factor: float) -> Radii:
    """The cell `factor` times as large; smaller than asked where the picture has no room."""
    room = float((radii.border / np.maximum(radii.cell, 1.0)).min()) * 0.97
    factor = min(factor, max(room, 1.0))
    nucleus, cell = radii.nucleus * np.float32(factor), radii.cell * np.float32(factor)
    return replace(radii, nucleus=nucleus, cell=cell, zoom=factor)


def with_nc_ratio(radii: Radii, wanted: float, rng: np.random.Generator) -> Radii:
    """The cell with cytoplasm that much wider or narrower, 0 < `wanted` < 1; nucleus as it was.

    Wider cytoplasm grows where there is some already, beyond twice that as a crescent.
    """
    width = radii.cell - radii.nucleus
    if wanted > radii.nc_ratio:
        return _solved(radii, wanted, lambda k: radii.nucleus + np.float32(k) * width, (0.02, 1.0))
    most = radii.border * 0.97
    towards = np.angle((width * np.exp(1j * _THETA)).sum()) + rng.normal(0.0, 0.4)
    wave = 1.0 + 0.55 * np.cos(_THETA - towards) + 0.12 * np.cos(3 * _THETA + rng.uniform(0, 6.3))
    crescent = np.float32(radii.nucleus.mean()) * wave.astype(np.float32)

    def wider(k: float) -> np.ndarray:
        grown = radii.nucleus + np.float32(1.0 + min(k, 1.0)) * width
        return np.maximum(np.minimum(grown + np.float32(k) * crescent, most), radii.cell)

    return _solved(radii, wanted, wider, (0.0, 2.0))


def _solved(radii: Radii, wanted: float, grow, between: tuple[float, float]) -> Radii:
    """The cell of the ratio wanted, by halving: `grow(k)` gives ever wider cells."""
    low, high = between
    for _ in range(16):
        middle = 0.5 * (low + high)
        result = replace(radii, cell=around(grow(middle), 3.0))
        low, high = (middle, high) if result.nc_ratio > wanted else (low, middle)
    return result


def indented(radii: Radii, strength: float, rng: np.random.Generator) -> Radii:
    """The nucleus with one bay and perhaps a cleft pulled in, the cytoplasm following.

    A bay is 0.22–0.4 radii deep, a cleft 0.25–0.5 and a third as wide, at strength 1.
    """
    radius = float(radii.nucleus.mean())
    width = radii.cell - radii.nucleus
    chance = np.clip(width, 0.05 * radius, 0.5 * radius).astype(float)
    first = float(rng.choice(_THETA, p=chance / chance.sum()))
    folds = [(first, rng.uniform(0.22, 0.4), rng.uniform(0.22, 0.4))]
    if rng.random() < 0.6:
        folds.append(
            (first + rng.uniform(1.2, 5.0), rng.uniform(0.25, 0.5), rng.uniform(0.09, 0.14))
        )
    depth = np.zeros(ANGLES, np.float32)
    for angle, deep, wide in folds:
        away = np.abs(np.angle(np.exp(1j * (_THETA - angle))))
        # Lopsided, with a rounded floor: no fold is a bell curve.
        tilt = 1.0 + 0.25 * rng.normal() * np.sin(_THETA - angle)
        depth = np.maximum(depth, deep * np.exp(-((away / (wide * tilt)) ** 2)))
    depth = np.float32(strength) * depth * radii.nucleus
    return replace(radii, nucleus=radii.nucleus - depth)


def rounded(radii: Radii, strength: float) -> Radii:
    """The nucleus nearer to an ellipse of its own area, the cell giving way; strength 0–1."""
    wave = np.fft.rfft(radii.nucleus)
    wave[1] *= 0.0
    wave[2] *= 0.5
    wave[3:] = 0.0
    oval = np.fft.irfft(wave, ANGLES).astype(np.float32)
    oval *= np.float32(np.sqrt(np.square(radii.nucleus).mean() / np.square(oval).mean()))
    nucleus = radii.nucleus + np.float32(min(strength, 1.0)) * (oval - radii.nucleus)
    nucleus = np.minimum(nucleus, 0.95 * radii.border)
    # A rim of cytoplasm is left; it never was none.
    least = np.minimum(radii.cell - radii.nucleus, 0.05 * radii.nucleus.mean())
    wide = np.maximum(radii.cell, nucleus + least) - nucleus
    # As large as before: only the outline is to change.
    return _solved(
        replace(radii, nucleus=nucleus),
        radii.nc_ratio,
        lambda k: nucleus + np.float32(k) * wide,
        (0.2, 1.0),
    )
