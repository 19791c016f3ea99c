"""A differential count: cells drawn by rule, never by doubt, and what was said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.source import Region
from napari_all_subtype.taxonomy import EXCLUSIONS
from napari_all_subtype.workflow.places import FIELD, LABEL, chance, places_of, stacked, to_and_fro
from napari_all_subtype.workflow.review_parameters import DifferentialParameters

if TYPE_CHECKING:
    import pandas as pd

_NO_LEUKOCYTE = [one.name for one in EXCLUSIONS]
_PLACE = ("centroid_y_px", "centroid_x_px", *table.BOX)


@dataclass(frozen=True)
class CountedField:
    """A field whose cells can be drawn.

    Parameters
    ----------
    field_id : int
        Number that its cells are drawn by: the same one gives the same cells.
    cells : pandas.DataFrame
        Row k is label k.
    repeated : tuple of Region
        Parts that an earlier field shows as well.
    """

    field_id: int
    cells: pd.DataFrame
    repeated: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """The cells of a count, in the order in which they are read.

    Parameters
    ----------
    places : ndarray, shape (N, 2), int64
        Id of the field and label. Cells that a person says are no leukocytes are among them,
        as one meets them between the others.
    words : ndarray, shape (N,), object
        What people say of them; empty where nobody has said anything.
    of_model : ndarray, shape (N,), object
        What the model says.
    n_wanted, n_leukocytes : int
        Leukocytes asked for, and those that are there: fewer where the smear has fewer.
    n_able : int
        Cells that could have been drawn.
    n_at_edges, n_repeated : int
        Cells left out: cut by the left or the upper edge of a field, or shown by an earlier
        field as well (and not at an edge).
    """

    places: np.ndarray
    words: np.ndarray
    of_model: np.ndarray
    n_wanted: int
    n_leukocytes: int
    n_able: int
    n_at_edges: int
    n_repeated: int

    @property
    def n_read(self) -> int:
        """How many of them a person has said anything of."""
        return int(np.count_nonzero(self.words != ""))

    @property
    def unread(self) -> np.ndarray:
        """Places of which nobody has said anything, in order."""
        return self.places[self.words == ""]

    def said(self, words: Mapping[tuple[int, int], str]) -> np.ndarray:
        """`words` by field and label as an array in the order of `places`; empty where none."""
        return np.array([words.get((n, k), "") for n, k in self.places.tolist()], object)


def draw(
    fields: Sequence[CountedField], parameters: DifferentialParameters = DifferentialParameters()
) -> Drawn:
    """The cells of a count: as many as it takes until enough of them are leukocytes.

    A cell cut by the left or the upper edge of its field is left out and one cut by the others
    is not, so that of the cells at edges about half count, whatever their size; nothing counts
    twice that two fields show. Which cell comes before which hangs on the seed and on the two
    cells alone: a word that takes a cell out of the count adds one at the end, and changes
    nothing before it.
    """
    rows = stacked([one.cells for one in fields], (*_PLACE, "subtype", table.ANNOTATION))
    numbers = rows[FIELD].to_numpy(int)
    edge = (rows["y0_px"].to_numpy(float) <= 0) | (rows["x0_px"].to_numpy(float) <= 0)
    again = np.zeros(len(rows), bool)
    for n, one in enumerate(fields):
        for part in one.repeated:
            again |= (numbers == n) & _meets(rows, part)
    rows[FIELD] = np.array([one.field_id for one in fields], int)[numbers]
    order = _order(rows, parameters)
    rows = rows.iloc[order[~(edge | again)[order]]]
    words, model = rows[table.ANNOTATION].to_numpy(object), rows["subtype"].to_numpy(object)
    counts = np.cumsum(~np.isin(words, _NO_LEUKOCYTE))
    end = int(np.searchsorted(counts, parameters.n_cells)) + 1
    places = places_of(rows)[:end]
    return Drawn(
        places,
        words[:end],
        model[:end],
        parameters.n_cells,
        int(counts[:end][-1]) if len(places) else 0,
        len(rows),
        int(edge.sum()),
        int((again & ~edge).sum()),
    )


def _order(rows: pd.DataFrame, parameters: DifferentialParameters) -> np.ndarray:
    if parameters.order == "field_order":
        return to_and_fro(rows, parameters.row_height_cells)
    return np.lexsort((rows[LABEL], rows[FIELD], chance(rows, parameters.seed)))


def _meets(rows: pd.DataFrame, part: Region) -> np.ndarray:
    """Which cells lie in `part`, if only by their edge."""
    y0, x0, y1, x1 = (rows[name].to_numpy(float) for name in table.BOX)
    return (y0 < part.y1) & (y1 > part.y0) & (x0 < part.x1) & (x1 > part.x0)
