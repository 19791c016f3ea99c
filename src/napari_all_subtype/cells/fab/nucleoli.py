"""Nucleoli: round spots of a nucleus that are paler and bluer than its chromatin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.fab.blobs import Spots, local_mean, pale_spots
from napari_all_subtype.cells.fab.window import CellWindow, inner_nucleus
from napari_all_subtype.config import FabParameters

# What a typical nucleolus does to the density of chromatin: so much of it is missing, and so
# much of the blue of ribosomes (red, green, blue, relative to each other) stands there instead.
# Our choice, between the stains of the development images.
_PALE, _BLUE, _BLUE_COLOUR = 0.3, 0.2, (1.0, 0.85, 0.15)
# The texture of chromatin is judged at about this radius; noise of the camera is at least this
# part of its density.
_TEXTURE_RADIUS_UM, _NOISE = 0.55, 0.007
# Of the depth of a typical one, and beyond what chance makes of the texture.
_MARGIN = 0.35
_RIM_UM = 0.35
_MIN_DENSITY = 0.01
# A nucleolus is round: it fills this part of the circle around it, and of the smallest disc.
_MIN_FILL, _LEAST_OF_DISC = 0.5, 0.7


@dataclass(frozen=True)
class Nucleoli:
    """What is seen of them.

    Parameters
    ----------
    count : int
    largest_px, total_px : int
        Area of the largest, and of all.
    mask : ndarray, shape (Y, X), bool
    """

    count: int
    largest_px: int
    total_px: int
    mask: np.ndarray


def nucleoli_of(window: CellWindow, p: FabParameters = FabParameters()) -> Nucleoli:
    """Nucleoli of the nucleus of `window`.

    Parameters
    ----------
    window : CellWindow
        Its nucleus must not be empty.
    """
    inner = inner_nucleus(window, _RIM_UM)
    if not inner.any():
        return Nucleoli(0, 0, 0, inner)
    density = chromatin_without_texture(window.density, inner, window.um_per_px)
    radii = tuple(0.5 * um / window.um_per_px for um in (p.min_nucleolus_um, p.max_nucleolus_um))
    spots = pale_spots(density, inner, radii, p.nucleolus_depth_fraction, _MARGIN)
    least_px = _LEAST_OF_DISC * np.pi * radii[0] ** 2
    return _outlined(density, inner, spots, least_px)


def chromatin_without_texture(
    density: np.ndarray, inner: np.ndarray, um_per_px: float
) -> np.ndarray:
    """Density in which a nucleolus stands out most from this nucleus' own texture.

    The mixture of colours that keeps the typical nucleolus and holds the spread of the
    texture down (a matched filter). In most stains chromatin varies along its own colour,
    so that what is bluer stands out.

    Returns
    -------
    ndarray, shape (Y, X), float32
        A typical nucleolus is 1 lower than the chromatin around it.
    """
    usual = np.maximum(np.median(density[inner], axis=0), _MIN_DENSITY)
    strength = float(np.linalg.norm(usual))
    nucleolus = -_PALE * usual + _BLUE * float(usual.mean()) * np.array(_BLUE_COLOUR)
    sigma = _TEXTURE_RADIUS_UM / um_per_px / 1.757
    texture = local_mean(density, inner, sigma) - local_mean(density, inner, 1.6 * sigma)
    values = 3.0 * texture[inner]
    # Whatever is paler may be a nucleolus: texture is what is darker, and its mirror image.
    darker = values[values @ nucleolus < 0]
    spread = darker.T @ darker / max(len(darker), 1) + np.eye(3) * (_NOISE * strength) ** 2
    mixture = np.linalg.solve(spread, nucleolus)
    mixture = -mixture / (mixture @ nucleolus)
    return cv2.transform(density, mixture[None].astype(np.float32))


def _outlined(density: np.ndarray, where: np.ndarray, spots: Spots, least_px: float) -> Nucleoli:
    """Each round spot down to half of its depth; those that overlap count once."""
    smooth = cv2.GaussianBlur(density, (0, 0), 1.0)
    taken = np.zeros(where.shape, bool)
    areas = []
    for y, x, radius, depth in zip(spots.y, spots.x, spots.radius_px, spots.depth, strict=True):
        if taken[y, x]:
            continue
        reach = int(np.ceil(1.6 * radius)) + 1
        here = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        pale = (smooth[here] < smooth[y, x] + 0.5 * depth) & where[here] & ~taken[here]
        _, parts = cv2.connectedComponents(pale.astype(np.uint8), connectivity=4)
        own = parts == parts[y - here[0].start, x - here[1].start]
        area = int(np.count_nonzero(own))
        if area >= least_px and _fill(own, area) >= _MIN_FILL:
            taken[here] |= own
            areas.append(area)
    return Nucleoli(len(areas), max(areas, default=0), sum(areas), taken)


def _fill(mask: np.ndarray, area: int) -> float:
    """Part of the smallest circle around `mask` that it fills, 0–1."""
    points = np.argwhere(mask).astype(np.float32)
    _, radius = cv2.minEnclosingCircle(points)
    return area / (np.pi * (radius + 0.5) ** 2)
