"""What the network looked at in one cell of an analysis, as a map and in words."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.cells.stain_seen import COLOURS, colours_of
from napari_all_subtype.cells.table import present
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.classifier import Classifier
from napari_all_subtype.model.saliency import Saliency, saliency_of_crop
from napari_all_subtype.workflow.corrections import crops_of
from napari_all_subtype.workflow.models import classifier_of

# Mean L*, a* and b* of the same pixels are the same; this is for tables that were rounded.
_SAME_COLOUR = 0.05


def saliency(
    analysis: Analysis,
    label: int,
    image: ImageSource | np.ndarray | str | Path,
    classifier: Classifier | None = None,
) -> Saliency:
    """Which places of the cell `label` speak for a blast, and which against it.

    Only the opinion that rests on the picture has a map; what the opinion on the
    outlines says stands beside it.

    Parameters
    ----------
    analysis : Analysis
        With this cell.
    image : path, ndarray of shape (Y, X, 3) uint8 RGB, or ImageSource
        The field that was analysed.
    classifier : Classifier, optional
        The model of the analysis; by default the one its parameters name.

    Raises
    ------
    ParameterError
        If the analysis has no such cell, is not of this image (by its size, and by the cell's
        colours) or is of another model.
    ImageReadError, NotColourError
        If the image cannot be used.

    Examples
    --------
    >>> from napari_all_subtype import analyse, saliency
    >>> analysis = analyse("smear.png")  # doctest: +SKIP
    >>> found = saliency(analysis, 12, "smear.png")  # doctest: +SKIP
    >>> found.for_blast.max(), votes_in_words(found)  # doctest: +SKIP
    """
    if label not in present(analysis.cells).index:
        raise ParameterError(
            f"label = {label}: {analysis.name} has no such cell. Expected one of the column "
            "'label' of its cells."
        )
    source = as_source(image, analysis.parameters.reading)
    if tuple(source.shape[:2]) != analysis.masks.labels.shape:
        raise ParameterError(
            f"The image has {source.shape[0]} x {source.shape[1]} pixels, the analysis of "
            f"{analysis.name} {' x '.join(map(str, analysis.masks.labels.shape))}. Give the "
            "image that was analysed."
        )
    classifier = classifier or classifier_of(analysis.parameters.model.model)
    if classifier.card.identity != analysis.model:
        raise ParameterError(
            f"The analysis was made with model {analysis.model}, not {classifier.card.identity}. "
            "Give the classifier it was made with, or analyse again."
        )
    crop = crops_of(analysis, [label], source, classifier.crop_spec)[0]
    _refuse_other_pixels(analysis, label, crop)
    return saliency_of_crop(classifier, crop)


def _refuse_other_pixels(analysis: Analysis, label: int, crop: np.ndarray) -> None:
    """Raise if the cell has other colours than when it was classified; an old table has none."""
    if any(name not in analysis.cells for name in COLOURS):
        return
    before = analysis.cells.loc[label, list(COLOURS)].to_numpy(float)
    away = np.abs(colours_of(crop[None])[0] - before)
    if np.nanmax(away, initial=0.0) > _SAME_COLOUR:
        raise ParameterError(
            f"Cell {label} of {analysis.name} has other colours in this image than it had in the "
            f"one that was analysed: they differ by up to {np.nanmax(away):.1f} in L*, a* or b*. "
            "Give the image that was analysed, or analyse this one."
        )


def votes_in_words(found: Saliency) -> str:
    """Both opinions' votes, and which of them the map shows.

    Examples
    --------
    >>> nothing = np.zeros((8, 8), np.float32)
    >>> votes_in_words(Saliency(nothing, nothing, 0.0, 2.0, math.nan, 0.9, math.nan))
    'Picture: blast 0.90. The map is empty: no place speaks for or against a blast.'
    """
    one = math.isnan(found.p_outline)
    votes = f"Picture: blast {found.p_picture:.2f}"
    if not one:
        votes += f"; outlines alone: blast {found.p_outline:.2f}"
    if found.empty:
        return f"{votes}. The map is empty: no place speaks for or against a blast."
    if one:
        return f"{votes}, which the map shows."
    return f"{votes}. The map shows the picture's vote only; the model takes the mean of both."


def map_in_words(found: Saliency, um_per_px: float) -> str:
    """How fine the map is, what its full colour stands for, and what is not shown.

    Parameters
    ----------
    um_per_px : float
        Of the crop.
    """
    told = (
        "Where the log odds of blast against normal come from, in the opinion that rests on the "
        "picture (Grad-CAM, place by place, against an empty crop). A place is "
        f"{found.place_px * um_per_px:.1f} µm wide and nothing finer is shown. It tells what moves "
        "this network, not what is there. Neither vote is calibrated by itself."
    )
    if found.empty:
        return told
    return (
        f"{told} Full colour: {found.full_log_odds:.2g} log odds per place. "
        f"{100 * found.outside_fraction:.0f} % of the map lay outside of the cell and is not shown."
    )
