"""How cells are drawn: all that a person can choose of it, as one value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_all_subtype._widgets.codes import FILL_OPACITY, ClassCodes, Codes, StepCodes
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.colour_values import CLASS, DISAGREEMENT, QUANTITIES


@dataclass(frozen=True)
class Look:
    """What the controls of the view say.

    Parameters
    ----------
    colour_by : str
        ``class``, or the name of a quantity.
    best_guess : bool
        Draw the strongest subtype of a blast where none was accepted, and hatch it.
    hidden : frozenset of str
        Classes that are not shown.
    fill_opacity : float
        0–1; rings stay opaque.
    min_confidence : float
        Cells below it are drawn hollow, 0–1.
    letters : bool
        Whether letters are written on the cells.
    """

    colour_by: str = CLASS
    best_guess: bool = False
    hidden: frozenset[str] = frozenset()
    fill_opacity: float = FILL_OPACITY
    min_confidence: float = 0.0
    letters: bool = True

    @property
    def column(self) -> str:
        """Of the cell table: the class that is shown."""
        return "best_guess" if self.best_guess else "subtype"

    def without_fab(self) -> Look:
        """The same without what there is only of L1, L2 and L3."""
        by = CLASS if self.colour_by == DISAGREEMENT.name else self.colour_by
        return replace(self, best_guess=False, colour_by=by)

    def codes(self, taxonomy: Taxonomy) -> Codes:
        """The integers of the subtypes mask in this look."""
        if self.colour_by == CLASS:
            return ClassCodes(taxonomy, self.column)
        return StepCodes(QUANTITIES[self.colour_by], self.hidden, self.column)

    def drawn_as(self, other: Look) -> bool:
        """Whether both give the mask the same integers, the minimum confidence aside."""
        mine, theirs = ((one.colour_by, one.column) for one in (self, other))
        return mine == theirs and (self.colour_by == CLASS or self.hidden == other.hidden)
