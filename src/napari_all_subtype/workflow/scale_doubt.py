"""What would be said if the pixel size were off: the model judges by size, and rulers err."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, computed_field

from napari_all_subtype.cells import table
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.taxonomy import FAB5, UNKNOWN, Taxonomy

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype.model.classifier import Classifier

# Probability of any blast if a pixel were smaller, or larger, by its standard uncertainty.
IF_SMALLER, IF_LARGER = "p_blast_any_if_smaller", "p_blast_any_if_larger"
# Where the scale is surer than this the model is not asked twice more: a choice of what it costs,
# between the size that a person gave (2 %) and a ruler of red cells (15 %).
MATTERS = 0.05


class ScaleDoubt(BaseModel):
    """How many cells are on the blast side if the pixel size is off by its uncertainty.

    Parameters
    ----------
    count : int
        Cells on the blast side as they are.
    if_smaller, if_larger : int
        The same if a pixel is smaller, or larger, than taken: for all cells alike, as one ruler
        errs. What is *unknown* stays so. Rulers are farther off than this one time in three.
    n_asked, n_cells : int
        Cells whose scale is uncertain, of all of which something is said.
    n_depend : int
        Cells whose side is another one at either end.
    relative_uncertainty : tuple of float
        Smallest and largest standard uncertainty of the cells asked about, as fractions.
    """

    model_config = ConfigDict(frozen=True)

    count: int
    if_smaller: int
    if_larger: int
    n_asked: int
    n_cells: int
    n_depend: int
    relative_uncertainty: tuple[float, float]

    @property
    def low(self) -> int:
        """Fewest cells on the blast side: as they are, or at either end."""
        return min(self.count, self.if_smaller, self.if_larger)

    @property
    def high(self) -> int:
        """Most of them."""
        return max(self.count, self.if_smaller, self.if_larger)

    @computed_field
    @property
    def text(self) -> str:
        """The same in a sentence.

        Examples
        --------
        >>> ScaleDoubt(count=8, if_smaller=0, if_larger=9, n_asked=9, n_cells=9, n_depend=9,
        ...            relative_uncertainty=(0.15, 0.15)).text[:71]
        'If the scale is off by one standard uncertainty (15 %), for all cells a'
        """
        least, most = (f"{u:.0%}".removesuffix("%") for u in self.relative_uncertainty)
        off = f"{most} %" if least == most else f"{least}–{most} %"
        if self.n_asked < self.n_cells:
            off += f"; {self.n_asked} of {self.n_cells} cells"
        start = f"If the scale is off by one standard uncertainty ({off}), for all cells alike,"
        if not self.n_depend:
            return f"{start} no cell changes sides."
        change = "cell changes" if self.n_depend == 1 else "cells change"
        return (
            f"{start} {self.low} to {self.high} cells are on the blast side instead of "
            f"{self.count}; {self.n_depend} {change} sides. Giving the pixel size ends this."
        )


def if_scale_is_off(
    crops: np.ndarray,
    classifier: Classifier,
    relative_uncertainty: float | np.ndarray,
    monitor: Monitor = SILENT,
    batch_size: int = 64,
) -> pd.DataFrame:
    """Probability of any blast at both ends of the pixel size's uncertainty.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
        As the classifier takes them.
    relative_uncertainty : float or ndarray, shape (N,)
        Of the pixel size, 0–1.

    Returns
    -------
    pandas.DataFrame
        IF_SMALLER and IF_LARGER, (N,) float32; NaN where the uncertainty is below MATTERS.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    """
    import pandas as pd

    uncertain = np.broadcast_to(np.asarray(relative_uncertainty, float), len(crops))
    asked = np.flatnonzero(uncertain >= MATTERS)
    told = {}
    for name, sign in ((IF_SMALLER, -1), (IF_LARGER, 1)):
        told[name] = np.full(len(crops), np.nan, np.float32)
        if len(asked) and classifier.taxonomy.blasts:
            factors = 1 + sign * uncertain[asked]
            sized = resized(crops[asked], factors, classifier.crop_spec.ground)
            p = classifier.predict(sized, monitor, batch_size)
            told[name][asked] = _any_blast(p, classifier.taxonomy)
    return pd.DataFrame(told)


def _any_blast(p: np.ndarray, taxonomy: Taxonomy) -> np.ndarray:
    """Probability of any blast, as the decision has it."""
    if taxonomy.has_sides:
        return 1 - p[:, taxonomy.index("normal")]
    return p[:, [taxonomy.index(name) for name in taxonomy.blasts]].sum(axis=1)


def resized(crops: np.ndarray, factors: np.ndarray, ground: int) -> np.ndarray:
    """Crops as they would have been cut at a pixel `factors` times as large: the same shape.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
        RGB on painted ground, and perhaps the plane of outlines.
    factors : ndarray, shape (N,)
        Above 1 a cell grows in its crop.
    ground : int
        Value painted outside the cell, 0–255.
    """
    side = crops.shape[1]
    middle = (side - 1) / 2
    out = np.empty_like(crops)
    for k, (crop, factor) in enumerate(zip(crops, factors, strict=True)):
        matrix = cv2.getRotationMatrix2D((middle, middle), 0, float(factor))
        out[k] = cv2.warpAffine(
            crop,
            matrix,
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(float(ground),) * 3 + (0.0,),
        )
    return out


def scale_doubt(
    cells: pd.DataFrame,
    relative_uncertainty: np.ndarray,
    blast_threshold: float,
    taxonomy: Taxonomy = FAB5,
) -> ScaleDoubt | None:
    """How the count of blasts hangs on the pixel size; None where no cell was asked about.

    The error is taken to be that of one ruler, so all cells grow or shrink together: these are
    counts at its two ends, not a sum of the worst of each cell.

    Parameters
    ----------
    cells : pandas.DataFrame
        Present cells, with what was said of them.
    relative_uncertainty : ndarray, shape (N,)
        Of the pixel size of each cell's image, 0–1.
    taxonomy : Taxonomy
        Of the model that spoke.
    """
    if IF_SMALLER not in cells:
        return None
    said = (cells["subtype"] != UNKNOWN.name) & cells["p_blast_any"].notna()
    # What a person says of a cell hangs on no scale.
    by_person = table.annotations(cells)
    settled = int(by_person.isin(taxonomy.family("blast")).sum())
    said &= by_person == ""
    asked = (said & cells[IF_SMALLER].notna()).to_numpy(bool)
    if not asked.any():
        return None
    now = cells["p_blast_any"]
    here, smaller, larger = (
        (p >= blast_threshold)[said]
        for p in (now, cells[IF_SMALLER].fillna(now), cells[IF_LARGER].fillna(now))
    )
    off = np.asarray(relative_uncertainty, float)[asked]
    return ScaleDoubt(
        count=settled + int(here.sum()),
        if_smaller=settled + int(smaller.sum()),
        if_larger=settled + int(larger.sum()),
        n_asked=int(asked.sum()),
        n_cells=int(said.sum()),
        n_depend=int(((smaller != here) | (larger != here)).sum()),
        relative_uncertainty=(float(off.min()), float(off.max())),
    )
