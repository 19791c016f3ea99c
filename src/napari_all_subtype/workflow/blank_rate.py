"""How often a model calls cells blast where there is none: its limit of blank, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from napari_all_subtype.cells.model_facts import FalseBlasts, ModelFacts
from napari_all_subtype.config import DecisionParameters
from napari_all_subtype.workflow.blank_limit import limit_of_blank

MEASURED_THRESHOLD = DecisionParameters().blast_threshold


class BlankRange(BaseModel):
    """Lowest, highest and mean share of non-blasts called blast over laboratories left out.

    Parameters
    ----------
    low, high : float
        Of single laboratories, 0–1.
    laboratories, cells : int
        How many, and of how many cells.
    """

    model_config = ConfigDict(frozen=True)

    low: float
    high: float
    laboratories: int
    cells: int


class BlankRate(BaseModel):
    """What is stated beside every count of blasts.

    Parameters
    ----------
    normal_blood : BlankRange or None
        Laboratories of normal blood alone.
    beside_blasts : BlankRange or None
        Non-blasts of laboratories that have blasts as well: harder cells.
    text : str
        Both in words, with what they mean for the cells counted here.
    limit_of_blank : int or None
        See :func:`limit_of_blank`, of the laboratories of normal blood and the cells counted;
        None at another threshold than the one the card was measured at.
    """

    model_config = ConfigDict(frozen=True)

    normal_blood: BlankRange | None
    beside_blasts: BlankRange | None
    text: str
    limit_of_blank: int | None = None


def blank_rate(
    facts: ModelFacts,
    n_cells: int,
    blast_threshold: float = MEASURED_THRESHOLD,
    n_blasts: int | None = None,
) -> BlankRate | None:
    """The model's own blast rate where there is no blast; None where its card states none.

    Parameters
    ----------
    facts : ModelFacts
        Of the model.
    n_cells : int
        Of which the model said something, in the summary the rate is stated in.
    blast_threshold : float
        At which the cells were decided, 0–1.
    n_blasts : int, optional
        Counted among them by the model alone: whether they are more than the limit is said.
    """
    blank = [one for one in facts.false_blasts if not one.beside_blasts]
    normal = _range(blank)
    beside = _range([one for one in facts.false_blasts if one.beside_blasts])
    if normal is None and beside is None:
        return None
    text = _in_words(normal, beside, n_cells)
    as_measured = abs(blast_threshold - MEASURED_THRESHOLD) <= 1e-6
    limit = limit_of_blank(blank, n_cells) if n_cells and as_measured else None
    if limit is not None:
        text += (
            f" Normal blood of these laboratories gives up to {limit} of {n_cells} in 95 of 100 "
            f"counts (limit of blank){_beside_limit(n_blasts, limit)}."
        )
    if not as_measured:
        text += (
            f" Measured at a blast threshold of {MEASURED_THRESHOLD:.2f}, not of "
            f"{blast_threshold:.2f} as here."
        )
    return BlankRate(normal_blood=normal, beside_blasts=beside, text=text, limit_of_blank=limit)


def _beside_limit(n_blasts: int | None, limit: int) -> str:
    """What the count is beside the limit: neither side of it proves anything.

    Examples
    --------
    >>> _beside_limit(3, 4)
    ', and here are 3, within that; blasts can be there all the same'
    >>> _beside_limit(5, 4)
    ', and here are 5, more than that; blood of a laboratory unlike these can give as many'
    """
    within = "blasts can be there all the same"
    if n_blasts is None:
        return f"; {within}"
    if n_blasts <= limit:
        return f", and here are {n_blasts}, within that; {within}"
    unlike = "blood of a laboratory unlike these can give as many"
    return f", and here are {n_blasts}, more than that; {unlike}"


def _in_words(normal: BlankRange | None, beside: BlankRange | None, n_cells: int) -> str:
    """One sentence of both, as far as there are any."""
    parts = []
    if normal is not None:
        would = f" ({_cells(normal, n_cells)} of {n_cells})" if n_cells else ""
        parts.append(
            f"on normal blood of {_laboratories(normal)} the model calls {_percent(normal)} of "
            f"the cells blast{would}"
        )
    if beside is not None:
        verb = "" if parts else " the model calls"
        noun = "" if parts else " blast"
        parts.append(
            f"on the non-blasts of {_laboratories(beside)} with blasts{verb} "
            f"{_percent(beside)}{noun}"
        )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _range(rates: Sequence[FalseBlasts]) -> BlankRange | None:
    if not rates:
        return None
    fractions = [one.fraction for one in rates]
    return BlankRange(
        low=min(fractions),
        high=max(fractions),
        laboratories=len(rates),
        cells=sum(one.cells for one in rates),
    )


def _laboratories(found: BlankRange) -> str:
    n = found.laboratories
    return f"{n} unseen {'laboratory' if n == 1 else 'laboratories'}"


def _percent(found: BlankRange) -> str:
    low, high = f"{100 * found.low:.0f}", f"{100 * found.high:.0f}"
    return f"{high} %" if low == high else f"{low}–{high} %"


def _cells(found: BlankRange, n_cells: int) -> str:
    """What the rate would be of as many cells as were counted."""
    low, high = round(found.low * n_cells), round(found.high * n_cells)
    return f"{high}" if low == high else f"{low}–{high}"
