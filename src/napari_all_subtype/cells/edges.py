"""Contours of cells moved to where the eye sees their edge: half-way down in lightness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_all_subtype.cells.cytoplasm import ANGLES, Contours, sample_rays
from napari_all_subtype.cells.darkness import darkness
from napari_all_subtype.cells.stain import total_density

# Part of each ray that is looked at, from the contour inwards and outwards.
_INWARDS_UM, _OUTWARDS_UM, _STEP_UM = 1.6, 1.1, 0.1
_PASSES = 2
# How far the contour may move in one pass.
_MAX_IN_UM, _MAX_OUT_UM = 0.6, 0.3
# Darkness by which a cell stands out from what lies beyond, for its edge to be seen.
_MIN_RISE = 0.023
_CLEAR_RISE = 0.038
# Where between ground and cytoplasm the edge lies: below a half, since cytoplasm thins out
# towards its edge.
_EDGE_FRACTION = 0.45
# Cytoplasm is looked at this far behind the contour, for edges of the stated widths.
_WIDTHS_UM, _DEPTHS_UM = (0.57, 0.93), (0.05, 0.60)
_SPAN_UM = 0.5
_MIN_BEYOND_UM = 0.3
_USUAL_WIDTH_UM = 0.7
_MIN_RAYS = 12
# Neighbouring rays over which a shift is averaged, and the share of them that must see an edge.
_AVERAGED_RAYS = 2.0
_MIN_SEEN = 0.2


def place_edges(contours: Contours, density: np.ndarray, um_per_px: float) -> Contours:
    """Contours moved to the edge of each cell, ray by ray.

    The colours that part cytoplasm from glass show it from the very foot of its
    edge, which a blurred image has farther out. People draw it where lightness
    has fallen by a part of the whole step, however blurred.

    Parameters
    ----------
    contours : Contours
        Of N cells, on the grid of `density`.
    density : ndarray, shape (Y, X, 3), float32
        Optical density, hardly smoothed.
    um_per_px : float

    Returns
    -------
    Contours
        The same where no edge is seen: towards a red cell or another white cell.
    """
    if len(contours.radii_px) == 0:
        return contours
    # What lies behind a contour is judged better once it is nearly right.
    for _ in range(_PASSES):
        contours = _moved(contours, density, um_per_px)
    return contours


def _moved(contours: Contours, density: np.ndarray, um_per_px: float) -> Contours:
    away_um = np.arange(-_INWARDS_UM, _OUTWARDS_UM + 1e-6, _STEP_UM, dtype=np.float32)
    dark = _profiles(contours, density, away_um / um_per_px)
    depth_um = _depths(dark, away_um)
    cytoplasm = _medians(dark, away_um, -depth_um - _SPAN_UM)
    ground = _medians(dark, away_um, np.maximum(depth_um, _MIN_BEYOND_UM))
    seen = cytoplasm - ground >= _MIN_RISE
    level = ground + _EDGE_FRACTION * (cytoplasm - ground)
    near = np.abs(away_um) <= _MAX_IN_UM + 1e-6
    shift_um = _last_above(dark[..., near], level, away_um[near])
    shift_um = _averaged(shift_um, seen).clip(-_MAX_IN_UM, _MAX_OUT_UM)
    radii_px = np.maximum(contours.radii_px + shift_um / um_per_px, 1.0)
    return replace(contours, radii_px=radii_px.astype(np.float32))


def _profiles(contours: Contours, density: np.ndarray, away_px: np.ndarray) -> np.ndarray:
    """Darkness along each ray, at distances from the contour: (N, ANGLES, K) float32."""
    radius = contours.radii_px[..., None] + away_px
    x, y = (
        (contours.centres_xy[:, k, None, None] + ray[None, :, None] * radius).astype(np.float32)
        for k, ray in enumerate(contours.rays().T)
    )
    shape = (-1, len(away_px))
    dark = darkness(sample_rays(density, x.reshape(shape), y.reshape(shape)))
    return (total_density(dark) / np.float32(3)).reshape(len(radius), ANGLES, -1)


def _depths(dark: np.ndarray, away_um: np.ndarray) -> np.ndarray:
    """How far behind its contour each cell's cytoplasm is looked at: (N,), in µm.

    Farther where edges are wide, since it must lie behind them: an edge is as
    wide as its rise over its steepest slope.
    """
    rise = np.median(dark[..., away_um <= -0.4], axis=2) - np.median(
        dark[..., away_um > 0.5], axis=2
    )
    steps = np.diff(dark, axis=2)[..., away_um[1:] > -0.8]
    slope = -steps.min(axis=2) / _STEP_UM
    clear = rise > _CLEAR_RISE
    width = np.where(clear, rise / np.maximum(slope, 1e-4), np.nan)
    few = clear.sum(axis=1) < _MIN_RAYS
    width[few] = _USUAL_WIDTH_UM
    return np.interp(np.nanmedian(width, axis=1), _WIDTHS_UM, _DEPTHS_UM)


def _medians(dark: np.ndarray, away_um: np.ndarray, start_um: np.ndarray) -> np.ndarray:
    """Median along each ray over a stated span, which starts anew for each cell: (N, ANGLES)."""
    count = round(_SPAN_UM / _STEP_UM) + 1
    first = np.round((start_um - away_um[0]) / _STEP_UM).astype(int)
    first = first.clip(0, len(away_um) - count)
    span = first[:, None, None] + np.arange(count)
    return np.median(np.take_along_axis(dark, span, axis=2), axis=2)


def _last_above(dark: np.ndarray, level: np.ndarray, away_um: np.ndarray) -> np.ndarray:
    """Where along each ray `dark` falls below `level` for good, 0 if it never reaches it."""
    above = dark >= level[..., None]
    last = away_um.size - 1 - above[..., ::-1].argmax(axis=2)
    after = np.minimum(last + 1, away_um.size - 1)
    here, there = (
        np.take_along_axis(dark, k[..., None], axis=2)[..., 0] - level for k in (last, after)
    )
    beyond = np.where(here > there, here / np.maximum(here - there, 1e-9), 0.0)
    return np.where(above.any(axis=2), away_um[last] + _STEP_UM * beyond, 0.0)


def _averaged(shift: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Shifts averaged over neighbouring rays that see an edge; 0 where few do."""
    from scipy.ndimage import gaussian_filter1d

    weight = gaussian_filter1d(seen.astype(float), _AVERAGED_RAYS, axis=1, mode="wrap")
    total = gaussian_filter1d(np.where(seen, shift, 0.0), _AVERAGED_RAYS, axis=1, mode="wrap")
    return np.where(weight > _MIN_SEEN, total / np.maximum(weight, 1e-6), 0.0)
