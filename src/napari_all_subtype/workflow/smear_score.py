"""Bennett's score of a smear: L1 against L2 over all its blasts, with what is not known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.fab import Ruler
from napari_all_subtype.cells.fab.scores import irregular, prominent_nucleoli
from napari_all_subtype.config import FabParameters, SmearScoreParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.smear_ruler import rulers_in_words
from napari_all_subtype.workflow.smear_score_words import counted, l3_in_words, signed

if TYPE_CHECKING:
    import pandas as pd

Outcome = Literal["not computed", "L1", "L2", "unclassifiable", "L3 suspected"]
PATTERNS = ("l1", "l2", "l3", "undetermined")
HISTORICAL = "historical scheme, immunophenotype decides"
L3_WARNING = "L3 morphology: suspect Burkitt, confirm by immunophenotype and MYC"
_ROUNDS = 400
_MIN_BOOTSTRAP_FIELDS = 5
_NAMES = {
    "high_nc": "the N:C ratio",
    "small_nucleoli": "nucleoli",
    "irregular": "the outline of the nucleus",
    "large": "the size of cells",
}


@dataclass(frozen=True)
class SmearScore:
    """What Bennett's scheme says of a smear.

    Parameters
    ----------
    outcome : str
        ``not computed``, ``L1``, ``L2``, ``unclassifiable`` or ``L3 suspected``.
    text : str
        The same in one sentence, with its numbers.
    n_blasts, n_fields : int
    patterns : dict of str to float
        Share of the blasts that are L1-, L2-, L3-like and undetermined, 0–1.
    shares : dict of str to float
        Share of the scored blasts with each feature, 0–1.
    score : int or None
        −4 to 2; 0 and more is L1, less is L2 (Bennett 1981).
    low, high : int or None
        95 % interval: fields and cells drawn anew, measures shifted by the errors that all
        cells share, that of the ruler among them.
    certainty : float or None
        Share of these draws on the side of `score`, 0–1.
    ruler : str
        What sizes were compared with, in words.
    why : str
        Why it was not computed; empty otherwise.
    """

    outcome: Outcome
    text: str
    n_blasts: int
    n_fields: int
    patterns: dict[str, float]
    shares: dict[str, float]
    score: int | None = None
    low: int | None = None
    high: int | None = None
    certainty: float | None = None
    ruler: str = ""
    why: str = ""


@dataclass(frozen=True)
class _Errors:
    """Errors that the cells of a smear share, one standard deviation, as fractions."""

    length: float
    nc: float


def smear_score(
    fields: Sequence[pd.DataFrame],
    rulers: Sequence[Ruler | None],
    fab: FabParameters = FabParameters(),
    p: SmearScoreParameters = SmearScoreParameters(),
    seed: int = 0,
    monitor: Monitor = SILENT,
) -> SmearScore:
    """Score of a smear over the blasts of all its fields: of what their tables say, no more.

    Parameters
    ----------
    fields : sequence of pandas.DataFrame
        Present cells of each field, with their FAB evidence. Its patterns are counted as they
        are; :func:`napari_all_subtype.workflow.smear_ruler.compared_in_smear` has them follow
        one ruler before they are written.
    rulers : sequence of Ruler or None
        With what each field was compared; its uncertainty is carried to the interval.
    seed : int
        Of what is drawn: the same cells give the same interval.
    monitor : Monitor
        Hears of stage ``"score"``.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    blasts = _blasts(fields)
    n = len(blasts)
    counts = blasts["fab_pattern"].value_counts()
    patterns = {name: float(counts.get(name, 0) / n) if n else 0.0 for name in PATTERNS}
    used = [ruler for ruler in rulers if ruler is not None]
    told = rulers_in_words(used)
    common = {"n_blasts": n, "n_fields": len(fields), "patterns": patterns, "ruler": told}
    if n < p.min_blasts:
        return _not_computed(f"fewer than {p.min_blasts} blasts", common)
    l3 = int(counts.get("l3", 0))
    if l3 >= p.l3_min_cells and l3 >= p.l3_min_share * n:
        told = l3_in_words(l3, n, p.l3_min_cells, p.l3_min_share)
        text = f"{counted(common)}; {L3_WARNING} ({told}); {_ending(common)}"
        return SmearScore("L3 suspected", text, shares={}, **common)
    scored = blasts[blasts["fab_pattern"] != "l3"]
    few = _measured_on_few(scored, fab, p)
    if few:
        return _not_computed(few, common)
    errors, rng = _typical_errors(scored, rulers, p), np.random.default_rng(seed)
    return _scored(scored, errors, common, fab, p, rng, monitor)


def _blasts(fields: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Blasts of all fields with evidence."""
    import pandas as pd

    cells = pd.concat(
        [field.assign(field_number=n) for n, field in enumerate(fields)], ignore_index=True
    )
    if "fab_pattern" not in cells:
        return cells.iloc[:0].assign(fab_pattern="")
    # One that a person calls something else keeps what was measured of it.
    blast = table.words(cells).isin(FAB5.family("blast"))
    return cells[blast & (cells["fab_pattern"].fillna("") != "")].reset_index(drop=True)


def _typical_errors(
    blasts: pd.DataFrame, rulers: Sequence[Ruler | None], p: SmearScoreParameters
) -> _Errors:
    """Those of the ruler, of the blasts whose size is known in the median, and of measuring."""
    sized = blasts["fab_relative_diameter"].notna().to_numpy()
    length, nc = (
        np.array([getattr(ruler, name) if ruler else 0.0 for ruler in rulers])
        for name in ("relative_uncertainty", "nc_relative_uncertainty")
    )
    at = blasts["field_number"].to_numpy()[sized]
    return _Errors(
        float(np.hypot(p.size_error_fraction, np.median(length[at]))),
        float(np.hypot(p.nc_error_fraction, np.median(nc[at]))),
    )


def _measured_on_few(blasts: pd.DataFrame, fab: FabParameters, p: SmearScoreParameters) -> str:
    """Which of the four features cannot be judged, in words; empty if all can."""
    has = _features(_arrays(blasts), fab)
    for name, words in _NAMES.items():
        count = int(np.count_nonzero(~np.isnan(has[name])))
        if count < p.min_blasts:
            return f"{words} could be measured on {count} blasts only"
    return ""


def _arrays(blasts: pd.DataFrame) -> dict[str, np.ndarray]:
    names = ("fab_relative_diameter", "fab_relative_nc", "nucleus_solidity", "fab_hollow")
    names += ("fab_nucleolus_fraction", "fab_nucleoli", "touches_border")
    values = {name: blasts[name].to_numpy(float) for name in names}
    cut = values.pop("touches_border") > 0
    values["nucleus_solidity"] = np.where(cut, np.nan, values["nucleus_solidity"])
    values["fab_relative_nc"] = np.where(cut, np.nan, values["fab_relative_nc"])
    return values


def _features(m: dict[str, np.ndarray], fab: FabParameters) -> dict[str, np.ndarray]:
    """Bennett's features of each blast: 0, 1, or NaN where it was not measured."""

    def said(yes: np.ndarray, measured: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(measured), np.nan, yes)

    nc, size, nucleoli = m["fab_relative_nc"], m["fab_relative_diameter"], m["fab_nucleoli"]
    prominent = prominent_nucleoli(m, fab) >= 0.5
    return {
        "high_nc": said(nc >= fab.high_nc_ratio, nc),
        "low_nc": said(nc < fab.low_nc_ratio, nc),
        "small_nucleoli": said(~prominent, nucleoli),
        "prominent": said(prominent, nucleoli),
        "irregular": said(irregular(m, fab) >= 0.5, m["nucleus_solidity"]),
        "large": said(size >= fab.large_size_ratio, size),
    }


def _shares(m: dict[str, np.ndarray], fab: FabParameters) -> dict[str, float]:
    has = _features(m, fab)
    counts = {name: np.count_nonzero(~np.isnan(values)) for name, values in has.items()}
    return {n: float(np.nansum(v) / counts[n]) if counts[n] else 0.0 for n, v in has.items()}


def _sum(shares: dict[str, float], p: SmearScoreParameters) -> int:
    """Bennett's score, −4 to 2."""
    low_nc = shares["low_nc"] >= p.low_nc_share
    prominent = shares["prominent"] >= p.prominent_nucleoli_share
    nc = -1 if low_nc else int(shares["high_nc"] >= p.high_nc_share)
    nucleoli = -1 if prominent else int(shares["small_nucleoli"] >= p.small_nucleoli_share)
    outline = -int(shares["irregular"] >= p.irregular_outline_share)
    return nc + nucleoli + outline - int(shares["large"] >= p.large_cell_share)


def _scored(
    blasts: pd.DataFrame,
    errors: _Errors,
    common: dict,
    fab: FabParameters,
    p: SmearScoreParameters,
    rng: np.random.Generator,
    monitor: Monitor,
) -> SmearScore:
    measures = _arrays(blasts)
    shares = _shares(measures, fab)
    score = _sum(shares, p)
    fields = blasts["field_number"].to_numpy()
    draws = []
    for n in range(_ROUNDS):
        checkpoint(monitor, Progress("score", n, _ROUNDS))
        rows = _drawn(fields, rng)
        drawn = {name: values[rows] for name, values in measures.items()}
        draws.append(_sum(_shares(_shifted(drawn, errors, p, rng), fab), p))
    ends = np.percentile(draws, [2.5, 97.5], method="inverted_cdf")
    low, high = (int(end) for end in ends)
    l1 = float(np.mean(np.array(draws) >= 0))
    certainty = l1 if score >= 0 else 1 - l1
    outcome: Outcome = "unclassifiable"
    # Never against its own interval: the border is between −1 and 0.
    one_side = high < 0 if score < 0 else low >= 0
    if one_side and certainty >= p.min_certainty:
        outcome = "L1" if score >= 0 else "L2"
    said = "L1/L2 not separable" if outcome == "unclassifiable" else f"{outcome}-like"
    few = f"; fewer than {p.advised_blasts} blasts" if len(blasts) < p.advised_blasts else ""
    span = f"{signed(low)}…{signed(high)}"
    text = f"{counted(common)}; score {signed(score)} ({span}): {said}{few}; {_ending(common)}"
    return SmearScore(outcome, text, shares=shares, score=score, low=low, high=high,
                      certainty=certainty, **common)  # fmt: skip


def _drawn(fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of a smear drawn anew: fields with replacement if there are enough, then cells."""
    there = np.unique(fields)
    if len(there) < _MIN_BOOTSTRAP_FIELDS:
        return rng.integers(0, len(fields), len(fields))
    rows = [np.flatnonzero(fields == one) for one in rng.choice(there, len(there))]
    return np.concatenate([rng.choice(own, len(own)) for own in rows])


def _shifted(
    m: dict[str, np.ndarray], errors: _Errors, p: SmearScoreParameters, rng
) -> dict[str, np.ndarray]:
    """Measures with one error each that all cells share: stain, focus, edges, the ruler.

    A cell's own error is in its measures already, and drawing cells anew carries it.
    """
    size, nc, nucleolus = (
        np.exp(rng.normal(0, error))
        for error in (errors.length, errors.nc, p.nucleolus_error_fraction)
    )
    return m | {
        "fab_relative_diameter": m["fab_relative_diameter"] * size,
        "fab_relative_nc": m["fab_relative_nc"] * nc,
        "nucleus_solidity": m["nucleus_solidity"] + rng.normal(0, p.solidity_error),
        "fab_nucleolus_fraction": m["fab_nucleolus_fraction"] * nucleolus,
    }


def _not_computed(why: str, common: dict) -> SmearScore:
    text = f"{counted(common)}; score not computed: {why}; {_ending(common)}"
    return SmearScore("not computed", text, shares={}, why=why, **common)


def _ending(common: dict) -> str:
    """What sizes were compared with, where there is a blast, and what the scheme is worth."""
    return f"{common['ruler']}; {HISTORICAL}" if common["ruler"] else HISTORICAL
