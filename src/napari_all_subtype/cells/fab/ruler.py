"""What sizes are compared with: the smear's own small lymphocytes, else micrometres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.cells.table import annotations, present, words
from napari_all_subtype.config import FabParameters
from napari_all_subtype.taxonomy import FAB5

if TYPE_CHECKING:
    import pandas as pd

# Why the size of a cell says nothing where the ruler is "none".
NO_SIZE = "size: the scale is assumed"
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
    relative_uncertainty, nc_relative_uncertainty : float
        Of a relative diameter, and of a relative N:C ratio: one standard uncertainty each, 0–1.
    """

    kind: RulerKind
    diameter_um: float
    nc_ratio: float
    count: int
    relative_uncertainty: float
    nc_relative_uncertainty: float = 0.0

    @property
    def text(self) -> str:
        """What sizes are compared with, in words.

        Examples
        --------
        >>> Ruler("small lymphocytes", 9.83, 0.615, 36, 0.02).text
        '36 small lymphocytes of the smear (median 9.8 µm, N:C 0.61)'
        >>> Ruler("red cells", 10.0, 0.61, 3, 0.15).text
        'a usual small lymphocyte (10.0 µm by the red cells, N:C 0.61)'
        """
        size, nc = f"{self.diameter_um:.1f} µm", f"N:C {self.nc_ratio:.2f}"
        if self.kind == "small lymphocytes":
            many = f"{self.count} " if self.count else ""
            return f"{many}small lymphocytes of the smear (median {size}, {nc})"
        if self.kind == "none":
            return f"a usual small lymphocyte ({nc}; no size: the scale is assumed)"
        by = " by the red cells" if self.kind == "red cells" else ""
        return f"a usual small lymphocyte ({size}{by}, {nc})"


def small_lymphocytes(cells: pd.DataFrame, p: FabParameters = FabParameters()) -> pd.DataFrame:
    """Rows of `cells` that are normal for certain, with size and nucleus of a small lymphocyte.

    A blast that the model missed is called normal too; it mostly has a lower probability of it,
    and a higher N:C ratio than lymphocytes have.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table with the columns ``subtype`` and ``p_normal``; without the latter only those
        count that a person called normal.
    """
    rows = present(cells)
    said = annotations(rows) == "normal"
    certain = said | (rows["p_normal"] >= p.min_small_lymphocyte_p) if "p_normal" in rows else said
    small = (
        (words(rows) == "normal")
        & certain
        & ~rows["touches_border"].astype(bool)
        & rows["diameter_um"].between(_MIN_DIAMETER_UM, p.max_small_lymphocyte_um)
        & rows["nc_ratio"].between(p.min_small_lymphocyte_nc, p.max_small_lymphocyte_nc)
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
    return found or ruler_by_scale(pixel_size, p, len(small_lymphocytes(cells, p)))


def ruler_by_scale(
    pixel_size: PixelSize, p: FabParameters = FabParameters(), count: int = 0
) -> Ruler:
    """A usual small lymphocyte, in micrometres as `pixel_size` knows them.

    Parameters
    ----------
    count : int
        Small lymphocytes that were found, too few to be the ruler.
    """
    kinds: dict[str, RulerKind] = {"red cells": "red cells", "assumed": "none"}
    kind = kinds.get(pixel_size.origin, "micrometres")
    usual = p.small_lymphocyte_um, p.small_lymphocyte_nc
    return Ruler(kind, *usual, count, pixel_size.relative_uncertainty)


def lymphocyte_ruler(cells: pd.DataFrame, p: FabParameters = FabParameters()) -> Ruler | None:
    """The ruler that the small lymphocytes among `cells` make.

    None if they are too few, or so few beside the blasts that they may be missed ones.
    """
    small = small_lymphocytes(cells, p)
    if len(small) < p.min_small_lymphocytes or _may_be_blasts(small, cells, p):
        return None
    diameter, nc = float(small["diameter_um"].median()), float(small["nc_ratio"].median())
    return Ruler(
        "small lymphocytes",
        diameter,
        min(nc, p.max_ruler_nc),
        len(small),
        _error_of_median(small["diameter_um"]),
        _error_of_median(small["nc_ratio"]),
    )


def _may_be_blasts(small: pd.DataFrame, cells: pd.DataFrame, p: FabParameters) -> bool:
    if (annotations(small) == "normal").sum() >= p.min_small_lymphocytes:
        return False
    blasts = words(present(cells)).isin(FAB5.family("blast")).sum()
    return len(small) < p.min_lymphocytes_per_blast * blasts


def _error_of_median(values: pd.Series) -> float:
    """Standard error of a median, relative to it: 1.25 times that of a mean."""
    if len(values) < 2:
        return 0.0
    return 1.25 * float(values.std() / values.median()) / len(values) ** 0.5


def with_ruler(measures: pd.DataFrame, ruler: Ruler) -> pd.DataFrame:
    """`measures` with size and N:C ratio relative to `ruler`.

    Parameters
    ----------
    measures : pandas.DataFrame
        With ``diameter_um`` and ``nc_ratio``; NaN in a cell that the border cuts.
    """
    import pandas as pd

    size = measures["diameter_um"] / ruler.diameter_um
    if "fab_missing" in measures:
        sizeless = measures["diameter_um"].notna() & (ruler.kind == "none")
        told = [
            _with_size(text or "", no_size)
            for text, no_size in zip(measures["fab_missing"], sizeless, strict=True)
        ]
        measures = measures.assign(fab_missing=pd.Series(told, measures.index, dtype=object))
    return measures.assign(
        fab_relative_diameter=size if ruler.kind != "none" else np.nan,
        fab_relative_nc=measures["nc_ratio"] / ruler.nc_ratio,
        fab_ruler=ruler.kind,
    )


def _with_size(missing: str, no_size: bool) -> str:
    """`missing` with, or without, that sizes cannot be judged: that hangs on the ruler."""
    others = [text for text in missing.split("; ") if text and text != NO_SIZE]
    return "; ".join([NO_SIZE, *others] if no_size else others)
