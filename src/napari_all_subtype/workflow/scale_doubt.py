"""What would be said if the pixel size were off: the model judges by size, and rulers err."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.taxonomy import UNKNOWN

if TYPE_CHECKING:
    from napari_all_subtype.model.classifier import Classifier

# Probability of any blast if a pixel were smaller, or larger, by its standard uncertainty.
IF_SMALLER, IF_LARGER = "p_blast_any_if_smaller", "p_blast_any_if_larger"
# A size that a person gave (2 %) moves no count worth a second look; a ruler of red cells does.
MATTERS = 0.05


class ScaleDoubt(BaseModel):
    """How many cells are on the blast side if the pixel size is off by its uncertainty.

    Parameters
    ----------
    if_smaller, if_larger : int
        Cells on the blast side if a pixel is smaller, or larger, than taken.
    relative_uncertainty : float
        By how much, as a fraction: one standard uncertainty, the largest of the fields.
    n_depend : int
        Cells whose side is another one at either end.
    text : str
        The same in a sentence.
    """

    model_config = ConfigDict(frozen=True)

    if_smaller: int
    if_larger: int
    relative_uncertainty: float
    n_depend: int
    text: str


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
    uncertain = np.broadcast_to(np.asarray(relative_uncertainty, float), len(crops))
    asked = np.flatnonzero(uncertain >= MATTERS)
    normal = classifier.taxonomy.index("normal")
    told = {}
    for name, sign in ((IF_SMALLER, -1), (IF_LARGER, 1)):
        told[name] = np.full(len(crops), np.nan, np.float32)
        if len(asked):
            factors = 1 + sign * uncertain[asked]
            sized = resized(crops[asked], factors, classifier.crop_spec.ground)
            told[name][asked] = 1 - classifier.predict(sized, monitor, batch_size)[:, normal]
    return pd.DataFrame(told)


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
    cells: pd.DataFrame, relative_uncertainty: float, blast_threshold: float
) -> ScaleDoubt | None:
    """How the count of blasts hangs on the pixel size; None where nothing was asked about it.

    The error is that of one ruler, so all cells grow or shrink together: these are counts at
    its two ends, not a sum of the worst of each cell.

    Parameters
    ----------
    cells : pandas.DataFrame
        Present cells, with what was said of them.
    """
    if IF_SMALLER not in cells or not cells[IF_SMALLER].notna().any():
        return None
    decided = cells[(cells["subtype"] != UNKNOWN.name) & cells["p_blast_any"].notna()]
    now = decided["p_blast_any"]
    sides = {name: decided[name].fillna(now) >= blast_threshold for name in (IF_SMALLER, IF_LARGER)}
    counts = [int(side.sum()) for side in sides.values()]
    here = now >= blast_threshold
    depend = int(np.any([side != here for side in sides.values()], axis=0).sum())
    count = int(here.sum())
    off = f"If every length is off by {100 * relative_uncertainty:.0f} %"
    text = f"{off}, no cell changes sides."
    if depend:
        text = (
            f"{off}: {min(*counts, count)} to {max(*counts, count)} cells on the blast side "
            f"instead of {count}; {depend} change sides. Giving the pixel size ends this."
        )
    return ScaleDoubt(
        if_smaller=counts[0],
        if_larger=counts[1],
        relative_uncertainty=relative_uncertainty,
        n_depend=depend,
        text=text,
    )
