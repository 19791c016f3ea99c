"""Counts and fractions with intervals, for one field or for the fields of a smear together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, field_serializer

from napari_all_subtype.cells import table
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, RESEARCH_USE_ONLY, UNKNOWN, Taxonomy
from napari_all_subtype.workflow.blank_rate import BlankRate, blank_rate
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.intervals import (
    Proportion,
    bootstrap_totals,
    over_fields,
    wilson,
)
from napari_all_subtype.workflow.scale_doubt import ScaleDoubt, scale_doubt
from napari_all_subtype.workflow.smear_score import SmearScore, smear_score
from napari_all_subtype.workflow.stain_check import stain_warning
from napari_all_subtype.workflow.unknown_note import judged, unknown_note
from napari_all_subtype.workflow.word_counts import WordCounts

if TYPE_CHECKING:
    import pandas as pd

SUBTYPE_NOTE = (
    "L1, L2 and L3 are scores, not calibrated probabilities: no image set with these labels "
    "exists to train on. Historical scheme; immunophenotype decides."
)

# Uncertainties that do not differ in the per cent that are told of them.
_SAME_UNCERTAINTY = 0.005


class Summary(BaseModel):
    """What one field, or one smear of several, shows.

    Parameters
    ----------
    name : str
        Field or smear.
    fields : tuple of str
        Names of the fields that were counted.
    n_cells, n_at_border : int
        Cells found, and those among them that the border of a field cuts; without those that a
        person says are no leukocytes.
    classes : dict of str to Proportion
        One entry per class, ``unknown`` included.
    blast_any : Proportion or None
        Blast, L1, L2 and L3 together; None where the taxonomy has no such class.
    mean_p_blast_any, mean_confidence : float or None
        Means over the cells of which something is said, 0–1; NaN, in files null,
        where there is none.
    um_relative_uncertainty : float
        Relative uncertainty of the pixel size, 0–1, that a cell has in the median: every µm
        carries it. The intervals above are of sampling only.
    um_less_certain : dict of str to float
        The same of fields where it is larger, by field.
    flags : dict of str to tuple of str
        Quality flags by field.
    n_fields_scale_assumed : int
        Fields whose pixel size nothing gave: what is taken for a cell may be a part
        of one or several, beyond all intervals.
    scale_doubt : ScaleDoubt or None
        How the count of blasts hangs on the pixel size; None where that is known well.
    smear_score : SmearScore or None
        Bennett's score over the blasts; None where FAB criteria have no meaning.
    blank_rate : BlankRate or None
        How often the model calls cells blast where there is none; None where its card
        does not say.
    scale_warnings : dict of str to str
        By field: that its scale is none the model has seen, or not known for certain.
    excluded : dict of str to int
        Cells that a person says are no leukocytes, by exclusion; they count nowhere else.
    n_reviewed : int
        Cells of which a person has said anything, those among them.
    stain_warning : str
        That the stain of all cells together is none the model has seen; empty where it
        is, or where there are too few cells to say.
    unknown_note : str
        How many cells the model could not judge, and that the shares say nothing of them;
        empty where there are none.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    fields: tuple[str, ...]
    n_cells: int
    n_at_border: int
    classes: dict[str, Proportion]
    blast_any: Proportion | None
    mean_p_blast_any: float | None
    mean_confidence: float | None
    um_relative_uncertainty: float
    flags: dict[str, tuple[str, ...]]
    n_fields_scale_assumed: int = 0
    scale_doubt: ScaleDoubt | None = None
    smear_score: SmearScore | None = None
    blank_rate: BlankRate | None = None
    scale_warnings: dict[str, str] = {}
    excluded: dict[str, int] = {}
    n_reviewed: int = 0
    stain_warning: str = ""
    unknown_note: str = ""
    um_less_certain: dict[str, float] = {}
    subtype_note: str = SUBTYPE_NOTE
    notice: str = RESEARCH_USE_ONLY

    @property
    def less_certain_text(self) -> str:
        """In how many fields lengths are less certain than is typical; empty where in none."""
        if not self.um_less_certain:
            return ""
        n, total = len(self.um_less_certain), len(self.fields)
        up_to = "up to " if len({f"{u:.2f}" for u in self.um_less_certain.values()}) > 1 else ""
        most = 100 * max(self.um_less_certain.values())
        return f"in {n} of {total} fields by {up_to}{most:.0f} %"

    @field_serializer("mean_p_blast_any", "mean_confidence", when_used="json")
    def _null(self, mean: float | None) -> float | None:
        return None if mean is None or np.isnan(mean) else mean


@dataclass(frozen=True)
class Counts:
    """How many cells each class has, and how many are no leukocytes.

    Parameters
    ----------
    classes : dict of str to Proportion
    excluded : dict of str to int
    """

    classes: dict[str, Proportion]
    excluded: dict[str, int]


def summarise(
    fields: Sequence[FieldCells],
    name: str,
    seed: int = 0,
    repeated: Sequence[FieldCells] = (),
    monitor: Monitor = SILENT,
) -> Summary:
    """Counts over all `fields` together.

    Parameters
    ----------
    fields : sequence of FieldCells
        One for a field's summary, several for a smear's.
    name : str
        What the summary is called.
    seed : int
        Of the bootstrap, so that the same cells give the same interval.
    repeated : sequence of FieldCells
        Fields that show again what is counted already: only their flags are told.
    monitor : Monitor
        Hears of what takes longest.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    ValueError
        If there is no field, or their taxonomies differ.
    """
    import pandas as pd

    if not fields:
        raise ValueError("a summary needs at least one field")
    taxonomy = fields[0].taxonomy
    if any(field.taxonomy != taxonomy for field in fields):
        raise ValueError("the fields were classified under different taxonomies")
    cells = pd.concat([field.leukocytes for field in fields], ignore_index=True)
    names = (*taxonomy.names, UNKNOWN.name)
    per_field = np.array(
        [table.words(field.leukocytes).value_counts().reindex(names).fillna(0) for field in fields],
        int,
    )
    blast = [names.index(n) for n in taxonomy.blasts]
    draws = bootstrap_totals(per_field, seed)

    def proportion(columns: list[int]) -> Proportion:
        count = int(per_field[:, columns].sum())
        interval, missing = over_fields(draws, columns)
        return Proportion(
            count=count,
            fraction=count / len(cells) if len(cells) else None,
            wilson=wilson(count, len(cells)),
            over_fields=interval,
            over_fields_missing=missing,
        )

    def mean(column: str) -> float | None:
        said = cells["subtype"] != UNKNOWN.name
        return float(cells.loc[said, column].mean()) if len(cells) else None

    blasts = proportion(blast) if blast else None
    errors = [field.um_relative_uncertainty for field in fields]
    sizes = [len(field.leukocytes) for field in fields]
    per_cell = np.repeat(errors, sizes)
    # Of an even number the larger one in the middle; without cells the fields have to tell it.
    typical = float(np.quantile(per_cell if len(per_cell) else errors, 0.5, method="higher"))
    return Summary(
        name=name,
        fields=tuple(field.name for field in fields),
        n_cells=len(cells),
        n_at_border=int(cells["touches_border"].astype(bool).sum()),
        classes={n: proportion([i]) for i, n in enumerate(names)},
        blast_any=blasts,
        mean_p_blast_any=mean("p_blast_any"),
        mean_confidence=mean("confidence"),
        um_relative_uncertainty=typical,
        um_less_certain={
            field.name: field.um_relative_uncertainty
            for field in fields
            if field.um_relative_uncertainty > typical + _SAME_UNCERTAINTY
        },
        flags={field.name: field.flags for field in (*fields, *repeated) if field.flags},
        n_fields_scale_assumed=sum(field.scale_assumed for field in fields),
        scale_doubt=scale_doubt(
            cells,
            per_cell,
            fields[0].blast_threshold,
            taxonomy,
        ),
        smear_score=_score(fields, seed, monitor),
        blank_rate=_blank_rate(fields, cells, blasts),
        scale_warnings={f.name: f.scale_warning for f in fields if f.scale_warning},
        excluded=_added(field.excluded for field in fields),
        n_reviewed=sum(field.n_reviewed for field in fields),
        stain_warning=stain_warning(cells, fields[0].facts.stain),
        unknown_note=unknown_note(cells, np.repeat([field.asked for field in fields], sizes)),
        subtype_note=SUBTYPE_NOTE if taxonomy.children("blast") else "",
    )


def counts_of(fields: Iterable[WordCounts], taxonomy: Taxonomy) -> Counts:
    """Classes, their intervals and exclusions alone: what changes with every word of a reader.

    Parameters
    ----------
    fields : iterable of WordCounts
        Of the fields that count.
    """
    counted: Counter[str] = Counter()
    for one in fields:
        counted.update(one.words)
    excluded = {one.name: counted[one.name] for one in EXCLUSIONS if counted[one.name]}
    names = (*taxonomy.names, UNKNOWN.name)
    total = sum(counted[name] for name in names)
    classes = {
        name: Proportion(
            count=counted[name],
            fraction=counted[name] / total if total else None,
            wilson=wilson(counted[name], total),
        )
        for name in names
    }
    return Counts(classes, excluded)


def _blank_rate(
    fields: Sequence[FieldCells], cells: pd.DataFrame, blasts: Proportion | None
) -> BlankRate | None:
    """The model's own rate of the cells it judged, and the count if that is the model's alone."""
    alone = blasts is not None and not (table.annotations(cells) != "").any()
    first, count = fields[0], blasts.count if alone else None
    return blank_rate(first.facts, int(judged(cells).sum()), first.blast_threshold, count)


def _added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Counts of all fields together."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def _score(fields: Sequence[FieldCells], seed: int, monitor: Monitor) -> SmearScore | None:
    """The smear score, where the classes are those it is of."""
    if fields[0].taxonomy != FAB5:
        return None
    first, tables = fields[0], [field.leukocytes for field in fields]
    rulers = [field.used_ruler for field in fields]
    return smear_score(tables, rulers, first.fab, first.smear_score, seed, monitor)
