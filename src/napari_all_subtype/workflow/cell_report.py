"""What is told of one cell: numbers with what they rest on, and the reasons for and against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_all_subtype.cells import table
from napari_all_subtype.cells.fab import Reason, fab_reasons
from napari_all_subtype.cells.model_facts import NO_FACTS, ModelFacts
from napari_all_subtype.config import DecisionParameters, FabParameters
from napari_all_subtype.taxonomy import FAB5, SUBTYPES, UNKNOWN, CellClass, Taxonomy, class_of
from napari_all_subtype.workflow.colour_values import DISAGREEMENT
from napari_all_subtype.workflow.fab_evidence import FAB_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

MOST_BARS = 6
MOST_REASONS = 3
# Column: (words, unit, decimals). Measurements that are shown, in this order.
SHOWN = {
    "nc_ratio": ("N:C area ratio", "", 2),
    "diameter_um": ("Diameter", "µm", 1),
    "nucleus_diameter_um": ("Nucleus", "µm", 1),
    "nucleus_solidity": ("Nucleus solidity", "", 2),
    "nucleus_circularity": ("Nucleus circularity", "", 2),
}
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


@dataclass(frozen=True)
class CellReport:
    """All that is told of one cell.

    Parameters
    ----------
    label : int
        Of the cell.
    title, meaning : str
        Its number and class, and what the class says and does not; of an unknown cell, why.
    sides : Evidence
        Blast or not: the only probabilities that are calibrated.
    subtypes : Evidence
        What the network makes of a blast: scores.
    fab : Evidence
        What the measured FAB criteria make of it: rule scores.
    reasons_about : str
        What `reasons_for` and `reasons_against` speak for and against.
    reasons_for, reasons_against, not_measured : tuple of str
        The strongest reasons, and criteria that could not be measured.
    measures : tuple of (str, str)
        Confidence and novelty first, then measurements with units.
    calibrated_on : str
        Which cells the calibration was fitted on, in the card's own words.
    """

    label: int
    title: str
    meaning: str
    sides: Evidence
    subtypes: Evidence
    fab: Evidence
    reasons_about: str
    reasons_for: tuple[str, ...]
    reasons_against: tuple[str, ...]
    not_measured: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    calibrated_on: str


def cell_report(
    row: pd.Series,
    taxonomy: Taxonomy = FAB5,
    facts: ModelFacts = NO_FACTS,
    p: FabParameters = FabParameters(),
    decision: DecisionParameters = DecisionParameters(),
) -> CellReport:
    """Report on the cell in `row` of the cell table.

    Parameters
    ----------
    row : pandas.Series
        With the decision; FAB evidence is told where there is some.
    taxonomy : Taxonomy
        Of the model that spoke.
    facts : ModelFacts
        What the model states of itself.
    p : FabParameters
        With which the evidence was judged.
    decision : DecisionParameters
        With which the cell was decided.
    """
    said = row.get(table.ANNOTATION, "")
    by_model = class_of(taxonomy, row["subtype"])
    cell_class = class_of(taxonomy, said) if said else by_model
    limit = decision.novelty_threshold
    why = _why_unknown(row, limit)
    border = " Cut by the border." if row.get("touches_border") else ""
    on_blast_side = row["subtype"] in taxonomy.family("blast")
    # Rules of FAB are told beside the classes of FAB only.
    blast = taxonomy.has_sides and (on_blast_side or said in taxonomy.family("blast"))
    reasons = _reasons(row, p) if blast else ()
    return CellReport(
        label=int(row["label"]),
        title=f"Cell {int(row['label'])}: {cell_class.title}",
        meaning=f"{_by_person(said, by_model) or why or by_model.meaning}.{border}",
        sides=_sides(row, taxonomy, facts, limit),
        subtypes=_subtypes(row, taxonomy, facts) if on_blast_side else Evidence(""),
        fab=_fab(row, taxonomy) if blast else Evidence(""),
        reasons_about=f"{taxonomy[reasons[0].subtype].title}-like" if reasons else "",
        reasons_for=_texts(reasons, True),
        reasons_against=_texts(reasons, False),
        not_measured=tuple(r.text for r in reasons if r.favours is None),
        measures=_measures(row, taxonomy, limit),
        calibrated_on=facts.calibrated_on,
    )


def _by_person(said: str, by_model: CellClass) -> str:
    """That a person gave the class, and what the model had said; empty where nobody did."""
    if not said:
        return ""
    agrees = "as the model does" if said == by_model.name else f"the model says {by_model.title}"
    return f"said by a reader; {agrees}"


def _why_unknown(row: pd.Series, limit: float) -> str:
    """Which of the three reasons makes this cell unknown; empty if it is not."""
    if row["subtype"] != UNKNOWN.name:
        return ""
    if not row["nucleus_area_um2"] > 0:
        return "nothing is said of it: it has no nucleus"
    if _novelty(row) > limit:
        told = _above(_novelty(row), limit)
        return f"looks unlike the cells of the training: novelty {told}, limit {limit}"
    return "nothing is said of it: the model was not asked"


def _novelty(row: pd.Series) -> float:
    """Novelty of the cell; NaN where nobody measured it."""
    return float(row.get("novelty", math.nan))


def _above(value: float, limit: float) -> str:
    """`value` in two decimals, or in as many as tell it from the `limit` it exceeds."""
    decimals = next((n for n in range(2, 6) if round(value, n) > limit), 6)
    return f"{value:.{decimals}f}"


def _sides(row: pd.Series, taxonomy: Taxonomy, facts: ModelFacts, limit: float) -> Evidence:
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
        if _novelty(row) > limit and math.isfinite(p_blast):
            told = "Not to be relied on, as the cell is unlike the training: what the network gave."
            return Evidence(told, bars, reliable=False)
        return Evidence("Neither side taken: no probability is stated.")
    taken = bars[0] if row["subtype"] in taxonomy.family("blast") else bars[1]
    word = "Blast" if taken is bars[0] else taken.title
    return Evidence(f"{word} {taken.text}, {_calibration(facts)}.", bars)


def _classes(row: pd.Series, taxonomy: Taxonomy, facts: ModelFacts, limit: float) -> Evidence:
    bars = tuple(Bar(one.name, one.title, float(row[f"p_{one.name}"])) for one in taxonomy.classes)
    bars = tuple(sorted(bars, key=lambda bar: -bar.value))[:MOST_BARS]
    if row["subtype"] in taxonomy.names:
        return Evidence(f"{bars[0].title} {bars[0].text}, {_calibration(facts)}.", bars)
    if _novelty(row) > limit and math.isfinite(bars[0].value):
        told = "Not to be relied on, as the cell is unlike the training: what the network gave."
        return Evidence(told, bars, reliable=False)
    return Evidence("No class taken: no probability is stated.")


def _calibration(facts: ModelFacts) -> str:
    n = len(facts.calibration_laboratories)
    if n:
        return f"calibrated on {n} {'laboratory' if n == 1 else 'laboratories'}"
    return f"calibrated on {facts.calibrated_on}" if facts.calibrated_on else NOT_STATED


def _subtypes(row: pd.Series, taxonomy: Taxonomy, facts: ModelFacts) -> Evidence:
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


def _fab(row: pd.Series, taxonomy: Taxonomy) -> Evidence:
    """What the rules of FAB make of the measured criteria."""
    if taxonomy != FAB5:
        return Evidence("")
    if not _has_fab(row):
        return Evidence("FAB pattern: not measured on this cell.")
    bars = tuple(Bar(n, taxonomy[n].title, float(row[f"fab_{n}"])) for n in SUBTYPES)
    best = max(bars, key=lambda bar: -1 if math.isnan(bar.value) else bar.value)
    nearest = f"{best.title}-like {best.text}"
    settled = row["fab_pattern"] in SUBTYPES
    told = nearest if settled else f"undetermined, nearest {nearest}"
    apart = DISAGREEMENT.value(row)
    both = "" if math.isnan(apart) else f" Network and rules {_apart(apart)}."
    return Evidence(f"FAB pattern: {told}, rule score, not a probability.{both}", bars)


def _apart(disagreement: float) -> str:
    """In words of what it means: which part of a blast the one gives to another subtype.

    Examples
    --------
    >>> _apart(0.11), _apart(0.0)
    ('divide L1, L2 and L3 alike but for 11 %', 'divide L1, L2 and L3 alike')
    """
    share = round(100 * disagreement)
    return "divide L1, L2 and L3 alike" + (f" but for {share} %" if share else "")


def _has_fab(row: pd.Series) -> bool:
    return all(name in row.index for name in FAB_COLUMNS) and bool(row["fab_pattern"])


def _reasons(row: pd.Series, p: FabParameters) -> tuple[Reason, ...]:
    return fab_reasons(row, p) if _has_fab(row) else ()


def _texts(reasons: Sequence[Reason], favours: bool) -> tuple[str, ...]:
    return tuple(r.text for r in reasons if r.favours is favours)[:MOST_REASONS]


def _measures(row: pd.Series, taxonomy: Taxonomy, limit: float) -> tuple[tuple[str, str], ...]:
    told, novelty = [], _novelty(row)
    if row["subtype"] in taxonomy.names and math.isfinite(row["confidence"]):
        told.append(("Confidence", f"{row['confidence']:.2f}"))
    if math.isfinite(novelty):
        shown = _above(novelty, limit) if novelty > limit else f"{novelty:.2f}"
        told.append((f"Novelty (limit {limit})", shown))
    for column, (words, unit, decimals) in SHOWN.items():
        if column in row.index and math.isfinite(row[column]):
            told.append((words, f"{row[column]:.{decimals}f} {unit}".strip()))
    return tuple(told)
