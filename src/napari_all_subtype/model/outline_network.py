"""The network that draws nucleus and cell outlines: views in, probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.outlines import CHANNELS, ViewSpec
from napari_all_subtype.model.backend import load_keras

if TYPE_CHECKING:
    import keras

# Views at a time: every batch has this size, so that the graph is traced once.
_BATCH = 16
_GROUPS = 8


def build_outline_network(spec: ViewSpec = ViewSpec(), width: int = 16) -> keras.Model:
    """Untrained network from views (N, S, S, 8) float32 to logits (N, S, S, 2).

    An encoder that halves the view four times and a decoder that adds what it
    came from (U-Net; Ronneberger et al., MICCAI 2015), with residual blocks and
    group normalisation, which keeps no statistics of a laboratory.

    Parameters
    ----------
    spec : ViewSpec
        Its side is a multiple of 16.
    width : int
        Filters at half resolution, a multiple of 8; deeper stages have more.
    """
    keras = load_keras()
    layers = keras.layers
    inputs = keras.Input((spec.size_px, spec.size_px, len(CHANNELS)), name="view")
    stages, x = [], inputs
    for depth in range(1, 5):
        x = layers.Conv2D(depth * width, 4, strides=2, padding="same")(x)
        x = _residual(_normalised(x), depth * width)
        if depth > 2:
            x = _residual(x, depth * width)
        stages.append(x)
    for depth in (3, 2, 1):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        x = layers.Add()([stages[depth - 1], layers.Conv2D(depth * width, 1)(x)])
        x = _residual(x, depth * width)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    fine = layers.Conv2D(12, 3, padding="same", activation="relu")(inputs)
    x = layers.Add()([fine, layers.Conv2D(12, 1)(x)])
    x = layers.Conv2D(12, 3, padding="same", activation="relu")(x)
    return keras.Model(
        inputs, layers.Conv2D(2, 3, padding="same", name="logits")(x), name="outline"
    )


def _normalised(x):
    layers = load_keras().layers
    return layers.Activation("relu")(layers.GroupNormalization(_GROUPS)(x))


def _residual(x, width: int):
    layers = load_keras().layers
    y = _normalised(layers.Conv2D(width, 3, padding="same", use_bias=False)(x))
    y = layers.Conv2D(width, 3, padding="same")(y)
    return layers.Activation("relu")(layers.Add()([x, y]))


@dataclass(frozen=True)
class NetworkOutliner:
    """A trained network as an :class:`~napari_all_subtype.cells.outlines.Outliner`.

    Parameters
    ----------
    network : keras.Model
        Of :func:`build_outline_network`.
    spec : ViewSpec
        What it was trained on.
    """

    network: keras.Model
    spec: ViewSpec

    def __call__(self, views: np.ndarray) -> np.ndarray:
        """Probabilities (N, S, S, 2) float32 for views (N, S, S, 8) float32."""
        side = self.spec.size_px
        probabilities = np.empty((len(views), side, side, 2), np.float32)
        for start in range(0, len(views), _BATCH):
            batch = views[start : start + _BATCH]
            missing = _BATCH - len(batch)
            filled = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch
            logits = self.network.predict_on_batch(filled)[: len(batch)]
            probabilities[start : start + len(batch)] = 1 / (1 + np.exp(-logits))
        return probabilities
