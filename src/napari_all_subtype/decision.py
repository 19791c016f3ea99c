"""From probabilities to one word per cell: hierarchical, never a plain argmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.config import DecisionParameters
from napari_all_subtype.taxonomy import FAB5, UNKNOWN, Taxonomy

if TYPE_CHECKING:
    import pandas as pd

# Column: in what a cell that is unknown is unlike those of the training, in words.
STRANGE = "novelty_reasons"


@dataclass(frozen=True)
class Decision:
    """What is said about N cells.

    Parameters
    ----------
    subtype : ndarray, shape (N,), object
        Class name.
    confidence : ndarray, shape (N,), float32
        Calibrated probability of the side taken (blast or not), 0.5–1 at the
        default threshold; in a taxonomy without sides, that of the class.
    p_blast_any : ndarray, shape (N,), float32
        ``1 - p_normal``; in a taxonomy without sides the sum of blast and its kinds, NaN
        where it has none.
    subtype_share : ndarray, shape (N,), float32
        Share of the blast side that the strongest of L1, L2 and L3 takes, 0–1.
    best_guess : ndarray, shape (N,), object
        Strongest subtype of a cell on the blast side, however weak; else the
        subtype itself.
    """

    subtype: np.ndarray
    confidence: np.ndarray
    p_blast_any: np.ndarray
    subtype_share: np.ndarray
    best_guess: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """Decision as columns, one row per cell."""
        import pandas as pd

        return pd.DataFrame(vars(self))


def decide(
    probabilities: np.ndarray,
    parameters: DecisionParameters = DecisionParameters(),
    taxonomy: Taxonomy = FAB5,
) -> Decision:
    """Say normal or blast first, then the subtype if its score stands out.

    A taxonomy without these sides has, in their place, its classes that are no kind of
    another: the most probable, and then a kind of it if that stands out.

    Parameters
    ----------
    probabilities : ndarray, shape (N, K), float
        Rows sum to 1, columns in the taxonomy's order.
    parameters : DecisionParameters
        The two thresholds.
    taxonomy : Taxonomy
        Its sides are ``normal`` and ``blast``; the children of ``blast`` are the subtypes.

    Examples
    --------
    >>> decide(np.array([[0.40, 0.15, 0.15, 0.15, 0.15]])).subtype.tolist()
    ['blast']
    """
    p = np.asarray(probabilities, np.float32).reshape(-1, len(taxonomy))
    if not taxonomy.has_sides:
        return _most_probable(p, parameters, taxonomy)
    p_normal = p[:, taxonomy.index("normal")]
    p_blast_any = np.float32(1) - p_normal
    is_blast = p_blast_any >= parameters.blast_threshold

    # Where there are no subtypes the class itself is its only guess, which never stands out.
    kinds = taxonomy.children("blast")
    children = np.array(kinds or ("blast",), dtype=object)
    scores = p[:, [taxonomy.index(name) for name in children]]
    strongest = scores.argmax(axis=1)
    side = np.maximum(p_blast_any, np.finfo(np.float32).tiny)
    share = np.minimum(scores.max(axis=1, initial=0.0) / side, 1).astype(np.float32)
    if not kinds:
        share = np.zeros_like(share)

    guess = children[strongest]
    stands_out = share >= parameters.subtype_threshold
    blast_word = np.where(stands_out, guess, "blast")
    return Decision(
        subtype=np.where(is_blast, blast_word, "normal").astype(object),
        confidence=np.where(is_blast, p_blast_any, p_normal).astype(np.float32),
        p_blast_any=p_blast_any,
        subtype_share=share,
        best_guess=np.where(is_blast, guess, "normal").astype(object),
    )


def _most_probable(p: np.ndarray, parameters: DecisionParameters, taxonomy: Taxonomy) -> Decision:
    """The same where the sides are others: with any number of them, and no threshold."""
    index = taxonomy.index
    tops = [one.name for one in taxonomy.classes if one.parent not in taxonomy.names]
    sides = np.stack([p[:, [index(n) for n in taxonomy.family(t)]].sum(axis=1) for t in tops], 1)
    taken = sides.argmax(axis=1)
    words, share = np.array(tops, object)[taken], np.zeros(len(p), np.float32)
    guess = words.copy()
    for k, top in enumerate(tops):
        kinds = np.array(taxonomy.children(top), object)
        rows = np.flatnonzero(taken == k)
        if len(kinds) and len(rows):
            scores = p[np.ix_(rows, [index(name) for name in kinds])]
            guess[rows] = kinds[scores.argmax(axis=1)]
            share[rows] = np.minimum(scores.max(axis=1) / np.maximum(sides[rows, k], 1e-30), 1)
    words = np.where(share >= parameters.subtype_threshold, guess, words).astype(object)
    blasts = [index(name) for name in taxonomy.blasts]
    any_blast = p[:, blasts].sum(axis=1) if blasts else np.full(len(p), np.nan, np.float32)
    return Decision(words, sides.max(axis=1, initial=0.0), any_blast, share, guess)


def nothing_said(labels: Sequence[int], taxonomy: Taxonomy = FAB5) -> pd.DataFrame:
    """Columns of a decision on cells of which nothing can be said: *unknown*, and no number.

    Such is a cell without a nucleus, which the model has never seen and would still call
    something, and one that it could not be asked about.

    Parameters
    ----------
    labels : sequence of int
        The index of the rows.

    Examples
    --------
    >>> nothing_said([7])[["subtype", "confidence"]].values.tolist()
    [['unknown', nan]]
    """
    import pandas as pd

    numbers = [f"p_{name}" for name in taxonomy.names]
    numbers += ["confidence", "p_blast_any", "subtype_share", "novelty"]
    words = dict.fromkeys(("subtype", "best_guess"), UNKNOWN.name) | {STRANGE: ""}
    return pd.DataFrame(dict.fromkeys(numbers, np.nan) | words, index=list(labels))
