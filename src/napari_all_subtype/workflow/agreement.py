"""Agreement between readers and with the model: κ with intervals, confusion, disagreements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.amounts import amount
from napari_all_subtype.taxonomy import EXCLUSIONS, Taxonomy
from napari_all_subtype.workflow.kappa import Kappa, agreed_fraction, confusion, kappa
from napari_all_subtype.workflow.spoken import PLACE, Rater, Spoken

if TYPE_CHECKING:
    import pandas as pd

BLAST, OTHER = "blast", "normal"
COLUMNS = (
    *("first", "second", "cells", "agreed", "kappa", "low", "high", "over"),
    *("side_cells", "side_agreed", "side_kappa", "side_low", "side_high"),
)

_REAL = [name for name in COLUMNS if name.rpartition("_")[2] in ("agreed", "kappa", "low", "high")]


@dataclass(frozen=True)
class Agreed:
    """How far raters agree on classes, and on the side: normal or any blast.

    Parameters
    ----------
    raters : tuple of Rater
    classes, side : Kappa
        Cohen's of two, Fleiss' of more. Classes are with exclusions; a cell has a side only
        where all call it a leukocyte.
    classes_agreed, side_agreed : float or None
        Share of the cells of which all say the same, 0–1.
    """

    raters: tuple[Rater, ...]
    classes: Kappa
    side: Kappa
    classes_agreed: float | None
    side_agreed: float | None


@dataclass(frozen=True)
class Agreement:
    """Agreement of all who have read.

    Parameters
    ----------
    spoken : Spoken
    pairs : tuple of Agreed
        Two and two, also with the model.
    readers : Agreed or None
        All readers together, without the model; None below three.
    """

    spoken: Spoken
    pairs: tuple[Agreed, ...]
    readers: Agreed | None

    def lines(self, names: Mapping[int, str]) -> tuple[str, ...]:
        """What is to be known beside the table, in sentences."""
        told = []
        if not self.pairs:
            told.append(
                "There is nothing to compare: it takes two readings of the same cells, one of "
                "them blind and finished, or a reading and a model."
            )
        if self.readers is not None:
            who = ", ".join(one.title(names) for one in self.readers.raters)
            told.append(f"All readers ({who}): classes {self.readers.classes.text}.")
            if self.spoken.taxonomy.has_sides:
                told.append(f"All readers, normal or blast: {self.readers.side.text}.")
        if self.spoken.unfinished:
            unfinished = amount(self.spoken.unfinished, "blind reading")
            told.append(f"Not finished, and so not shown: {unfinished}.")
        return tuple(told)


def agreement(spoken: Spoken, seed: int = 0) -> Agreement:
    """How far those agree who said what of the same cells.

    Parameters
    ----------
    spoken : Spoken
    seed : int
        Of the bootstrap over cases, fields or cells.
    """
    pairs = [agreed(spoken, pair, seed) for pair in combinations(spoken.raters, 2)]
    readers = agreed(spoken, spoken.readers, seed) if len(spoken.readers) > 2 else None
    return Agreement(spoken, tuple(one for one in pairs if one.classes.n_cells), readers)


def agreed(spoken: Spoken, raters: tuple[Rater, ...], seed: int = 0) -> Agreed:
    """How far `raters` agree."""
    said = spoken.said(raters)
    cases, fields = (spoken.cells[name].to_numpy() for name in ("case", "field"))
    sides = side_of(said, spoken.taxonomy)
    return Agreed(
        tuple(raters),
        kappa(said, cases, fields, seed),
        kappa(sides, cases, fields, seed),
        agreed_fraction(said.T),
        agreed_fraction(sides.T),
    )


def side_of(said: np.ndarray, taxonomy: Taxonomy) -> np.ndarray:
    """`said` as sides: any blast, or a leukocyte that is none; empty where it is neither."""
    side = np.full(said.shape, "", object)
    if not taxonomy.has_sides:
        return side
    side[np.isin(said, taxonomy.names)] = OTHER
    side[np.isin(said, taxonomy.family(BLAST))] = BLAST
    return side


def confusion_table(spoken: Spoken, first: Rater, second: Rater) -> pd.DataFrame:
    """How often each word of the first meets each word of the second.

    Returns
    -------
    pandas.DataFrame
        A row per word of the first, a column per word of the second, those that were said.
    """
    import pandas as pd

    said = spoken.said((first, second))
    said = said[(said != "").all(axis=1)]
    order = [*spoken.taxonomy.names, *(one.name for one in EXCLUSIONS)]
    there = set(said.ravel().tolist())
    words = [word for word in order if word in there] + sorted(there - set(order))
    place = {word: n for n, word in enumerate(words)}
    codes = np.array([[place[a], place[b]] for a, b in said], int).reshape(-1, 2)
    counts = confusion(codes[:, 0], codes[:, 1], len(words))
    return pd.DataFrame(counts, index=words, columns=words)


def disagreements(spoken: Spoken, *raters: Rater) -> pd.DataFrame:
    """Cells of which two of `raters` say different things; by default of all readers.

    Returns
    -------
    pandas.DataFrame
        Their place, what everybody says, and ``sides`` that tells whether one says blast and
        another does not; those first, then in order of field and cell.
    """
    raters = raters or spoken.readers
    said = spoken.said(raters)
    sides = side_of(said, spoken.taxonomy)
    cells = spoken.cells.assign(sides=_differ(sides))[_differ(said)]
    cells = cells[[*PLACE, "sides", *(one.key for one in spoken.raters)]]
    order = ["sides", "slide", "field", "marked_cell"]
    return cells.sort_values(order, ascending=[False, True, True, True]).reset_index(drop=True)


def agreement_rows(agreement: Agreement, names: Mapping[int, str]) -> pd.DataFrame:
    """The agreement of two and two as a table, of `COLUMNS`."""
    import pandas as pd

    rows = []
    for one in agreement.pairs:
        who = [rater.title(names) for rater in one.raters]
        classes, side = one.classes, one.side
        rows.append(
            (
                *who,
                *(classes.n_cells, one.classes_agreed, classes.value, classes.low, classes.high),
                classes.unit,
                *(side.n_cells, one.side_agreed, side.value, side.low, side.high),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(_REAL, float))


def _differ(said: np.ndarray) -> np.ndarray:
    """Which rows hold two different words, empty ones aside."""
    return np.array([len(set(row) - {""}) > 1 for row in said], bool)
