"""The classifier: crops in, calibrated probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.backend import device_name
from napari_all_subtype.model.calibration import calibrated
from napari_all_subtype.model.card import CARD_NAME, ModelCard, read_card
from napari_all_subtype.model.embedding import body_of, embed
from napari_all_subtype.model.weights import (
    BUNDLED,
    check_files,
    find_model,
    load_network,
    model_folders,
    sha256_of,
)
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.taxonomy import Taxonomy

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Classifier:
    """A loaded model.

    Parameters
    ----------
    card : ModelCard
        What it is and what was measured.
    device : str
        ``CPU``, or ``GPU`` with its name.
    network : keras.Model
        Crops (N, S, S, C) uint8 to logits (N, K).
    """

    card: ModelCard
    device: str
    network: keras.Model

    @property
    def taxonomy(self) -> Taxonomy:
        """The classes, in the order of the probabilities' columns."""
        return self.card.classes

    @property
    def crop_spec(self) -> CropSpec:
        """How crops for this model are cut."""
        return self.card.crop_spec

    def predict(
        self, crops: np.ndarray, monitor: Monitor = SILENT, batch_size: int = 64
    ) -> np.ndarray:
        """Calibrated probabilities of `crops`: ndarray, shape (N, K), float32, rows sum to 1.

        Parameters
        ----------
        crops : ndarray, shape (N, S, S, C), uint8
            Cut as :attr:`crop_spec` says; no cells give no rows.
        monitor : Monitor
            Hears of each batch and can stop before the next.
        batch_size : int
            Cells at a time, at least 1.

        Raises
        ------
        ParameterError
            If the crops are not what the model takes.
        Stopped
            If a stop was requested.
        """
        logits = predict_logits(self.network, self._checked(crops), monitor, batch_size)
        return calibrated(logits, self.card.temperature, self.taxonomy)

    def features(self, crops: np.ndarray, monitor: Monitor = SILENT) -> np.ndarray:
        """What the network sees in `crops`, before it says a class: ndarray, (N, F), float32.

        Raises
        ------
        ParameterError
            If the crops are not what the model takes.
        Stopped
            If a stop was requested.
        """
        return embed(body_of(self.network), self._checked(crops), monitor)[0]

    def novelty(self, crops: np.ndarray) -> np.ndarray:
        """How unlike the cells of its training `crops` look: ndarray, shape (N,), float32.

        1 is as unlike as the most unusual one in a hundred of them. NaN where the
        model cannot tell: its card says nothing of it.

        Raises
        ------
        ParameterError
            If the crops are not what the model takes.
        """
        crops = self._checked(crops)
        if self.card.novelty is None:
            return np.full(len(crops), np.nan, np.float32)
        return self.card.novelty.novelty(crops)

    def strangeness(self, crops: np.ndarray) -> list[str]:
        """In what each of `crops` is unlike the cells of its training, in words.

        Raises
        ------
        ParameterError
            If the crops are not what the model takes.
        """
        crops = self._checked(crops)
        return [""] * len(crops) if self.card.novelty is None else self.card.novelty.reasons(crops)

    def _checked(self, crops: np.ndarray) -> np.ndarray:
        crops = np.asarray(crops)
        shape = self.crop_spec.shape
        if crops.size == 0:
            return crops.reshape(0, *shape).astype(np.uint8)
        if crops.shape[1:] != shape or crops.dtype != np.uint8:
            raise ParameterError(
                f"Crops of shape {crops.shape} and type {crops.dtype}: model {self.card.id} takes "
                f"(N, {', '.join(map(str, shape))}) uint8. Cut them with this model's crop_spec."
            )
        return crops


def load_classifier(model: str | Path = BUNDLED, places: Sequence[Path] = ()) -> Classifier:
    """Classifier by ``bundled``, by a model's id or by a model's folder.

    Keras is imported here, not before. The files are checked at every call; the
    same files give the same classifier, whose graph TensorFlow has traced already.

    Parameters
    ----------
    places : sequence of Path
        Folders with further models, beside those of the package.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError
        If the model is not there, or is not what its card says.
    """
    folder = find_model(model, places)
    check_files(folder, read_card(folder))
    return _loaded(folder.resolve(), sha256_of(folder / CARD_NAME))


@lru_cache(maxsize=2)
def _loaded(folder: Path, card_sha256: str) -> Classifier:
    """The classifier in `folder`; its card's hash covers the weights, whose hashes it records."""
    network, card = load_network(folder)
    return Classifier(card, device_name(), network)


def list_models() -> tuple[ModelCard, ...]:
    """Cards of the models that come with the package."""
    return tuple(read_card(folder) for folder in model_folders())


def predict_logits(
    network: keras.Model, crops: np.ndarray, monitor: Monitor = SILENT, batch_size: int = 64
) -> np.ndarray:
    """Raw outputs of `network`: ndarray, shape (N, K), float32.

    Every batch has the same shape, the last one filled up, so that the
    compiled graph is traced once for any number of cells.

    Raises
    ------
    ParameterError
        If `batch_size` is below 1.
    Stopped
        If a stop was requested.
    """
    if batch_size < 1:
        raise ParameterError(f"batch_size = {batch_size}: expected at least 1 cell at a time.")
    logits = np.zeros((len(crops), network.output_shape[-1]), np.float32)
    for start in range(0, len(crops), batch_size):
        checkpoint(monitor, Progress("classify", start, len(crops)))
        batch = crops[start : start + batch_size]
        missing = batch_size - len(batch)
        filled = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch
        # Not `predict`: its loop and callbacks cost more than the network on a small batch.
        logits[start : start + len(batch)] = network.predict_on_batch(filled)[: len(batch)]
    checkpoint(monitor, Progress("classify", len(crops), len(crops)))
    return logits
