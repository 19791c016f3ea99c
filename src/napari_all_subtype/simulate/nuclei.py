"""Nuclei: round, kidney-shaped or lobed outlines, and the chromatin and nucleoli in them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from napari_all_subtype.simulate.shapes import (
    Patch,
    contour,
    inside,
    noise,
    octaves,
    ramp,
    smooth_max,
    soft,
    stroke,
    warped,
)
from napari_all_subtype.simulate.traits import Traits


@dataclass(frozen=True)
class Nucleoli:
    """Levels of the nucleoli of one cell and how many there are."""

    level: np.ndarray
    count: int


def _unit(angle: float) -> np.ndarray:
    return np.array([np.sin(angle), np.cos(angle)])


def _round(patch: Patch, t: Traits, radius: float, rng: np.random.Generator) -> np.ndarray:
    outline = contour(rng, radius, t.nucleus_irregularity, t.elongation * 0.8)
    level = inside(outline, patch.yy, patch.xx)
    for _ in range(t.clefts):
        angle = rng.uniform(0, 2 * np.pi)
        depth = rng.uniform(0.2, 0.8) * radius
        outer = _unit(angle) * radius * 1.1
        inner = _unit(angle + rng.normal(0, 0.35)) * (radius - depth)
        width = rng.uniform(0.04, 0.17) * radius
        bent = warped(patch, rng, 1.4, 0.35)
        notch = stroke(bent.yy, bent.xx, outer, inner, width, 0.02)
        level = -smooth_max(-level, notch, 0.5)
    return level


def _kidney(patch: Patch, t: Traits, radius: float, rng: np.random.Generator) -> np.ndarray:
    outline = contour(rng, radius, t.nucleus_irregularity, 0.10 + t.elongation)
    level = inside(outline, patch.yy, patch.xx)
    for _ in range(1 + int(rng.random() < 0.35)):
        angle = rng.uniform(0, 2 * np.pi)
        hollow = rng.uniform(0.5, 0.95) * radius
        bite = contour(rng, hollow, 0.10, 0.18, (2, 4))
        centre = _unit(angle) * (radius + hollow * rng.uniform(0.0, 0.5))
        level = -smooth_max(-level, inside(bite, patch.yy, patch.xx, tuple(centre)), 1.1)
    return level


def _lobed(patch: Patch, t: Traits, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Lobes along an arc, joined by filaments; one lobe makes a bent band."""
    n = t.lobes
    lobe = radius * (1.0 / np.sqrt(max(n, 1.6)))
    arc = rng.uniform(0.7, 1.0) * (1.1 + 0.62 * n if n > 1 else 3.2)
    ring = radius * (0.88 if n > 1 else 1.0) * rng.uniform(0.85, 1.05)
    angles = rng.uniform(0, 2 * np.pi) + np.linspace(-arc / 2, arc / 2, n if n > 1 else 7)
    if n > 1:
        angles = angles + rng.normal(0, 0.12, n)
    points = [_unit(a) * ring * rng.normal(1.0, 0.1 if n > 1 else 0.03) for a in angles]
    middle = np.mean(points, axis=0)
    points = [p - middle for p in points]
    level = np.full(patch.shape, -99.0, np.float32)
    if n > 1:
        for p in points:
            outline = contour(rng, lobe * rng.uniform(0.85, 1.15), 0.10, rng.uniform(0.05, 0.28))
            level = smooth_max(level, inside(outline, patch.yy, patch.xx, tuple(p)), 0.25)
    bar = lobe * rng.uniform(0.12, 0.4) if n > 1 else radius * 0.42
    for a, b in pairwise(points):
        thick = bar * rng.uniform(0.7, 1.3) if n > 1 else bar
        level = smooth_max(level, stroke(patch.yy, patch.xx, a, b, thick), 0.3)
    return level


_SHAPES = {"round": _round, "kidney": _kidney, "lobes": _lobed}


def nucleus_level(
    patch: Patch, cell: np.ndarray, t: Traits, rng: np.random.Generator
) -> np.ndarray:
    """Level of the nucleus, inside `cell` and with the ratio of areas of `t`.

    The outline is drawn at about its size; then the level at which its area is right is
    taken for the edge, so that an odd shape keeps the ratio it was given.
    """
    radius = t.diameter_um / 2.0 * np.sqrt(t.nc_ratio)
    slack = max(t.diameter_um / 2.0 - radius, 0.0)
    # A high ratio leaves a crescent on one side, a low one a nucleus anywhere.
    offset = _unit(rng.uniform(0, 2 * np.pi)) * slack * rng.uniform(0.1, 0.75)
    moved = Patch(
        patch.top,
        patch.left,
        patch.yy - np.float32(offset[0]),
        patch.xx - np.float32(offset[1]),
        patch.um_per_px,
    )
    # A soft minimum: a nucleus that fills its cell follows the membrane without corners.
    wall = cell - np.float32(rng.uniform(0.15, 0.5))
    level = -smooth_max(-_SHAPES[t.shape](moved, t, radius, rng), -wall, 1.0)
    inner = cell > 0.18
    wanted = t.nc_ratio * np.count_nonzero(cell > 0)
    values = level[inner]
    if values.size and wanted < values.size:
        rank = int(values.size - wanted)
        edge = float(np.partition(values, rank)[rank])
        level = level - np.float32(np.clip(edge, -1.2, 0.5 if t.shape == "lobes" else 1.2))
    return np.minimum(level, cell - np.float32(0.12))


def draw_nucleoli(
    patch: Patch, nucleus: np.ndarray, t: Traits, rng: np.random.Generator
) -> Nucleoli:
    """Nucleoli well inside `nucleus`, apart from one another; fewer where there is no room."""
    level = np.full(patch.shape, -99.0, np.float32)
    drawn = 0
    for _ in range(t.nucleoli):
        radius = t.nucleolus_um / 2.0 * rng.uniform(0.8, 1.15)
        room = (nucleus > radius + 0.35) & (level < -(radius + 0.6))
        places = np.flatnonzero(room)
        if not places.size:
            continue
        y, x = np.unravel_index(int(rng.choice(places)), patch.shape)
        centre = (float(patch.yy[y, x]), float(patch.xx[y, x]))
        outline = contour(rng, radius, 0.08, 0.06)
        level = np.maximum(level, inside(outline, patch.yy, patch.xx, centre))
        drawn += 1
    return Nucleoli(level, drawn)


def _folds(patch: Patch, rng: np.random.Generator) -> np.ndarray:
    """Pale wandering lines (0-1): folds and channels of the nuclear membrane."""
    field = noise(rng, patch.shape, 1.3 / patch.um_per_px)
    where = ramp(noise(rng, patch.shape, 2.0 / patch.um_per_px), 0.2, 1.2)
    return np.exp(-np.square(field / 0.13)) * where


def chromatin_density(
    patch: Patch,
    nucleus: np.ndarray,
    nucleoli: Nucleoli,
    t: Traits,
    contrast: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """How much stain the nucleus holds, 1 = the style's own: ndarray, patch shape, float32."""
    grain = max(t.grain_um * 0.42 / patch.um_per_px, 0.5)
    texture = octaves(rng, patch.shape, grain, 3)
    if t.grain_um > 0.62:
        # Mature chromatin is blocky: dark plates parted by pale channels.
        texture = 1.25 * np.tanh(1.3 * texture) - 0.1
    cloud = noise(rng, patch.shape, 1.1 / patch.um_per_px)
    density = t.stain * (1.0 + contrast * (t.chromatin * texture + 0.07 * cloud))
    # One side lies thicker, or took more stain, than the other.
    slope = _unit(rng.uniform(0, 2 * np.pi)) * rng.uniform(0.0, 0.22) / (t.diameter_um / 2.0)
    density *= 1.0 + np.float32(slope[0]) * patch.yy + np.float32(slope[1]) * patch.xx
    density -= t.stain * 0.22 * _folds(patch, rng) * (t.shape != "lobes")
    rim = np.exp(-np.square((nucleus - 0.25) / 0.28))
    thickness = 0.82 + 0.18 * ramp(nucleus, 0.0, 1.3)
    density = density * thickness + t.stain * 0.14 * rim
    if nucleoli.count:
        hollow = soft(nucleoli.level, 0.55)
        ring = np.exp(-np.square((nucleoli.level + 0.2) / 0.25))
        pale = rng.uniform(0.22, 0.46)
        density = density * (1.0 - pale * hollow) + t.stain * 0.10 * ring * (1.0 - hollow)
    return np.clip(density, 0.45 * t.stain, 2.2) * soft(nucleus, 0.3)
