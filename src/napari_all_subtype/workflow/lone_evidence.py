"""FAB evidence of pictures of one cell each: of the cells in them that are called blast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.fab import measure_fab, ruler_by_scale
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.single_cell import SingleCell, cut_out_of
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import FabParameters
from napari_all_subtype.workflow.fab_evidence import FAB_COLUMNS, FAB_NUMBERS, evidence_of

if TYPE_CHECKING:
    import pandas as pd


def measures_of(
    pixels: np.ndarray, cell: SingleCell, pixel_size: PixelSize, p: FabParameters = FabParameters()
) -> pd.DataFrame | None:
    """The FAB criteria of the cell in one picture, one row; None where none or no nucleus is seen.

    There is no smear whose small lymphocytes a size could be compared with: micrometres serve.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
        What `cell` was found in.
    """
    if not (cell.found and cell.nucleus.any()):
        return None
    # Black around a cut-out would be taken for the darkest glass there is.
    shown = cut_out_of(pixels, cell.mask)
    masks = CellMasks(cell.mask.astype(np.int32), (cell.nucleus & cell.mask).astype(np.int32))
    um_per_px = pixel_size.um_per_px
    cells, ruler = measure(masks, um_per_px), ruler_by_scale(pixel_size, p)
    return measure_fab(ArraySource(shown), masks, cells, [1], um_per_px, ruler, p)


def with_evidence(
    said: pd.DataFrame,
    measures: Sequence[pd.DataFrame | None],
    blasts: np.ndarray,
    p: FabParameters = FabParameters(),
) -> pd.DataFrame:
    """`said` with the columns of the FAB evidence: of blasts, for of others it says nothing.

    Parameters
    ----------
    said : pandas.DataFrame
        One row per picture.
    measures : sequence
        What `measures_of` gave for each of them.
    blasts : ndarray, shape (N,), bool
        Which are called blast.
    """
    import pandas as pd

    names = [name for name in FAB_COLUMNS if name not in FAB_NUMBERS]
    nothing = dict.fromkeys(FAB_NUMBERS, np.nan) | dict.fromkeys(names, "")
    said = said.assign(**{name: nothing[name] for name in FAB_COLUMNS})
    told = [k for k, one in enumerate(measures) if one is not None and blasts[k]]
    if told:
        rows = pd.concat([measures[k] for k in told]).set_axis(said.index[told], axis=0)
        said.loc[rows.index, list(FAB_COLUMNS)] = evidence_of(rows, p)
    return said
