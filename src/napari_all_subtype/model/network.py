"""The compact network: one crop in, a vector of class logits out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.parameters import NetworkParameters

if TYPE_CHECKING:
    import keras


def build_network(
    size_px: int, n_classes: int, parameters: NetworkParameters = NetworkParameters()
) -> keras.Model:
    """Untrained network from crops (N, S, S, 3) uint8 to logits (N, K) float32.

    A stem that halves the resolution, then one residual stage per entry of
    `parameters.widths`, each halving it again, then mean and maximum over the
    plane. The colour is inverted first, so that a painted white ground is zero
    and looks like the padding around it.

    Normalisation is by group: networks with batch normalisation transfer worst
    between laboratories (arXiv 2303.01777), since its statistics are theirs.

    Parameters
    ----------
    size_px : int
        Side S of a crop in pixels.
    n_classes : int
        Number of classes K.
    parameters : NetworkParameters
        Widths and dropout.
    """
    keras = load_keras()
    layers = keras.layers
    inputs = keras.Input((size_px, size_px, 3), dtype="uint8", name="crop")
    x = layers.Rescaling(-1 / 255, offset=1.0, name="absorbed")(inputs)
    x = layers.Conv2D(
        parameters.widths[0] // 2, 4, strides=2, padding="same", use_bias=False, name="stem"
    )(x)
    x = _normalise(x, parameters.groups)
    for stage, width in enumerate(parameters.widths):
        x = _halve(x, width, parameters.groups, stage)
        x = _residual(x, width, parameters.groups, stage)
    mean = layers.GlobalAveragePooling2D(name="mean")(x)
    peak = layers.GlobalMaxPooling2D(name="peak")(x)
    x = layers.Concatenate(name="embedding")([mean, peak])
    x = layers.Dropout(parameters.dropout, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(n_classes, name="logits")(x), name="compact")


def _normalise(x, groups: int):
    layers = load_keras().layers
    return layers.Activation("relu")(layers.GroupNormalization(groups)(x))


def _halve(x, width: int, groups: int, stage: int):
    layers = load_keras().layers
    name = f"stage{stage}_halve"
    x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False, name=name)(x)
    return _normalise(x, groups)


def _residual(x, width: int, groups: int, stage: int):
    layers = load_keras().layers
    name = f"stage{stage}_residual"
    y = layers.Conv2D(width, 3, padding="same", use_bias=False, name=name)(x)
    return layers.Add()([x, _normalise(y, groups)])
