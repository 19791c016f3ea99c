"""FAB evidence in the cell table: measures, scores and reasons of the blasts in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.fab import (
    Ruler,
    fab_scores,
    measure_fab,
    reasons_in_words,
    ruler_of,
    with_ruler,
)
from napari_all_subtype.cells.fab.measure import FROM_TABLE, NUMBERS, RELATIVE, WORDS
from napari_all_subtype.cells.fab.scores import SCORES
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import ImageSource, PixelSize
from napari_all_subtype.config import FabParameters
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.taxonomy import FAB5, Taxonomy

if TYPE_CHECKING:
    import pandas as pd

FAB_NUMBERS = (*NUMBERS, *SCORES)
FAB_WORDS = (*WORDS, "fab_pattern", "fab_reasons")
FAB_COLUMNS = (*FAB_NUMBERS, *FAB_WORDS)


def blasts_of(cells: pd.DataFrame, taxonomy: Taxonomy = FAB5) -> list[int]:
    """Labels of the cells called blast, with or without a subtype, in the taxonomy FAB5."""
    if taxonomy != FAB5:
        return []
    rows = table.present(cells)
    return rows.index[table.words(rows).isin(taxonomy.family("blast"))].tolist()


def with_fab(
    cells: pd.DataFrame,
    source: ImageSource,
    masks: CellMasks,
    pixel_size: PixelSize,
    p: FabParameters = FabParameters(),
    taxonomy: Taxonomy = FAB5,
    labels: Sequence[int] | None = None,
    monitor: Monitor = SILENT,
    ruler: Ruler | None = None,
) -> pd.DataFrame:
    """`cells` with the FAB evidence of the blasts among them; of others nothing is said.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table with the decision; row k is label k.
    labels : sequence of int, optional
        Only these, and blasts without evidence, are measured; what was measured of others
        stays, and is compared with the small lymphocytes as they are now.
    ruler : Ruler, optional
        Of the smear, where that is known; by default the best that the field itself allows.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    blasts = blasts_of(cells, taxonomy)
    if labels is None or any(name not in cells for name in FAB_COLUMNS):
        cells, labels = cells.assign(**no_evidence(len(cells))), cells.index.tolist()
    else:
        cells = without_fab(cells, [label for label in labels if label < len(cells)])
    # One whose pixels were not at hand when it became a blast is measured now.
    bare = cells.index[cells["fab_ruler"] == ""]
    wanted = sorted((set(labels) | set(bare)) & set(blasts))
    ruler = ruler or ruler_of(cells, pixel_size, p)
    um_per_px = pixel_size.um_per_px
    new = measure_fab(source, masks, cells, wanted, um_per_px, ruler, p, monitor)
    cells = _with_words(cells, new, p)
    return _compared_again(cells, sorted(set(blasts) - set(wanted)), ruler, p)


def without_fab(cells: pd.DataFrame, labels: Sequence[int]) -> pd.DataFrame:
    """`cells` with nothing said of `labels`: their outlines are others now."""
    import pandas as pd

    if any(name not in cells for name in FAB_COLUMNS) or not len(labels):
        return cells
    nothing = pd.DataFrame(no_evidence(len(labels)), index=list(labels))
    return table.with_rows(cells, nothing)


def compared_with(cells: pd.DataFrame, ruler: Ruler, p: FabParameters) -> pd.DataFrame:
    """`cells` whose blasts with evidence are compared with `ruler`: scores and reasons follow.

    Nothing is measured again, so that a table is enough.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table, or its present rows; what was compared with this ruler before comes back
        as it is.
    """
    if any(name not in cells for name in FAB_COLUMNS):
        return cells
    measured = cells["fab_ruler"].fillna("") != ""
    return _compared_again(cells, cells.index[measured].tolist(), ruler, p)


def evidence_of(measures: pd.DataFrame, p: FabParameters = FabParameters()) -> pd.DataFrame:
    """`measures` of cells with their scores, pattern and reasons: FAB_COLUMNS, the same rows."""
    import pandas as pd

    said = pd.concat([measures, fab_scores(measures, p)], axis=1)
    return said.assign(fab_reasons=reasons_in_words(measures, p))[list(FAB_COLUMNS)]


def _with_words(cells: pd.DataFrame, measures: pd.DataFrame, p: FabParameters) -> pd.DataFrame:
    return cells if measures.empty else table.with_rows(cells, evidence_of(measures, p))


def _compared_again(
    cells: pd.DataFrame, labels: list[int], ruler: Ruler, p: FabParameters
) -> pd.DataFrame:
    """`cells` with `labels` compared with `ruler`, if that is another than they were."""
    if not labels:
        return cells
    before = cells.loc[labels]
    numbers = before[list(FROM_TABLE)].astype(float)
    numbers.loc[before["touches_border"].to_numpy(bool)] = np.nan
    names = [*FROM_TABLE, *NUMBERS, *WORDS]
    measures = with_ruler(before.assign(**numbers)[names], ruler)
    relative = list(RELATIVE)
    same = np.allclose(measures[relative], before[relative].astype(float), equal_nan=True)
    if same and (before["fab_ruler"] == ruler.kind).all():
        return cells
    return _in_place(cells, evidence_of(measures, p))


def _in_place(cells: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """`cells` with the values of `rows` for the same index; others, and kinds, as they are."""
    import pandas as pd

    here = cells.index.get_indexer(rows.index)
    changed = {}
    for name in rows:
        values = cells[name].to_numpy(copy=True)
        values[here] = rows[name].to_numpy()
        changed[name] = pd.Series(values, cells.index, cells[name].dtype)
    return cells.assign(**changed)


def no_evidence(count: int) -> dict[str, object]:
    """FAB_COLUMNS of `count` cells of which nothing was measured."""
    numbers = {name: np.full(count, np.nan) for name in FAB_NUMBERS}
    return numbers | {name: np.full(count, "", object) for name in FAB_WORDS}
