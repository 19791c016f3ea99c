"""FAB evidence of pictures of one cell each: of the cells in them that are called blast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.fab import measure_fab, ruler_by_scale
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.single_cell import SingleCell, cut_out_of
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import FabParameters
from napari_all_subtype.workflow.fab_evidence import FAB_COLUMNS, evidence_of, no_evidence

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class KeptCell:
    """The outline of the cell in a picture, kept small: pictures can be large, and thousands.

    Parameters
    ----------
    shape : tuple of int
        Of the picture, Y and X.
    corner : tuple of int
        Where the box of the cell begins in it, Y and X.
    mask, nucleus : ndarray, shape (Y, X), bool
        The cell and the nucleus in it, within its box.
    """

    shape: tuple[int, int]
    corner: tuple[int, int]
    mask: np.ndarray
    nucleus: np.ndarray

    @classmethod
    def of(cls, cell: SingleCell) -> KeptCell | None:
        """Of `cell`; None where none or no nucleus was seen, as nothing is measured of it."""
        if not (cell.found and cell.nucleus.any()):
            return None
        ys, xs = np.nonzero(cell.mask)
        box = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        mask = cell.mask[box].copy()
        nucleus = cell.nucleus[box] & mask
        return cls(cell.mask.shape, (int(ys.min()), int(xs.min())), mask, nucleus)

    def masks(self) -> CellMasks:
        """The cell as the first and only one of its picture."""
        labels, nuclei = np.zeros((2, *self.shape), np.int32)
        (y, x), (height, width) = self.corner, self.mask.shape
        labels[y : y + height, x : x + width] = self.mask
        nuclei[y : y + height, x : x + width] = self.nucleus
        return CellMasks(labels, nuclei)


def measures_of(
    pixels: np.ndarray, cell: KeptCell, pixel_size: PixelSize, p: FabParameters = FabParameters()
) -> pd.DataFrame:
    """The FAB criteria of the cell in one picture, one row.

    There is no smear whose small lymphocytes a size could be compared with: micrometres serve.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
        What `cell` was found in.
    """
    masks = cell.masks()
    # Black around a cut-out would be taken for the darkest glass there is.
    shown = cut_out_of(pixels, masks.labels > 0)
    um_per_px = pixel_size.um_per_px
    cells, ruler = measure(masks, um_per_px), ruler_by_scale(pixel_size, p)
    return measure_fab(ArraySource(shown), masks, cells, [1], um_per_px, ruler, p)


def with_evidence(
    said: pd.DataFrame,
    measures: Mapping[int, pd.DataFrame | str],
    p: FabParameters = FabParameters(),
) -> pd.DataFrame:
    """`said` with the columns of the FAB evidence, empty but for the rows of `measures`.

    Parameters
    ----------
    said : pandas.DataFrame
        One row per picture.
    measures : mapping
        By the position of a row, what `measures_of` gave, or why it gave nothing.
    """
    import pandas as pd

    said = said.assign(**no_evidence(len(said)))
    told = [k for k, one in measures.items() if not isinstance(one, str)]
    if told:
        rows = pd.concat([measures[k] for k in told]).set_axis(said.index[told], axis=0)
        said.loc[rows.index, list(FAB_COLUMNS)] = evidence_of(rows, p)
    for k, why in measures.items():
        if isinstance(why, str):
            # A semicolon stands between one reason and the next.
            said.loc[said.index[k], "fab_missing"] = f"all criteria: {why.replace(';', ',')}"
    return said
