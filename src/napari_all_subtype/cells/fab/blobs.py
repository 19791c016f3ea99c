"""Pale round spots that stand out from the texture around them, by a difference of Gaussians."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# A disc of radius r answers most strongly to the difference of two Gaussians, one 1.6 times as
# wide as the other, at sigma = r / 1.757, and then with 0.333 of its depth.
_RATIO, _RADIUS_OF_SIGMA, _ANSWER = 1.6, 1.757, 0.333
# Two steps of scale make that ratio, so that each blur serves twice.
_SCALE_STEP = _RATIO**0.5
_MIN_WEIGHT = 0.05
# Gaussians are cut off here.
_REACH_SIGMA = 3.0


@dataclass(frozen=True)
class Spots:
    """N pale spots, the clearest first.

    Parameters
    ----------
    y, x : ndarray, shape (N,), int
        Centres in pixels.
    radius_px : ndarray, shape (N,), float
        Radius by the scale at which each stands out most.
    depth : ndarray, shape (N,), float
        How much lower than its surroundings the density is in each.
    """

    y: np.ndarray
    x: np.ndarray
    radius_px: np.ndarray
    depth: np.ndarray


def pale_spots(
    density: np.ndarray,
    where: np.ndarray,
    radii_px: tuple[float, float],
    min_depth: float,
    margin: float,
) -> Spots:
    """Round spots in `density` that are paler than what surrounds them.

    At each scale a spot must be deeper than chance would make the deepest of as many spots
    as there is room for, by `margin` times the spread of the texture. That spread is taken
    from what is darker than its surroundings: no spot widens it.

    Parameters
    ----------
    density : ndarray, shape (Y, X), float32
    where : ndarray, shape (Y, X), bool
        Only these pixels are looked at; what lies beyond has no say.
    radii_px : tuple of float
        Smallest and largest radius.
    min_depth : float
        In the unit of `density`.
    margin : float
        In spreads of the texture, beyond what chance gives.
    """
    radii = _radii(*radii_px)
    room = np.count_nonzero(where)
    if room == 0:
        return Spots(*(np.empty(0, int),) * 2, *(np.empty(0),) * 2)
    clear, depth = [], _answers(density, where, radii)
    for radius, answer in zip(radii, depth, strict=True):
        darker = np.minimum(answer[where], 0)
        spread = float(np.sqrt(2 * np.dot(darker, darker) / room))
        chance = np.sqrt(2 * np.log(max(room / (np.pi * radius**2), 2)))
        clear.append(answer / max(spread * (chance + margin), min_depth, 1e-9))
    return _maxima(clear, depth, where, radii)


def _radii(low_px: float, high_px: float) -> np.ndarray:
    count = max(1, round(np.log(high_px / low_px) / np.log(_SCALE_STEP)) + 1)
    return low_px * _SCALE_STEP ** np.arange(count)


def _answers(density: np.ndarray, where: np.ndarray, radii: np.ndarray) -> list[np.ndarray]:
    """Depth of a disc of each radius at each place: ndarray, shape (Y, X), float32, each."""
    sigmas = radii[0] / _RADIUS_OF_SIGMA * _SCALE_STEP ** np.arange(len(radii) + 2)
    weight = where.astype(np.float32)
    both, means, done = cv2.merge([density * weight, weight]), [], 0.0
    for sigma in sigmas:
        # A blurred image is blurred on: its Gaussian is narrower than the whole.
        both = _blurred(both, float(np.sqrt(sigma**2 - done**2)))
        done = sigma
        means.append(both[..., 0] / np.maximum(both[..., 1], _MIN_WEIGHT))
    return [(wide - fine) / _ANSWER for fine, wide in zip(means[:-2], means[2:], strict=True)]


def _blurred(values: np.ndarray, sigma_px: float) -> np.ndarray:
    side = 2 * int(np.ceil(_REACH_SIGMA * sigma_px)) + 1
    return cv2.GaussianBlur(values, (side, side), sigma_px, borderType=cv2.BORDER_CONSTANT)


def local_mean(values: np.ndarray, where: np.ndarray, sigma_px: float) -> np.ndarray:
    """Gaussian mean of `values`, (Y, X) or (Y, X, C), over the pixels of `where` alone."""
    weight = where.astype(np.float32)
    share = np.maximum(_blurred(weight, sigma_px), _MIN_WEIGHT)
    if values.ndim == 3:
        weight, share = weight[..., None], share[..., None]
    return _blurred(values * weight, sigma_px) / share


def _maxima(
    clear: list[np.ndarray], depth: list[np.ndarray], where: np.ndarray, radii: np.ndarray
) -> Spots:
    """Places at which some scale reaches 1 and that no neighbour exceeds."""
    best = np.maximum.reduce(clear)
    y, x = np.nonzero((best >= 1) & (best >= cv2.dilate(best, np.ones((3, 3)))) & where)
    order = np.argsort(-best[y, x], kind="stable")
    y, x = y[order], x[order]
    k = np.array([level[y, x] for level in clear]).argmax(axis=0)
    return Spots(y, x, radii[k], np.array([level[y, x] for level in depth])[k, np.arange(len(k))])
