"""White cells: outline, cytoplasm, granules and vacuoles around a nucleus, as optical density."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.simulate.nuclei import (
    Nucleoli,
    chromatin_density,
    draw_nucleoli,
    nucleus_level,
)
from napari_all_subtype.simulate.shapes import (
    Patch,
    contour,
    inside,
    noise,
    octaves,
    ramp,
    smooth_max,
    soft,
    warped,
)
from napari_all_subtype.simulate.stains import Style
from napari_all_subtype.simulate.traits import Traits


@dataclass(frozen=True)
class DrawnCell:
    """One white cell on its patch.

    Parameters
    ----------
    level : ndarray, shape (Y, X), float32
        µm inside the cell's outline.
    cell, nucleus : ndarray, shape (Y, X), bool
        The masks; the nucleus lies inside the cell.
    density : ndarray, shape (Y, X, 3), float32
        Optical density in red, green and blue.
    truth : dict
        What was drawn, measured on the masks.
    """

    level: np.ndarray
    cell: np.ndarray
    nucleus: np.ndarray
    density: np.ndarray
    truth: dict[str, float]


def _outline(
    patch: Patch, t: Traits, occupied: np.ndarray | None, rng: np.random.Generator
) -> np.ndarray:
    """Level of the cell, flattened where it meets a neighbour."""
    radius = t.diameter_um / 2.0
    bent = warped(patch, rng, 1.6, 0.35 * min(1.0, t.cell_irregularity * 6.0))
    outline = contour(rng, radius, t.cell_irregularity, t.elongation)
    # Membranes are never as smooth as five harmonics.
    outline = outline * contour(rng, 1.0, 0.008 + 0.07 * t.cell_irregularity, 0.0, (8, 22), 0.5)
    level = inside(outline, bent.yy, bent.xx)
    if t.pseudopod:
        angle = rng.uniform(0, 2 * np.pi)
        reach = radius * rng.uniform(0.75, 0.95)
        foot = contour(rng, radius * rng.uniform(0.3, 0.42), 0.1, 0.1)
        centre = (float(np.sin(angle) * reach), float(np.cos(angle) * reach))
        level = smooth_max(level, inside(foot, bent.yy, bent.xx, centre), 1.2)
    if occupied is not None:
        level = np.minimum(level, 0.06 - occupied)
    return level


def _vacuoles(
    patch: Patch, cell: np.ndarray, t: Traits, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    """Clearness (0-1) by vacuoles and their number; those of L3 lie over the nucleus too."""
    clear = np.zeros(patch.shape, np.float32)
    level = np.full(patch.shape, -9.0, np.float32)
    drawn = 0
    for _ in range(t.vacuoles):
        radius = rng.uniform(0.22, 0.62) if t.kind == "l3" else rng.uniform(0.2, 0.45)
        places = np.flatnonzero((cell > radius + 0.25) & (level < -(radius + 0.12)))
        if not places.size:
            continue
        y, x = np.unravel_index(int(rng.choice(places)), patch.shape)
        cy, cx = float(patch.yy[y, x]), float(patch.xx[y, x])
        disc = np.float32(radius) - np.hypot(patch.yy - cy, patch.xx - cx)
        level = np.maximum(level, disc)
        clear = np.maximum(clear, soft(disc, 0.22) * np.float32(rng.uniform(0.75, 1.0)))
        drawn += 1
    return clear, drawn


def _cytoplasm(
    patch: Patch, cell: np.ndarray, nucleus: np.ndarray, t: Traits, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Strength of blue and of pink cytoplasm, before granules."""
    scale = patch.um_per_px
    mottle = octaves(rng, patch.shape, 0.9 / scale, 3)
    # The Golgi zone is a paler hof by the nucleus; the rim of the cell is deeper blue.
    hof = np.exp(-np.square((nucleus + 0.5) / 0.9)) * ramp(
        noise(rng, patch.shape, 2.5 / scale), 0, 1
    )
    rim = np.exp(-np.square((cell - 0.35) / 0.6))
    cloud = noise(rng, patch.shape, 1.8 / scale)
    blue = t.basophilia * (1.0 + 0.17 * mottle + 0.16 * cloud + 0.5 * rim - 0.5 * hof)
    pink = (1.0 - 0.6 * min(t.basophilia, 1.0)) * (0.8 + 0.12 * mottle)
    # The film is thinner towards the edge of a spread cell.
    thin = 0.7 + 0.3 * ramp(cell, 0.0, 1.6)
    return np.maximum(blue, 0.0) * thin, np.maximum(pink, 0.0) * thin


def _granules(
    patch: Patch, cell: np.ndarray, t: Traits, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Strength of azure and of eosinophilic granules: ndarray each, patch shape."""
    none = np.zeros(patch.shape, np.float32)
    scale = patch.um_per_px
    if t.granules == "eosinophil":
        grains = noise(rng, patch.shape, max(0.17 / scale, 0.6))
        patches = noise(rng, patch.shape, 0.8 / scale)
        strength = 0.5 + 0.65 * ramp(grains, -1.6, 1.6) + 0.1 * patches
        return none, strength * ramp(cell, -0.1, 0.5)
    if t.granules == "neutrophil":
        fine = noise(rng, patch.shape, max(0.12 / scale, 0.5))
        coarse = noise(rng, patch.shape, max(0.3 / scale, 0.7))
        amount = rng.uniform(0.18, 0.5)
        return amount * ramp(0.9 * fine + 0.4 * coarse, -1.2, 2.4) * ramp(cell, 0.0, 0.7), none
    if t.granules == "dust":
        grains = noise(rng, patch.shape, max(0.13 / scale, 0.5))
        return 0.3 * ramp(grains, 0.7, 2.3) * ramp(cell, 0.0, 0.8), none
    return none, none


def _solidity(mask: np.ndarray) -> float:
    points = np.argwhere(mask)[:, ::-1].astype(np.int32)
    if len(points) < 3:
        return 1.0
    hull = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return float(len(points) / max(int(hull.sum()), 1))


def _truth(
    patch: Patch, cell: np.ndarray, nucleus: np.ndarray, nucleoli: Nucleoli, t: Traits
) -> dict[str, float]:
    area = max(int(np.count_nonzero(cell)), 1)
    nuclear = max(int(np.count_nonzero(nucleus)), 1)
    blobs = int(np.count_nonzero((nucleoli.level > 0) & nucleus))
    return {
        "diameter_um": 2.0 * float(np.sqrt(area / np.pi)) * patch.um_per_px,
        "nucleus_diameter_um": 2.0 * float(np.sqrt(nuclear / np.pi)) * patch.um_per_px,
        "nc_ratio": nuclear / area,
        "solidity": _solidity(nucleus),
        "nucleoli_count": nucleoli.count,
        "nucleolus_area_fraction": blobs / nuclear,
        "chromatin_contrast": t.chromatin,
        "chromatin_grain_um": t.grain_um,
        "basophilia": t.basophilia,
        "lobes": t.lobes if t.shape == "lobes" else 1,
        "clefts": t.clefts,
    }


def draw_leukocyte(
    patch: Patch,
    t: Traits,
    style: Style,
    rng: np.random.Generator,
    occupied: np.ndarray | None = None,
) -> DrawnCell:
    """A white cell of traits `t` in the middle of `patch`.

    Parameters
    ----------
    occupied : ndarray, shape (Y, X), optional
        Level of the cells already there; the new one is flattened against them.
    """
    cell = _outline(patch, t, occupied, rng)
    bent = warped(patch, rng, 1.1, 0.22 * min(1.0, t.nucleus_irregularity * 9.0) + 0.03)
    nucleus = nucleus_level(bent, cell, t, rng)
    nucleoli = draw_nucleoli(patch, nucleus, t, rng)
    chromatin = chromatin_density(patch, nucleus, nucleoli, t, style.texture, rng)
    blue, pink = _cytoplasm(patch, cell, nucleus, t, rng)
    azure, eosin = _granules(patch, cell, t, rng)
    clear, vacuoles = _vacuoles(patch, cell, t, rng)

    body = soft(cell, 0.28)
    # Thin cytoplasm over and under the nucleus adds little; nucleoli show some of its blue.
    shade = body * (1.0 - 0.75 * soft(nucleus, 0.3)) * (1.0 - 0.92 * clear)
    tint = np.exp(rng.normal(0.0, 0.05, 3))
    rim = 0.05 * np.exp(-np.square(cell / 0.16))
    density = _mix(style, chromatin * (1.0 - 0.55 * clear), blue, pink, azure, eosin, shade, tint)
    if nucleoli.count:
        inner = soft(nucleoli.level, 0.35) * np.float32(0.12 + 0.25 * min(t.basophilia, 1.0))
        density += inner[..., None] * np.float32(style.basophilic)
    density += rim[..., None] * np.float32((0.8, 1.0, 0.7))
    is_cell, is_nucleus = cell > 0, (nucleus > 0) & (cell > 0)
    truth = _truth(patch, is_cell, is_nucleus, nucleoli, t) | {"vacuole_count": vacuoles}
    return DrawnCell(cell, is_cell, is_nucleus, density, truth)


def _mix(
    style: Style,
    chromatin: np.ndarray,
    blue: np.ndarray,
    pink: np.ndarray,
    azure: np.ndarray,
    eosin: np.ndarray,
    shade: np.ndarray,
    tint: np.ndarray,
) -> np.ndarray:
    """Densities of all substances summed: ndarray, shape (Y, X, 3), float32."""
    amounts = np.stack([chromatin, blue * shade, pink * shade, azure * shade, eosin * shade], -1)
    colours = np.float32(
        [
            np.multiply(style.chromatin, tint),
            style.basophilic,
            style.neutral,
            style.azure,
            style.eosin,
        ]
    )
    return amounts.astype(np.float32) @ colours
