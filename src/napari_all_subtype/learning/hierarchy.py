"""From probabilities to words in any taxonomy, and whether a word fits what a person said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.config import DecisionParameters
from napari_all_subtype.decision import decide
from napari_all_subtype.learning.splits import top_class, top_classes
from napari_all_subtype.taxonomy import FAB5, Taxonomy


@dataclass(frozen=True)
class Said:
    """What a model says of N cells.

    Parameters
    ----------
    words : ndarray, shape (N,), object
        One class each.
    sides : ndarray, shape (N,), object
        The class at the top that each word is a kind of.
    confidence : ndarray, shape (N,), float32
        Calibrated probability of the side.
    """

    words: np.ndarray
    sides: np.ndarray
    confidence: np.ndarray

    def __len__(self) -> int:
        return len(self.words)


def side_probabilities(probabilities: np.ndarray, taxonomy: Taxonomy) -> np.ndarray:
    """Probability of each class at the top with all its kinds: ndarray, shape (N, T), float64."""
    p = np.asarray(probabilities, float).reshape(-1, len(taxonomy))
    tops = [top_class(taxonomy, name) for name in taxonomy.names]
    return np.stack(
        [p[:, [top == side for top in tops]].sum(axis=1) for side in top_classes(taxonomy)], axis=1
    )


def said_of(
    probabilities: np.ndarray,
    taxonomy: Taxonomy,
    parameters: DecisionParameters = DecisionParameters(),
) -> Said:
    """One word per cell: the side first, then its kind if that stands out.

    In FAB5 this is `decision.decide`; in other taxonomies the most probable side, and there the
    strongest kind if its share of the side reaches the subtype threshold.

    Parameters
    ----------
    probabilities : ndarray, shape (N, K), float
        Columns in the taxonomy's order.
    """
    p = np.asarray(probabilities, np.float32).reshape(-1, len(taxonomy))
    if taxonomy.names == FAB5.names:
        decided = decide(p, parameters, taxonomy)
        sides = np.where(decided.subtype == "normal", "normal", "blast").astype(object)
        return Said(decided.subtype, sides, decided.confidence)
    by_side = side_probabilities(p, taxonomy)
    names = np.array(top_classes(taxonomy), object)
    taken = by_side.argmax(axis=1)
    sides = names[taken]
    confidence = by_side.max(axis=1).astype(np.float32)
    words = sides.copy()
    for side in names:
        kinds = [name for name in taxonomy.names if top_class(taxonomy, name) == side != name]
        if not kinds:
            continue
        scores = p[:, [taxonomy.index(name) for name in kinds]]
        share = scores.max(axis=1) / np.maximum(confidence, np.finfo(np.float32).tiny)
        out = (sides == side) & (share >= parameters.subtype_threshold)
        words[out] = np.array(kinds, object)[scores.argmax(axis=1)[out]]
    return Said(words, sides, confidence)


def sides_of(words: Sequence[str], taxonomy: Taxonomy) -> np.ndarray:
    """Class at the top of each word: ndarray, shape (N,), object."""
    return np.array([top_class(taxonomy, word) for word in words], object)


def as_people_say(truth: Sequence[str], words: Sequence[str], taxonomy: Taxonomy) -> np.ndarray:
    """What a model said, at the level at which people spoke: ndarray, shape (N,), object.

    A kind of what a person said is what the person said: "blast" is right of a cell that the model
    calls L2. A class that nobody used is the nearest above it that somebody did.

    Examples
    --------
    >>> as_people_say(["blast", "normal"], ["l2", "l1"], FAB5).tolist()
    ['blast', 'blast']
    """
    used = set(truth)
    out = []
    for person, model in zip(truth, words, strict=True):
        word = person if model in taxonomy.family(person) else model
        while word not in used and taxonomy[word].parent:
            word = taxonomy[word].parent
        out.append(word)
    return np.array(out, object)
