"""Trains the models of a project: from its cells to crops that a network takes, and to a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import ModelMismatchError, Stopped
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.learning.training_set import TRAIN, VAL, PseudoLabelled, TrainingSet
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.checkpoints import remove_checkpoint
from napari_all_subtype.model.classifier import Classifier, load_classifier
from napari_all_subtype.model.draws import TrainingCrops
from napari_all_subtype.model.embedding import Embedder, embed
from napari_all_subtype.model.imagenet import IMAGENET, published
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
from napari_all_subtype.model.pictures_file import pictures_of_weights
from napari_all_subtype.model.saving import Told, card_hash, save_model
from napari_all_subtype.model.starting import start_from, weights_word
from napari_all_subtype.model.training import train
from napari_all_subtype.model.weights import BUNDLED, find_model
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.rounds import running_model
from napari_all_subtype.workflow.learners import Learned
from napari_all_subtype.workflow.models import refuse_changed
from napari_all_subtype.workflow.user_folder import data_folder

CHECKPOINT = ".checkpoint"
TRAINING, AUGMENTATION = "training", "augmentation"


@dataclass(frozen=True)
class KerasLearner:
    """Trains with what `parameters` name; each model starts from there anew.

    Parameters
    ----------
    parameters : TrainingParameters
    augmentation : AugmentationParameters
    keeps_stopped : bool
        Whether a training that a person stops gives the model of its best pass; else it
        gives none.
    embedder : callable
        Gives the features of crops to the first phase.
    """

    parameters: TrainingParameters = TrainingParameters()
    augmentation: AugmentationParameters = AugmentationParameters()
    keeps_stopped: bool = False
    embedder: Embedder = embed

    @property
    def crop_spec(self) -> CropSpec:
        """Crops are cut as for the model that ships, whatever learns from them."""
        return read_card(find_model(BUNDLED)).crop_spec

    @property
    def settings(self) -> Mapping[str, object]:
        """Parameters, and what the weights it starts from are; without a path."""
        word = weights_word(self.parameters)
        told = {"weights": Path(word).name if self._is_file(word) else word}
        return {
            TRAINING: self.parameters.model_dump() | told,
            AUGMENTATION: self.augmentation.model_dump(),
            "start": self._start_digest(word),
        }

    def learned_before(self) -> Pictures:
        """Pictures that the weights it starts from have seen.

        Of what comes with the program only the public sets are known, by name.

        Raises
        ------
        ModelIntegrityError
            If what the weights' model tells of them is damaged.
        """
        word = weights_word(self.parameters)
        if word == BUNDLED:
            return pictures_of_weights(find_model(BUNDLED))
        return pictures_of_weights(Path(word)) if self._is_file(word) else Pictures()

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
        """Train a model into `folder`; see :class:`~napari_all_subtype.workflow.learners.Learner`.

        Raises
        ------
        TrainingError
            If nothing can be learned from these cells.
        WeightsMissingError, ModelNotFoundError, ModelIntegrityError, ParameterError
            If there is nothing to start from.
        Stopped
            If the monitor asked for it, and nothing was learned or no stopped model is wanted.
        OutputError
            If it cannot be written: a full disk.
        """
        self._refuse_other_crops(training)
        taxonomy, p = training.taxonomy, self.parameters
        labelled, held_out = training.part(TRAIN), training.part(VAL)
        start = start_from(
            p, taxonomy, self.crop_spec, seed, imagenet_folder(), not p.mixed_precision
        )
        kept = folder.parent / CHECKPOINT
        crops = _with_extra(crops_of(labelled), extra)
        fitted = train(
            *(start, taxonomy, crops, crops_of(held_out), p, self.augmentation),
            seed=seed,
            folder=kept,
            monitor=monitor,
            embedder=self.embedder,
        )
        if fitted.stopped and not self.keeps_stopped:
            raise Stopped("Stopped during training; it goes on from its last pass when run again.")
        told = Told(
            id=model_id,
            taxonomy=taxonomy,
            words={name: int((labelled.words == name).sum()) for name in taxonomy.names},
            crops=len(crops.crops),
            groups=len(np.unique(crops.laboratory)),
            validation_crops=len(held_out),
            validation_groups=len(np.unique(held_out.groups)),
            seed=seed,
            split_hash=training.split_hash,
            data_hash=_digest(crops.crops),
            settings=self.settings,
            pictures=pictures and pictures.after(self.learned_before()),
        )
        save_model(folder, start, fitted, told)
        content: dict[str, object] = {
            "temperature": fitted.temperature,
            "calibrated_on": fitted.calibrated_on,
            "validation": fitted.measured,
            "pass": "best" if fitted.chosen else "last",
            "history": [_plain(epoch) for epoch in fitted.history],
        }
        if fitted.stopped:
            # It is none of those that the same cells and settings give.
            content |= {"stopped": True, "fingerprint": "stopped"}
        return Learned(start.parent or start.weights, card_hash(folder), content)

    def settle(self, folder: Path, learned: Learned) -> None:
        """Remove the checkpoint, unless a person stopped the training and may go on with it."""
        if not learned.content.get("stopped"):
            remove_checkpoint(folder.parent / CHECKPOINT)

    def quick(self) -> KerasLearner:
        """The same without the second phase: only the head learns."""
        return replace(self, parameters=self.parameters.model_copy(update={"fine_tune_epochs": 0}))

    def load(self, folder: Path) -> Classifier:
        """The model in `folder`.

        Raises
        ------
        ModelIntegrityError
            If it is not what its card, or the record of its project, says.
        """
        refuse_changed(folder)
        return load_classifier(folder)

    def _refuse_other_crops(self, training: TrainingSet) -> None:
        shape = self.crop_spec.shape
        if training.crops.shape[1:] != shape:
            raise ModelMismatchError(
                f"Crops of shape {training.crops.shape[1:]}: expected {shape}, as the bundled "
                "model takes them. Cut them again."
            )

    @staticmethod
    def _is_file(word: str) -> bool:
        return word not in (BUNDLED, IMAGENET, "random")

    def _start_digest(self, word: str) -> str:
        """What tells the weights it starts from, beside their name."""
        if word == BUNDLED:
            return read_card(find_model(BUNDLED)).identity
        if word == IMAGENET:
            return published(self.parameters.backbone).md5
        path = Path(word)
        return _digest_of(path) if self._is_file(word) and path.is_file() else ""


def learner_of(database: Database) -> KerasLearner:
    """What trains the next model of a project: as the model that runs was trained."""
    model = running_model(database)
    told = {} if model is None else model.content.get("settings", {})
    try:
        chosen = dict(told.get(TRAINING, {}))
        if KerasLearner._is_file(chosen.get("weights") or BUNDLED):
            chosen["weights"] = ""  # where that file is nobody has written down
        return KerasLearner(
            TrainingParameters(**chosen),
            AugmentationParameters(**told.get(AUGMENTATION, {})),
        )
    except (ValidationError, TypeError, AttributeError):
        # Of a program with other parameters: those of today.
        return KerasLearner()


def imagenet_folder() -> Path:
    """Where the weights are kept that Keras publishes."""
    return data_folder() / IMAGENET


def crops_of(part: TrainingSet) -> TrainingCrops:
    """Labelled cells as a training takes them."""
    return TrainingCrops(
        crops=part.crops,
        allowed=part.allowed,
        considered=np.ones_like(part.allowed),
        chance=part.weights.astype(float),
        laboratory=part.groups.astype(str),
    )


def _with_extra(crops: TrainingCrops, extra: PseudoLabelled | None) -> TrainingCrops:
    if extra is None or not len(extra):
        return crops
    return TrainingCrops(
        crops=np.concatenate([crops.crops, extra.crops]),
        allowed=np.concatenate([crops.allowed, extra.allowed]),
        considered=np.concatenate([crops.considered, np.ones_like(extra.allowed)]),
        chance=np.concatenate([crops.chance, extra.weights.astype(float)]),
        laboratory=np.concatenate([crops.laboratory, extra.groups.astype(str)]),
    )


def _plain(epoch) -> dict[str, object]:
    """A pass, ready for JSON."""
    loss = None if np.isnan(epoch.loss) else round(epoch.loss, 6)
    measured = {name: round(value, 6) for name, value in epoch.measured.items()}
    return {"phase": epoch.phase, "pass": epoch.number, "loss": loss, **measured}


def _digest(crops: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(crops).tobytes()).hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
