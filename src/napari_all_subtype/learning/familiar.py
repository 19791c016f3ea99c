"""What is no cell like those that people named: no pseudo-label, whatever a model says of it."""

from __future__ import annotations

import numpy as np

LEAST_CELL_PX = 20  # of a crop's plane of outlines, to show a cell at all
MOST_NOVEL = 1.0  # as unusual as the most unusual one in a hundred of the training
SLACK = 2.0
_NEIGHBOURS = 3


def shows_a_cell(crops: np.ndarray) -> np.ndarray:
    """Whether a cell was found in each crop: ndarray, shape (N,), bool; all where none can tell."""
    if crops.shape[-1] < 4:
        return np.ones(len(crops), bool)
    return (crops[..., 3] > 64).sum(axis=(1, 2)) >= LEAST_CELL_PX


def familiar(
    crops: np.ndarray, labelled: np.ndarray, novelty: np.ndarray | None = None
) -> np.ndarray:
    """Which crops look like cells that are known: ndarray, shape (N,), bool.

    By the model's own measure where it has one, and else by how far each lies from the labelled
    cells: no farther than twice what the labelled cells lie from each other.

    Parameters
    ----------
    crops, labelled : ndarray, shape (N, S, S, C) and (M, S, S, C), uint8
    novelty : ndarray, shape (N,), float, optional
        0 is usual, 1 as unusual as one in a hundred; NaN where the model cannot tell.
    """
    there = shows_a_cell(crops)
    if not len(crops):
        return there
    if novelty is not None and np.isfinite(novelty).any():
        return there & (np.nan_to_num(novelty, nan=np.inf) <= MOST_NOVEL)
    if len(labelled) <= _NEIGHBOURS:
        return there
    return there & (_distance(crops, labelled) <= SLACK)


def _distance(crops: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Distance to labelled cells; 1 is that of the farthest labelled cell from the others."""
    from sklearn.neighbors import NearestNeighbors

    seen, new = _look(labelled), _look(crops)
    centre, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-3
    near = NearestNeighbors(n_neighbors=_NEIGHBOURS).fit((seen - centre) / spread)
    own = near.kneighbors()[0].mean(axis=1)
    away = near.kneighbors((new - centre) / spread)[0].mean(axis=1)
    return away / max(float(own.max()), 1e-6)


def _look(crops: np.ndarray) -> np.ndarray:
    """Size, colour and sharpness of each crop: ndarray, shape (N, 9), float."""
    rgb = crops[..., :3].astype(np.float32)
    dark = 255 - rgb.mean(axis=-1)
    filled = (dark > 25).mean(axis=(1, 2))
    fine = np.abs(np.diff(dark, axis=1)).mean(axis=(1, 2))
    parts = [rgb.mean(axis=(1, 2)), rgb.std(axis=(1, 2)), np.percentile(dark, 98, axis=(1, 2))]
    return np.column_stack([*parts, 100 * filled, fine])
