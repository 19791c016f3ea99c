"""The network a training starts from: its architecture, and where its weights come from."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import (
    ModelIntegrityError,
    ModelMismatchError,
    ModelNotFoundError,
    ParameterError,
)
from napari_all_subtype.model.backbones import BACKBONES, build_backbone
from napari_all_subtype.model.backend import device_name, load_keras
from napari_all_subtype.model.card import CARD_NAME, COMPACT
from napari_all_subtype.model.embedding import body_of
from napari_all_subtype.model.imagenet import IMAGENET, weights_in
from napari_all_subtype.model.network import build_network
from napari_all_subtype.model.parameters import (
    BackboneParameters,
    NetworkParameters,
    TrainingParameters,
)
from napari_all_subtype.model.weight_files import SUFFIX, check_weights
from napari_all_subtype.model.weights import BUNDLED, load_network
from napari_all_subtype.taxonomy import Taxonomy

if TYPE_CHECKING:
    import keras

RANDOM = "random"
FIRST_OF_COMPACT = "block11_expand"
SETTLING = 8  # batches of which batch normalisation takes its statistics, where none came along
SETTLING_CROPS = 32


@dataclass(frozen=True)
class Start:
    """A network that is to be trained.

    Parameters
    ----------
    network : keras.Model
        Crops (N, S, S, C) uint8 to logits (N, K); the head is new unless the classes are the same.
    architecture : str
        As a card names it.
    shape, head : NetworkParameters, BackboneParameters
        As the card holds them.
    spec : CropSpec
        How its crops are cut.
    weights : str
        Where its weights come from: ``bundled``, ``imagenet``, ``random`` or the name of a file.
    parent : str
        Identity of the model it goes on from; empty where there is none.
    first : str
        Layer from which it is fine-tuned; empty for all of it.
    knows : bool
        Whether its head tells these very classes apart already.
    """

    network: keras.Model
    architecture: str
    shape: NetworkParameters
    head: BackboneParameters
    spec: CropSpec
    weights: str
    parent: str
    first: str
    knows: bool = False

    @property
    def is_random(self) -> bool:
        """Whether nothing has taught it anything."""
        return self.weights == RANDOM


def weights_word(parameters: TrainingParameters) -> str:
    """What `parameters` start from, also where they leave it to the backbone."""
    if parameters.weights:
        return parameters.weights
    return {BUNDLED: BUNDLED, "cnn": RANDOM}.get(parameters.backbone, IMAGENET)


def start_from(
    parameters: TrainingParameters,
    taxonomy: Taxonomy,
    spec: CropSpec,
    seed: int,
    imagenet: Path,
    precise: bool = True,
) -> Start:
    """The network that `parameters` name, with the weights they name.

    Parameters
    ----------
    taxonomy : Taxonomy
        Of the classes it is to tell apart.
    spec : CropSpec
        Of the crops it is to learn from.
    seed : int
        Of weights that are drawn.
    imagenet : Path
        Folder of the published weights.
    precise : bool
        32 bits throughout; else 16 where that is faster.

    Raises
    ------
    ParameterError
        If backbone and weights do not go together.
    WeightsMissingError, ModelNotFoundError, ModelIntegrityError
        If the weights are not there, or are not what they should be.
    ModelMismatchError
        If the bundled network wants other crops.
    """
    word = weights_word(parameters)
    _refuse(parameters.backbone, word)
    load_keras().utils.set_random_seed(seed)
    head = BackboneParameters(
        head_features=parameters.head_features, dropout=parameters.head_dropout
    )
    shape = NetworkParameters()
    with _policy(precise):
        if parameters.backbone == BUNDLED:
            network, architecture = build_network(spec, len(taxonomy), shape), COMPACT
            first = FIRST_OF_COMPACT
        else:
            network = build_backbone(parameters.backbone, spec, len(taxonomy), head)
            architecture, first = parameters.backbone, BACKBONES[parameters.backbone].first
    parent, knows = _bring(network, word, taxonomy, spec, imagenet, parameters.backbone)
    chosen = parameters.fine_tune_from or ("" if word == RANDOM else first)
    names = [layer.name for layer in network.layers]
    if chosen and chosen not in names:
        learning = [layer.name for layer in network.layers if layer.weights]
        raise ParameterError(
            f"fine_tune_from = {chosen!r}: {parameters.backbone} has no such layer. Expected one "
            f"of its layers, like {', '.join(learning[-8:])}."
        )
    said = word if word in (BUNDLED, IMAGENET, RANDOM) else Path(word).name
    return Start(network, architecture, shape, head, spec, said, parent, chosen, knows)


def settle_norms(network: keras.Model, crops: np.ndarray, seed: int) -> None:
    """Give batch normalisation the statistics of `crops`, where it has those of no pictures yet.

    Afterwards it never learns: what it would take from small batches of one laboratory
    is what transfers worst to the next.
    """
    norms = norms_of(network)
    if not norms:
        return
    kept = [norm.momentum for norm in norms]
    rng = np.random.default_rng(seed)
    for norm in norms:
        norm.momentum = 0.5
    for _ in range(SETTLING):
        rows = rng.integers(len(crops), size=min(SETTLING_CROPS, max(len(crops), 2)))
        network(crops[rows], training=True)
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum


def norms_of(network: keras.Model) -> list:
    """Its layers of batch normalisation."""
    kind = load_keras().layers.BatchNormalization
    return [layer for layer in network.layers if isinstance(layer, kind)]


@contextmanager
def _policy(precise: bool) -> Iterator[None]:
    """Layers that are made meanwhile compute in 16 bits if there is a GPU and `precise` is off."""
    config = load_keras().config
    before = config.dtype_policy()
    if not precise and device_name() != "CPU":
        config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        config.set_dtype_policy(before)


def _refuse(backbone: str, word: str) -> None:
    if word == BUNDLED and backbone != BUNDLED:
        raise ParameterError(
            f"weights = bundled go with the bundled network, not with {backbone}. Use imagenet, "
            "random or a file, or --backbone bundled."
        )


def _bring(
    network: keras.Model,
    word: str,
    taxonomy: Taxonomy,
    spec: CropSpec,
    imagenet: Path,
    backbone: str,
) -> tuple[str, bool]:
    """Give `network` the weights that `word` names.

    Returns
    -------
    tuple of str and bool
        The identity of their model, if one is, and whether its head came too.
    """
    if word == RANDOM:
        return "", False
    if word == IMAGENET:
        _bring_body(network, weights_in(imagenet, backbone))
        return "", False
    if word == BUNDLED or (Path(word) / CARD_NAME).is_file():
        return _bring_model(network, word, taxonomy, spec)
    _bring_file(network, Path(word))
    return "", False


def _bring_model(
    network: keras.Model, model: str, taxonomy: Taxonomy, spec: CropSpec
) -> tuple[str, bool]:
    """Weights of a model, its head too if its classes are the same: which model, and whether."""
    other, card = load_network(model)
    if card.crop_spec != spec:
        raise ModelMismatchError(
            f"Model {card.id} takes crops of {card.crop_spec.size_px} pixels at "
            f"{card.crop_spec.um_per_px} µm per pixel, those here have {spec.size_px} at "
            f"{spec.um_per_px}. Choose another backbone, or cut the crops again."
        )
    same = card.classes.meanings == taxonomy.meanings
    found = {layer.name: layer for layer in other.layers if layer.weights}
    for layer in network.layers:
        ours = [tuple(one.shape) for one in layer.weights]
        theirs = found.get(layer.name)
        is_head = layer.name.endswith("logits")
        if not ours or (is_head and not same):
            continue
        if theirs is None or [tuple(one.shape) for one in theirs.weights] != ours:
            raise ModelMismatchError(
                f"Model {card.id} has another network than {network.name}: its layer {layer.name} "
                "differs. Choose the backbone it was trained with."
            )
        layer.set_weights(theirs.get_weights())
    return card.identity, same


def _bring_body(network: keras.Model, path: Path) -> None:
    """Weights of a published file, which has no head."""
    _load(body_of(network), path, path.name)


def _bring_file(network: keras.Model, path: Path) -> None:
    if not path.is_file():
        raise ModelNotFoundError(
            f"weights = {path.name}: there is no such file. Expected bundled, imagenet, random, a "
            f"file that ends in {SUFFIX}, or the folder of a model."
        )
    check_weights(path)
    before = [np.array(one) for one in network.get_weights()]
    _load(network, path, path.name, skip_mismatch=True)
    pairs = zip(before, network.get_weights(), strict=True)
    if all(np.array_equal(old, new) for old, new in pairs):
        raise ModelMismatchError(
            f"{path.name} holds no weights that fit {network.name}. Choose the backbone it was "
            "made with."
        )


def _load(network: keras.Model, path: Path, name: str, **options: bool) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if options else "error", UserWarning)
            network.load_weights(path, **options)
    except (ValueError, OSError, KeyError, UserWarning) as error:
        raise ModelIntegrityError(
            f"{name} does not fit the network {network.name}. Get it again, or choose the backbone "
            "it was made with."
        ) from error
