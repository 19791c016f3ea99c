"""Training a network on crops that may name a set of classes rather than one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.draws import Draws, TrainingCrops
from napari_all_subtype.model.parameters import AugmentationParameters, FittingParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.taxonomy import FAB5, Taxonomy

if TYPE_CHECKING:
    import keras

__all__ = ["TrainingCrops", "fit", "set_loss", "sets_of"]


def sets_of(words: np.ndarray, subtype_only: np.ndarray, taxonomy: Taxonomy = FAB5):
    """Allowed and considered classes of cells that a person, a simulation or a rule named.

    Parameters
    ----------
    words : ndarray, shape (N,), str
        Class names; a person's ``blast`` allows its subtypes too.
    subtype_only : ndarray, shape (N,), bool
        Named by a simulation or a rule: one subtype, judged among the blast side.

    Returns
    -------
    tuple of two ndarray, shape (N, K), bool
        `allowed` and `considered` of :class:`TrainingCrops`.
    """
    allowed = np.zeros((len(words), len(taxonomy)), bool)
    considered = np.ones_like(allowed)
    family = [taxonomy.index(name) for name in taxonomy.blasts]
    for row, (word, alone) in enumerate(zip(words, subtype_only, strict=True)):
        names = (word,) if alone else taxonomy.family(word)
        allowed[row, [taxonomy.index(name) for name in names]] = True
        if alone:
            considered[row] = False
            considered[row, family] = True
    return allowed, considered


def set_loss(smoothing: float):
    """Loss −log p(allowed | considered), as a function of (targets, logits).

    `targets` is (N, 2K): allowed beside considered. With one allowed class and
    all considered this is the usual cross-entropy. `smoothing` gives that
    weight to the classes considered but not allowed.
    """
    ops = load_keras().ops

    def inside(logits, mask):
        return ops.logsumexp(ops.where(mask > 0.5, logits, -1e9), axis=-1)

    def loss(targets, logits):
        allowed, considered = ops.split(targets, 2, axis=-1)
        among = inside(logits, considered)
        right = among - inside(logits, allowed)
        others = considered - allowed
        any_wrong = ops.max(others, axis=-1) > 0.5  # else there is nothing to smooth towards
        wrong = ops.where(any_wrong, among - inside(logits, others), 0.0)
        return (1 - smoothing) * right + smoothing * wrong

    return loss


def fit(
    network: keras.Model,
    training: TrainingCrops,
    seed: int,
    parameters: FittingParameters = FittingParameters(),
    augmentation: AugmentationParameters = AugmentationParameters(),
    ground: int = 255,
    monitor: Monitor = SILENT,
) -> list[float]:
    """Train `network`, or one opinion of it, in place; gives back the mean loss of each epoch.

    Parameters
    ----------
    seed : int
        Of the draws and the augmentation; the network's own initial weights
        are the caller's.

    Raises
    ------
    ParameterError
        If there is nothing to train on.
    Stopped
        If a stop was requested; the network is then half-trained, to be thrown away.
    """
    if len(training.crops) == 0 or not training.chance.sum() > 0:
        raise ParameterError("No crop to train on: give at least one with a chance above 0.")
    keras = load_keras()
    batches = max(parameters.crops_per_epoch // parameters.batch_size, 1)
    network.compile(
        optimizer=_optimizer(parameters, batches), loss=set_loss(parameters.label_smoothing)
    )
    history = network.fit(
        _batches(training, seed, parameters, augmentation, ground, batches),
        epochs=parameters.epochs,
        verbose=0,
        callbacks=[_listener(monitor, parameters.epochs * batches)],
    )
    if monitor.stop_requested:
        checkpoint(monitor, Progress("train", 0, 0))
    keras.utils.clear_session(free_memory=False)
    return [float(value) for value in history.history["loss"]]


def _optimizer(parameters: FittingParameters, batches: int):
    keras = load_keras()
    total = parameters.epochs * batches
    warmup = int(total * parameters.warmup_fraction)
    rate = keras.optimizers.schedules.CosineDecay(
        parameters.learning_rate / 20,
        max(total - warmup, 1),
        alpha=0.01,
        warmup_target=parameters.learning_rate,
        warmup_steps=warmup,
    )
    return keras.optimizers.AdamW(
        rate,
        weight_decay=parameters.weight_decay,
        clipnorm=1.0,
        use_ema=True,
        ema_momentum=parameters.average_momentum,
    )


def _listener(monitor: Monitor, total: int):
    class Listener(load_keras().callbacks.Callback):
        done = 0

        def on_train_batch_end(self, batch, logs=None):
            self.done += 1
            monitor.report(Progress("train", self.done, total))
            if monitor.stop_requested:
                self.model.stop_training = True

    return Listener()


def _batches(training, seed, parameters, augmentation, ground, batches):
    """Batches of :class:`~napari_all_subtype.model.draws.Draws`, as Keras asks for them."""
    draws = Draws(training, seed, parameters.batch_size, augmentation, ground)

    class Batches(load_keras().utils.PyDataset):
        epoch = 0

        def __len__(self):
            return batches

        def on_epoch_end(self):
            self.epoch += 1

        def __getitem__(self, index):
            return draws.batch(self.epoch, index)

    return Batches()
