"""A network in two halves: crops to features, which can be kept, and features to opinions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.network import OUTLINE, PICTURE
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

if TYPE_CHECKING:
    import keras

# Layers whose outputs are the features: of the picture, and of the outlines where they are seen.
FEATURES = ("embedding", "shape")
_READERS = (PICTURE, OUTLINE)  # layers that take them, in the same order
# As `embed`: a body, crops, a monitor and a word for what is done, to features.
Embedder = Callable[..., list[np.ndarray]]


def body_of(network: keras.Model) -> keras.Model:
    """Crops to features, on the weights of `network`: a list of one or two outputs (N, F)."""
    return load_keras().Model(network.input, _features(network), name=f"{network.name}_body")


def head_of(network: keras.Model) -> keras.Model:
    """Features to opinions, on the weights of `network`: a list of outputs (N, K)."""
    return load_keras().Model(_features(network), _opinions(network), name=f"{network.name}_head")


def learner_of(network: keras.Model) -> keras.Model:
    """Crops to opinions, on the weights of `network`.

    Each opinion has a loss of its own, so that none leans on what another offers.
    """
    return load_keras().Model(network.input, _opinions(network), name=f"{network.name}_learner")


def embed(
    body: keras.Model,
    crops: np.ndarray,
    monitor: Monitor = SILENT,
    stage: str = "look at crops",
    batch_size: int = 64,
) -> list[np.ndarray]:
    """Features of `crops`: a list of ndarray, shape (N, F), float32.

    Raises
    ------
    Stopped
        If a stop was requested.
    """
    parts: list[list[np.ndarray]] = [[] for _ in body.outputs]
    for start in range(0, len(crops), batch_size):
        checkpoint(monitor, Progress(stage, start, len(crops)))
        batch = crops[start : start + batch_size]
        missing = batch_size - len(batch)
        filled = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch
        found = body.predict_on_batch(filled)
        for part, values in zip(parts, as_list(found), strict=True):
            part.append(np.asarray(values, np.float32)[: len(batch)])
    checkpoint(monitor, Progress(stage, len(crops), len(crops)))
    empty = [np.zeros((0, output.shape[-1]), np.float32) for output in body.outputs]
    return [np.concatenate(part) if part else none for part, none in zip(parts, empty, strict=True)]


def is_linear(head: keras.Model) -> bool:
    """Whether each opinion of `head` is linear in the features of one kind."""
    return all(layer.name in _READERS for layer in head.layers if layer.weights)


def spread_of(features: np.ndarray) -> float:
    """How far features (N, F) spread, on average; 1 where they do not."""
    return float(features.std(axis=0).mean()) or 1.0


@contextmanager
def on_one_scale(head: keras.Model, spreads: Sequence[float]) -> Iterator[None]:
    """Meanwhile a linear `head` takes features divided by their `spreads`, and says the same.

    Features of one kind may spread a hundred times as far as those of another: what weights cost
    would weigh on the ones and not on the others.

    Parameters
    ----------
    head : keras.Model
        As of :func:`head_of`.
    spreads : sequence of float
        One for each kind of features, above 0.
    """
    names = {layer.name for layer in head.layers}
    kernels = [head.get_layer(name).kernel for name in _READERS if name in names]
    pairs = list(zip(kernels, spreads, strict=True))
    for kernel, spread in pairs:
        kernel.assign(kernel * spread)
    try:
        yield
    finally:
        for kernel, spread in pairs:
            kernel.assign(kernel / spread)


def as_list(values: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
    """The outputs of a network as a list, also where there is one."""
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _features(network: keras.Model) -> list:
    names = {layer.name for layer in network.layers}
    return [network.get_layer(name).output for name in FEATURES if name in names]


def _opinions(network: keras.Model) -> list:
    names = {layer.name for layer in network.layers}
    found = [network.get_layer(name).output for name in (PICTURE, OUTLINE) if name in names]
    return found or [network.output]
