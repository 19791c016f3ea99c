"""Small sets to learn from, and a model that knows colours, for the tests of learning."""

from __future__ import annotations

import numpy as np

from napari_all_subtype.learning.training_set import TrainingSet, UnlabelledCrops
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy

TWO = Taxonomy("two", (CellClass("a", "A", "A", "#009E73"), CellClass("b", "B", "B", "#F0E442")))
SIDE = 16


def crops_of(kinds, seed=0, side=SIDE):
    """Noise around a grey level that tells the kind: 60 for 0, 120 for 1 and so on."""
    rng = np.random.default_rng(seed)
    level = 60 * (1 + np.asarray(kinds))[:, None, None, None]
    return (level + rng.integers(-25, 26, (len(kinds), side, side, 3))).clip(0, 255).astype("uint8")


def example_set(n_groups=8, per_class=2, taxonomy=FAB5, words=("normal", "blast"), val=(0, 1)):
    """`per_class` cells of each word in each group; groups `val` validate, the others train."""
    named = [word for _ in range(n_groups) for word in words for _ in range(per_class)]
    groups = [f"g{n}" for n in range(n_groups) for _ in range(per_class * len(words))]
    splits = {f"g{n}": "val" if n in val else "train" for n in range(n_groups)}
    kinds = [words.index(word) for word in named]
    return TrainingSet.of(crops_of(kinds), named, groups, splits, taxonomy)


def example_unlabelled(kinds, groups=None, seed=7):
    """Cells that nobody has named."""
    named = [f"u{n % 4}" for n in range(len(kinds))] if groups is None else groups
    return UnlabelledCrops(crops_of(kinds, seed), named, np.arange(1000, 1000 + len(kinds)))
