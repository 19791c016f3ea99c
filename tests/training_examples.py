"""Cells that can be learned in a second, and trainings that are small enough for a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.model.draws import TrainingCrops
from napari_all_subtype.model.fitting import sets_of
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
from napari_all_subtype.model.starting import start_from
from napari_all_subtype.model.training import train
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy

SMALL = CropSpec(32, 0.78, outlined=True)
COLOURS = {"normal": (170, 120, 200), "blast": (90, 40, 150)}
TWO = Taxonomy(
    "mine",
    (
        CellClass("granulocyte", "Granulocyte", "G", "#009E73"),
        CellClass("lymphocyte", "Lymphocyte", "L", "#0072B2"),
    ),
)
QUICK = TrainingParameters(
    backbone="cnn",
    head_epochs=3,
    fine_tune_epochs=3,
    crops_per_batch=8,
    crops_per_pass=32,
    head_features=8,
    changed_views=1,
    fewest_views=0,
    fewest_to_choose=4,
)
# A stain that is swapped would take the only thing that tells these cells apart.
PLAIN = AugmentationParameters(
    stain_swap_fraction=0.0, gray_chance=0.0, hue_deg=0.0, blur_chance=0.0, noise_chance=0.0
)


def cells_of(n: int, seed: int = 0, spec: CropSpec = SMALL) -> tuple[np.ndarray, np.ndarray]:
    """Crops (N, S, S, C) of discs, every other one a blast, and their words."""
    rng = np.random.default_rng(seed)
    side = spec.size_px
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    words = np.where(np.arange(n) % 2 == 0, "blast", "normal")
    crops = np.full((n, side, side, 4), spec.ground, np.uint8)
    crops[..., 3] = 0
    for crop, word in zip(crops, words, strict=True):
        inside = np.hypot(y, x) < side * rng.uniform(0.25, 0.4)
        crop[inside, :3] = np.clip(COLOURS[word] + rng.normal(0, 12, (inside.sum(), 3)), 0, 250)
        crop[inside, 3] = 255
    return crops[..., : spec.shape[2]], words


def part_of(n: int, seed: int = 0, spec: CropSpec = SMALL, taxonomy: Taxonomy = FAB5):
    """The same as a part of a training, in four groups."""
    crops, words = cells_of(n, seed, spec)
    if taxonomy is not FAB5:
        words = np.where(words == "blast", taxonomy.names[1], taxonomy.names[0])
    if taxonomy.has_sides:
        allowed, considered = sets_of(words, np.zeros(n, bool), taxonomy)
    else:
        allowed = words[:, None] == np.array(taxonomy.names)
        considered = np.ones_like(allowed)
    groups = np.array([f"case-{seed}-{k % 4}" for k in range(n)])
    return TrainingCrops(crops, allowed, considered, np.ones(n), groups)


def quickly(
    parameters: TrainingParameters = QUICK,
    taxonomy: Taxonomy = FAB5,
    seed: int = 0,
    n: int = 32,
    folder: Path | None = None,
    validation: bool = True,
    spec: CropSpec = SMALL,
    **how,
):
    """A training of a few passes on a few cells: what it started from, and what came of it."""
    start = start_from(parameters, taxonomy, spec, seed, Path("nowhere"))
    val = part_of(16, 1, spec, taxonomy) if validation else None
    training = part_of(n, 0, spec, taxonomy)
    fitted = train(start, taxonomy, training, val, parameters, PLAIN, seed, folder, **how)
    return start, fitted
