"""The strongest reasons for and against a subtype, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.fab.scores import (
    CRITERIA,
    SCORES,
    fab_scores,
    memberships,
)
from napari_all_subtype.config import FabParameters
from napari_all_subtype.taxonomy import SUBTYPES

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Reason:
    """What one criterion says of one subtype.

    Parameters
    ----------
    criterion, subtype : str
    favours : bool or None
        For, against, or None where the criterion could not be measured.
    strength : float
        0–1; 1 where the criterion says it without doubt.
    text : str
        In words, with the measured value.
    """

    criterion: str
    subtype: str
    favours: bool | None
    strength: float
    text: str


def fab_reasons(
    row: pd.Series, p: FabParameters = FabParameters(), subtype: str | None = None
) -> tuple[Reason, ...]:
    """Reasons for and against `subtype`, the strongest first, and what was not measured last.

    Parameters
    ----------
    row : pandas.Series
        One row of the measures.
    subtype : str, optional
        l1, l2 or l3; by default the one whose score is highest.
    """
    frame = row.to_frame().T.infer_objects()
    if subtype is None:
        subtype = _likeliest(frame, p)[0]
    has = memberships(frame, p).to_dict("records")[0]
    return _reasons(row.to_dict(), has, subtype, p)


def reasons_in_words(measures: pd.DataFrame, p: FabParameters = FabParameters()) -> list[str]:
    """One line per row of `measures`: for and against the subtype that scores highest.

    Where no pattern stands out the line says so, and names that subtype as the nearest.
    """
    rows = measures.to_dict("records")
    has = memberships(measures, p).to_dict("records")
    scores = fab_scores(measures, p)
    return [
        _of_pattern(_reasons(row, cell, subtype, p), settled)
        for row, cell, subtype, settled in zip(
            rows, has, _strongest(scores), scores["fab_pattern"].isin(SUBTYPES), strict=True
        )
    ]


def _of_pattern(reasons: tuple[Reason, ...], settled: bool) -> str:
    text = in_words(reasons)
    if settled or not _measured(reasons):
        return text
    return f"Undetermined, nearest {_like(reasons)}. {text}"


def _likeliest(measures: pd.DataFrame, p: FabParameters) -> list[str]:
    return _strongest(fab_scores(measures, p))


def _strongest(scores: pd.DataFrame) -> list[str]:
    values = scores[list(SCORES)].to_numpy(float)
    return [SUBTYPES[k] for k in np.nan_to_num(values).argmax(axis=1)]


def _reasons(
    row: dict, has: dict[str, float], subtype: str, p: FabParameters
) -> tuple[Reason, ...]:
    found = []
    for criterion in CRITERIA:
        much = has[criterion.name]
        if subtype not in criterion.says or np.isnan(much):
            continue
        sign, weight = criterion.says[subtype]
        said = sign * (2 * much - 1)
        strength = float(abs(said) * min(weight, 1))
        text = _WORDS[criterion.name](row, much >= 0.5, p)
        found.append(Reason(criterion.name, subtype, bool(said >= 0), strength, text))
    found.sort(key=lambda reason: -reason.strength)
    missing = [
        Reason(text.split(":")[0], subtype, None, 0.0, f"not measured: {text}")
        for text in (row.get("fab_missing") or "").split("; ")
        if text
    ]
    return (*found, *missing)


def in_words(reasons: tuple[Reason, ...], most: int = 3) -> str:
    """`most` reasons for and `most` against the pattern, which is named, in one line."""
    first = [r.text for r in reasons if r.favours][:most]
    against = [f"against: {r.text}" for r in reasons if r.favours is False][:most]
    missing = [r.text for r in reasons if r.favours is None]
    text = "; ".join((*(first or ["nothing"]), *against, *missing))
    return f"For {_like(reasons)}: {text}" if _measured(reasons) else "; ".join(missing)


def _measured(reasons: tuple[Reason, ...]) -> bool:
    return any(reason.favours is not None for reason in reasons)


def _like(reasons: tuple[Reason, ...]) -> str:
    return f"{reasons[0].subtype.upper()}-like"


def _size(row: dict, large: bool, _p: FabParameters) -> str:
    unit = {
        "small lymphocytes": "the smear's small lymphocytes",
        "micrometres": "a usual small lymphocyte",
        "red cells": "a usual small lymphocyte, by the red cells",
    }.get(row["fab_ruler"], "a small lymphocyte")
    word = "large" if large else "not large"
    return f"{word}: {row['fab_relative_diameter']:.1f} times {unit}"


def _nc(row: dict, high: bool, p: FabParameters) -> str:
    relative = round(row["fab_relative_nc"], 2)
    # The middle between the two cuts decides: below it a ratio is not high, and not yet low;
    # above it, it speaks as a high one does, and is counted as high from the upper cut on.
    below = "low" if relative < min(p.low_nc_ratio, 1.0) else "not high"
    above = "high" if relative >= p.high_nc_ratio else "rather high"
    word = above if high else below
    return f"N:C {word}: {row['nc_ratio']:.2f}, {relative:.2f} times a small lymphocyte's"


def _outline(row: dict, irregular: bool, p: FabParameters) -> str:
    """The outline by the measure that decides: solidity, one deep hollow, or both."""
    hollow = f"deepest hollow {100 * row['fab_hollow']:.0f} % of its diameter"
    solidity = f"solidity {row['nucleus_solidity']:.2f}"
    if not irregular:
        return f"nucleus regular: {solidity}"
    if row["fab_hollow"] < p.cleft_depth_fraction:
        return f"nucleus irregular: {solidity}"
    rough = row["nucleus_solidity"] <= p.regular_solidity
    return f"nucleus indented: {solidity}, {hollow}" if rough else f"nucleus indented: {hollow}"


def _nucleoli(row: dict, prominent: bool, _p: FabParameters) -> str:
    count = round(row["fab_nucleoli"])
    if count == 0:
        return "no nucleolus seen"
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    noun = "nucleolus" if count == 1 else "nucleoli"
    word = "" if count > 1 else ("prominent " if prominent else "small ")
    share = row["fab_nucleolus_fraction"]
    size = "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"
    return f"{number} {word}{noun}: largest {size} of nucleus"


def _chromatin(row: dict, uneven: bool, _p: FabParameters) -> str:
    word = "uneven" if uneven else "even"
    return f"chromatin {word}: spread {row['fab_chromatin_spread']:.2f}"


def _basophilia(row: dict, deep: bool, _p: FabParameters) -> str:
    word = "deeply" if deep else "not deeply"
    return f"cytoplasm {word} basophilic: {row['fab_basophilia']:.2f}"


def _vacuoles(row: dict, _many: bool, _p: FabParameters) -> str:
    count = round(row["fab_vacuoles"])
    if count == 0:
        return "no vacuole seen"
    return f"{_NUMBERS[count] if count < len(_NUMBERS) else count} vacuole{'s' * (count > 1)}"


_WORDS = {
    "size": _size,
    "N:C ratio": _nc,
    "outline": _outline,
    "nucleoli": _nucleoli,
    "chromatin": _chromatin,
    "basophilia": _basophilia,
    "vacuoles": _vacuoles,
}
