"""Pale round spots, found as maxima of a difference of Gaussians over scales."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

# Ratio of the two Gaussians of a difference. A disc of radius r answers most strongly at
# sigma = r / 1.757, with 0.333 of its depth.
_RATIO = 1.6
_RADIUS_OF_SIGMA = 1.757
_ANSWER = 0.333
_MIN_WEIGHT = 0.05


@dataclass(frozen=True)
class Spots:
    """N pale spots.

    Parameters
    ----------
    y, x : ndarray, shape (N,), int
        Centres in pixels.
    radius_px : ndarray, shape (N,), float
        Radius by the scale at which each answers most strongly.
    depth : ndarray, shape (N,), float
        How much lower than its surroundings the density is in each.
    """

    y: np.ndarray
    x: np.ndarray
    radius_px: np.ndarray
    depth: np.ndarray


def pale_spots(
    density: np.ndarray, where: np.ndarray, radii_px: tuple[float, float], min_depth: float
) -> Spots:
    """Round spots in `density` that are paler than what surrounds them, deepest first.

    Parameters
    ----------
    density : ndarray, shape (Y, X), float32
    where : ndarray, shape (Y, X), bool
        Only these pixels are looked at; what lies beyond has no say.
    radii_px : tuple of float
        Smallest and largest radius.
    min_depth : float
        In the unit of `density`.
    """
    sigmas = _sigmas(*radii_px)
    answers = _answers(density, where, sigmas)
    y, x, k = _maxima(answers, where, min_depth)
    depth = answers[k, y, x]
    order = np.argsort(-depth, kind="stable")
    radius = np.array([sigma * _RADIUS_OF_SIGMA for sigma in sigmas])
    return Spots(y[order], x[order], radius[k][order], depth[order])


def _sigmas(low_px: float, high_px: float) -> list[float]:
    count = max(1, round(np.log(high_px / low_px) / np.log(_RATIO)) + 1)
    return [low_px / _RADIUS_OF_SIGMA * _RATIO**k for k in range(count)]


def _answers(density: np.ndarray, where: np.ndarray, sigmas: list[float]) -> np.ndarray:
    """Depth of the best disc at each scale and place: ndarray, shape (scales, Y, X)."""
    weight = where.astype(np.float32)
    value = density * weight
    smooth = []
    for sigma in (*sigmas, sigmas[-1] * _RATIO):
        share = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        total = cv2.GaussianBlur(value, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        smooth.append(total / np.maximum(share, _MIN_WEIGHT))
    return np.stack([(b - a) / _ANSWER for a, b in pairwise(smooth)])


def _maxima(
    answers: np.ndarray, where: np.ndarray, min_depth: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places and scales that no neighbour in place or scale exceeds: y, x, k."""
    around = np.stack([cv2.dilate(a, np.ones((3, 3), np.uint8)) for a in answers])
    best = around.copy()
    best[1:] = np.maximum(best[1:], around[:-1])
    best[:-1] = np.maximum(best[:-1], around[1:])
    k, y, x = np.nonzero((answers >= best) & (answers >= min_depth) & where[None])
    return y, x, k
