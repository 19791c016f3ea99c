"""Whether a confidence is right as often as it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Confidence against how often it was right, in equal bins from 0 to 1.

    Parameters
    ----------
    edges : tuple of float
        One more than there are bins.
    confidence, accuracy : tuple of float
        Means in each bin; 0 where it is empty.
    cells : tuple of int
        In each bin.
    ece : float
        Mean gap, weighted by cells (Naeini et al., AAAI 2015).
    """

    edges: tuple[float, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    cells: tuple[int, ...]
    ece: float


def reliability(
    confidence: Sequence[float],
    right: Sequence[bool],
    bins: int = BINS,
    weights: np.ndarray | None = None,
) -> Reliability:
    """How far `confidence` can be believed.

    Parameters
    ----------
    confidence : sequence of float
        0–1, of the side taken.
    right : sequence of bool
        Whether that side was the true one.
    bins : int
    weights : ndarray, shape (N,), optional
        How often each cell counts.

    Examples
    --------
    >>> round(reliability([0.9, 0.9], [True, False]).ece, 3)
    0.4
    """
    sure = np.asarray(confidence, float)
    hits = np.asarray(right, float)
    each = np.ones(len(sure)) if weights is None else np.asarray(weights, float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    cells = np.bincount(place, each, bins)
    sums = [np.bincount(place, each * values, bins) for values in (sure, hits)]
    gap = np.abs(sums[0] - sums[1]).sum() / max(cells.sum(), 1e-12)
    means = [total / np.maximum(cells, 1e-12) for total in sums]
    return Reliability(
        tuple(np.linspace(0, 1, bins + 1).tolist()),
        tuple(means[0].tolist()),
        tuple(means[1].tolist()),
        tuple(cells.astype(int).tolist()),
        float(gap),
    )
