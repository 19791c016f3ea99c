"""Figures of confusion matrices, of one or of a stack of them: people down, the model across."""

from __future__ import annotations

import numpy as np


def parts(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells right, that people called so, and that the model called so: each (…, C), float."""
    counts = counts.astype(float)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    return hits, counts.sum(axis=-1), counts.sum(axis=-2)


def f1s(counts: np.ndarray) -> np.ndarray:
    """F1 of each class: (…, C); NaN for one that people never used."""
    hits, truth, called = parts(counts)
    # A class that people never used takes no part: calling it costs the others their recall.
    return np.where(truth > 0, 2 * hits / np.maximum(truth + called, 1), np.nan)


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes that people used."""
    return _mean(f1s(counts))


def balanced_accuracy(counts: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that people used."""
    hits, truth, _ = parts(counts)
    return _mean(np.where(truth > 0, hits / np.maximum(truth, 1), np.nan))


def accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of cells that were called right."""
    hits, truth, _ = parts(counts)
    return hits.sum(axis=-1) / np.maximum(truth.sum(axis=-1), 1)


def kappa(counts: np.ndarray) -> np.ndarray:
    """Cohen's κ; 1 where all say one word."""
    hits, truth, called = parts(counts)
    n = np.maximum(truth.sum(axis=-1), 1)
    seen, chance = hits.sum(axis=-1) / n, (truth * called).sum(axis=-1) / n**2
    return np.where(chance < 1, (seen - chance) / np.where(chance < 1, 1 - chance, 1), 1.0)


def _mean(values: np.ndarray) -> np.ndarray:
    there = np.isfinite(values)
    return np.where(there, values, 0).sum(axis=-1) / np.maximum(there.sum(axis=-1), 1)
