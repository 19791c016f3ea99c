"""No stroke makes a cell larger than any white cell, as a bucket poured on the ground would."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.plausible import MAX_DIAMETER_UM
from napari_all_subtype.errors import EditError

if TYPE_CHECKING:
    import pandas as pd


def refuse_too_large(
    cells: pd.DataFrame, before: np.ndarray, painted: np.ndarray, um_per_px: float
) -> None:
    """Refuse a stroke after which a cell is too large that was not so before.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table before the stroke; row k is label k.
    before, painted : ndarray, shape (Y, X), int
        Labels where the stroke was, before and after it.

    Raises
    ------
    EditError
        If a cell grew beyond 40 µm, the diameter of the disc of equal area.
    """
    largest_px = math.pi * (MAX_DIAMETER_UM / 2 / um_per_px) ** 2
    gained = painted[(painted != before) & (painted != 0)]
    for label in np.unique(gained).tolist():
        known = cells["area_px"].iat[label] if label < len(cells) else 0
        old = 0 if np.isnan(known) else int(known)
        new = old + np.count_nonzero(painted == label) - np.count_nonzero(before == label)
        if new > max(largest_px, old):
            diameter_um = 2 * um_per_px * math.sqrt(new / math.pi)
            raise EditError(
                f"Taken back: the cell would be {diameter_um:.0f} µm across, and no white cell is "
                f"larger than {MAX_DIAMETER_UM:.0f} µm. Draw around one cell only."
            )
