"""Soft scores of L1, L2 and L3: how well each criterion of a cell fits the FAB table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.config import FabParameters
from napari_all_subtype.taxonomy import SUBTYPES

if TYPE_CHECKING:
    import pandas as pd

    Measures = pd.DataFrame | Mapping[str, np.ndarray]

SCORES = tuple(f"fab_{name}" for name in SUBTYPES)


@dataclass(frozen=True)
class Criterion:
    """One line of the FAB table as memberships.

    Parameters
    ----------
    name : str
    measures : tuple of str
        Columns it is read from.
    high : callable
        Measures and parameters to the membership of the feature, 0–1: large, irregular, …
    says : dict of str to tuple of (int, float)
        By subtype: +1 where the feature speaks for it, −1 where its absence does; and the weight.
    """

    name: str
    measures: tuple[str, ...]
    high: Callable[[Measures, FabParameters], np.ndarray]
    says: dict[str, tuple[int, float]]


def above(values: object, cut: float, softness: float) -> np.ndarray:
    """Smooth step: 0.5 at `cut`, 0.88 one `softness` above it; NaN stays."""
    x = (np.asarray(values, float) - cut) / softness
    return 1 / (1 + np.exp(-2 * np.clip(x, -30, 30)))


def _large(m: Measures, p: FabParameters) -> np.ndarray:
    return above(m["fab_relative_diameter"], p.large_size_ratio, p.large_size_softness)


def _high_nc(m: Measures, p: FabParameters) -> np.ndarray:
    middle = 0.5 * (p.high_nc_ratio + p.low_nc_ratio)
    return above(m["fab_relative_nc"], middle, p.nc_softness)


def irregular(m: Measures, p: FabParameters) -> np.ndarray:
    """How irregular each nucleus is, 0–1: of low solidity, or with one deep hollow."""
    rough = 1 - above(m["nucleus_solidity"], p.regular_solidity, p.solidity_softness)
    return np.maximum(rough, above(m["fab_hollow"], p.cleft_depth_fraction, p.cleft_softness))


def prominent_nucleoli(m: Measures, p: FabParameters) -> np.ndarray:
    """How prominent the nucleoli of each cell are, 0–1: large, or several."""
    size = above(m["fab_nucleolus_fraction"], p.prominent_nucleolus_fraction, p.nucleolus_softness)
    return np.maximum(size, above(m["fab_nucleoli"], 1.5, 0.5))


def _uneven(m: Measures, p: FabParameters) -> np.ndarray:
    return above(m["fab_chromatin_spread"], p.coarse_chromatin, p.chromatin_softness)


def _deep_blue(m: Measures, p: FabParameters) -> np.ndarray:
    return above(m["fab_basophilia"], p.deep_basophilia, p.basophilia_softness)


def _vacuolated(m: Measures, p: FabParameters) -> np.ndarray:
    return above(m["fab_vacuoles"], p.many_vacuoles, p.vacuole_softness)


# The FAB table (Bennett 1976, 1981). What it calls variable has no say; weights are our choice.
CRITERIA = (
    Criterion("size", ("fab_relative_diameter",), _large, {"l1": (-1, 1.0), "l2": (1, 1.0)}),
    Criterion(
        "N:C ratio", ("fab_relative_nc",), _high_nc,
        {"l1": (1, 1.0), "l2": (-1, 1.0), "l3": (-1, 0.5)},
    ),
    Criterion(
        "outline", ("nucleus_solidity", "fab_hollow"), irregular,
        {"l1": (-1, 1.0), "l2": (1, 1.0), "l3": (-1, 0.5)},
    ),
    Criterion(
        "nucleoli", ("fab_nucleoli", "fab_nucleolus_fraction"), prominent_nucleoli,
        {"l1": (-1, 1.0), "l2": (1, 1.0), "l3": (1, 0.5)},
    ),
    Criterion(
        "chromatin", ("fab_chromatin_spread",), _uneven, {"l1": (-1, 0.25), "l3": (-1, 0.25)}
    ),
    Criterion(
        "basophilia", ("fab_basophilia",), _deep_blue, {"l1": (-1, 0.5), "l3": (1, 1.5)}
    ),
    Criterion(
        "vacuoles", ("fab_vacuoles",), _vacuolated,
        {"l1": (-1, 0.5), "l2": (-1, 0.5), "l3": (1, 1.5)},
    ),
)  # fmt: skip


def memberships(measures: pd.DataFrame, p: FabParameters = FabParameters()) -> pd.DataFrame:
    """How much of each criterion's feature each cell has, 0–1; NaN where it was not measured."""
    import pandas as pd

    return pd.DataFrame({c.name: c.high(measures, p) for c in CRITERIA}, index=measures.index)


def fab_scores(measures: pd.DataFrame, p: FabParameters = FabParameters()) -> pd.DataFrame:
    """Scores of L1, L2 and L3, one row per row of `measures`.

    Each is the weighted geometric mean of how well the criteria fit, over those that were
    measured; a score, not a probability.

    Parameters
    ----------
    measures : pandas.DataFrame
        See :func:`napari_all_subtype.cells.fab.measure.measure_fab`.

    Returns
    -------
    pandas.DataFrame
        ``fab_l1``, ``fab_l2``, ``fab_l3``, 0–1, NaN where nothing was measured; and
        ``fab_pattern``: l1, l2, l3 or undetermined, which is also where little was measured.
    """
    import pandas as pd

    has = memberships(measures, p)
    scores, enough = {}, np.ones(len(measures), bool)
    for subtype, column in zip(SUBTYPES, SCORES, strict=True):
        says = [(c.name, *c.says[subtype]) for c in CRITERIA if subtype in c.says]
        fits = np.stack([_fit(has[name].to_numpy(), sign, p) for name, sign, _ in says], axis=1)
        weights = np.array([weight for *_, weight in says]) * ~np.isnan(fits)
        total = weights.sum(axis=1)
        enough &= total >= p.min_measured_fraction * sum(weight for *_, weight in says)
        mean = np.nansum(np.log(fits) * weights, axis=1) / np.maximum(total, 1e-9)
        scores[column] = np.where(total > 0, np.exp(mean), np.nan)
    table = pd.DataFrame(scores, index=measures.index)
    patterns = np.where(enough, _patterns(table.to_numpy(), p), "undetermined")
    return table.assign(fab_pattern=patterns.astype(object))


def _fit(membership: np.ndarray, sign: int, p: FabParameters) -> np.ndarray:
    fit = membership if sign > 0 else 1 - membership
    return p.least_membership + (1 - p.least_membership) * fit


def _patterns(scores: np.ndarray, p: FabParameters) -> np.ndarray:
    """The subtype that stands out in each row, else undetermined: ndarray, shape (N,), object."""
    if len(scores) == 0:
        return np.empty(0, object)
    ordered = np.sort(np.nan_to_num(scores), axis=1)
    clear = ordered[:, -1] >= p.min_pattern_score
    clear &= ordered[:, -1] - ordered[:, -2] >= p.min_pattern_margin
    best = np.array(SUBTYPES, object)[np.nan_to_num(scores).argmax(axis=1)]
    return np.where(clear, best, "undetermined").astype(object)
