"""Whether the stain of a smear is one that the model has seen, and what follows if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.stain_seen import COLOURS, StainSeen

if TYPE_CHECKING:
    import pandas as pd

AXES = {"l": "L*", "a": "a*", "b": "b*"}
# Of what has more or less of an axis than was seen; in parts that stay red, or blue, other words.
MORE = {"l": "paler", "a": "redder", "b": "yellower"}
LESS = {"l": "darker", "a": "greener", "b": "bluer"}
STILL_BLUE, STILL_RED = "less blue", "less red"
PARTS = {"nucleus": "nuclei", "cytoplasm": "cytoplasm"}
TODO = "its classes were not tested there; check lamp, exposure and white balance."


def stain_warning(cells: pd.DataFrame, seen: StainSeen | None) -> str:
    """Why the stain of `cells` makes their classes less certain, with the numbers; else empty.

    Parameters
    ----------
    cells : pandas.DataFrame
        Rows of the cells of a field or smear, with the columns of
        :data:`napari_all_subtype.cells.stain_seen.COLOURS`. Cells without a nucleus or
        without cytoplasm to be seen take no part; with too few of the others nothing is said.
    seen : StainSeen or None
        The stains that the model learned from; None where it does not say: they are then
        not checked.
    """
    if seen is None or not set(COLOURS) <= set(cells.columns):
        return ""
    measured = cells[list(COLOURS)].dropna().to_numpy(float)
    rare = seen.rare_distance(len(measured))
    if rare is None:
        return ""
    median = np.median(measured, axis=0)
    distance = float(seen.distance(median))
    if distance <= rare:
        return ""
    reasons = _outside(median, seen) or _unlike_the_rest(median, seen)
    return (
        f"Stain of {len(measured)} cells is unlike any the model learned from: {reasons}. "
        f"Distance {distance:.1f}, where 99 % of the training lies within {rare:.1f}: {TODO}"
    )


def _outside(median: np.ndarray, seen: StainSeen) -> str:
    """Colours that no training cell has, one in a hundred left aside."""
    told = []
    for name, value, low, high in zip(COLOURS, median, seen.low, seen.high, strict=True):
        if not low <= value <= high:
            part, axis, word = _words(name, value, value > high)
            digits = 0 if round(value) not in (round(low), round(high)) else 1
            seen_range = f"{_number(low, digits)} to {_number(high, digits)}"
            told.append(f"{part} {word} ({axis} {_number(value, digits)}; seen {seen_range})")
    return ", ".join(told)


def _unlike_the_rest(median: np.ndarray, seen: StainSeen) -> str:
    """The colour that goes least with the five others: each of them alone was seen."""
    expected, off = seen.expected(median)
    at = int(np.argmax(np.abs(off)))
    part, axis, word = _words(COLOURS[at], float(median[at]), bool(off[at] > 0))
    other = "nuclei" if part == "cytoplasm" else "cytoplasm"
    return (
        f"{part} {word} than belongs to such {other} ({axis} {_number(median[at])}; expected "
        f"{_number(expected[at])})"
    )


def _number(value: float, digits: int = 0) -> str:
    """A rounded value with a minus, not a hyphen; never −0.

    Examples
    --------
    >>> _number(-38.7), _number(-0.2), _number(4.4), _number(-0.04, 1)
    ('−39', '0', '4', '0.0')
    """
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")


def _words(name: str, value: float, more: bool) -> tuple[str, str, str]:
    """Part, axis and comparison: ``("nuclei", "L*", "paler")`` of more ``nucleus_l``."""
    part, axis = name.rsplit("_", 1)
    word = (MORE if more else LESS)[axis]
    if axis == "a" and not more and value >= 0:
        word = STILL_RED
    if axis == "b" and more and value <= 0:
        word = STILL_BLUE
    return PARTS[part], AXES[axis], word
