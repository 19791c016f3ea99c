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
    source : str
        Who proposed it.
    first : str
        Layer from which it is fine-tuned unless another is named.
    min_px : int
        Smallest side of a crop.
    means : tuple of float
        Subtracted from blue, green and red, 0–255, where its published weights were
        trained so; empty where pictures run from −1 to 1.
    spreads : tuple of float
        With `means`: these are of red, green and blue, which are then divided by these.
    """

    name: str
    application: str
    source: str
    first: str
    min_px: int = 32
    means: tuple[float, ...] = ()
    spreads: tuple[float, ...] = ()


# What the published weights were trained with (keras.applications.imagenet_utils): the
# means of ImageNet in Caffe's order, and those with the spreads that PyTorch uses.
_BGR = (103.939, 116.779, 123.68)
_RGB, _RGB_SPREADS = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


_VGG = "Simonyan & Zisserman, ICLR 2015"
BACKBONES = {
    b.name: b
    for b in (
        Backbone("cnn", "", "three convolutions and poolings, no published weights", "conv0", 8),
        Backbone("vgg16", "VGG16", _VGG, "block4_conv1", means=_BGR),
        Backbone("vgg19", "VGG19", _VGG, "block4_conv1", means=_BGR),
        Backbone("resnet50", "ResNet50", "He et al., CVPR 2016", "conv5_block1_1_conv", means=_BGR),
        Backbone(
            "densenet121",
            "DenseNet121",
            "Huang et al., CVPR 2017",
            "conv5_block1_0_bn",
            means=_RGB,
            spreads=_RGB_SPREADS,
        ),
        Backbone("inceptionv3", "InceptionV3", "Szegedy et al., CVPR 2016", "mixed8", 75),
        Backbone("xception", "Xception", "Chollet, CVPR 2017", "block13_sepconv1_act", 71),
        Backbone(
            "mobilenetv3", "MobileNetV3Small", "Howard et al., ICCV 2019", "expanded_conv_8_expand"
        ),
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
        If there is no backbone of this name, or the crops are too small for it.
    """
    if name not in BACKBONES:
        raise ParameterError(f"backbone = {name!r}: expected one of {', '.join(BACKBONES)}.")
    keras = load_keras()
    layers = keras.layers
    backbone = BACKBONES[name]
    if spec.size_px < backbone.min_px:
        raise ParameterError(
            f"Crops of {spec.size_px} pixels are too small for {name}, which takes at least "
            f"{backbone.min_px}. Choose another backbone."
        )
    inputs = keras.Input(spec.shape, dtype="uint8", name="crop")
    x = _as_trained(inputs[..., :3], backbone)
    if backbone.application:
        options = {"include_preprocessing": False} if "MobileNet" in backbone.application else {}
        body = getattr(keras.applications, backbone.application)(
            weights=None, include_top=False, input_tensor=x, **options
        )
        x = body.output
    else:
        x = _plain(x)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    x = layers.Dense(parameters.head_features, activation="relu", name="head")(x)
    x = layers.Dropout(parameters.dropout, name="dropout")(x)
    # In 32 bits where the rest is in 16: a softmax of large numbers needs them.
    logits = layers.Dense(n_classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, logits, name=name)


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
    turned = rgb if backbone.spreads else rgb[..., ::-1]
    spreads = backbone.spreads or (1.0, 1.0, 1.0)
    values = layers.Rescaling(1.0, name="as_float")(turned)
    return layers.Normalization(
        mean=backbone.means, variance=[spread**2 for spread in spreads], name="centred"
    )(values)


def _plain(x):
    layers = load_keras().layers
    for k, width in enumerate(CNN_WIDTHS):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{k}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{k}")(x)
    return x
