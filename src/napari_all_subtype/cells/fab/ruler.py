"""What sizes are compared with: the smear's own small lymphocytes, else micrometres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.cells.table import present, words
from napari_all_subtype.config import FabParameters

if TYPE_CHECKING:
    import pandas as pd

RulerKind = Literal["small lymphocytes", "micrometres", "red cells", "none"]
_MIN_SOLIDITY = 0.93
_MIN_DIAMETER_UM = 5.0


@dataclass(frozen=True)
class Ruler:
    """What one diameter and one N:C ratio of a small lymphocyte are.

    Parameters
    ----------
    kind : str
        ``small lymphocytes`` of the smear itself; ``micrometres`` where it shows too few and
        the pixel size is known; ``red cells`` where that was read off the red cells; ``none``
        where it was assumed: size cannot be judged then.
    diameter_um, nc_ratio : float
        Of a small lymphocyte.
    count : int
        Small lymphocytes that were found.
    relative_uncertainty : float
        Of a relative diameter, one standard uncertainty, 0–1.
    """

    kind: RulerKind
    diameter_um: float
    nc_ratio: float
    count: int
    relative_uncertainty: float


def small_lymphocytes(cells: pd.DataFrame, p: FabParameters = FabParameters()) -> pd.DataFrame:
    """Rows of `cells` that are called normal and have the size and nucleus of a small lymphocyte.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table with the column ``subtype``.
    """
    rows = present(cells)
    small = (
        (words(rows) == "normal")
        & ~rows["touches_border"].astype(bool)
        & rows["diameter_um"].between(_MIN_DIAMETER_UM, p.max_small_lymphocyte_um)
        & (rows["nc_ratio"] >= p.min_small_lymphocyte_nc)
        & (rows["nucleus_solidity"] >= _MIN_SOLIDITY)
    )
    return rows[small]


def ruler_of(
    cells: pd.DataFrame, pixel_size: PixelSize, p: FabParameters = FabParameters()
) -> Ruler:
    """The best ruler that `cells` allow.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table with the column ``subtype``: of one field, or of all fields of a smear.
    pixel_size : PixelSize
        Where micrometres come from.
    """
    found = lymphocyte_ruler(cells, p)
    if found is not None:
        return found
    kinds: dict[str, RulerKind] = {"red cells": "red cells", "assumed": "none"}
    kind = kinds.get(pixel_size.origin, "micrometres")
    usual = p.small_lymphocyte_um, p.small_lymphocyte_nc
    count = len(small_lymphocytes(cells, p))
    return Ruler(kind, *usual, count, pixel_size.relative_uncertainty)


def lymphocyte_ruler(cells: pd.DataFrame, p: FabParameters = FabParameters()) -> Ruler | None:
    """The ruler that the small lymphocytes among `cells` make; None if they are too few."""
    small = small_lymphocytes(cells, p)
    if len(small) < p.min_small_lymphocytes:
        return None
    diameter, nc = small["diameter_um"].median(), small["nc_ratio"].median()
    # Of a median, 1.25 times that of a mean.
    spread = 1.25 * float(small["diameter_um"].std() / diameter) / np.sqrt(len(small))
    return Ruler("small lymphocytes", float(diameter), float(nc), len(small), float(spread))


def with_ruler(measures: pd.DataFrame, ruler: Ruler) -> pd.DataFrame:
    """`measures` with size and N:C ratio relative to `ruler`.

    Parameters
    ----------
    measures : pandas.DataFrame
        With ``diameter_um`` and ``nc_ratio``; NaN in a cell that the border cuts.
    """
    size = measures["diameter_um"] / ruler.diameter_um
    return measures.assign(
        fab_relative_diameter=size if ruler.kind != "none" else np.nan,
        fab_relative_nc=measures["nc_ratio"] / ruler.nc_ratio,
        fab_ruler=ruler.kind,
    )
