"""The numbers that are told of one cell: as bars, each with what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_all_subtype.cells.model_facts import ModelFacts
from napari_all_subtype.config import FabParameters
from napari_all_subtype.taxonomy import FAB5, SUBTYPES, Taxonomy
from napari_all_subtype.workflow.colour_values import DISAGREEMENT
from napari_all_subtype.workflow.fab_evidence import FAB_COLUMNS
from napari_all_subtype.workflow.scale_doubt import IF_LARGER, IF_SMALLER

if TYPE_CHECKING:
    import pandas as pd

MOST_BARS = 6
NOT_STATED = "the model's card does not say on what it was calibrated"


@dataclass(frozen=True)
class Bar:
    """One number as a bar.

    Parameters
    ----------
    name : str
        Class whose colour it has.
    title : str
        Beside it.
    value : float
        0–1; NaN where nothing is said.
    """

    name: str
    title: str
    value: float

    @property
    def text(self) -> str:
        """The number in two digits, a dash where nothing is said."""
        return f"{self.value:.2f}" if math.isfinite(self.value) else "–"


@dataclass(frozen=True)
class Evidence:
    """Numbers of one kind, and in words what they rest on.

    Parameters
    ----------
    told : str
        The strongest of them, and what it is worth.
    bars : tuple of Bar
        Empty where the evidence does not speak of this cell.
    reliable : bool
        False where the numbers are only what the network gave for a cell it cannot know.
    """

    told: str
    bars: tuple[Bar, ...] = ()
    reliable: bool = True


def novelty_of(row: pd.Series) -> float:
    """Novelty of the cell; NaN where nobody measured it."""
    return float(row.get("novelty", math.nan))


def sides_of(row: pd.Series, taxonomy: Taxonomy, facts: ModelFacts, limit: float) -> Evidence:
    """Both sides with their probabilities, and on what their calibration rests.

    A taxonomy without sides has its classes, the most probable first.
    """
    if not taxonomy.has_sides:
        return _classes(row, taxonomy, facts, limit)
    p_blast = float(row["p_blast_any"])
    bars = (
        Bar("blast", "Blast side", p_blast),
        Bar("normal", taxonomy["normal"].title, float(row["p_normal"])),
    )
    if row["subtype"] not in taxonomy.names:
        if novelty_of(row) > limit and math.isfinite(p_blast):
            told = "Not to be relied on, as the cell is unlike the training: what the network gave."
            return Evidence(told, bars, reliable=False)
        return Evidence("Neither side taken: no probability is stated.")
    taken = bars[0] if row["subtype"] in taxonomy.family("blast") else bars[1]
    word = "Blast" if taken is bars[0] else taken.title
    return Evidence(f"{word} {taken.text}, {_calibration(facts)}.", bars)


def scale_of(row: pd.Series, taxonomy: Taxonomy, threshold: float) -> str:
    """How the side of the cell hangs on the pixel size; empty where that is known well.

    Parameters
    ----------
    threshold : float
        From which on a cell is on the blast side, 0–1.
    """
    ends = [float(row.get(name, math.nan)) for name in (IF_SMALLER, IF_LARGER)]
    now = float(row.get("p_blast_any", math.nan))
    if row["subtype"] not in taxonomy.names or any(map(math.isnan, (now, *ends))):
        return ""
    low, high = min(now, *ends), max(now, *ends)
    told = f"Blast side {low:.2f} to {high:.2f} if the scale is off by one standard uncertainty"
    other = any((p >= threshold) != (now >= threshold) for p in ends)
    return f"{told}: the cell changes sides." if other else f"{told}."


def _classes(row: pd.Series, taxonomy: Taxonomy, facts: ModelFacts, limit: float) -> Evidence:
    bars = tuple(Bar(one.name, one.title, float(row[f"p_{one.name}"])) for one in taxonomy.classes)
    bars = tuple(sorted(bars, key=lambda bar: -bar.value))[:MOST_BARS]
    if row["subtype"] in taxonomy.names:
        return Evidence(f"{bars[0].title} {bars[0].text}, {_calibration(facts)}.", bars)
    if novelty_of(row) > limit and math.isfinite(bars[0].value):
        told = "Not to be relied on, as the cell is unlike the training: what the network gave."
        return Evidence(told, bars, reliable=False)
    return Evidence("No class taken: no probability is stated.")


def _calibration(facts: ModelFacts) -> str:
    n = len(facts.calibration_laboratories)
    if n:
        return f"calibrated on {n} {'laboratory' if n == 1 else 'laboratories'}{_off(facts)}"
    return f"calibrated on {facts.calibrated_on}" if facts.calibrated_on else NOT_STATED


def _off(facts: ModelFacts) -> str:
    """How far such numbers were off in a new laboratory; empty where nobody measured that.

    Examples
    --------
    >>> _off(ModelFacts(calibration_errors=(0.126, 0.046)))
    '; on one it had not seen, off by 0.05 to 0.13 on average'
    """
    errors = [f"{error:.2f}" for error in sorted(facts.calibration_errors)]
    if not errors:
        return ""
    span = errors[0] if errors[0] == errors[-1] else f"{errors[0]} to {errors[-1]}"
    return f"; on one it had not seen, off by {span} on average"


def subtypes_of(row: pd.Series, taxonomy: Taxonomy, facts: ModelFacts) -> Evidence:
    """How the blast side divides, by the network: scores, whatever they look like."""
    names = taxonomy.family("blast")
    if len(names) < 2 or not taxonomy.has_sides:
        return Evidence("")
    bars = tuple(
        Bar(n, "undetermined" if n == "blast" else taxonomy[n].title, _share(row, n)) for n in names
    )
    guess = row["best_guess"]
    if guess not in taxonomy.children("blast"):
        return Evidence("")
    accepted = "accepted" if row["subtype"] == guess else "not accepted"
    learned_from = " and from ".join(facts.subtypes_from)
    learned = f"; learned from {learned_from}" if learned_from else ""
    told = (
        f"Network: {taxonomy[guess].title} {row['subtype_share']:.2f} of the blast side "
        f"({accepted}), score, not a probability{learned}."
    )
    return Evidence(told, bars)


def _share(row: pd.Series, name: str) -> float:
    """The part of the blast side that the class `name` takes, 0–1."""
    whole = float(row["p_blast_any"])
    return float(row[f"p_{name}"]) / whole if whole > 0 else math.nan


def fab_of(row: pd.Series, taxonomy: Taxonomy, p: FabParameters = FabParameters()) -> Evidence:
    """What the rules of FAB make of the measured criteria; of none that stands out, why."""
    if taxonomy != FAB5:
        return Evidence("")
    if not has_fab(row):
        return Evidence("FAB pattern: not measured on this cell.")
    bars = tuple(Bar(n, taxonomy[n].title, float(row[f"fab_{n}"])) for n in SUBTYPES)
    best = max(bars, key=lambda bar: -1 if math.isnan(bar.value) else bar.value)
    nearest = f"{best.title}-like {best.text}"
    settled = row["fab_pattern"] in SUBTYPES
    told = nearest if settled else f"undetermined, nearest {nearest} ({_why_none(bars, p)})"
    apart = DISAGREEMENT.value(row)
    both = "" if math.isnan(apart) else f" Network and rules {_apart(apart)}."
    return Evidence(f"FAB pattern: {told}, rule score, not a probability.{both}", bars)


def _why_none(bars: tuple[Bar, ...], p: FabParameters) -> str:
    """Why no subtype is named by the rules."""
    second, best = sorted(0 if math.isnan(bar.value) else bar.value for bar in bars)[-2:]
    if best < p.min_pattern_score:
        return f"below {p.min_pattern_score:g}"
    if best - second < p.min_pattern_margin:
        return f"less than {p.min_pattern_margin:g} ahead"
    return "too few criteria were measured"


def _apart(disagreement: float) -> str:
    """In words of what it means: which part of a blast the one gives to another subtype.

    Examples
    --------
    >>> _apart(0.11), _apart(0.0)
    ('give 11 % of the score to different subtypes', 'divide L1, L2 and L3 alike')
    """
    share = round(100 * disagreement)
    if not share:
        return "divide L1, L2 and L3 alike"
    return f"give {share} % of the score to different subtypes"


def has_fab(row: pd.Series) -> bool:
    """Whether FAB criteria were measured on the cell."""
    return all(name in row.index for name in FAB_COLUMNS) and bool(row["fab_pattern"])
