"""Red cells, platelets and specks of stain, as optical density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_all_subtype.simulate.shapes import Patch, contour, inside, noise, octaves, ramp, soft
from napari_all_subtype.simulate.stains import Style


@dataclass(frozen=True)
class RedCellHabit:
    """What the red cells of one smear have in common."""

    pallor: float
    pallor_width: float
    sharpness: float
    irregularity: float
    elongation: float
    crenated_fraction: float


def draw_habit(style: Style, rng: np.random.Generator) -> RedCellHabit:
    """The habit of the red cells of one smear."""
    return RedCellHabit(
        pallor=style.pallor,
        pallor_width=float(rng.uniform(0.42, 0.62)),
        sharpness=style.pallor_sharpness,
        irregularity=float(rng.uniform(0.03, 0.075)),
        elongation=float(rng.uniform(0.04, 0.10)),
        crenated_fraction=float(rng.choice([0.0, 0.03, 0.12], p=[0.65, 0.29, 0.06])),
    )


def draw_red_cell(
    patch: Patch,
    radius_um: float,
    habit: RedCellHabit,
    style: Style,
    rng: np.random.Generator,
    limit: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Level (µm) and optical density of one red cell.

    Parameters
    ----------
    limit : ndarray, shape (Y, X), float32
        Level left to this cell by its neighbours, which dent and flatten it.
    """
    outline = contour(
        rng, radius_um, habit.irregularity, abs(rng.normal(0, habit.elongation)), decay=1.6
    )
    if rng.random() < habit.crenated_fraction:
        outline = outline * contour(rng, 1.0, rng.uniform(0.02, 0.045), 0.0, (9, 14), 0.2)
    level = np.minimum(inside(outline, patch.yy, patch.xx), limit)
    thickness = _thickness(patch, level, radius_um, habit, rng)
    strength = float(np.clip(rng.normal(1.0, 0.08), 0.75, 1.3))
    density = (strength * soft(level, 0.30) * thickness)[..., None] * np.float32(style.red)
    return level, density + _refraction(level, style.rim)[..., None]


def _thickness(
    patch: Patch, level: np.ndarray, radius_um: float, habit: RedCellHabit, rng: np.random.Generator
) -> np.ndarray:
    """A torus, thickest about a quarter of the way in, thin in the middle (the pallor)."""
    depth = min(habit.pallor * float(np.clip(rng.normal(1.0, 0.25), 0.2, 1.5)), 0.95)
    width = habit.pallor_width * float(np.clip(rng.normal(1.0, 0.12), 0.6, 1.3))
    middle = contour(rng, radius_um * width, 0.10, abs(rng.normal(0, 0.08)))
    shift = rng.normal(0, 0.06 * radius_um, 2)
    edge = radius_um * (0.80 - 0.55 * habit.sharpness)
    hollow = soft(inside(middle, patch.yy, patch.xx, (shift[0], shift[1])), edge)
    torus = np.exp(-np.square((level / np.float32(radius_um) - 0.3) / 0.22))
    thickness = (0.84 + 0.22 * torus) * (1.0 - depth * hollow)
    return thickness + 0.03 * noise(rng, patch.shape, 0.9 / patch.um_per_px)


def _refraction(level: np.ndarray, strength: float) -> np.ndarray:
    """Dark line on, and bright line outside, an edge that bends the light."""
    dark = np.exp(-np.square((level - 0.12) / 0.16))
    bright = np.exp(-np.square((level + 0.30) / 0.22))
    return np.float32(strength) * (dark - 0.35 * bright)


def draw_platelet(
    patch: Patch, radius_um: float, style: Style, rng: np.random.Generator
) -> np.ndarray:
    """Optical density of one platelet: pale lilac with a granular middle."""
    outline = contour(rng, radius_um, 0.14, rng.uniform(0.0, 0.2))
    level = inside(outline, patch.yy, patch.xx)
    grains = octaves(rng, patch.shape, 0.28 / patch.um_per_px, 2)
    core = ramp(level, 0.1, 0.9 * radius_um)
    body = soft(level, 0.4)
    amount = body * (0.22 + core * np.clip(0.65 + 0.5 * grains, 0.1, 1.6))
    azure = np.float32(style.azure) * np.float32(1.15)
    return amount[..., None] * azure + (0.25 * body)[..., None] * np.float32(style.basophilic)


def draw_speck(
    patch: Patch, radius_um: float, style: Style, rng: np.random.Generator
) -> np.ndarray:
    """Optical density of one speck of precipitated stain."""
    outline = contour(rng, radius_um, 0.2, 0.1)
    amount = soft(inside(outline, patch.yy, patch.xx), 0.2) * rng.uniform(0.25, 0.9)
    return amount[..., None] * np.float32(style.chromatin)
