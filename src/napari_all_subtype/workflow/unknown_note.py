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
ONLY_FOUND = "only found, as no model was asked"
# What to do, where a person sees outlines and can change them; and where there is but a table.
OUTLINED = {
    UNLIKE: "check the focus, the pixel size and the outlines",
    NO_NUCLEUS: "check the focus, the pixel size and the outlines",
    NOT_CLASSIFIED: (
        "name what was not classified, or change its outline to have the model look again"
    ),
    ONLY_FOUND: "have a model classify what was only found",
}
TABLED = OUTLINED | {
    UNLIKE: "check the focus and the pixel size",
    NO_NUCLEUS: "check the focus and the pixel size",
    NOT_CLASSIFIED: "look at what was not classified yourself",
}


def judged(cells: pd.DataFrame) -> np.ndarray:
    """Which cells something is said of, by the model or a person: ndarray, shape (N,), bool."""
    return (table.words(cells) != UNKNOWN.name).to_numpy(bool)


def unknown_note(
    cells: pd.DataFrame, asked: np.ndarray | bool = True, outlined: bool = True
) -> str:
    """How many cells the model could not judge, in a sentence; empty where it was not asked.

    Parameters
    ----------
    cells : pandas.DataFrame
        Present cells, with what was said of them.
    asked : ndarray, shape (N,), bool, or bool
        Whether a model was to judge each of them, or all, at all: the table of a smear in which
        it could say nothing looks like that of one which was only found.
    outlined : bool
        Whether a person sees their outlines and can change them, not a table alone.
    """
    asked = np.broadcast_to(asked, len(cells))
    if not asked.any():
        return ""
    unknown = ~judged(cells)
    seen = cells[unknown & asked]
    silent = seen[seen.reindex(columns=["novelty"])["novelty"].isna()]
    # The table of single pictures does not measure nuclei.
    measured = "nucleus_area_um2" in silent
    bare = int((~(silent["nucleus_area_um2"] > 0)).sum()) if measured else 0
    counts = {
        UNLIKE: len(seen) - len(silent),
        NO_NUCLEUS: bare,
        NOT_CLASSIFIED: len(silent) - bare,
        ONLY_FOUND: int((unknown & ~asked).sum()),
    }
    reasons = {reason: count for reason, count in counts.items() if count}
    return _in_words(reasons, len(cells), OUTLINED if outlined else TABLED) if reasons else ""


def _in_words(reasons: Mapping[str, int], n_cells: int, to_do: Mapping[str, str] = OUTLINED) -> str:
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
    advice = dict.fromkeys(to_do[reason] for reason in reasons)  # each once, in order
    return f"{start}: {why}. {follows}; {'; '.join(advice)}."
