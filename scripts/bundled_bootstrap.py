"""Intervals by bootstrap over groups: what belongs together is drawn together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from napari_all_subtype.learning.sampling_error import wilson

RESAMPLES = 500


def drawn(groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of as many groups as there are, drawn with repeats: ndarray, shape (M,), int."""
    names, inverse = np.unique(groups, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    return np.concatenate([members[g] for g in rng.integers(len(names), size=len(names))])


def with_interval(
    groups: np.ndarray,
    figure: Callable[[np.ndarray], float | None],
    resamples: int = RESAMPLES,
    is_share: bool = False,
) -> tuple[float, float, float]:
    """`figure` of all rows and its 95 % interval: value, low, high.

    Parameters
    ----------
    groups : ndarray, shape (N,), str
    figure : callable
        Rows to a number; None where a draw says nothing of it.
    is_share : bool
        Whether it is a share of the rows: see :func:`bounds_of_share`.
    """
    rng = np.random.default_rng(0)
    found = [figure(drawn(groups, rng)) for _ in range(resamples)]
    draws, value = [one for one in found if one is not None], figure(np.arange(len(groups)))
    if is_share:
        return float(value), *bounds_of_share(draws, value, len(groups))
    return float(value), *(float(end) for end in np.percentile(draws, [2.5, 97.5]))


def auroc_with_interval(
    scores: Sequence[np.ndarray], truth: np.ndarray, groups: np.ndarray
) -> tuple[float, float, float]:
    """Mean AUROC of several networks on the same cells, and its interval: value, low, high.

    Parameters
    ----------
    scores : sequence of ndarray, shape (N,), float
        One array per network.
    truth : ndarray, shape (N,), bool
    groups : ndarray, shape (N,), str
    """

    def figure(rows: np.ndarray) -> float | None:
        if not 0 < truth[rows].sum() < len(rows):
            return None
        return float(np.mean([roc_auc_score(truth[rows], one[rows]) for one in scores]))

    return with_interval(groups, figure)


def in_table(figure: Sequence[float] | None) -> str:
    """Value and interval as they stand in a table; nothing for None.

    Examples
    --------
    >>> in_table((0.5, 0.25, 0.75))
    '0.500 (0.250–0.750)'
    """
    return "" if figure is None else f"{figure[0]:.3f} ({figure[1]:.3f}–{figure[2]:.3f})"


def bounds_of_share(draws: Sequence[float], share: float, cells: int) -> tuple[float, float]:
    """95 % of the draws of a share of `cells`; at 0 or 1 no less than so many cells leave open.

    A few cells that are called otherwise are in many draws not there at all: then the interval is
    at least Wilson's.

    Examples
    --------
    >>> [round(end, 3) for end in bounds_of_share([0.0] * 9, 0.0, 33)]
    [0.0, 0.104]
    """
    low, high = np.percentile(draws, [2.5, 97.5])
    if low <= 0 or high >= 1:
        least = wilson(share * cells, cells)
        low, high = min(low, float(least[0])), max(high, float(least[1]))
    return float(low), float(high)
