"""Colour and letter of the badge of each cell."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from napari_all_subtype._widgets.overlay import unit_rgb
from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.workflow.overlay import class_of

DOUBTFUL_BADGE = (1.0, 1.0, 1.0, 0.7)


def badge_style(
    analysis: Analysis, hidden: Collection[str], min_confidence: float
) -> tuple[np.ndarray, list[str]]:
    """Colours, shape (N, 4), 0–1, and letters of the N cells there are, in the order of the table.

    Parameters
    ----------
    hidden : collection of str
        Classes whose badges are clear and without a letter.
    min_confidence : float
        Badges of cells below it, 0–1, are white.
    """
    cells = table.present(analysis.cells)
    named = {k: class_of(analysis.taxonomy, k) for k in cells["subtype"].unique()}
    rgba = {name: (*unit_rgb(one.colour), 1.0) for name, one in named.items()}
    classes = [named[name] for name in cells["subtype"]]
    colours = np.array([rgba[name] for name in cells["subtype"]])
    colours[(cells["confidence"] < min_confidence).to_numpy()] = DOUBTFUL_BADGE
    # Not by `shown`: napari 0.9.2 overlooks it in a layer of two dimensions.
    gone = np.array([one.name in hidden for one in classes])
    colours[gone, 3] = 0.0
    letters = ["" if out else one.letter for one, out in zip(classes, gone, strict=True)]
    return colours, letters
