"""The FAB criteria of cells, measured on their own windows of the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.fab.cytoplasm import basophilia, vacuoles
from napari_all_subtype.cells.fab.nucleoli import nucleoli_of
from napari_all_subtype.cells.fab.nucleus import chromatin, deepest_hollow
from napari_all_subtype.cells.fab.ruler import Ruler, with_ruler
from napari_all_subtype.cells.fab.window import CellWindow, box_of, cut_window, glass_of, part_of
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource, ImageSource, Region
from napari_all_subtype.cells.table import BOX
from napari_all_subtype.config import FabParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

if TYPE_CHECKING:
    import pandas as pd

# From the cell table, as they are; the border of the image makes them meaningless.
FROM_TABLE = ("diameter_um", "nc_ratio", "nucleus_solidity", "nucleus_circularity")
FROM_PIXELS = (
    "fab_hollow",
    "fab_nucleoli",
    "fab_nucleolus_fraction",
    "fab_nucleoli_fraction",
    "fab_chromatin_spread",
    "fab_chromatin_entropy",
    "fab_chromatin_contrast",
    "fab_basophilia",
    "fab_vacuoles",
    "fab_vacuole_fraction",
)
RELATIVE = ("fab_relative_diameter", "fab_relative_nc")
NUMBERS = (*RELATIVE, *FROM_PIXELS)
WORDS = ("fab_ruler", "fab_missing")
_MIN_NUCLEUS_UM2 = 10.0


def measure_fab(
    source: ImageSource,
    masks: CellMasks,
    cells: pd.DataFrame,
    labels: Sequence[int],
    um_per_px: float,
    ruler: Ruler,
    p: FabParameters = FabParameters(),
    monitor: Monitor = SILENT,
) -> pd.DataFrame:
    """Every FAB criterion of the cells `labels`, one row each, the labels as index.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table of the field.
    labels : sequence of int
        Cells to measure: accepted blasts, for of others the criteria say nothing.
    ruler : Ruler
        See :func:`napari_all_subtype.cells.fab.ruler.ruler_of`.

    Returns
    -------
    pandas.DataFrame
        ``FROM_TABLE``, ``NUMBERS`` and ``WORDS``; NaN where a criterion cannot be measured, and
        in ``fab_missing`` why.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    import pandas as pd

    labels = list(labels)
    glass = glass_of(source, um_per_px) if labels else np.full(3, 255.0)
    scale = um_per_px, p.fab_um_per_px
    fine = um_per_px <= p.max_texture_um_per_px
    rows, missing = [], []
    boxes = cells.loc[labels, list(BOX)].to_numpy(float)
    for label, box in zip(steps(labels, "measure FAB criteria", monitor), boxes, strict=True):
        region = Region(*(int(side) for side in box))
        window = cut_window(source, masks, label, region, glass, scale)
        row, why = _criteria(window, bool(cells.at[label, "touches_border"]), fine, p)
        rows.append(row)
        missing.append("; ".join(why))
    measured = pd.DataFrame(rows, index=labels, columns=list(FROM_PIXELS), dtype=float)
    table = cells.loc[labels, list(FROM_TABLE)].astype(float)
    table.loc[cells.loc[labels, "touches_border"].to_numpy(bool)] = np.nan
    measures = pd.concat([table, measured], axis=1).assign(
        fab_missing=pd.Series(missing, index=labels, dtype=object)
    )
    return with_ruler(measures, ruler)


def _criteria(
    window: CellWindow, cut: bool, fine: bool, p: FabParameters
) -> tuple[dict[str, float], list[str]]:
    """What is measured on the pixels of one cell, and why the rest is not."""
    row: dict[str, float] = {}
    nucleus_px = np.count_nonzero(window.nucleus)
    why = ["size, N:C ratio and outline: the border of the image cuts the cell"] if cut else []
    if not cut and nucleus_px:
        row["fab_hollow"] = deepest_hollow(window.nucleus)
    if not fine:
        why.append("nucleoli, chromatin and vacuoles: the pixels are too coarse")
    elif nucleus_px * window.um_per_px**2 < _MIN_NUCLEUS_UM2:
        why.append("nucleoli and chromatin: the nucleus is too small")
    else:
        middle = part_of(window, box_of(window.nucleus))
        found = nucleoli_of(middle, p)
        row |= {
            "fab_nucleoli": float(found.count),
            "fab_nucleolus_fraction": found.largest_px / nucleus_px,
            "fab_nucleoli_fraction": found.total_px / nucleus_px,
        } | chromatin(middle)
    if fine and not cut:
        row |= vacuoles(window, p)
    row["fab_basophilia"] = basophilia(window, p)
    if np.isnan(row["fab_basophilia"]):
        why.append("basophilia: too little cytoplasm")
    return row, why


def measure_fab_alone(
    pixels: np.ndarray,
    masks: CellMasks,
    label: int,
    um_per_px: float,
    p: FabParameters = FabParameters(),
) -> pd.DataFrame:
    """Every FAB criterion of one cell without its smear: sizes are compared in micrometres.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    masks : CellMasks
        Shape of `pixels`.

    Returns
    -------
    pandas.DataFrame
        One row of :func:`measure_fab`.
    """
    cells = measure(masks, um_per_px)
    ruler = Ruler("micrometres", p.small_lymphocyte_um, p.small_lymphocyte_nc, 0, 0.0)
    return measure_fab(ArraySource(pixels), masks, cells, [label], um_per_px, ruler, p)
