"""Which unlabelled cells a model may teach its student with, and as what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.learning.hierarchy import said_of, sides_of
from napari_all_subtype.learning.parameters import PseudoLabelParameters
from napari_all_subtype.learning.splits import top_class
from napari_all_subtype.learning.thresholds import believed
from napari_all_subtype.learning.training_set import (
    TEST,
    TRAIN,
    VAL,
    PseudoLabelled,
    TrainingSet,
    UnlabelledCrops,
)
from napari_all_subtype.taxonomy import Taxonomy

MIN_CASES = 3  # with human labels of a subtype, before a model may name it to its student


@dataclass(frozen=True)
class PseudoLabels:
    """The pseudo-labels of one round.

    Parameters
    ----------
    rows : ndarray, shape (M,), int64
        Of the unlabelled cells, the surest first.
    words : ndarray, shape (M,), object
        What each is taken for.
    confidence : ndarray, shape (M,), float32
        Of its side.
    threshold : float
        The least of them; 1 where none was taken.
    cap : int
        Most that one class could have.
    left_out : dict of str to int
        Why others were not taken, and how many.
    none_of : tuple of str
        Classes of which no cell is sure enough: without these none of the others is taken.
    """

    rows: np.ndarray
    words: np.ndarray
    confidence: np.ndarray
    threshold: float
    cap: int
    left_out: dict[str, int]
    none_of: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def why_none(self) -> str:
        """Why no cell was taken, with the numbers; no full stop."""
        left = ", ".join(f"{n} {why}" for why, n in self.left_out.items() if n)
        empty = " or ".join(self.none_of)
        of = f" of {empty}: without them none of the others is taken" if empty else ""
        return f"{left or 'there is no unlabelled cell'}; no sure cell{of}"

    def counts(self) -> dict[str, int]:
        """Pseudo-labels of each word."""
        return dict(sorted(Counter(self.words.tolist()).items()))


def fraction_of_round(number: int, rounds: int, max_fraction: float) -> float:
    """Share of the unlabelled cells that round `number`, from 1, may use: more each round.

    Examples
    --------
    >>> [round(fraction_of_round(n, 4, 0.8), 2) for n in (1, 2, 3, 4)]
    [0.2, 0.4, 0.6, 0.8]
    """
    return max_fraction * min(number, rounds) / max(rounds, 1)


def nameable(training: TrainingSet) -> frozenset[str]:
    """Subtypes that people named in at least three cases: only these may be pseudo-labels."""
    taxonomy = training.taxonomy
    return frozenset(
        name
        for name in taxonomy.names
        if taxonomy[name].parent and len(set(training.groups[training.words == name])) >= MIN_CASES
    )


def choose(
    unlabelled: UnlabelledCrops,
    probabilities: np.ndarray,
    training: TrainingSet,
    fraction: float,
    parameters: PseudoLabelParameters = PseudoLabelParameters(),
    known: np.ndarray | None = None,
    splits: Mapping[str, str] | None = None,
) -> PseudoLabels:
    """The pseudo-labels that a model gives its student in one round.

    Of each class the surest cells, as long as so few of them are expected to be wrong as is
    accepted; no class more than its share of `fraction`, nor more than `class_ratio` times
    the rarest. A class that people never named is never one.

    Parameters
    ----------
    probabilities : ndarray, shape (M, K), float
        Calibrated, of `unlabelled`.
    training : TrainingSet
        What people said: its groups that validate or test give no pseudo-labels.
    fraction : float
        Share of the unlabelled cells to use, 0–1.
    known : ndarray, shape (M,), bool, optional
        False for what is unlike the cells of the training.
    splits : mapping of str to str, optional
        Splits of groups that have no labelled cell.
    """
    taxonomy = training.taxonomy
    said = said_of(probabilities, taxonomy)
    known = np.ones(len(unlabelled), bool) if known is None else known
    free = _may_train(unlabelled.groups, training, splits or {})
    sides = sorted(set(sides_of(training.words, taxonomy)))
    able = free & known
    cap = int(np.ceil(fraction * able.sum() / max(len(sides), 1)))
    per_side = {}
    for side in sides:
        mine = np.flatnonzero(able & (said.sides == side))
        sure = believed(said.confidence[mine], parameters.error_rate)
        order = mine[sure][np.argsort(-said.confidence[mine[sure]], kind="stable")]
        per_side[side] = order[:cap]
    # None of a class, and many of the others, would teach that there is no such class.
    fewest = min((len(rows) for rows in per_side.values()), default=0)
    most = int(parameters.class_ratio * fewest)
    taken = np.concatenate([*(rows[:most] for rows in per_side.values()), np.empty(0, int)])
    rows = taken[np.argsort(-said.confidence[taken.astype(int)], kind="stable")].astype(np.int64)
    left = {
        "in groups that validate or test": int((~free).sum()),
        "unlike the cells of the training": int((free & ~known).sum()),
        "not sure enough, or above the cap of their class": int(able.sum() - len(rows)),
    }
    return PseudoLabels(
        rows,
        _words(said.words, said.sides, nameable(training))[rows],
        said.confidence[rows],
        float(said.confidence[rows].min()) if len(rows) else 1.0,
        min(cap, most),
        left,
        tuple(side for side, rows in per_side.items() if not len(rows)),
    )


def as_targets(
    labels: PseudoLabels,
    unlabelled: UnlabelledCrops,
    taxonomy: Taxonomy,
    weight: float,
    subtypes: Collection[str] = (),
    most: float = np.inf,
) -> PseudoLabelled:
    """What the student is taught: a side leaves all its kinds open, a subtype is itself.

    Parameters
    ----------
    weight : float
        Of a pseudo-label that is quite sure, beside a labelled cell.
    subtypes : collection of str
        Subtypes that are trained apart at all, as `nameable` says.
    most : float
        Most that all of them weigh together.
    """
    allowed = np.zeros((len(labels), len(taxonomy)), bool)
    for n, word in enumerate(labels.words):
        for k, name in enumerate(taxonomy.names):
            of_side = top_class(taxonomy, name) == word
            allowed[n, k] = name == word or (of_side and word not in subtypes)
    weights = weight * labels.confidence
    return PseudoLabelled(
        unlabelled.crops[labels.rows],
        allowed,
        weights * min(1.0, most / max(float(weights.sum()), 1e-9)),
        unlabelled.groups[labels.rows],
        unlabelled.ids[labels.rows],
    )


def _may_train(groups: np.ndarray, training: TrainingSet, splits: Mapping[str, str]) -> np.ndarray:
    if training.random_split:  # somebody asked for cells of one group on both sides
        return np.ones(len(groups), bool)
    kept = {g for g, s in zip(training.groups, training.splits, strict=True) if s in (VAL, TEST)}
    kept |= {group for group, split in splits.items() if split != TRAIN}
    return np.array([group not in kept for group in groups], bool)


def _words(words: np.ndarray, sides: np.ndarray, able: Collection[str]) -> np.ndarray:
    """A word that may be a pseudo-label, else its side."""
    pairs = zip(words, sides, strict=True)
    return np.array([word if word in able else side for word, side in pairs], object)
