"""What a differential count adds up to: by reader and by model side by side, with intervals."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from napari_all_subtype.amounts import amount
from napari_all_subtype.taxonomy import (
    EXCLUSIONS,
    RESEARCH_USE_ONLY,
    UNKNOWN,
    Taxonomy,
)
from napari_all_subtype.workflow.blank_rate import BlankRate
from napari_all_subtype.workflow.differential import Drawn
from napari_all_subtype.workflow.intervals import (
    Proportion,
    bootstrap_totals,
    over_fields,
    wilson,
)
from napari_all_subtype.workflow.review_parameters import DifferentialParameters

_NO_LEUKOCYTE = [one.name for one in EXCLUSIONS]
# Those that a laboratory reports beside the leukocytes; the others are artefacts.
APART = ("nucleated_red_cell", "smudge")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Apart(_Frozen):
    """Objects that are no leukocytes, for 100 leukocytes.

    Parameters
    ----------
    count : int
    per_100 : float or None
        None without leukocytes.
    low, high : float or None
        95 % interval of `per_100`, of sampling alone.
    """

    count: int
    per_100: float | None
    low: float | None
    high: float | None


class CountColumn(_Frozen):
    """The count by one reader, or by the model.

    Parameters
    ----------
    by : str
        Who counted, without a name.
    n_read : int
        Cells drawn of which something was said.
    n_leukocytes : int
        Those among them that are leukocytes: the denominator.
    classes : dict of str to Proportion
        One entry per class, ``unknown`` included.
    blast_any : Proportion or None
        Blast, L1, L2 and L3 together; None where the classes know no blast.
    apart : dict of str to Apart
        Nucleated red cells and smudge cells. The model tells neither: None.
    n_artefacts : int
        Other objects, and what is no cell.
    reader_id : int or None
        Who said all of it; None for a common record of several readers, and for the model.
    """

    by: str
    n_read: int
    n_leukocytes: int
    classes: dict[str, Proportion]
    blast_any: Proportion | None
    apart: dict[str, Apart] | None
    n_artefacts: int
    reader_id: int | None = None


class Differential(_Frozen):
    """A differential count.

    Parameters
    ----------
    parameters : DifferentialParameters
    n_drawn, n_read, n_leukocytes, n_able, n_at_edges, n_repeated : int
        See `Drawn`.
    columns : tuple of CountColumn
        Readers first, the model last.
    blank_rate : BlankRate or None
        How often the model calls cells blast where there is none.
    notes : tuple of str
        What else is to be known, in sentences.
    result : str
        How final the result of the smear is; empty where no project keeps it.
    final : bool
        Whether nothing more can be read, as it was signed for.
    titles : dict of str to str
        What classes are called on screen.
    """

    parameters: DifferentialParameters
    n_drawn: int
    n_read: int
    n_leukocytes: int
    n_able: int
    n_at_edges: int
    n_repeated: int
    columns: tuple[CountColumn, ...]
    blank_rate: BlankRate | None = None
    notes: tuple[str, ...] = ()
    result: str = ""
    final: bool = False
    titles: dict[str, str] = {}
    notice: str = RESEARCH_USE_ONLY

    @property
    def stated(self) -> dict[str, object]:
        """What a file says of the count as a whole."""
        return {
            "order": self.parameters.order,
            "seed": self.parameters.seed,
            "cells_wanted": self.parameters.n_cells,
            "cells_drawn": self.n_drawn,
            "cells_read": self.n_read,
            "model_on_normal_blood": "" if self.blank_rate is None else self.blank_rate.text,
            "result": self.result,
        }

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands beside the table, in sentences."""
        told = [self._how_drawn, self._how_read]
        if self.n_leukocytes < self.parameters.n_cells:
            told.append(
                f"The smear has too few cells: {self.parameters.n_cells} leukocytes were asked for."
            )
        if self.blank_rate is not None:
            told.append(self.blank_rate.text)
        return (*told, *self.notes, *((self.result,) if self.result else ()))

    @property
    def _how_drawn(self) -> str:
        order = (
            f"at random (seed {self.parameters.seed})"
            if self.parameters.order == "random"
            else "in field order"
        )
        left = [f"{self.n_at_edges} cut by a left or upper edge"] * (self.n_at_edges > 0)
        left += [f"{self.n_repeated} that an earlier field shows as well"] * (self.n_repeated > 0)
        out = f"; left out before: {' and '.join(left)}" if left else ""
        return f"{amount(self.n_drawn, 'cell')} drawn {order} out of {self.n_able}{out}."

    @property
    def _how_read(self) -> str:
        """How many were read, and what the columns are of, and what the columns are of."""
        unread = self.n_drawn - self.n_read
        leukocytes = self.columns[0].n_leukocytes
        text = f"{self.n_read} of the {self.n_drawn} are read: {amount(leukocytes, 'leukocyte')}"
        if other := self.n_read - leukocytes:
            text += f" and {amount(other, 'other object')}"
        if unread and self.columns[-1].apart is None:
            text += f"; the model's column counts the {amount(unread, 'unread cell')} as well"
        return f"{text}." + (" Read the others, too." if unread and not self.final else "")


def count_column(
    by: str, drawn: Drawn, words: np.ndarray, taxonomy: Taxonomy, seed: int = 0
) -> CountColumn:
    """What a reader's `words` on the cells drawn add up to.

    Parameters
    ----------
    by : str
        Who said them.
    words : ndarray, shape (N,), object
        In the order of `drawn.places`; empty where nothing was said.
    seed : int
        Of the bootstrap over fields.
    """
    read = words != ""
    counted = read & ~np.isin(words, _NO_LEUKOCYTE)
    classes, blast_any = _shares(drawn, words, counted, taxonomy, seed)
    total = int(counted.sum())
    return CountColumn(
        by=by,
        n_read=int(read.sum()),
        n_leukocytes=total,
        classes=classes,
        blast_any=blast_any,
        apart={name: _per_100(int((words == name).sum()), total) for name in APART},
        n_artefacts=int(np.isin(words, [n for n in _NO_LEUKOCYTE if n not in APART]).sum()),
    )


def model_column(by: str, drawn: Drawn, taxonomy: Taxonomy, seed: int = 0) -> CountColumn:
    """What the model says of the same leukocytes, by people's word of what is one."""
    counted = ~np.isin(drawn.words, _NO_LEUKOCYTE)
    classes, blast_any = _shares(drawn, drawn.of_model, counted, taxonomy, seed)
    return CountColumn(
        by=by,
        n_read=int(counted.sum()),
        n_leukocytes=int(counted.sum()),
        classes=classes,
        blast_any=blast_any,
        apart=None,
        n_artefacts=0,
    )


def titles_of(taxonomy: Taxonomy) -> dict[str, str]:
    """What classes, *unknown* and exclusions are called on screen."""
    return {one.name: one.title for one in (*taxonomy.classes, UNKNOWN, *EXCLUSIONS)}


def _shares(
    drawn: Drawn, words: np.ndarray, counted: np.ndarray, taxonomy: Taxonomy, seed: int
) -> tuple[dict[str, Proportion], Proportion | None]:
    """Share of each class among the cells that are `counted`, and of the blast side."""
    names = (*taxonomy.names, UNKNOWN.name)
    known = np.where(np.isin(words, names), words, UNKNOWN.name)[counted]
    fields, of_field = np.unique(drawn.places[counted, 0], return_inverse=True)
    per_field = np.zeros((max(len(fields), 1), len(names)), int)
    columns = np.array([names.index(word) for word in known], int)
    np.add.at(per_field, (of_field, columns), 1)
    draws, total = bootstrap_totals(per_field, seed), len(known)

    def share(those: list[int]) -> Proportion:
        count = int(per_field[:, those].sum())
        interval, missing = over_fields(draws, those)
        return Proportion(
            count=count,
            fraction=count / total if total else None,
            wilson=wilson(count, total),
            over_fields=interval,
            over_fields_missing=missing,
        )

    blast = None
    if "blast" in names:
        blast = share([names.index(name) for name in taxonomy.family("blast")])
    return {name: share([n]) for n, name in enumerate(names)}, blast


def _per_100(count: int, leukocytes: int) -> Apart:
    """`count` for 100 leukocytes, with Wilson's interval of its share taken to the ratio."""
    if not leukocytes:
        return Apart(count=count, per_100=None, low=None, high=None)
    found = wilson(count, count + leukocytes)
    low, high = (100 * end / max(1 - end, 1e-9) for end in (found.low, found.high))
    return Apart(count=count, per_100=100 * count / leukocytes, low=low, high=high)
