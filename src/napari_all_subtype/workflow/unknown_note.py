"""That cells are unknown, why, and that the shares of a summary say nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

UNLIKE = "unlike the cells of the training in size, shape or sharpness"
NO_NUCLEUS = "without a nucleus"
WHAT_TO_DO = "check the focus, the pixel size and the outlines"


def judged(cells: pd.DataFrame) -> np.ndarray:
    """Which cells something is said of, by the model or a person: ndarray, shape (N,), bool."""
    return (table.words(cells) != UNKNOWN.name).to_numpy(bool)


def unknown_note(cells: pd.DataFrame) -> str:
    """How many cells the model could not judge, in a sentence; empty where it was not asked.

    It was asked where any cell has a novelty or a confidence of it.

    Parameters
    ----------
    cells : pandas.DataFrame
        Present cells, with what was said of them.
    """
    if "novelty" not in cells or not _asked(cells):
        return ""
    unknown = cells[~judged(cells)]
    measured = unknown["novelty"].notna()
    nucleus = unknown.get("nucleus_area_um2", measured)
    unlike, bare = int(measured.sum()), int((~measured & ~(nucleus > 0)).sum())
    return _in_words(unlike, bare, len(cells)) if unlike + bare else ""


def _asked(cells: pd.DataFrame) -> bool:
    said = cells.reindex(columns=["novelty", "confidence"]).to_numpy(float)
    return bool(np.isfinite(said).any())


def _in_words(unlike: int, bare: int, n_cells: int) -> str:
    """One sentence for the reasons, one for what follows.

    Examples
    --------
    >>> _in_words(1, 0, 14)[:62]
    '1 of 14 cells is unknown: unlike the cells of the training in '
    >>> _in_words(2, 1, 3).partition(":")[0]
    'No cell could be judged, all 3 are unknown'
    """
    n = unlike + bare
    reasons = [f"{unlike} {UNLIKE}" if bare else UNLIKE] if unlike else []
    reasons += [f"{bare} {NO_NUCLEUS}" if unlike else NO_NUCLEUS] if bare else []
    verb = "is" if n == 1 else "are"
    if n == n_cells:
        cells = "the only one is" if n == 1 else f"all {n} are"
        start = f"No cell could be judged, {cells} unknown"
        follows = "The shares say nothing of blasts"
    else:
        start = f"{n} of {n_cells} cells {verb} unknown"
        counts = "it counts" if n == 1 else "these count"
        follows = f"Shares are of all cells, and {counts} as neither normal nor blast"
    return f"{start}: {', '.join(reasons)}. {follows}; {WHAT_TO_DO}."
