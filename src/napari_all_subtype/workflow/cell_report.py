"""What is told of one cell: numbers with what they rest on, and the reasons for and against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.fab import Reason, fab_reasons
from napari_all_subtype.cells.fab.scores import SCORES
from napari_all_subtype.cells.model_facts import NO_FACTS, ModelFacts
from napari_all_subtype.config import DecisionParameters, FabParameters
from napari_all_subtype.decision import STRANGE
from napari_all_subtype.taxonomy import FAB5, SUBTYPES, UNKNOWN, CellClass, Taxonomy, class_of
from napari_all_subtype.workflow.cell_evidence import (
    Evidence,
    fab_of,
    has_fab,
    novelty_of,
    scale_of,
    sides_of,
    subtypes_of,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_REASONS = 3
# Column: (words, unit, decimals). Measurements that are shown, in this order.
SHOWN = {
    "nc_ratio": ("N:C area ratio", "", 2),
    "diameter_um": ("Diameter", "µm", 1),
    "nucleus_diameter_um": ("Nucleus", "µm", 1),
    "nucleus_solidity": ("Nucleus solidity", "", 2),
    "nucleus_circularity": ("Nucleus circularity", "", 2),
}


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
    scale : str
        What they would be if the pixel size were off by its error; empty where it is known well.
    subtypes : Evidence
        What the network makes of a blast: scores.
    fab : Evidence
        What the measured FAB criteria make of it: rule scores.
    reasons_about : str
        What `reasons_for` and `reasons_against` speak for and against: the subtype that the
        cell is called, else the one that the rules come nearest to.
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
    scale: str
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
    reasons = _reasons(row, p, cell_class.name) if blast else ()
    return CellReport(
        label=int(row["label"]),
        title=f"Cell {int(row['label'])}: {cell_class.title}",
        meaning=f"{_by_person(said, by_model) or why or by_model.meaning}.{border}",
        sides=sides_of(row, taxonomy, facts, limit),
        scale=scale_of(row, taxonomy, decision.blast_threshold),
        subtypes=subtypes_of(row, taxonomy, facts) if on_blast_side else Evidence(""),
        fab=fab_of(row, taxonomy, p) if blast else Evidence(""),
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
    if novelty_of(row) > limit:
        told = f"novelty {_above(novelty_of(row), limit)}, limit {limit}"
        # Tables from before the reasons were written have none.
        why = row.get(STRANGE)
        told = f"{why} ({told})" if isinstance(why, str) and why else told
        return f"looks unlike the cells of the training: {told}"
    return "nothing is said of it: the model was not asked"


def _above(value: float, limit: float) -> str:
    """`value` in two decimals, or in as many as tell it from the `limit` it exceeds."""
    decimals = next((n for n in range(2, 6) if round(value, n) > limit), 6)
    return f"{value:.{decimals}f}"


def _reasons(row: pd.Series, p: FabParameters, word: str) -> tuple[Reason, ...]:
    """For and against the subtype it is called, else the one whose rule score is highest.

    Scores are not computed again.
    """
    if not has_fab(row):
        return ()
    if word in SUBTYPES:
        return fab_reasons(row, p, word)
    scores = np.array([row[name] for name in SCORES], float)
    return fab_reasons(row, p, SUBTYPES[int(np.nan_to_num(scores).argmax())])


def _texts(reasons: Sequence[Reason], favours: bool) -> tuple[str, ...]:
    return tuple(r.text for r in reasons if r.favours is favours)[:MOST_REASONS]


def _measures(row: pd.Series, taxonomy: Taxonomy, limit: float) -> tuple[tuple[str, str], ...]:
    told, novelty = [], novelty_of(row)
    if row["subtype"] in taxonomy.names and math.isfinite(row["confidence"]):
        told.append(("Confidence", f"{row['confidence']:.2f}"))
    if math.isfinite(novelty):
        shown = _above(novelty, limit) if novelty > limit else f"{novelty:.2f}"
        told.append((f"Novelty (limit {limit})", shown))
    for column, (words, unit, decimals) in SHOWN.items():
        if column in row.index and math.isfinite(row[column]):
            told.append((words, f"{row[column]:.{decimals}f} {unit}".strip()))
    return tuple(told)
