"""A learner without a network: the mean picture of each class, in a file; whole and quick."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.files import new_folder
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.learning.training_set import TRAIN
from napari_all_subtype.model.pictures_file import write_pictures
from napari_all_subtype.progress import SILENT, Progress, checkpoint
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.learners import Learned

SPEC = CropSpec(outlined=True)


def look(crops):
    """Mean and spread of each colour, and size of cell and nucleus."""
    rgb = crops[..., :3].astype(float) / 255
    parts = [rgb.mean(axis=(1, 2)), rgb.std(axis=(1, 2))]
    if crops.shape[-1] == 4:
        parts += [(crops[..., 3] > level).mean(axis=(1, 2))[:, None] for level in (64, 191)]
    return np.hstack(parts)


@dataclass(frozen=True)
class FakeModel:
    means: np.ndarray
    spread: np.ndarray
    sharpness: float
    taxonomy: object = FAB5
    crop_spec: CropSpec = SPEC

    def predict(self, crops, monitor=SILENT, batch_size=64):
        checkpoint(monitor, Progress("classify", 0, len(crops)))
        if not len(crops):
            return np.zeros((0, len(self.taxonomy)), np.float32)
        away = ((look(crops)[:, None] - self.means[None]) / self.spread) ** 2
        logits = -self.sharpness * away.mean(axis=-1)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (p / p.sum(axis=1, keepdims=True)).astype(np.float32)

    def features(self, crops, monitor=SILENT):
        return look(crops)

    def novelty(self, crops):
        return np.full(len(crops), np.nan, np.float32)


@dataclass
class FakeLearner:
    """`trained` lists what was asked for; `fail_at` stops the n-th training half-way."""

    crop_spec: CropSpec = SPEC
    sharpness: float = 2.0
    taxonomy: object = FAB5
    trained: list = field(default_factory=list)
    fail_at: int = -1
    before: Pictures = Pictures()

    @property
    def settings(self):
        return {"backbone": "mean", "sharpness": self.sharpness}

    def learned_before(self):
        return self.before

    def learn(self, training, model_id, folder, seed, monitor, extra=None, pictures=None):
        checkpoint(monitor, Progress("epoch", 0, 1))
        self.trained.append((model_id, training, extra, seed))
        part = training.part(TRAIN)
        crops, allowed, weights = part.crops, part.allowed, part.weights
        if extra is not None:
            crops = np.concatenate([crops, extra.crops])
            allowed = np.concatenate([allowed, extra.allowed])
            weights = np.concatenate([weights, extra.weights])
        if len(self.trained) - 1 == self.fail_at:
            raise KeyboardInterrupt
        seen = look(crops)
        means = np.full((len(training.taxonomy), seen.shape[1]), 1e3)
        for k in range(len(training.taxonomy)):
            mine = allowed[:, k] & (allowed.argmax(axis=1) == k)
            if mine.any():
                means[k] = np.average(seen[mine], axis=0, weights=weights[mine])
        card = json.dumps({"id": model_id, "seed": seed})
        with new_folder(Path(folder), ("card.json", "model.npz", "pictures.json")) as partial:
            np.savez(partial / "model.npz", means=means, spread=seen.std(axis=0) + 0.02)
            (partial / "card.json").write_text(card)
            if pictures is not None:
                write_pictures(pictures.after(self.before), partial)
        return Learned("mean", hashlib.sha256(card.encode()).hexdigest(), {"epochs": 1})

    def settle(self, folder, learned):
        """Nothing is kept between passes."""

    def quick(self):
        return self

    def load(self, folder):
        with np.load(Path(folder) / "model.npz") as kept:
            return FakeModel(
                kept["means"], kept["spread"], self.sharpness, self.taxonomy, self.crop_spec
            )
