"""In which order a reader meets the cells of a smear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import UNKNOWN, Taxonomy
from napari_all_subtype.workflow.cell_filter import CellFilter, passes
from napari_all_subtype.workflow.colour_values import DISAGREEMENT

OrderName = Literal["least_confident", "against_criteria", "suspect_labels", "random", "field"]

# Name, title and tooltip, as a person chooses among them.
ORDERS: tuple[tuple[OrderName, str, str], ...] = (
    ("least_confident", "Least confident", "The cells that the model doubts most come first."),
    (
        "against_criteria",
        "Network against criteria",
        "First the blasts whose subtype the network and the FAB rules judge most differently.",
    ),
    (
        "suspect_labels",
        "Suspect labels",
        "Cells that were read, first those whose word the model finds least likely.",
    ),
    ("random", "Random", "Drawn at random: what is counted in this order is not chosen by doubt."),
    ("field", "Field by field", "As one meanders over a slide: row after row, there and back."),
)
# Height of a row of the meander, to the side of a cell's box.
ROW_TO_SIDE = 1.5


@dataclass(frozen=True)
class QueueOrder:
    """Which cells come first.

    Parameters
    ----------
    name : str
        One of `ORDERS`.
    seed : int
        Of the order that is drawn.
    """

    name: OrderName = "least_confident"
    seed: int = 0


def review_queue(
    fields: Sequence[pd.DataFrame],
    taxonomy: Taxonomy,
    order: QueueOrder = QueueOrder(),
    chosen: CellFilter = CellFilter(reviewed=False),
) -> np.ndarray:
    """Cells of a smear in the order in which they are to be read.

    Parameters
    ----------
    fields : sequence of pandas.DataFrame
        Cell tables; row k is label k.
    taxonomy : Taxonomy
        Of the model that spoke.
    chosen : CellFilter
        Which cells are read at all. *Suspect labels* are of cells that were read, whatever the
        filter says of that.

    Returns
    -------
    ndarray, shape (N, 2), int64
        Number of the field and label.
    """
    if order.name == "suspect_labels":
        chosen = replace(chosen, reviewed=True)
    seen = [np.flatnonzero(passes(cells, chosen)) for cells in fields]
    numbers = np.repeat(np.arange(len(fields)), [len(rows) for rows in seen])
    places = np.column_stack([numbers, np.concatenate([*seen, np.empty(0, int)])]).astype(np.int64)
    keys = [_KEYS[order.name](cells, taxonomy, order.seed + n) for n, cells in enumerate(fields)]
    key = np.concatenate([*(k[rows] for k, rows in zip(keys, seen, strict=True)), np.empty(0)])
    # Of equals, those of the earlier field; what is walked field by field stays in its field.
    first = (key, numbers) if order.name == "field" else (numbers, key)
    return places[np.lexsort(first)]


def _by_doubt(cells: pd.DataFrame, _taxonomy: Taxonomy, _seed: int) -> np.ndarray:
    """Confidence; unknown cells, of which nothing is sure, come first."""
    unknown = (cells["subtype"] == UNKNOWN.name).to_numpy()
    return np.where(unknown, -1.0, cells["confidence"].to_numpy(float))


def _by_disagreement(cells: pd.DataFrame, _taxonomy: Taxonomy, _seed: int) -> np.ndarray:
    """Minus how differently network and FAB rules divide a blast; others come last."""
    names = DISAGREEMENT.columns
    if any(name not in cells for name in names):
        return np.zeros(len(cells))
    network, fab = cells[list(names)].to_numpy(float).reshape(len(cells), 2, 3).swapaxes(0, 1)
    sums = network.sum(axis=1), fab.sum(axis=1)
    both = (sums[0] > 0) & (sums[1] > 0)
    shares = [
        p / np.where(both, total, 1)[:, None] for p, total in zip((network, fab), sums, strict=True)
    ]
    return np.where(both, -np.abs(shares[0] - shares[1]).sum(axis=1) / 2, 0.0)


def _by_suspicion(cells: pd.DataFrame, taxonomy: Taxonomy, _seed: int) -> np.ndarray:
    """Probability of what a person says: of the whole family of a word, none of an exclusion."""
    said = table.annotations(cells).to_numpy(object)
    likely = np.zeros(len(cells))
    for name in taxonomy.names:
        columns = [f"p_{one}" for one in taxonomy.family(name)]
        mine = said == name
        likely[mine] = cells.loc[mine, columns].sum(axis=1)
    return likely


def _by_lot(cells: pd.DataFrame, _taxonomy: Taxonomy, seed: int) -> np.ndarray:
    """A number per label that stays its own, whatever else is read or filtered out."""
    return np.random.default_rng(seed).random(len(cells))


def _by_place(cells: pd.DataFrame, _taxonomy: Taxonomy, _seed: int) -> np.ndarray:
    """Place along a meander: row after row, each the other way round than the one before."""
    y, x = (cells[name].to_numpy(float) for name in ("centroid_y_px", "centroid_x_px"))
    sides = [cells["y1_px"] - cells["y0_px"], cells["x1_px"] - cells["x0_px"]]
    high = ROW_TO_SIDE * np.nanmedian([*np.concatenate(sides), np.nan]) if len(cells) > 1 else 1.0
    row = np.floor(np.nan_to_num(y) / max(high, 1.0))
    wide = np.nanmax([*x, 1.0]) + 1
    along = np.nan_to_num(np.where(row % 2 == 0, x, wide - x))
    return row * wide + along


_KEYS = {
    "least_confident": _by_doubt,
    "against_criteria": _by_disagreement,
    "suspect_labels": _by_suspicion,
    "random": _by_lot,
    "field": _by_place,
}
