"""The bundled network: one crop in, a vector of class logits out, the mean of two opinions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.lite import lite_stages
from napari_all_subtype.model.parameters import NetworkParameters

if TYPE_CHECKING:
    import keras

# Layers whose outputs are opinions, (N, K) logits each; the network gives their mean.
PICTURE, OUTLINE = "picture_logits", "outline_logits"


def build_network(
    spec: CropSpec, n_classes: int, parameters: NetworkParameters = NetworkParameters()
) -> keras.Model:
    """Untrained network from crops (N, S, S, C) uint8 to logits (N, K) float32.

    One opinion rests on the picture: EfficientNet-Lite0, cut after some stages. If
    the crops have a plane of outlines, a second one rests on that alone: size, N:C
    ratio and shape, which no stain changes. They never see each other's features,
    so that neither leans on what only one laboratory offers; their errors differ,
    and the mean is better than each.

    Parameters
    ----------
    spec : CropSpec
        What a crop is.
    n_classes : int
        Number of classes K.
    parameters : NetworkParameters
        Depth, widths and dropout.
    """
    keras = load_keras()
    layers = keras.layers
    inputs = keras.Input(spec.shape, dtype="uint8", name="crop")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="centred")(inputs[..., :3])
    x = lite_stages(x, parameters.stages, parameters.frozen_blocks)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    x = layers.Dropout(parameters.dropout, name="dropout")(x)
    # In 32 bits where the rest is in 16: a softmax of large numbers needs them.
    opinion = layers.Dense(n_classes, name=PICTURE, dtype="float32")(x)
    if spec.outlined:
        shape = _outline_features(inputs[..., 3:], parameters)
        second = layers.Dense(n_classes, name=OUTLINE, dtype="float32")(shape)
        opinion = layers.Average(name="logits", dtype="float32")([opinion, second])
    return keras.Model(inputs, opinion, name="compact")


def opinions_of(network: keras.Model) -> dict[str, keras.Model]:
    """Each opinion of `network` as a model of its own, on the same weights: they learn apart."""
    names = {layer.name for layer in network.layers}
    return {
        name: load_keras().Model(network.input, network.get_layer(name).output, name=name)
        for name in (PICTURE, OUTLINE)
        if name in names
    }


def _outline_features(plane, parameters: NetworkParameters):
    """Features of the plane of outlines: its areas, and what small filters see of its shape."""
    layers = load_keras().layers
    # 0, 128 and 255: the half above 128 is the nucleus, the other saturates on the whole cell.
    plane = layers.Rescaling(1 / 127, name="outline")(plane)
    cell = layers.ReLU(1.0, name="cell_plane")(plane)
    nucleus = layers.ReLU(threshold=0.0, name="nucleus_plane")(plane - 1.0)
    planes = layers.Concatenate()([cell, nucleus])
    areas = layers.GlobalAveragePooling2D(name="areas")(planes)
    x = layers.AveragePooling2D(2)(planes)
    for k, width in enumerate(parameters.outline_widths):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"outline{k}")(x)
        x = layers.MaxPooling2D(2)(x)
    mean, peak = layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)
    # Areas are small fractions of the crop: brought to the size of the other features.
    x = layers.Concatenate()([mean, peak, layers.Rescaling(4.0)(areas)])
    return layers.Dense(parameters.outline_features, activation="relu", name="shape")(x)
