"""Colour and letter of the badge of each cell."""

from __future__ import annotations

import numpy as np

from napari_all_subtype._widgets.codes import unit_rgb
from napari_all_subtype._widgets.look import Look
from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.taxonomy import class_of
from napari_all_subtype.workflow.colour_values import CLASS

DOUBTFUL_BADGE = (1.0, 1.0, 1.0, 0.7)
PLAIN_BADGE = (1.0, 1.0, 1.0, 1.0)
GUESS = "?"
# Of red, green and blue (ITU-R BT.709); below it white is read better than black.
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
DARK = 0.3


def ink_on(colours: np.ndarray) -> np.ndarray:
    """Black or white, whichever is read better on each colour: ndarray, shape (N, 4), 0–1.

    Parameters
    ----------
    colours : ndarray, shape (N, 4), 0–1
    """
    dark = colours[:, :3] @ LUMINANCE < DARK
    ink = np.zeros((len(colours), 4))
    ink[:, :3] = dark[:, None]
    ink[:, 3] = 1.0
    return ink


def badge_style(analysis: Analysis, look: Look) -> tuple[np.ndarray, list[str]]:
    """Colours, shape (N, 4), 0–1, and letters of the N cells there are, in the order of the table.

    Parameters
    ----------
    look : Look
        Badges of hidden classes are clear and without a letter; those of cells below the
        minimum confidence are white, as are all where the cells are not coloured by class.
        The letter of a guess that was not accepted has a question mark.
    """
    cells = table.present(analysis.cells)
    shown = table.words(cells, look.column)
    named = {k: class_of(analysis.taxonomy, k) for k in shown.unique()}
    by_class = look.colour_by == CLASS
    rgba = {
        k: (*unit_rgb(one.colour), 1.0) if by_class else PLAIN_BADGE for k, one in named.items()
    }
    classes = [named[name] for name in shown]
    colours = np.array([rgba[name] for name in shown])
    doubtful = cells["confidence"].astype(float) < look.min_confidence
    doubtful &= table.annotations(cells) == ""
    colours[doubtful.to_numpy()] = DOUBTFUL_BADGE
    # Not by `shown`: napari 0.9.2 overlooks it in a layer of two dimensions.
    gone = np.array([one.name in look.hidden for one in classes])
    colours[gone, 3] = 0.0
    marks = np.where((shown != table.words(cells)).to_numpy(), GUESS, "")
    each = zip(classes, marks, gone, strict=True)
    letters = ["" if out else f"{one.letter}{mark}" for one, mark, out in each]
    return colours, letters
