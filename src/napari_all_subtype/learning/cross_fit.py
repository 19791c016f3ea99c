"""What a model that never saw a cell's group says of it: for every labelled cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from napari_all_subtype.errors import TooFewCellsError
from napari_all_subtype.learning.hierarchy import sides_of
from napari_all_subtype.learning.training_set import TEST, TRAIN, TrainingSet

# Trains on a set and gives the probabilities of some crops: ndarray, shape (M, K), float32.
FitPredict = Callable[[TrainingSet, np.ndarray, int], np.ndarray]
FOLDS = 4


@dataclass(frozen=True)
class Fold:
    """Training cells that sit out together.

    Parameters
    ----------
    out : ndarray, shape (N,), bool
    """

    out: np.ndarray


def folds_of(training: TrainingSet, n_folds: int = FOLDS, seed: int = 0) -> list[Fold]:
    """Whole groups of the training part, each out once; every class stays in what is left.

    Raises
    ------
    TooFewCellsError
        If a class trains from one group only: without it nothing of the class would be left.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    train = np.flatnonzero(training.splits == TRAIN)
    sides = sides_of(training.words[train], training.taxonomy)
    units = training.ids[train].astype(str) if training.random_split else training.groups[train]
    per_side = {side: len(set(units[sides == side])) for side in sorted(set(sides))}
    least = min(per_side, key=per_side.get)
    if per_side[least] < 2:
        raise TooFewCellsError(
            f"The training cells of {least} are of 1 group (case): confidence out of sample needs "
            "2, one to learn from and one to judge. Add cells of 1 more group."
        )
    n = min(n_folds, per_side[least])
    for maker in (
        StratifiedGroupKFold(n, shuffle=True, random_state=seed),
        GroupKFold(n),
    ):
        made = [
            Fold(_mask(len(training), train[out])) for _, out in maker.split(sides, sides, units)
        ]
        if all(_whole(training, fold) for fold in made):
            return made
    # One group at a time leaves every class that has two.
    return [
        Fold((training.splits == TRAIN) & (_units(training) == unit)) for unit in sorted(set(units))
    ]


def cross_fit(
    training: TrainingSet, fit_predict: FitPredict, n_folds: int = FOLDS, seed: int = 0
) -> np.ndarray:
    """Probabilities out of sample of the cells that train: ndarray, shape (N, K), NaN elsewhere.

    Each fold is put aside as test cells, which `fit_predict` does not learn from; validation
    cells are the same for all.
    """
    out = np.full((len(training), len(training.taxonomy)), np.nan, np.float32)
    for n, fold in enumerate(folds_of(training, n_folds, seed)):
        splits = np.where(fold.out, TEST, training.splits).astype(object)
        out[fold.out] = fit_predict(replace(training, splits=splits), training.crops[fold.out], n)
    return out


def _units(training: TrainingSet) -> np.ndarray:
    return training.ids.astype(str) if training.random_split else training.groups


def _mask(n: int, rows: np.ndarray) -> np.ndarray:
    out = np.zeros(n, bool)
    out[rows] = True
    return out


def _whole(training: TrainingSet, fold: Fold) -> bool:
    """Whether every side that trains still does without the fold."""
    train = training.splits == TRAIN
    sides = sides_of(training.words, training.taxonomy)
    return set(sides[train & ~fold.out]) == set(sides[train]) and fold.out.any()
