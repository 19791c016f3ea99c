"""What the picture of one cell is like: its ground, sharpness, noise, and its own stain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.stain import background_of
from napari_all_subtype.simulate.shapes import ramp

# Optics and cameras of the development images blur edges by about this much (standard
# deviation, measured on nuclear rims at 0.10 and 0.13 um per pixel).
_USUAL_BLUR_UM = 0.22
# Cytoplasm of blasts over their nucleus, in optical density (R, G, B): medians of 120 real
# blasts, for cells that show none of their own.
_USUAL_CYTOPLASM = np.float32((0.50, 0.32, 0.35))
_LAPLACE = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
_ENOUGH_PX = 40
_MARGIN_UM = 1.2
_MAD = 0.6745
# Spread of the density of cytoplasm that is taken for its own: more is an edge of something.
_MOTTLE = (0.07, 0.16)


@dataclass(frozen=True)
class Look:
    """How one picture shows one cell.

    Parameters
    ----------
    ground : ndarray, shape (3,), float32
        Grey values of empty glass, 1–255.
    blur_px : float
        Standard deviation of the blur of an edge, in pixels.
    nucleus, cytoplasm : ndarray, shape (3,), float32
        Median optical density (R, G, B).
    mottle : float
        Spread of the density of the cytoplasm as a fraction of it.
    """

    ground: np.ndarray
    blur_px: float
    nucleus: np.ndarray
    cytoplasm: np.ndarray
    mottle: float = _MOTTLE[0]


def density_of(light: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Decadic optical density of `light`, shape (Y, X, 3), grey levels: float32."""
    return -np.log10((np.maximum(light, 0.0) + 1.0) / (ground + np.float32(1.0)))


def light_of(density: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Grey levels of `density`, shape (Y, X, 3): float32, the inverse of :func:`density_of`."""
    return (ground + np.float32(1.0)) * np.power(np.float32(10.0), -density) - np.float32(1.0)


def depth_px(mask: np.ndarray) -> np.ndarray:
    """Signed distance to the edge of `mask`: ndarray, (Y, X), float32, pixels, inside positive."""
    there = mask.astype(np.uint8)
    inner = cv2.distanceTransform(there, cv2.DIST_L2, 5)
    return np.where(there > 0, inner - 0.5, 0.5 - cv2.distanceTransform(1 - there, cv2.DIST_L2, 5))


def soft_edge(depth: np.ndarray, blur_px: float) -> np.ndarray:
    """0 outside and 1 inside an edge as blurred as the picture's own: ndarray, float32."""
    # A logistic of this slope is within 0.01 of a step blurred by a Gaussian.
    return 1.0 / (1.0 + np.exp(np.clip(depth * np.float32(-1.702 / blur_px), -40.0, 40.0)))


def noise_of(light: np.ndarray, where: np.ndarray) -> float:
    """Deviation of the noise of `light` (Y, X), grey levels, from its fine Laplacian.

    After Immerkær, Comput Vis Image Underst 1996;64:300–2, with a median for robustness.
    """
    rough = cv2.filter2D(light.astype(np.float32), -1, _LAPLACE)[where]
    return float(np.median(np.abs(rough))) / _MAD / 6.0 if rough.size else 0.0


def box_of(cell: np.ndarray, margin_px: int) -> tuple[slice, slice]:
    """The piece of the picture that holds a cell, with a margin where there is one."""
    spans = (np.flatnonzero(cell.any(axis=axis)) for axis in (1, 0))
    return tuple(slice(max(int(s[0]) - margin_px, 0), int(s[-1]) + margin_px + 1) for s in spans)


def look_of(pixels: np.ndarray, cell: np.ndarray, nucleus: np.ndarray, um_per_px: float) -> Look:
    """Ground, sharpness and stain of a cell.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    cell, nucleus : ndarray, shape (Y, X), bool
    um_per_px : float
    """
    ground = background_of(pixels)
    box = box_of(cell, round(_MARGIN_UM / um_per_px))
    pixels, cell, nucleus = pixels[box], cell[box], nucleus[box]
    density = density_of(pixels.astype(np.float32), ground)
    within, outside = depth_px(cell) * um_per_px, -depth_px(nucleus) * um_per_px
    core = outside < -0.5
    if np.count_nonzero(core) < _ENOUGH_PX:
        core = nucleus
    stain = np.median(density[core], axis=0).astype(np.float32)
    blur_px = _blur_px(pixels, np.abs(outside) < 0.4, um_per_px)
    # Near the nucleus: farther out a generous mask holds glass.
    near = (within > 0.4) & (outside > 0.45) & (outside < 1.8)
    plasm, mottle = stain * _USUAL_CYTOPLASM, 0.0
    if np.count_nonzero(near) >= _ENOUGH_PX:
        seen = density[near]
        own = own_stain(seen, stain, plasm) > 0.5
        if np.count_nonzero(own) >= _ENOUGH_PX:
            plasm = np.median(seen[own], axis=0).astype(np.float32)
            total = seen[own].sum(axis=1)
            mottle = float(np.median(np.abs(total / np.median(total) - 1.0))) / _MAD
    # Whatever was seen, a nucleus is darker than the cytoplasm about it.
    plasm = np.minimum(plasm, 0.8 * np.maximum(stain, 0.02))
    return Look(ground, blur_px, stain, plasm, float(np.clip(mottle, *_MOTTLE)))


def own_stain(density: np.ndarray, nucleus: np.ndarray, cytoplasm: np.ndarray) -> np.ndarray:
    """How much of what a generous mask holds is the cell itself, 0–1: neither glass nor red cell.

    Red cells take up as much blue light as any other (a fifth of their density and more),
    nuclei and cytoplasm hardly any.

    Parameters
    ----------
    density : ndarray, shape (…, 3), float32
    nucleus, cytoplasm : ndarray, shape (3,), float32
        Of the cell.
    """
    total = density.sum(axis=-1)
    blue = density[..., 2] / np.maximum(total, 0.02)
    usual = float(max(nucleus[2], 0.0) / max(float(nucleus.sum()), 0.02))
    return ramp(total / max(float(cytoplasm.sum()), 0.05), 0.2, 0.6) * (
        1.0 - ramp(blue, usual + 0.07, usual + 0.18)
    )


def shown_cell(
    pixels: np.ndarray, cell: np.ndarray, nucleus: np.ndarray, look: Look, um_per_px: float
) -> np.ndarray:
    """The part of a generous cell mask that shows the cell: ndarray, shape (Y, X), bool."""
    box = box_of(cell, round(_MARGIN_UM / um_per_px))
    light = cv2.GaussianBlur(pixels[box].astype(np.float32), (0, 0), 0.2 / um_per_px)
    own = own_stain(density_of(light, look.ground), look.nucleus, look.cytoplasm) > 0.5
    own = ((own & cell[box]) | nucleus[box]).astype(np.uint8)
    # Threads of red cells and dirt hang on by less than this.
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.3 / um_per_px) + 1,) * 2)
    result = np.zeros(cell.shape, bool)
    result[box] = (cv2.morphologyEx(own, cv2.MORPH_OPEN, disc) > 0) | nucleus[box]
    return result


def _blur_px(pixels: np.ndarray, rim: np.ndarray, um_per_px: float) -> float:
    """Blur of the sharper edges on the rim of a nucleus, within a factor of the usual."""
    usual = _USUAL_BLUR_UM / um_per_px
    if np.count_nonzero(rim) < _ENOUGH_PX:
        return usual
    green = cv2.GaussianBlur(np.ascontiguousarray(pixels[..., 1]).astype(np.float32), (0, 0), 0.8)
    slope = np.hypot(
        cv2.Sobel(green, -1, 1, 0, scale=1 / 8), cv2.Sobel(green, -1, 0, 1, scale=1 / 8)
    )
    reach = np.ones((2 * max(2, round(3 * usual)) + 1,) * 2, np.uint8)
    step = cv2.dilate(green, reach) - cv2.erode(green, reach)
    steep = np.maximum(cv2.dilate(slope, np.ones((5, 5), np.uint8)), 1.0)
    widths = step[rim] / (np.sqrt(2 * np.pi) * steep[rim])
    return float(np.clip(np.percentile(widths, 25), 0.6 * usual, 1.5 * usual))
