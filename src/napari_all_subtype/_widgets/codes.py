"""The integers of the subtypes mask, their colours and what they mean."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import EXCLUSIONS, UNKNOWN, CellClass, Taxonomy
from napari_all_subtype.workflow.colour_values import NO_VALUE_COLOUR, STEP_COLOURS, Quantity

if TYPE_CHECKING:
    import pandas as pd

Part = Literal["fill", "ring", "doubtful"]
PARTS: tuple[Part, ...] = ("fill", "ring", "doubtful")

# Chromatin can still be judged under it.
FILL_OPACITY = 0.2
DOUBTFUL_ALPHA = 0.75
PICKED_COLOUR = (1.0, 1.0, 1.0, 1.0)


class Codes:
    """Fill, ring and doubtful ring of each colour; fills come first, code k + 1 is colour k."""

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """Title and ``#rrggbb`` of each colour."""
        raise NotImplementedError

    @property
    def picked(self) -> int:
        """Code of the ring around the cell a person has picked."""
        return len(PARTS) * len(self.entries) + 1

    def code_at(self, k: int, part: Part) -> int:
        """Integer of one part of colour number `k`."""
        return 1 + PARTS.index(part) * len(self.entries) + k

    def code_of(self, row: object, part: Part) -> int:
        """Integer of one part of the cell in `row` of the cell table."""
        raise NotImplementedError

    def parts_of(self, row: object) -> tuple[int, ...]:
        """Integers of all parts of the cell in `row`, in the order of `PARTS`."""
        fill = self.code_of(row, "fill")
        return tuple(fill and fill + n * len(self.entries) for n in range(len(PARTS)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the cell table that :meth:`code_of` reads."""
        raise NotImplementedError

    @property
    def meaning(self) -> str:
        """What the colours say, as the head of a column."""
        raise NotImplementedError

    def to_features(self) -> pd.DataFrame:
        """What each code means: row k is code k; row 0, the background, means nothing.

        napari's status bar leaves out what is None.
        """
        import pandas as pd

        rows: list[tuple[str | None, str | None]] = [(None, None)]
        rows += [(title, part) for part in PARTS for title, _ in self.entries]
        return pd.DataFrame([*rows, ("picked", "ring")], columns=[self.meaning, "part"])

    def colours(
        self, hidden: Iterable[str] = (), fill_opacity: float = FILL_OPACITY
    ) -> dict[int | None, np.ndarray]:
        """RGBA of every code, for napari's DirectLabelColormap.

        Parameters
        ----------
        hidden : iterable of str
            Classes that are not shown.
        fill_opacity : float
            Of the fill, 0–1; rings stay opaque.

        Returns
        -------
        dict of int or None to ndarray, shape (4,), float32, 0–1
            None is any other integer.
        """
        alpha = {"fill": fill_opacity, "ring": 1.0, "doubtful": DOUBTFUL_ALPHA}
        clear = np.zeros(4, np.float32)
        result: dict[int | None, np.ndarray] = {None: clear, 0: clear}
        gone = self._hidden_entries(set(hidden))
        for k, (_, colour) in enumerate(self.entries):
            for part in PARTS:
                rgba = (*unit_rgb(colour), 0.0 if k in gone else alpha[part])
                result[self.code_at(k, part)] = np.array(rgba, np.float32)
        result[self.picked] = np.array(PICKED_COLOUR, np.float32)
        return result

    def _hidden_entries(self, hidden: set[str]) -> set[int]:
        return set()


@dataclass(frozen=True)
class ClassCodes(Codes):
    """Codes of the classes.

    Parameters
    ----------
    taxonomy : Taxonomy
        Of the model; *unknown* and the exclusions are added after its classes.
    column : str
        Of the cell table: the model's word that is accepted, or its best guess. A person's word
        goes before either.

    Examples
    --------
    >>> from napari_all_subtype.taxonomy import FAB5
    >>> codes = ClassCodes(FAB5)
    >>> codes.code("normal", "fill"), codes.code("unknown", "fill"), codes.code("normal", "ring")
    (1, 6, 11)
    """

    taxonomy: Taxonomy
    column: str = "subtype"

    @property
    def classes(self) -> tuple[CellClass, ...]:
        """Classes of the taxonomy, then *unknown*, then the exclusions."""
        return (*self.taxonomy.classes, UNKNOWN, *EXCLUSIONS)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of `classes`."""
        return tuple(c.name for c in self.classes)

    @cached_property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """Title and colour of each class."""
        return tuple((c.title, c.colour) for c in self.classes)

    @property
    def columns(self) -> tuple[str, ...]:
        """The model's word, and a person's."""
        return (self.column, table.ANNOTATION)

    @property
    def meaning(self) -> str:
        """Head of the column of meanings."""
        return "class"

    def code(self, name: str, part: Part) -> int:
        """Integer of one part of one class; a name outside the taxonomy counts as unknown."""
        names = self.names
        return self.code_at(names.index(name if name in names else UNKNOWN.name), part)

    def code_of(self, row: object, part: Part) -> int:
        """Integer of one part of the cell in `row` of the cell table."""
        return self.code(table.word_of(row, self.column), part)

    def _hidden_entries(self, hidden: set[str]) -> set[int]:
        return {k for k, name in enumerate(self.names) if name in hidden}


@dataclass(frozen=True)
class StepCodes(Codes):
    """Codes of a measured value, in steps; the last colour is that of cells without a value.

    Parameters
    ----------
    quantity : Quantity
        Gives the value of a cell.
    hidden : frozenset of str
        Classes that are not drawn: a step does not tell the class.
    column : str
        Of the cell table: where the class stands.
    """

    quantity: Quantity
    hidden: frozenset[str] = frozenset()
    column: str = "subtype"

    @cached_property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """The interval and the colour of each step."""
        return (
            *zip(self.quantity.step_titles, STEP_COLOURS, strict=True),
            ("no value", NO_VALUE_COLOUR),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The class, and what the value is made of."""
        return (self.column, table.ANNOTATION, *self.quantity.columns)

    @property
    def meaning(self) -> str:
        """Head of the column of meanings."""
        return self.quantity.title

    def code_of(self, row: object, part: Part) -> int:
        """Integer of one part of the cell in `row`; 0 where its class is hidden."""
        if table.word_of(row, self.column) in self.hidden:
            return 0
        value = self.quantity.value(row)
        last = len(STEP_COLOURS)
        return self.code_at(last if math.isnan(value) else self.quantity.step_of(value), part)


def unit_rgb(colour: str) -> tuple[float, float, float]:
    """Red, green and blue, 0–1, of ``#rrggbb``."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
