"""The limit of blank: how many blasts a model may count where there is none, and still be usual.

A count within it says nothing: blasts may be there all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lgamma

import numpy as np

from napari_all_subtype.cells.model_facts import FalseBlasts
from napari_all_subtype.errors import ParameterError

CERTAINTY = 0.95


def limit_of_blank(
    rates: Sequence[FalseBlasts], n_cells: int, certainty: float = CERTAINTY
) -> int | None:
    """Most cells called blast among `n_cells` without a blast, in all but one count of twenty.

    The 95th percentile of counts on blank specimens (CLSI EP17). A laboratory's true
    rate is not known but was measured on some cells, so its counts are beta-binomial
    (Jeffreys prior). Laboratories are mixed as if the one at hand were one of them, each
    equally likely, not known which: spread beyond them is not in it, and a laboratory
    unlike them all can exceed it far more often. Cells are taken one by one: those of
    one specimen are more alike, and single specimens can exceed it more often.

    Parameters
    ----------
    rates : sequence of FalseBlasts
        One laboratory, or those of which the one at hand is taken to be one.
    n_cells : int
        Counted, at least 0.
    certainty : float
        Share of such counts that do not exceed the limit, above 0 and below 1.

    Returns
    -------
    int or None
        0 … `n_cells`; None where no rate was measured on a stated number of cells.

    Raises
    ------
    ParameterError
        If `n_cells` or `certainty` are out of range.

    Examples
    --------
    >>> limit_of_blank([FalseBlasts("one", 0.01, 10**6)], 100)
    3
    """
    if n_cells < 0 or not 0 < certainty < 1:
        raise ParameterError(
            f"n_cells = {n_cells}, certainty = {certainty}: expected a count of at least 0 and a "
            "share between 0 and 1."
        )
    measured = [one for one in rates if one.cells > 0]
    if not measured:
        return None
    counts = np.arange(n_cells + 1)
    each = [_at_most(counts, n_cells, one) for one in measured]
    return int(np.argmax(np.mean(each, axis=0) >= certainty))


def _at_most(counts: np.ndarray, n_cells: int, one: FalseBlasts) -> np.ndarray:
    """Chance of at most so many of `n_cells` called blast in one laboratory: like `counts`.

    The beta-binomial distribution, each chance from the one before: scipy.stats, which has it
    too, takes half a second to import, for the first count that a window shows.
    """
    called = one.fraction * one.cells
    a, b = called + 0.5, one.cells - called + 0.5
    none = lgamma(n_cells + b) - lgamma(b) + lgamma(a + b) - lgamma(n_cells + a + b)
    k = counts[:-1]
    # Logarithms, for the chance of none is too small a number where many are usual.
    more = np.log((n_cells - k) * (k + a) / ((k + 1) * (n_cells - k - 1 + b)))
    chance = np.exp(none + np.concatenate([[0.0], more.cumsum()])).cumsum()
    # Rounding may leave the last one, which is certain, below it.
    return np.where(counts == n_cells, 1.0, chance)
