"""That cells are unknown, why, and that the shares of a summary say nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

UNLIKE = "unlike the cells of the training in size, shape or sharpness"
NO_NUCLEUS = "without a nucleus"
NOT_CLASSIFIED = "not classified by the model"
WHAT_TO_DO = "check the focus, the pixel size and the outlines"
ASK_AGAIN = "name what was not classified, or change its outline to have the model look again"


def judged(cells: pd.DataFrame) -> np.ndarray:
    """Which cells something is said of, by the model or a person: ndarray, shape (N,), bool."""
    return (table.words(cells) != UNKNOWN.name).to_numpy(bool)


def unknown_note(cells: pd.DataFrame, asked: bool = True) -> str:
    """How many cells the model could not judge, in a sentence; empty where it was not asked.

    Parameters
    ----------
    cells : pandas.DataFrame
        Present cells, with what was said of them.
    asked : bool
        Whether a model was to judge them at all: the table of a smear in which it could say
        nothing looks like that of one which was only found.
    """
    if not asked:
        return ""
    unknown = cells[~judged(cells)]
    silent = unknown[unknown.reindex(columns=["novelty"])["novelty"].isna()]
    # The table of single pictures does not measure nuclei.
    bare = int((~(silent.get("nucleus_area_um2", silent.index + 1) > 0)).sum())
    counts = {
        UNLIKE: len(unknown) - len(silent),
        NO_NUCLEUS: bare,
        NOT_CLASSIFIED: len(silent) - bare,
    }
    reasons = {reason: count for reason, count in counts.items() if count}
    return _in_words(reasons, len(cells)) if reasons else ""


def _in_words(reasons: Mapping[str, int], n_cells: int) -> str:
    """One sentence for the reasons, each with its count, and one for what follows.

    Examples
    --------
    >>> _in_words({UNLIKE: 1}, 14)[:62]
    '1 of 14 cells is unknown: unlike the cells of the training in '
    >>> _in_words({UNLIKE: 2, NO_NUCLEUS: 1}, 3).partition(":")[0]
    'No cell could be judged, all 3 are unknown'
    """
    n = sum(reasons.values())
    alone = len(reasons) == 1
    why = ", ".join(reason if alone else f"{count} {reason}" for reason, count in reasons.items())
    if n == n_cells:
        cells = "the only one is" if n == 1 else f"all {n} are"
        start = f"No cell could be judged, {cells} unknown"
        follows = "The shares say nothing of blasts"
    else:
        start = f"{n} of {n_cells} cells {'is' if n == 1 else 'are'} unknown"
        counts = "it counts" if n == 1 else "these count"
        follows = f"Shares are of all cells, and {counts} as neither normal nor blast"
    to_do = [WHAT_TO_DO] if reasons.keys() - {NOT_CLASSIFIED} else []
    to_do += [ASK_AGAIN] if NOT_CLASSIFIED in reasons else []
    return f"{start}: {why}. {follows}; {'; '.join(to_do)}."
