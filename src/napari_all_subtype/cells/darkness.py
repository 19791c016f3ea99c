"""Optical density as the segmentation looks at it: smoothed, and as the eye sees it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

# Blur (standard deviation) under which colours are told, and edges are placed.
_COLOURS_UM, _EDGES_UM = 0.25, 0.15


class Densities(NamedTuple):
    """Optical density under two blurs: ndarrays, shape (Y, X, 3), float32.

    Parameters
    ----------
    smooth : ndarray
        For telling colours.
    fine : ndarray
        For placing edges.
    """

    smooth: np.ndarray
    fine: np.ndarray


def smoothed(density: np.ndarray, um_per_px: float) -> Densities:
    """Optical density, shape (Y, X, 3), float32, under both blurs."""
    return Densities(
        *(cv2.GaussianBlur(density, (0, 0), um / um_per_px) for um in (_COLOURS_UM, _EDGES_UM))
    )


def darkness(density: np.ndarray) -> np.ndarray:
    """One minus the cube root of transmission: 0 for glass, 1 for black.

    The eye sees lightness as about the cube root of light (CIE 1976 L*). An edge
    that optics has blurred has its middle farther out in it than in optical
    density: there people draw it.

    Parameters
    ----------
    density : ndarray, float32
        Optical density of any shape.

    Examples
    --------
    >>> float(darkness(np.float32(3.0)))  # a thousandth of the light
    0.8999999761581421
    """
    return 1 - np.exp(np.clip(density, -0.3, None) * np.float32(-np.log(10) / 3))
