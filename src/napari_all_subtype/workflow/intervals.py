"""Shares of cells with their intervals: of the cells, and of the fields they were found in."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from napari_all_subtype.learning import sampling_error

BOOTSTRAP_ROUNDS = 2000
# Resampling fewer than five repeats the few there are: its interval is far too narrow.
MIN_BOOTSTRAP_FIELDS = 5
TOO_FEW_FIELDS = f"fewer than {MIN_BOOTSTRAP_FIELDS} fields with cells"
EQUAL_FIELDS = "the fields do not differ"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Interval(_Frozen):
    """A 95 % interval of a fraction, 0–1."""

    low: float
    high: float


class Proportion(_Frozen):
    """A class's share of the cells.

    Parameters
    ----------
    count : int
        Cells of the class.
    fraction : float or None
        Of all cells, 0–1; None without cells.
    wilson : Interval or None
        Sampling error of the cells, after Wilson (J Am Stat Assoc 1927;22:209–12).
    over_fields : Interval or None
        Sampling error of the fields, by bootstrap; None below five fields with
        cells, or where all have the same share: then it would feign certainty.
    over_fields_missing : str
        Why there is none; empty where there is one.
    """

    count: int
    fraction: float | None
    wilson: Interval | None
    over_fields: Interval | None = None
    over_fields_missing: str = ""


def wilson(count: int, total: int) -> Interval | None:
    """95 % interval of ``count / total``, None without cells.

    Examples
    --------
    >>> interval = wilson(10, 100)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.0552, 0.1744)
    """
    if total == 0:
        return None
    low, high = sampling_error.wilson(count, total)
    return Interval(low=float(low), high=float(high))


def bootstrap_totals(per_field: np.ndarray, seed: int) -> np.ndarray | None:
    """Class totals of fields drawn with replacement: (rounds, classes), None if they are few."""
    n = len(per_field)
    if np.count_nonzero(per_field.sum(axis=1)) < MIN_BOOTSTRAP_FIELDS:
        return None
    drawn = np.random.default_rng(seed).integers(0, n, (BOOTSTRAP_ROUNDS, n))
    return per_field[drawn].sum(axis=1)


def over_fields(draws: np.ndarray | None, columns: list[int]) -> tuple[Interval | None, str]:
    """95 % interval of the share of `columns`, or None and why there is none."""
    if draws is None:
        return None, TOO_FEW_FIELDS
    totals = draws.sum(axis=1)
    filled = totals > 0
    fractions = draws[filled][:, columns].sum(axis=1) / totals[filled]
    low, high = np.percentile(fractions, [2.5, 97.5])
    if low == high:
        return None, EQUAL_FIELDS
    return Interval(low=float(low), high=float(high)), ""
