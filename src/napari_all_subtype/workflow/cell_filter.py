"""Which cells a person wants to see: one filter for the queue, the gallery and the export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from napari_all_subtype.cells import table


@dataclass(frozen=True)
class CellFilter:
    """What a cell must be to be seen.

    Parameters
    ----------
    classes : frozenset of str
        Words that count now; empty for all.
    confidence : tuple of float
        Lowest and highest, 0–1. A cell without one passes only where all do.
    diameter_um : tuple of float
        Smallest and largest, in micrometres.
    reviewed : bool or None
        Only cells that a person has spoken of, or only others; None for both.
    border : bool
        Whether cells that the border cuts are seen.
    """

    classes: frozenset[str] = frozenset()
    confidence: tuple[float, float] = (0.0, 1.0)
    diameter_um: tuple[float, float] = (0.0, np.inf)
    reviewed: bool | None = None
    border: bool = True


def passes(cells: pd.DataFrame, chosen: CellFilter) -> np.ndarray:
    """Which rows of a cell table are seen through a filter: ndarray, shape (N,), bool.

    Rows of the background and of deleted cells are not.
    """
    seen = (cells["area_px"] > 0).to_numpy(copy=True)
    if chosen.classes:
        seen &= table.words(cells).isin(chosen.classes).to_numpy()
    confidence, (low, high) = cells["confidence"].to_numpy(float), chosen.confidence
    if (low, high) != (0.0, 1.0):
        seen &= (confidence >= low) & (confidence <= high)
    seen &= cells["diameter_um"].between(*chosen.diameter_um).to_numpy()
    if chosen.reviewed is not None:
        seen &= (table.annotations(cells) != "").to_numpy() == chosen.reviewed
    if not chosen.border:
        seen &= ~cells["touches_border"].to_numpy(bool)
    return seen
