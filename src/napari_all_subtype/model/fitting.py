"""Training a network on crops that may name a set of classes rather than one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.augmentation import augment, stain_statistics
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.parameters import AugmentationParameters, FittingParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.taxonomy import FAB5, Taxonomy

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class TrainingCrops:
    """Crops and what each is allowed to teach.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
        Painted with the ground value outside the cell.
    allowed : ndarray, shape (N, K), bool
        Classes a crop may be.
    considered : ndarray, shape (N, K), bool
        Classes it is judged among. A cell that a person named is judged among all.
        One that a simulation or a rule named is judged among the blast side alone: it
        says L1 against L2, and nothing of blast against normal, where its origin
        would give it away.
    chance : ndarray, shape (N,), float
        How often a crop is drawn, relative to the others.
    laboratory : ndarray, shape (N,), str
        Where it comes from: stains are swapped between laboratories.
    zoom : ndarray, shape (N, 2), float, optional
        Smallest and largest factor of size of each crop; else as the augmentation says.
    stain_swap : ndarray, shape (N,), float, optional
        Chance of each crop to be recoloured like another laboratory's, 0–1; else as the
        augmentation says. One that never is lends its stain to no other either.
    """

    crops: np.ndarray
    allowed: np.ndarray
    considered: np.ndarray
    chance: np.ndarray
    laboratory: np.ndarray
    zoom: np.ndarray | None = None
    stain_swap: np.ndarray | None = None


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
    family = [taxonomy.index(name) for name in taxonomy.family("blast")]
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
        wrong = among - inside(logits, considered - allowed)
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
    """Balanced draws, each crop augmented with a stain of another laboratory."""
    stains = np.stack([stain_statistics(crop[..., :3], ground) for crop in training.crops])
    laboratories = np.unique(training.laboratory)
    swaps = training.stain_swap
    if swaps is None:
        swaps = np.full(len(stains), augmentation.stain_swap_fraction)
    # Equal weight per laboratory, not per crop: each other stain is as likely.
    lent = {name: stains[(training.laboratory == name) & (swaps > 0)] for name in laboratories}
    others = {
        name: [lent[other] for other in laboratories if other != name and len(lent[other])]
        for name in laboratories
    }
    chance = training.chance / training.chance.sum()
    targets = np.concatenate([training.allowed, training.considered], axis=1).astype(np.float32)
    empty = np.zeros((0, 2, 3), np.float32)
    recolour = {
        swap: augmentation.model_copy(update={"stain_swap_fraction": float(swap)})
        for swap in np.unique(swaps)
    }

    class Batches(load_keras().utils.PyDataset):
        epoch = 0

        def __len__(self):
            return batches

        def on_epoch_end(self):
            self.epoch += 1

        def __getitem__(self, index):
            rng = np.random.default_rng((seed, self.epoch, index))
            rows = rng.choice(len(chance), parameters.batch_size, p=chance)
            crops = []
            for row in rows:
                choices = others[training.laboratory[row]]
                pool = choices[rng.integers(len(choices))] if choices else empty
                how = recolour[swaps[row]]
                zoom = None if training.zoom is None else tuple(training.zoom[row])
                crops.append(augment(training.crops[row], pool, rng, how, ground, zoom))
            return np.stack(crops), targets[rows]

    return Batches()
