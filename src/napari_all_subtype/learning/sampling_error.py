"""How uncertain shares of so many cells are, if each cell is drawn by itself: the least doubt."""

from __future__ import annotations

import numpy as np

from napari_all_subtype.learning import confusion

_Z = 1.959964  # of 95 %

Bounds = tuple[np.ndarray, np.ndarray]


def wilson(hits: np.ndarray | float, cells: np.ndarray | float) -> Bounds:
    """95 % interval of ``hits / cells`` (Wilson, J Am Stat Assoc 1927;22:209-12); NaN of no cell.

    Examples
    --------
    >>> [round(float(end), 4) for end in wilson(10, 100)]
    [0.0552, 0.1744]
    >>> [round(float(end), 4) for end in wilson(2, 2)]
    [0.3424, 1.0]
    """
    cells = np.asarray(cells, float)
    n = np.where(cells > 0, cells, np.nan)
    share, z2 = hits / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return np.clip(middle - reach, 0, 1), np.clip(middle + reach, 0, 1)


def recalls(counts: np.ndarray) -> Bounds:
    """Of the recall of each class: (C,) each."""
    hits, truth, _ = confusion.parts(counts)
    return wilson(hits, truth)


def precisions(counts: np.ndarray) -> Bounds:
    """Of the precision of each class; NaN of one that is never called."""
    hits, _, called = confusion.parts(counts)
    return wilson(hits, called)


def f1s(counts: np.ndarray) -> Bounds:
    """Of F1, a share of the mean of the cells called so by people and by the model."""
    hits, truth, called = confusion.parts(counts)
    return wilson(hits, np.where(truth > 0, (truth + called) / 2, 0))


def accuracy(counts: np.ndarray) -> Bounds:
    """Of the share of cells that were called right."""
    hits, truth, _ = confusion.parts(counts)
    return wilson(hits.sum(), truth.sum())


def kappa(counts: np.ndarray) -> Bounds:
    """Of Cohen's κ, as if what chance gives were known."""
    _, truth, called = confusion.parts(counts)
    chance = float((truth * called).sum() / max(truth.sum(), 1) ** 2)
    if chance >= 1:
        return np.array(np.nan), np.array(np.nan)
    low, high = accuracy(counts)
    return (low - chance) / (1 - chance), (high - chance) / (1 - chance)


def balanced_accuracy(counts: np.ndarray) -> Bounds:
    """Of the mean recall of the classes that people used."""
    hits, truth, _ = confusion.parts(counts)
    return _mean(hits / np.maximum(truth, 1), recalls(counts))


def macro_f1(counts: np.ndarray) -> Bounds:
    """Of the mean F1 of the classes that people used."""
    return _mean(confusion.f1s(counts), f1s(counts))


def _mean(values: np.ndarray, bounds: Bounds) -> Bounds:
    """Of a mean of shares (MOVER: Zou & Donner, Stat Med 2008;27:1693-702)."""
    low, high = bounds
    there = np.isfinite(low)
    n, values = max(there.sum(), 1), values[there]
    below = np.sqrt(np.square(values - low[there]).sum()) / n
    above = np.sqrt(np.square(high[there] - values).sum()) / n
    return values.mean() - below, values.mean() + above
