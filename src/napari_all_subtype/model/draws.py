"""Crops to learn from, and the draws of them: which, how often, and how changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_all_subtype.errors import TrainingError
from napari_all_subtype.model.augmentation import augment, stain_statistics
from napari_all_subtype.model.parameters import AugmentationParameters
from napari_all_subtype.taxonomy import Taxonomy


@dataclass(frozen=True)
class TrainingCrops:
    """Crops and what each is allowed to teach.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
        Painted with the ground value outside the cell.
    allowed : ndarray, shape (N, K), bool
        Classes a crop may be.
    considered : ndarray, shape (N, K), bool
        Classes it is judged among. A cell that a person named is judged among all.
        One that a simulation or a rule named is judged among the blast side alone: it
        says L1 against L2, and nothing of blast against normal, where its origin
        would give it away.
    chance : ndarray, shape (N,), float
        How often a crop is drawn, relative to the others.
    laboratory : ndarray, shape (N,), str
        Where it comes from: stains are swapped between laboratories.
    zoom : ndarray, shape (N, 2), float, optional
        Smallest and largest factor of size of each crop; else as the augmentation says.
    stain_swap : ndarray, shape (N,), float, optional
        Chance of each crop to be recoloured like another laboratory's, 0–1; else as the
        augmentation says. One that never is lends its stain to no other either.
    """

    crops: np.ndarray
    allowed: np.ndarray
    considered: np.ndarray
    chance: np.ndarray
    laboratory: np.ndarray
    zoom: np.ndarray | None = None
    stain_swap: np.ndarray | None = None


class Draws:
    """Balanced draws, each crop augmented with a stain of another laboratory.

    A batch is told by its epoch and its place alone: whoever goes on after a stop
    draws what would have been drawn.

    Parameters
    ----------
    training : TrainingCrops
    seed : int
    batch_size : int
    augmentation : AugmentationParameters
    ground : int
        Value painted outside the cell, 0–255.
    """

    def __init__(
        self,
        training: TrainingCrops,
        seed: int,
        batch_size: int,
        augmentation: AugmentationParameters = AugmentationParameters(),
        ground: int = 255,
    ):
        self.training, self.seed, self.batch_size = training, seed, batch_size
        self.ground = ground
        stains = np.stack([stain_statistics(crop[..., :3], ground) for crop in training.crops])
        laboratories = np.unique(training.laboratory)
        swaps = training.stain_swap
        if swaps is None:
            swaps = np.full(len(stains), augmentation.stain_swap_fraction)
        # Equal weight per laboratory, not per crop: each other stain is as likely.
        lent = {name: stains[(training.laboratory == name) & (swaps > 0)] for name in laboratories}
        self._others = {
            name: [lent[other] for other in laboratories if other != name and len(lent[other])]
            for name in laboratories
        }
        self._swaps = swaps
        self._recolour = {
            swap: augmentation.model_copy(update={"stain_swap_fraction": float(swap)})
            for swap in np.unique(swaps)
        }
        self._chance = training.chance / training.chance.sum()
        self.targets = targets_of(training)

    def batch(self, epoch: int, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Crops (B, S, S, C) uint8 and targets (B, 2K) float32 of one step."""
        rng = np.random.default_rng((self.seed, epoch, index))
        rows = rng.choice(len(self._chance), self.batch_size, p=self._chance)
        return np.stack([self.changed(row, rng) for row in rows]), self.targets[rows]

    def changed(self, row: int, rng: np.random.Generator) -> np.ndarray:
        """Crop number `row` as it might also have looked."""
        training = self.training
        choices = self._others[training.laboratory[row]]
        pool = choices[rng.integers(len(choices))] if choices else np.zeros((0, 2, 3), np.float32)
        zoom = None if training.zoom is None else tuple(training.zoom[row])
        how = self._recolour[self._swaps[row]]
        return augment(training.crops[row], pool, rng, how, self.ground, zoom)


def targets_of(training: TrainingCrops) -> np.ndarray:
    """What the loss takes: allowed beside considered classes, (N, 2K), float32."""
    return np.concatenate([training.allowed, training.considered], axis=1).astype(np.float32)


def refuse_untaught(training: TrainingCrops, taxonomy: Taxonomy) -> None:
    """Raise unless there is something to tell apart.

    Raises
    ------
    TrainingError
    """
    n = len(training.crops)
    if not n or not training.chance.sum() > 0:
        raise TrainingError("No cell to learn from: expected labelled cells in the training part.")
    if training.allowed.shape != (n, len(taxonomy)) or not training.allowed.any(axis=1).all():
        raise TrainingError(
            f"Classes of shape {training.allowed.shape} for {n} cells: expected for each cell at "
            f"least one of {', '.join(taxonomy.names)}."
        )
    if len(np.unique(training.allowed[training.chance > 0], axis=0)) < 2:
        one = training.allowed[np.argmax(training.chance > 0)]
        names = [name for name, may in zip(taxonomy.names, one, strict=True) if may]
        raise TrainingError(
            f"All cells of the training part are {names[0]}: nothing can be told apart. Label "
            "cells of another class too, in at least one group of the training part."
        )


def balanced(part: TrainingCrops, strength: float) -> TrainingCrops:
    """The same crops, their classes drawn as often as they are (0), or equally often (1)."""
    # A word's class comes first of those it leaves open.
    kind = part.allowed.argmax(axis=1)
    total = np.bincount(kind, part.chance)
    share = np.maximum(total[kind] / total.sum(), 1e-12)
    return replace(part, chance=part.chance / share**strength)
