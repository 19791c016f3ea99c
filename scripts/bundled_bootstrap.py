"""Intervals by bootstrap over groups: what belongs together is drawn together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

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
