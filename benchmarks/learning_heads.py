"""Heads trained by the product's own training on features that are kept: seconds for each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from imagenet_weights import start_from_imagenet
from learning_data import SPEC

from napari_all_subtype.files import new_folder
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.learning.training_set import TRAIN, VAL, PseudoLabelled, TrainingSet
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.calibration import calibrated
from napari_all_subtype.model.card import COMPACT
from napari_all_subtype.model.embedding import body_of, embed, head_of
from napari_all_subtype.model.network import build_network
from napari_all_subtype.model.parameters import (
    AugmentationParameters,
    BackboneParameters,
    NetworkParameters,
    TrainingParameters,
)
from napari_all_subtype.model.starting import Start
from napari_all_subtype.model.training import train
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.keras_learner import _with_extra, crops_of
from napari_all_subtype.workflow.learners import Learned

HEAD_FILE = "head.npz"
IMAGENET = "EfficientNet-Lite0, ImageNet"
HEAD_ONLY = TrainingParameters(fine_tune_epochs=0)


class KeptFeatures:
    """An embedder that looks at each crop once, as long as the body is the same."""

    def __init__(self) -> None:
        self._kept: dict[bytes, list[np.ndarray]] = {}

    def __call__(self, body, crops, monitor: Monitor = SILENT, stage: str = "look at crops"):
        """Features of `crops`, as `embed` gives them."""
        keys = [hashlib.blake2b(crop.tobytes(), digest_size=16).digest() for crop in crops]
        new = [n for n, key in enumerate(keys) if key not in self._kept]
        if new:
            found = embed(body, crops[new], monitor, stage)
            for place, n in enumerate(new):
                self._kept[keys[n]] = [part[place] for part in found]
        if not keys:
            return embed(body, crops)
        return [np.stack(part) for part in zip(*(self._kept[key] for key in keys), strict=True)]


@dataclass(frozen=True)
class Backbone:
    """Weights that every head of a row starts on.

    Parameters
    ----------
    name : str
    network : keras.Model
        Its body is never changed.
    weights : list of ndarray
        Its own head among them.
    knows : bool
        Whether that head tells these classes apart already.
    body : keras.Model
        Crops to features.
    features : KeptFeatures
    """

    name: str
    network: object
    weights: list[np.ndarray]
    knows: bool
    body: object
    features: KeptFeatures = field(default_factory=KeptFeatures)

    @classmethod
    def of(cls, name: str, network, knows: bool = False) -> Backbone:
        """The backbone of a network as it stands; `knows` keeps its head too."""
        weights = [np.array(one) for one in network.get_weights()]
        return cls(name, network, weights, knows, body_of(network))

    def reset(self, seed: int) -> None:
        """Its own weights again, with a new head if its own knows nothing of these classes."""
        self.network.set_weights(self.weights)
        drawn = load_keras().initializers.GlorotUniform(seed)
        for layer in self.network.layers:
            if layer.name.endswith("_logits") and not self.knows:
                layer.kernel.assign(drawn(layer.kernel.shape))


@lru_cache(maxsize=4)
def imagenet(n_classes: int) -> Backbone:
    """EfficientNet-Lite0 as ImageNet taught it, in the bundled network's shape."""
    load_keras().utils.set_random_seed(0)
    network = build_network(SPEC, n_classes)
    start_from_imagenet(network)
    return Backbone.of(IMAGENET, network)


@dataclass(frozen=True)
class HeadModel:
    """A head that was learned, on its backbone."""

    backbone: Backbone
    head: list[np.ndarray]
    temperature: float
    taxonomy: Taxonomy
    crop_spec = SPEC

    def predict(self, crops: np.ndarray, monitor: Monitor = SILENT) -> np.ndarray:
        """Calibrated probabilities: ndarray, shape (N, K), float32."""
        seen = self.backbone.features(self.backbone.body, crops, monitor)
        head = head_of(self.backbone.network)
        head.set_weights(self.head)
        logits = np.mean([np.asarray(one) for one in _opinions(head, seen)], axis=0)
        return calibrated(logits, self.temperature, self.taxonomy)

    def features(self, crops: np.ndarray, monitor: Monitor = SILENT) -> np.ndarray:
        """What the body sees of the picture."""
        return self.backbone.features(self.backbone.body, crops, monitor)[0]

    def novelty(self, crops: np.ndarray) -> np.ndarray:
        """Nothing is known of it."""
        return np.full(len(crops), np.nan, np.float32)


@dataclass(frozen=True)
class HeadLearner:
    """Trains heads as `KerasLearner.quick` does, without building the network each time."""

    backbone: Backbone
    taxonomy: Taxonomy
    parameters: TrainingParameters = HEAD_ONLY
    augmentation: AugmentationParameters = AugmentationParameters()
    crop_spec = SPEC

    @property
    def settings(self) -> Mapping[str, object]:
        """All that its models depend on."""
        return {
            "backbone": self.backbone.name,
            "training": self.parameters.model_dump(),
            "augmentation": self.augmentation.model_dump(),
        }

    def learned_before(self) -> Pictures:
        """No picture of a project: the backbone never saw the dataset."""
        return Pictures()

    def learn(
        self,
        training: TrainingSet,
        model_id: str,
        folder: Path,
        seed: int,
        monitor: Monitor = SILENT,
        extra: PseudoLabelled | None = None,
        pictures: Pictures | None = None,
    ) -> Learned:
        """Train a head into `folder`."""
        self.backbone.reset(seed)
        load_keras().utils.set_random_seed(seed)
        start = Start(
            self.backbone.network,
            COMPACT,
            NetworkParameters(),
            BackboneParameters(),
            SPEC,
            self.backbone.name,
            "",
            "",
            self.backbone.knows,
        )
        crops = _with_extra(crops_of(training.part(TRAIN)), extra)
        fitted = train(
            *(start, self.taxonomy, crops, crops_of(training.part(VAL))),
            *(self.parameters, self.augmentation, seed),
            embedder=self.backbone.features,
        )
        head = head_of(self.backbone.network).get_weights()
        with new_folder(folder, own=()) as partial:
            named = {f"w{n}": one for n, one in enumerate(head)}
            np.savez(partial / HEAD_FILE, temperature=fitted.temperature, **named)
        content = {"temperature": fitted.temperature, "validation": fitted.measured}
        return Learned(
            self.backbone.name, hashlib.sha256(json.dumps(content).encode()).hexdigest(), content
        )

    def settle(self, folder: Path, learned: Learned) -> None:
        """Nothing is kept between passes."""

    def quick(self) -> HeadLearner:
        """Itself: only the head learns."""
        return replace(self)

    def load(self, folder: Path) -> HeadModel:
        """The model in `folder`."""
        with np.load(folder / HEAD_FILE) as kept:
            head = [kept[f"w{n}"] for n in range(len(kept.files) - 1)]
            return HeadModel(self.backbone, head, float(kept["temperature"]), self.taxonomy)


def _opinions(head, seen: list[np.ndarray]) -> list:
    said = head(seen, training=False)
    return said if isinstance(said, (list, tuple)) else [said]
