"""The order in which a reader meets the cells of a smear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, SUBTYPES, UNKNOWN, Taxonomy
from napari_all_subtype.workflow import cell_filter as filtering
from napari_all_subtype.workflow.places import FIELD, chance, places_of, stacked, to_and_fro
from napari_all_subtype.workflow.review_parameters import CellFilter, FieldRegion, QueueOrder

if TYPE_CHECKING:
    import pandas as pd

_NETWORK, _RULES = ([f"{by}_{name}" for name in SUBTYPES] for by in ("p", "fab"))
_WHERE = ("centroid_y_px", "centroid_x_px", "y0_px", "y1_px")


def review_queue(
    fields: Sequence[pd.DataFrame],
    order: QueueOrder = QueueOrder(),
    shown: CellFilter = CellFilter(),
    taxonomy: Taxonomy = FAB5,
) -> np.ndarray:
    """Places of the cells to be read, the first one first.

    Cells that are alike keep the order of fields and labels. Left out are, beside those that
    `shown` hides: against criteria, the cells that network or FAB rules say nothing of; of
    suspect labels, those without an annotation, with an exclusion (the model knows none) and
    those that are unknown to the model.

    Parameters
    ----------
    fields : sequence of pandas.DataFrame
        Cell tables of the fields of one smear, row k of each is label k.
    order : QueueOrder
    shown : CellFilter
        Its ``reviewed`` has no say in suspect labels, which are all reviewed.
    taxonomy : Taxonomy
        Of model and annotations.

    Returns
    -------
    ndarray, shape (N, 2), int64
        Position of the field in `fields`, and label.

    Raises
    ------
    ParameterError
        If the one class is none, or the region is of a field that is not there.
    """
    _refuse(order, len(fields), taxonomy)
    if order.kind == "suspect_labels":
        shown = shown.model_copy(update={"reviewed": "reviewed"})
    rows = stacked(fields, _columns(order, taxonomy))
    pass_all = filtering.passes(rows, shown)
    return places_of(rows.iloc[_ordered(rows, pass_all, order, taxonomy)])


def disagreements_of(cells: pd.DataFrame) -> np.ndarray:
    """How differently network and FAB rules divide each blast among L1, L2 and L3.

    Returns
    -------
    ndarray, shape (N,), float
        0–1, NaN where one of them says nothing: see
        :func:`napari_all_subtype.workflow.colour_values.disagreement`.
    """
    network, fab = (cells[names].to_numpy(float) for names in (_NETWORK, _RULES))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [part / part.sum(axis=1, keepdims=True) for part in (network, fab)]
    return np.abs(shares[0] - shares[1]).sum(axis=1) / 2


def suspicion_of(cells: pd.DataFrame, taxonomy: Taxonomy = FAB5) -> np.ndarray:
    """How unlikely the model finds what a person said of each cell.

    The word *blast* stands for its subtypes too. A subtype is not contradicted by the model's
    *blast, subtype undetermined*, nor is any class by that of its parent.

    Returns
    -------
    ndarray, shape (N,), float
        1 less the probability of the classes that agree with the annotation, 0–1; NaN where
        nobody said a class, and where the cell is unknown to the model.
    """
    probabilities = cells[[f"p_{name}" for name in taxonomy.names]].to_numpy(float)
    said = table.annotations(cells).to_numpy(object)
    suspicion = np.full(len(cells), np.nan)
    for name in taxonomy.names:
        agrees = [taxonomy.index(k) for k in _agreeing(taxonomy, name)]
        here = said == name
        suspicion[here] = 1 - probabilities[here][:, agrees].sum(axis=1)
    suspicion[cells["subtype"].to_numpy(object) == UNKNOWN.name] = np.nan
    return suspicion


def _agreeing(taxonomy: Taxonomy, name: str) -> list[str]:
    """Classes that the word `name` does not exclude: itself, what is of its kind, its parents."""
    names = list(taxonomy.family(name))
    while parent := taxonomy[name].parent:
        names.append(parent)
        name = parent
    return names


def _columns(order: QueueOrder, taxonomy: Taxonomy) -> list[str]:
    """What has to be read of the cell tables."""
    more: Sequence[str] = ()
    if order.kind in ("field_order", "region"):
        more = _WHERE
    elif order.kind == "network_against_criteria":
        more = (*_NETWORK, *_RULES)
    elif order.kind == "suspect_labels":
        more = [f"p_{name}" for name in taxonomy.names]
    return [*filtering.COLUMNS, *more]


def _ordered(
    rows: pd.DataFrame, shown: np.ndarray, order: QueueOrder, taxonomy: Taxonomy
) -> np.ndarray:
    """Positions of the shown `rows` that belong to the queue, in its order."""
    if order.kind in ("field_order", "region"):
        # The strips are those of all cells, so that hiding some moves no other.
        if order.kind == "region":
            shown = shown & _inside(rows, order.region)
        way = to_and_fro(rows, order.row_height_cells)
        return way[shown[way]]
    if order.kind == "one_class":
        shown = shown & (table.words(rows) == order.one_class).to_numpy(bool)
    key = _key(rows, order, taxonomy)
    at = np.flatnonzero(shown & ~np.isnan(key) if key.dtype.kind == "f" else shown)
    return at[np.argsort(key[at], kind="stable")]


def _key(rows: pd.DataFrame, order: QueueOrder, taxonomy: Taxonomy) -> np.ndarray:
    """What `rows` are sorted by, the smallest first; NaN leaves a row out."""
    if order.kind == "network_against_criteria":
        return -disagreements_of(rows)
    if order.kind == "suspect_labels":
        return -suspicion_of(rows, taxonomy)
    if order.kind == "random":
        return chance(rows, order.seed)
    # Nobody is less sure than where nothing can be said.
    return np.nan_to_num(rows["confidence"].to_numpy(float), nan=-1.0)


def _inside(rows: pd.DataFrame, region: FieldRegion) -> np.ndarray:
    """Whether the centre of each cell lies in `region`."""
    from skimage.measure import points_in_poly

    centres = rows[["centroid_y_px", "centroid_x_px"]].to_numpy(float)
    inside = points_in_poly(centres, np.array(region.corners_yx_px, float))
    return inside & (rows[FIELD] == region.field).to_numpy()


def _refuse(order: QueueOrder, n_fields: int, taxonomy: Taxonomy) -> None:
    known = (*taxonomy.names, UNKNOWN.name, *(one.name for one in EXCLUSIONS))
    if order.kind == "one_class" and order.one_class not in known:
        raise ParameterError(
            f"one_class = {order.one_class!r}: expected one of {', '.join(known)}."
        )
    if order.kind == "region" and order.region.field >= n_fields:
        raise ParameterError(
            f"The region is of field {order.region.field}, and the smear has {n_fields} fields, "
            "counted from 0. Draw it in one of these."
        )
