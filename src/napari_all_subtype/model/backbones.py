"""Well-known backbones under one head, from crops to class logits: what transfer starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.parameters import BackboneParameters

if TYPE_CHECKING:
    import keras

__all__ = ["BACKBONES", "Backbone", "build_backbone", "learn_from"]


@dataclass(frozen=True)
class Backbone:
    """One family of networks.

    Parameters
    ----------
    name : str
    application : str
        Its name in ``keras.applications``; empty for the plain CNN.
    means : tuple of float
        Subtracted from blue, green and red, 0–255, where its published weights were
        trained so; empty where pictures run from −1 to 1.
    source : str
        Who proposed it.
    """

    name: str
    application: str
    source: str
    means: tuple[float, ...] = ()


BACKBONES = {
    b.name: b
    for b in (
        Backbone("cnn", "", "three convolutions and poolings, no published weights"),
        Backbone("vgg16", "VGG16", "Simonyan & Zisserman, ICLR 2015", (103.939, 116.779, 123.68)),
        Backbone("resnet50", "ResNet50", "He et al., CVPR 2016"),
        Backbone("densenet121", "DenseNet121", "Huang et al., CVPR 2017"),
        Backbone("inceptionv3", "InceptionV3", "Szegedy et al., CVPR 2016"),
        Backbone("xception", "Xception", "Chollet, CVPR 2017"),
    )
}
CNN_WIDTHS = (32, 64, 128)


def build_backbone(
    name: str,
    spec: CropSpec,
    n_classes: int,
    parameters: BackboneParameters = BackboneParameters(),
) -> keras.Model:
    """Network from crops (N, S, S, C) uint8 to logits (N, K), its weights drawn by chance.

    It sees the colours alone: a plane of outlines is left out. No weights are
    downloaded; the caller brings those it has.

    Parameters
    ----------
    name : str
        One of `BACKBONES`.
    spec : CropSpec
        What a crop is; at least 75 pixels wide for InceptionV3, 71 for Xception, else 32.
    n_classes : int
        Number of classes K.

    Raises
    ------
    ParameterError
        If there is no backbone of this name.
    """
    if name not in BACKBONES:
        raise ParameterError(f"backbone = {name!r}: expected one of {', '.join(BACKBONES)}.")
    keras = load_keras()
    layers = keras.layers
    backbone = BACKBONES[name]
    inputs = keras.Input(spec.shape, dtype="uint8", name="crop")
    x = _as_trained(inputs[..., :3], backbone)
    if backbone.application:
        body = getattr(keras.applications, backbone.application)(
            weights=None, include_top=False, input_tensor=x
        )
        x = body.output
    else:
        x = _plain(x)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    x = layers.Dense(parameters.head_features, activation="relu", name="head")(x)
    x = layers.Dropout(parameters.dropout, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(n_classes, name="logits")(x), name=name)


def learn_from(network: keras.Model, first: str) -> None:
    """Freeze every layer before the one called `first`; that one and all after it learn.

    Raises
    ------
    ParameterError
        If `network` has no such layer.
    """
    names = [layer.name for layer in network.layers]
    if first not in names:
        raise ParameterError(f"first = {first!r}: {network.name} has no such layer.")
    for number, layer in enumerate(network.layers):
        layer.trainable = number >= names.index(first)


def _as_trained(rgb, backbone: Backbone):
    """Colours on the scale of the published weights."""
    layers = load_keras().layers
    if not backbone.means:
        return layers.Rescaling(1 / 127.5, offset=-1.0, name="centred")(rgb)
    bgr = layers.Rescaling(1.0, name="as_float")(rgb[..., ::-1])
    return layers.Normalization(mean=backbone.means, variance=[1.0] * 3, name="centred")(bgr)


def _plain(x):
    layers = load_keras().layers
    for k, width in enumerate(CNN_WIDTHS):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{k}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{k}")(x)
    return x
