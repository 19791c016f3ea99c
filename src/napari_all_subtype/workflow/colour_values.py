"""What cells can be coloured by beside their class: one value each, in steps of colour."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

from napari_all_subtype.taxonomy import SUBTYPES

# The upper two thirds of viridis in 16 steps: even to the eye, also without red or green (Smith &
# van der Walt 2015, bids.github.io/colormap). Its violet end, left out, is lost on violet nuclei.
STEP_COLOURS = (
    *("#306A8E", "#2B748E", "#277F8E", "#23898E", "#1F948C", "#1F9F88", "#23A983", "#2EB37C"),
    *("#40BD72", "#56C667", "#6ECE58", "#89D548", "#A8DB34", "#C5E021", "#E2E418", "#FDE725"),
)
NO_VALUE_COLOUR = "#BBBBBB"
CLASS = "class"


@dataclass(frozen=True)
class Quantity:
    """One value of a cell, and the range over which its colours are spread.

    Parameters
    ----------
    name, title : str
        In settings, and on screen.
    low, high : float
        Where the colours begin and end; values beyond have the last colour.
    columns : tuple of str
        Of the cell table, from which it is made.
    of : callable
        Values of these columns to the value; NaN where there is none.
    meaning : str
        What it says and does not.
    """

    name: str
    title: str
    low: float
    high: float
    columns: tuple[str, ...]
    of: Callable[..., float]
    meaning: str

    def value(self, row: object) -> float:
        """The value of the cell in `row`, NaN where a column is missing or empty."""
        parts = [getattr(row, name, math.nan) for name in self.columns]
        if any(not isinstance(part, Real) or math.isnan(part) for part in parts):
            return math.nan
        return self.of(*parts)

    def step_of(self, value: float) -> int:
        """Number of the colour of `value`, 0–15."""
        share = (value - self.low) / (self.high - self.low)
        return min(max(int(share * len(STEP_COLOURS)), 0), len(STEP_COLOURS) - 1)

    @property
    def step_titles(self) -> tuple[str, ...]:
        """The interval of each step in words."""
        n = len(STEP_COLOURS)
        at = [f"{self.low + k * (self.high - self.low) / n:.2f}" for k in range(n + 1)]
        return (f"below {at[1]}", *(f"{at[k]}–{at[k + 1]}" for k in range(1, n - 1)),
                f"{at[n - 1]} or more")  # fmt: skip


def disagreement(p1: float, p2: float, p3: float, f1: float, f2: float, f3: float) -> float:
    """How differently network and FAB rules divide a blast among L1, L2 and L3, 0–1.

    Half the sum of the differences of their shares (total variation): 0 where both divide
    it alike, 1 where each gives all to what the other gives nothing; NaN where one gives
    nothing at all.

    Examples
    --------
    >>> disagreement(0.2, 0.2, 0.0, 0.4, 0.4, 0.0), disagreement(0.9, 0, 0, 0, 0.3, 0)
    (0.0, 1.0)
    """
    network, fab = p1 + p2 + p3, f1 + f2 + f3
    if not (network > 0 and fab > 0):
        return math.nan
    pairs = zip((p1, p2, p3), (f1, f2, f3), strict=True)
    return sum(abs(p / network - f / fab) for p, f in pairs) / 2


CONFIDENCE = Quantity(
    "confidence",
    "Confidence",
    0.5,
    1.0,
    ("confidence",),
    float,
    "Calibrated probability of the side taken, blast or not; it says nothing of L1, L2 and L3.",
)
NC_RATIO = Quantity(
    "nc_ratio",
    "N:C area ratio",
    0.2,
    1.0,
    ("nc_ratio",),
    float,
    "Area of the nucleus to that of the whole cell; small lymphocytes and many blasts are high.",
)
DISAGREEMENT = Quantity(
    "disagreement",
    "Network against FAB rules",
    0.0,
    1.0,
    (*(f"p_{name}" for name in SUBTYPES), *(f"fab_{name}" for name in SUBTYPES)),
    disagreement,
    "How differently the network's scores and the FAB rules divide a blast among L1, L2 and L3: "
    "0 alike, 1 not at all. Agreement confirms nothing: the network learned by these criteria.",
)
QUANTITIES = {one.name: one for one in (CONFIDENCE, NC_RATIO, DISAGREEMENT)}
