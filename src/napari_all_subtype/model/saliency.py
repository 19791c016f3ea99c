"""Which places of a crop speak for a blast, and which against it, to the network's eye."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.backend import Tensor, gradient, load_keras
from napari_all_subtype.model.calibration import calibrated
from napari_all_subtype.model.network import OUTLINE, PICTURE, opinions_of
from napari_all_subtype.taxonomy import Taxonomy

if TYPE_CHECKING:
    import keras

    from napari_all_subtype.model.classifier import Classifier

# Fewest places along one side of a feature map that can still tell parts of a cell apart: 2 um
# each in the crops of the bundled model, whose last map has three places of 8 um.
FEWEST_PLACES = 12
# Of the way from an empty crop: with fewer, the places miss the log odds they should sum to.
STEPS = 32
# Log odds below which a map is rounding, not an opinion.
NOTHING = 1e-5


@dataclass(frozen=True)
class Saliency:
    """What one crop's places say, to the opinion that rests on the picture.

    Parameters
    ----------
    for_blast, for_normal : ndarray, shape (S, S), float32
        0–1, on one scale; a pixel speaks for one of the two, or for none. 0 outside
        of the cell. Both are 0 everywhere where the map is empty.
    full_log_odds : float
        What 1 stands for: log odds of blast against normal that one place of the
        map gives or takes. A map is stretched to 1 however little it says; this
        number tells how little. 0 for an empty map.
    place_px : float
        Side of one place of the map, in pixels of the crop; between them the map is
        interpolated, and shows nothing finer.
    outside_fraction : float
        Share of the map that lay on the blank ground outside of the cell and is not
        shown, 0–1. NaN where there was nothing.
    p_picture, p_outline : float
        Probability of any blast by each opinion alone. The card's temperature was
        fitted to their mean: neither is calibrated by itself. `p_outline` is NaN
        for a network without a second opinion.
    """

    for_blast: np.ndarray
    for_normal: np.ndarray
    full_log_odds: float
    place_px: float
    outside_fraction: float
    p_picture: float
    p_outline: float

    @property
    def empty(self) -> bool:
        """Whether no place says anything."""
        return self.full_log_odds == 0


def saliency_of_crop(classifier: Classifier, crop: np.ndarray) -> Saliency:
    """Which places of `crop` make the picture's opinion say blast, and which normal.

    A map of the Grad-CAM family (Selvaraju et al., ICCV 2017): features of a
    convolution times the gradient of the log odds of any blast against normal.
    Place by place, as in HiResCAM (Draelos & Carin, arXiv:2011.08891), since
    gradients averaged over the map, as Grad-CAM has them, put colour where nothing
    was looked at; and averaged along the way from the features of an empty crop to
    those of this one (Sundararajan et al., ICML 2017), so that blank ground
    says nothing and the places sum to the log odds that the cell adds to those of
    the empty crop.

    Chosen since it agreed best with what covering parts of a cell does to the log odds;
    ``make figures-saliency`` measures how well, beside HiResCAM and Grad-CAM, and how far
    the map turns with the crop. The agreement is rough: it shows about where the opinion
    comes from, not what a pathologist would see there.

    The network's second opinion sees outlines alone and has no such map.

    Parameters
    ----------
    classifier : Classifier
        Whose network is asked; see :func:`feature_split` for what it must have.
    crop : ndarray, shape (S, S, C), uint8
        The very crop that was classified.

    Raises
    ------
    ParameterError
        If the crop is not what the model takes, its classes are not blast against normal,
        or its network has no map of features.
    """
    crop, spec = np.asarray(crop), classifier.crop_spec
    if crop.shape != spec.shape or crop.dtype != np.uint8:
        raise ParameterError(
            f"A crop of shape {crop.shape} and type {crop.dtype}: model {classifier.card.id} takes "
            f"({', '.join(map(str, spec.shape))}) uint8. Cut it with this model's crop_spec."
        )
    if not classifier.taxonomy.has_sides:
        raise ParameterError(
            f"Model {classifier.card.id} has the classes {', '.join(classifier.taxonomy.names)}: "
            "the map shows what speaks for blast and what for normal, so that it needs a model "
            "with these two sides, like the bundled one."
        )
    opinions = opinions_of(classifier.network)
    picture = opinions.get(PICTURE, classifier.network)
    places = log_odds_of_places(picture, crop, spec, classifier.taxonomy)
    p_picture, p_outline = (
        _p_blast(opinion, crop, classifier) for opinion in (picture, opinions.get(OUTLINE))
    )
    return _shown(places, inside_of(crop, spec), p_picture, p_outline)


def feature_split(opinion: keras.Model) -> tuple[keras.Model, keras.Model]:
    """`opinion` as two models: crops to a map of features, and from there to logits.

    The one rule by which the map is chosen, for any backbone: of the layers on the
    way to the logits, from the first one with weights on, the last whose output is
    a map of at least 12 by 12 places through which everything passes (none beside a
    skip connection); where all maps are coarser, the last of them. A model nested
    in `opinion` counts as one layer.

    Raises
    ------
    ParameterError
        If there is no such layer.
    """
    model = load_keras().Model
    layers = opinion.layers
    first = next((n for n, layer in enumerate(layers) if layer.weights), len(layers))
    maps = [layer for layer in layers[first:] if len(layer.output.shape) == 4]
    fine = [layer for layer in maps if layer.output.shape[1] >= FEWEST_PLACES]
    for layer in reversed(fine or maps):
        try:
            after = model(layer.output, opinion.output)
        except ValueError:  # something passes beside it
            continue
        return model(opinion.input, layer.output), after
    raise ParameterError(
        f"The network {opinion.name} has no map of features that all of the picture passes "
        "through: there is nothing to show. Expected a convolution before its logits."
    )


def inside_of(crop: np.ndarray, spec: CropSpec) -> np.ndarray:
    """Where the cell is in `crop`: ndarray, shape (S, S), bool; all True where nobody knows.

    By the plane of outlines, else by what is not ground and holes in it.
    """
    if spec.outlined:
        inside = crop[..., 3] > 0
    elif spec.masked:
        ground = (crop[..., :3] == spec.ground).all(axis=-1)
        # One pixel around it joins what of the ground touches the frame.
        _, parts = cv2.connectedComponents(np.pad(ground, 1, constant_values=True).astype(np.uint8))
        inside = (parts != parts[0, 0])[1:-1, 1:-1]
    else:
        inside = np.zeros(crop.shape[:2], bool)
    return inside if inside.any() else np.ones(crop.shape[:2], bool)


def log_odds_of_places(
    opinion: keras.Model, crop: np.ndarray, spec: CropSpec, taxonomy: Taxonomy
) -> np.ndarray:
    """Log odds that each place of the map adds: ndarray, shape (M, M), float32.

    Parameters
    ----------
    opinion : keras.Model
        What sees the picture; see :func:`feature_split`.
    crop : ndarray, shape (S, S, C), uint8
    """
    ops = load_keras().ops
    before, after = feature_split(opinion)
    empty = np.zeros_like(crop)
    empty[..., :3] = spec.ground
    ends = before(ops.convert_to_tensor(np.stack([empty, crop])), training=False)
    change = ends[1:] - ends[:1]
    share = (np.arange(STEPS, dtype=np.float32) + 0.5) / STEPS
    way = ends[:1] + share[:, None, None, None] * change
    family = [taxonomy.index(name) for name in taxonomy.family("blast")]

    def log_odds(features: Tensor) -> Tensor:
        logits = after(features, training=False)
        blast = ops.logsumexp(ops.take(logits, family, axis=1), axis=1)
        return blast - logits[:, taxonomy.index("normal")]

    slope = ops.mean(gradient(log_odds, way), axis=0, keepdims=True)
    return ops.convert_to_numpy(ops.sum(change * slope, axis=-1))[0]


def _p_blast(opinion: keras.Model | None, crop: np.ndarray, classifier: Classifier) -> float:
    if opinion is None:
        return math.nan
    # Called, not `predict_on_batch`, which would trace a graph for one crop.
    logits = load_keras().ops.convert_to_numpy(opinion(crop[None], training=False))
    said = calibrated(logits, classifier.card.temperature, classifier.taxonomy)
    return 1 - float(said[0, classifier.taxonomy.index("normal")])


def _shown(places: np.ndarray, inside: np.ndarray, p_picture: float, p_outline: float) -> Saliency:
    """The map in the size of the crop, without what lies outside of the cell."""
    side = len(inside)
    fine = cv2.resize(places.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    whole = float(np.abs(fine).sum())
    outside = float(np.abs(fine[~inside]).sum()) / whole if whole > 0 else math.nan
    fine = np.where(inside, fine, np.float32(0))
    full = float(np.abs(fine).max())
    if full < NOTHING:
        full, fine = 0.0, np.zeros_like(fine)
    unit = fine / full if full else fine
    return Saliency(
        for_blast=np.maximum(unit, 0),
        for_normal=np.maximum(-unit, 0),
        full_log_odds=full,
        place_px=side / len(places),
        outside_fraction=outside,
        p_picture=p_picture,
        p_outline=p_outline,
    )
