"""Agreement beyond chance: Cohen's κ of two readers, Fleiss' κ of more, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from napari_all_subtype.workflow.intervals import BOOTSTRAP_ROUNDS, MIN_BOOTSTRAP_FIELDS

NO_CELLS = "no cell that all have read"
ONE_WORD = "everybody says the same of every cell: κ has no value"
_CELLS = "cells"


class Kappa(BaseModel):
    """A κ with its 95 % interval.

    Parameters
    ----------
    value : float or None
        1 is agreement on every cell, 0 as much as chance gives; None where it has no value.
    low, high : float or None
        By bootstrap over `unit`.
    n_cells : int
        That all have read.
    unit : str
        What was drawn with replacement: ``cases`` or ``fields`` where there are at least five,
        else ``cells``, whose interval is too narrow: cells of one field are alike.
    missing : str
        Why there is no value; empty where there is one.
    """

    model_config = ConfigDict(frozen=True)

    value: float | None
    low: float | None
    high: float | None
    n_cells: int
    unit: str = ""
    missing: str = ""

    @property
    def text(self) -> str:
        """``κ 0.62 (0.48–0.74 over fields, 180 cells)``."""
        if self.value is None:
            return f"κ – ({self.missing}; {self.n_cells} cells)"
        ends = "" if self.low is None else f"{self.low:.2f} to {self.high:.2f} over {self.unit}, "
        return f"κ {self.value:.2f} ({ends}{self.n_cells} cells)"


def confusion(first: np.ndarray, second: np.ndarray, n_words: int) -> np.ndarray:
    """How often word i of the first meets word j of the second: (K, K), int."""
    codes = np.bincount(first * n_words + second, minlength=n_words * n_words)
    return codes.reshape(n_words, n_words)


def cohen_of(table: np.ndarray) -> np.ndarray:
    """Cohen's κ (Educ Psychol Meas 1960;20:37–46) of confusion tables (..., K, K).

    The same as `sklearn.metrics.cohen_kappa_score`, of as many tables at once as a bootstrap
    needs; NaN where chance alone agrees on every cell.
    """
    table = np.asarray(table, float)
    total = table.sum(axis=(-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        agreed = np.trace(table, axis1=-2, axis2=-1) / total
        chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / total**2
        return np.where(chance < 1, (agreed - chance) / (1 - chance), np.nan)


def fleiss_of(agreed: np.ndarray, words: np.ndarray, n_cells: np.ndarray, n_readers: int):
    """Fleiss' κ (Psychol Bull 1971;76:378–82), NaN where chance alone agrees on every cell.

    Parameters
    ----------
    agreed : ndarray, shape (...)
        Sum over cells of the pairs of readers who agree, a share 0–1 of all pairs.
    words : ndarray, shape (..., K)
        How often each word was said.
    n_cells : ndarray, shape (...)
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = ((words / (n_cells * n_readers)[..., None]) ** 2).sum(axis=-1)
        return np.where(chance < 1 - 1e-12, (agreed / n_cells - chance) / (1 - chance), np.nan)


def kappa(
    said: np.ndarray,
    cases: np.ndarray,
    fields: np.ndarray,
    seed: int = 0,
    rounds: int = BOOTSTRAP_ROUNDS,
) -> Kappa:
    """Cohen's κ of two readers, Fleiss' of more.

    Parameters
    ----------
    said : ndarray, shape (N, R), object
        A column per reader; empty where nothing was said. Cells that not all have read are
        left out.
    cases, fields : ndarray, shape (N,)
        What each cell belongs to.
    seed, rounds : int
        Of the bootstrap.
    """
    both = (said != "").all(axis=1)
    said, cases, fields = said[both], cases[both], fields[both]
    if not len(said):
        return Kappa(value=None, low=None, high=None, n_cells=0, missing=NO_CELLS)
    unit, groups = _unit(cases, fields)
    words, codes = np.unique(said.astype(str), return_inverse=True)
    codes = codes.reshape(said.shape)
    of = _two if said.shape[1] == 2 else _more
    value, draws = of(codes, len(words), groups, np.random.default_rng(seed), rounds)
    if np.isnan(value):
        return Kappa(value=None, low=None, high=None, n_cells=len(said), missing=ONE_WORD)
    known = draws[~np.isnan(draws)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
    ends = {"low": float(low), "high": float(high)} if low < high else {"low": None, "high": None}
    return Kappa(value=float(value), n_cells=len(said), unit=unit, **ends)


def _unit(cases: np.ndarray, fields: np.ndarray) -> tuple[str, np.ndarray]:
    """What is drawn, and the number of each cell's: the widest of which there are enough."""
    for name, those in (("cases", cases), ("fields", fields)):
        known, groups = np.unique(those, return_inverse=True)
        if len(known) >= MIN_BOOTSTRAP_FIELDS:
            return name, groups
    return _CELLS, np.arange(len(cases))


def _two(
    codes: np.ndarray, n_words: int, groups: np.ndarray, rng: np.random.Generator, rounds: int
) -> tuple[float, np.ndarray]:
    pairs = codes[:, 0] * n_words + codes[:, 1]
    tables = _summed(groups, pairs, n_words * n_words)
    whole = tables.sum(axis=0).reshape(n_words, n_words)
    drawn = _drawn(tables, rng, rounds).reshape(rounds, n_words, n_words)
    return float(cohen_of(whole)), cohen_of(drawn)


def _more(
    codes: np.ndarray, n_words: int, groups: np.ndarray, rng: np.random.Generator, rounds: int
) -> tuple[float, np.ndarray]:
    n_readers = codes.shape[1]
    counts = np.stack([(codes == k).sum(axis=1) for k in range(n_words)], axis=1)
    agreed = (counts * (counts - 1)).sum(axis=1) / (n_readers * (n_readers - 1))
    per_cell = np.column_stack([agreed, np.ones(len(codes)), counts])
    sums = np.zeros((groups.max() + 1, per_cell.shape[1]))
    np.add.at(sums, groups, per_cell)
    drawn, whole = _drawn(sums, rng, rounds), sums.sum(axis=0)
    value = fleiss_of(whole[0], whole[2:], whole[1], n_readers)
    return float(value), fleiss_of(drawn[:, 0], drawn[:, 2:], drawn[:, 1], n_readers)


def _summed(groups: np.ndarray, codes: np.ndarray, n_codes: int) -> np.ndarray:
    """How often each code occurs in each group: (G, C)."""
    counts = np.bincount(groups * n_codes + codes, minlength=(groups.max() + 1) * n_codes)
    return counts.reshape(-1, n_codes).astype(float)


def _drawn(sums: np.ndarray, rng: np.random.Generator, rounds: int) -> np.ndarray:
    """Sums over groups drawn with replacement, (rounds, C)."""
    kinds, counts = np.unique(sums, axis=0, return_counts=True)
    # Groups that are alike are drawn together: a cell is one of a few kinds.
    n = int(counts.sum())
    return rng.multinomial(n, counts / n, size=rounds) @ kinds


def agreed_fraction(said: Sequence[np.ndarray]) -> float | None:
    """Share of the cells that all have read of which all say the same, 0–1; None without any."""
    words = np.stack(list(said), axis=1)
    words = words[(words != "").all(axis=1)]
    if not len(words):
        return None
    return float((words == words[:, :1]).all(axis=1).mean())
