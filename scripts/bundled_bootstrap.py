"""Intervals by bootstrap over groups: what belongs together is drawn together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RESAMPLES = 500


def drawn(groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of as many groups as there are, drawn with repeats: ndarray, shape (M,), int."""
    names, inverse = np.unique(groups, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    return np.concatenate([members[g] for g in rng.integers(len(names), size=len(names))])


def with_interval(
    groups: np.ndarray, figure: Callable[[np.ndarray], float | None], resamples: int = RESAMPLES
) -> tuple[float, float, float]:
    """`figure` of all rows and its 95 % interval: value, low, high.

    Parameters
    ----------
    groups : ndarray, shape (N,), str
    figure : callable
        Rows to a number; None where a draw says nothing of it.
    """
    rng = np.random.default_rng(0)
    found = [figure(drawn(groups, rng)) for _ in range(resamples)]
    low, high = np.percentile([value for value in found if value is not None], [2.5, 97.5])
    return float(figure(np.arange(len(groups)))), float(low), float(high)
