"""What teaches a model, and the model it teaches: what the verbs of learning need of either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.learning.training_set import PseudoLabelled, TrainingSet
from napari_all_subtype.progress import Monitor
from napari_all_subtype.taxonomy import Taxonomy


class Predictor(Protocol):
    """A model that is ready: `model.classifier.Classifier` is one."""

    @property
    def taxonomy(self) -> Taxonomy:
        """Order of the probabilities' columns."""

    @property
    def crop_spec(self) -> CropSpec:
        """How its crops are cut."""

    def predict(self, crops: np.ndarray, monitor: Monitor = ...) -> np.ndarray:
        """Calibrated probabilities: ndarray, shape (N, K), float32."""

    def features(self, crops: np.ndarray, monitor: Monitor = ...) -> np.ndarray:
        """What it sees in each crop: ndarray, shape (N, F), float32; near is alike."""

    def novelty(self, crops: np.ndarray) -> np.ndarray:
        """How unlike its training each crop looks: ndarray, shape (N,); NaN if it cannot tell."""


@dataclass(frozen=True)
class Learned:
    """A model that was trained into a folder.

    Parameters
    ----------
    parent : str
        What it started from.
    card_sha256 : str
    content : dict
        What is to be recorded of it, ready for JSON.
    """

    parent: str
    card_sha256: str
    content: dict


class Learner(Protocol):
    """Trains models from the backbone and weights that were chosen; always from these anew."""

    @property
    def crop_spec(self) -> CropSpec:
        """How its crops are cut."""

    @property
    def settings(self) -> Mapping[str, object]:
        """All that its models depend on besides cells and seed, ready for JSON."""

    def learned_before(self) -> Pictures:
        """Pictures that the weights it starts from have seen."""

    def learn(
        self,
        training: TrainingSet,
        model_id: str,
        folder: Path,
        seed: int,
        monitor: Monitor,
        extra: PseudoLabelled | None = None,
        pictures: Pictures | None = None,
    ) -> Learned:
        """Train a model into `folder`, which appears whole or not at all.

        What was killed before goes on from its last epoch, with the same result.

        Parameters
        ----------
        pictures : Pictures, optional
            What the model is to tell of the pictures that these cells are in.

        Raises
        ------
        Stopped
            If the monitor asked for it and nothing of use was learned.
        """

    def settle(self, folder: Path, learned: Learned) -> None:
        """Forget what the training of the model in `folder` could go on from: it is recorded."""

    def quick(self) -> Learner:
        """One whose models are nearly as good and learned in seconds, to judge cells with."""

    def load(self, folder: Path) -> Predictor:
        """The model in `folder`."""
