"""The feedback loop: which cells weigh more, which a reader is asked, and whose word is suspect."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.learning.hierarchy import said_of, side_probabilities, sides_of
from napari_all_subtype.learning.parameters import FeedbackParameters
from napari_all_subtype.learning.splits import top_classes
from napari_all_subtype.learning.thresholds import threshold_by_errors
from napari_all_subtype.learning.training_set import TRAIN, TrainingSet, UnlabelledCrops
from napari_all_subtype.taxonomy import Taxonomy

UNCERTAIN, NEXT, NOVEL = "uncertain", "next least certain", "unlike the cells of the training"
_CANDIDATES = 10  # for each place in the queue
_MOST_CANDIDATES, _MOST_KINDS = 20_000, 1000  # however long the queue
_MOST_PASSES = 50  # of k-means


@dataclass(frozen=True)
class Feedback:
    """What one round of feedback found among labelled cells.

    Parameters
    ----------
    threshold : float
        Confidence from which on the model is believed; above 1 where it nowhere is.
    confidence : ndarray, shape (N,), float32
        Of what the model says, out of sample; NaN where nobody judged the cell.
    for_word : ndarray, shape (N,), float32
        Probability of the side that the person's word is of.
    said : ndarray, shape (N,), object
        The model's word; empty where nobody judged the cell.
    suspect : ndarray, shape (N,), bool
        The model is believed, and says another side.
    looped : ndarray, shape (N,), bool
        Training cells that are doubted and not suspect.
    weights : ndarray, shape (N,), float32
        For the next training.
    """

    threshold: float
    confidence: np.ndarray
    for_word: np.ndarray
    said: np.ndarray
    suspect: np.ndarray
    looped: np.ndarray
    weights: np.ndarray


def feed_back(
    training: TrainingSet,
    probabilities: np.ndarray,
    parameters: FeedbackParameters = FeedbackParameters(),
) -> Feedback:
    """Doubted and suspect cells among the labelled ones, and what they weigh from now on.

    A doubted cell weighs more than before; one that is not doubted weighs 1 again. A suspect one
    is shown to a reader, and its weight stays: a wrong word must not be learned harder.

    Parameters
    ----------
    training : TrainingSet
        With the weights so far.
    probabilities : ndarray, shape (N, K), float
        Out of sample, calibrated; NaN for cells that were not judged.
    """
    judged = np.isfinite(probabilities).all(axis=1)
    taxonomy = training.taxonomy
    n = len(training)
    confidence, for_word = np.full((2, n), np.nan, np.float32)
    said = np.full(n, "", object)
    sides = np.full(n, "", object)
    truth = sides_of(training.words, taxonomy)
    told = said_of(probabilities[judged], taxonomy)
    confidence[judged], said[judged], sides[judged] = told.confidence, told.words, told.sides
    for_word[judged] = _of_side(probabilities[judged], truth[judged], taxonomy)
    right = sides == truth
    threshold = threshold_by_errors(confidence[judged], right[judged], parameters.error_rate)
    believed = judged & (np.nan_to_num(confidence) >= threshold)
    suspect = believed & ~right
    # Where nothing is believed, all would be doubted alike: then it is what was called wrong.
    below = np.nan_to_num(for_word, nan=1) < threshold if threshold <= 1 else ~right
    doubted = judged & ~suspect & below
    looped = doubted & (training.splits == TRAIN)
    weights = np.where(suspect, training.weights, 1).astype(np.float32)
    if parameters.loop_back:
        more = np.minimum(training.weights * parameters.boost, parameters.max_weight)
        weights[looped] = np.maximum(more, training.weights)[looped]
    else:
        weights, looped = training.weights.copy(), np.zeros(n, bool)
    return Feedback(threshold, confidence, for_word, said, suspect, looped, weights)


@dataclass(frozen=True)
class Queue:
    """Unlabelled cells in the order in which a reader should see them.

    Parameters
    ----------
    rows : ndarray, shape (M,), int64
        Of the unlabelled cells, each once.
    reasons : tuple of str
        ``uncertain``, ``next least certain`` or ``unlike the cells of the training``.
    """

    rows: np.ndarray
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)


def ask(
    unlabelled: UnlabelledCrops,
    probabilities: np.ndarray,
    taxonomy: Taxonomy,
    threshold: float,
    n: int,
    known: np.ndarray | None = None,
    seed: int = 0,
    features: np.ndarray | None = None,
) -> Queue:
    """The `n` cells to ask about: doubted, and not all of one kind.

    Cells below the threshold come before those above it, and what is no known cell last. Where
    there are more than places, the most doubted are put together in as many kinds as there are
    places, by what is seen of them, and the middle of each kind is asked about (weighted k-means:
    Zhdanov, arXiv:1901.05954). A cell weighs by its place in the order of doubt, not by the doubt:
    how sure a model is altogether hangs on a temperature that few cells tell.

    Parameters
    ----------
    probabilities : ndarray, shape (M, K), float
        Calibrated.
    known : ndarray, shape (M,), bool, optional
        False for what is unlike the cells of the training.
    features : ndarray, shape (M, F), float, optional
        What the model sees in each cell, which tells how alike they are; by default what a small
        picture of it shows.
    """
    m = len(unlabelled)
    known = np.ones(m, bool) if known is None else known
    doubt = 1 - said_of(probabilities, taxonomy).confidence.astype(float)
    below = known & (1 - doubt < threshold)
    rng = np.random.default_rng(seed)
    seen = _small(unlabelled.crops) if features is None else np.asarray(features, np.float32)
    rows: list[int] = []
    reasons: list[str] = []
    for part, reason in ((below, UNCERTAIN), (known & ~below, NEXT), (~known, NOVEL)):
        wanted = min(n - len(rows), int(part.sum()))
        if wanted <= 0:
            continue
        candidates = rng.permutation(np.flatnonzero(part))  # of equals, not always the first
        order = np.argsort(-doubt[candidates], kind="stable")
        most = max(min(_CANDIDATES * wanted, _MOST_CANDIDATES), wanted)
        rows += _middles(candidates[order[:most]], seen, wanted, seed)
        reasons += [reason] * wanted
    return Queue(np.array(rows, np.int64), tuple(reasons))


def why_to_stop(
    scores: Sequence[float], kappa: float | None, parameters: FeedbackParameters
) -> str:
    """Why the loop may end; empty while it may not.

    Parameters
    ----------
    scores : sequence of float
        Macro-F1 out of sample of each round, the last one last.
    kappa : float or None
        Agreement of the last two models on the same cells; None for the first.

    Examples
    --------
    >>> why_to_stop([0.8, 0.9], 0.5, FeedbackParameters())
    ''
    """
    if kappa is not None and kappa >= parameters.agree_kappa:
        return f"two models in a row agree (κ = {kappa:.2f}, {parameters.agree_kappa} is enough)"
    if len(scores) >= 3 and max(scores[-2:]) < scores[-3] + parameters.least_gain:
        return (
            f"nothing improved in two rounds (macro-F1 {scores[-3]:.3f}, {scores[-2]:.3f}, "
            f"{scores[-1]:.3f})"
        )
    return ""


def _of_side(probabilities: np.ndarray, sides: np.ndarray, taxonomy: Taxonomy) -> np.ndarray:
    names = top_classes(taxonomy)
    by_side = side_probabilities(probabilities, taxonomy)
    return by_side[np.arange(len(sides)), [names.index(side) for side in sides]]


def _small(crops: np.ndarray) -> np.ndarray:
    """Small pictures of the crops: ndarray, shape (N, F), float32."""
    n, side = crops.shape[:2]
    step = max(side // 8, 1)
    cut = crops[:, : side // step * step, : side // step * step, :3].astype(np.float32)
    small = cut.reshape(n, side // step, step, side // step, step, 3).mean(axis=(2, 4))
    return small.reshape(n, int(np.prod(small.shape[1:])))


def _middles(rows: np.ndarray, seen: np.ndarray, n: int, seed: int) -> list[int]:
    """`n` of `rows`, which are the most doubted first: the middle of each kind, then the rest."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    places = seen[rows]
    weights = np.arange(len(rows), 0, -1) / len(rows)
    kinds = KMeans(min(n, _MOST_KINDS), n_init=1, max_iter=_MOST_PASSES, random_state=seed)
    with warnings.catch_warnings():
        # Cells that look the same make fewer kinds than were asked for: then there are fewer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        kind = kinds.fit_predict(places, sample_weight=weights)
    away = ((places - kinds.cluster_centers_[kind]) ** 2).sum(axis=1)
    nearest = np.lexsort((away, kind))
    middles = nearest[np.unique(kind[nearest], return_index=True)[1]]
    weight_of_kind = np.bincount(kind, weights, len(kinds.cluster_centers_))
    first = middles[np.argsort(-weight_of_kind[kind[middles]], kind="stable")]
    rest = np.setdiff1d(np.arange(len(rows)), first)  # in the order of doubt
    return rows[np.concatenate([first, rest])[:n]].tolist()
