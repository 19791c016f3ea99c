"""Training the outline network on views whose true nucleus, and sometimes cell, is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.augmentation import FLAT_LAB
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.parameters import OutlineFittingParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

if TYPE_CHECKING:
    import keras

_OWN_NUCLEUS, _OWN_CELL, _EVIDENCE = 3, 5, 7


@dataclass(frozen=True)
class TrueViews:
    """Views and what is true of their central cell.

    Parameters
    ----------
    views : ndarray, shape (N, S, S, 8), float16
    truth : ndarray, shape (N, S, S, 2), float16
        Nucleus and cell, 0–1; zeros for the cell where it is not known.
    knows_cell : ndarray, shape (N,), bool
        Whether the cell's outline is known, and not the nucleus' alone.
    laboratory : ndarray, shape (N,), str
        Stains are swapped between laboratories, and each is drawn equally often.
    """

    views: np.ndarray
    truth: np.ndarray
    knows_cell: np.ndarray
    laboratory: np.ndarray

    def at(self, rows: np.ndarray) -> TrueViews:
        """Those of `rows`: a mask, or numbers."""
        return TrueViews(
            self.views[rows], self.truth[rows], self.knows_cell[rows], self.laboratory[rows]
        )


def fit_outlines(
    network: keras.Model,
    training: TrueViews,
    seed: int,
    parameters: OutlineFittingParameters = OutlineFittingParameters(),
    monitor: Monitor = SILENT,
) -> list[float]:
    """Train `network` in place; gives back the mean loss of every hundred steps.

    The loss is binary cross-entropy plus one less the soft Dice of each mask.

    Parameters
    ----------
    seed : int
        Of the draws and the augmentation.

    Raises
    ------
    ParameterError
        If there is nothing to train on.
    Stopped
        If a stop was requested; the network is then half-trained.
    """
    if len(training.views) == 0:
        raise ParameterError("No view to train on: expected at least one.")
    keras = load_keras()
    rng = np.random.default_rng(seed)
    rate = keras.optimizers.schedules.CosineDecay(
        parameters.learning_rate, parameters.steps, alpha=0.02
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=parameters.weight_decay)
    network.compile(optimizer=optimizer, loss=_loss)
    draw = _Draw(training, rng, parameters)
    losses, recent = [], []
    for step in range(parameters.steps):
        checkpoint(monitor, Progress("train", step, parameters.steps))
        recent.append(float(network.train_on_batch(*draw.batch())))
        if len(recent) == 100 or step == parameters.steps - 1:
            losses.append(float(np.mean(recent)))
            recent = []
    checkpoint(monitor, Progress("train", parameters.steps, parameters.steps))
    return losses


def _loss(truth, logits):
    """Loss per view; `truth` holds nucleus, cell, and whether the cell is known."""
    ops = load_keras().ops
    masks, known = truth[..., :2], truth[:, 0, 0, 2]
    weights = ops.stack([ops.ones_like(known), known], axis=1)
    chance = ops.sigmoid(logits)
    entropy = ops.mean(ops.softplus(logits) - masks * logits, axis=(1, 2))
    both = ops.sum(chance * masks, axis=(1, 2))
    each = ops.sum(chance, axis=(1, 2)) + ops.sum(masks, axis=(1, 2))
    dice = (2 * both + 1) / (each + 1)
    return ops.sum(weights * (entropy + 1 - dice), axis=1) / ops.sum(weights, axis=1)


class _Draw:
    """Batches drawn evenly from the laboratories, each view augmented."""

    def __init__(
        self,
        training: TrueViews,
        rng: np.random.Generator,
        parameters: OutlineFittingParameters,
    ):
        self.training, self.rng, self.parameters = training, rng, parameters
        names = np.unique(training.laboratory)
        self.rows = [np.flatnonzero(training.laboratory == name) for name in names]
        self.stains = np.array([_stain(view) for view in training.views])

    def batch(self) -> tuple[np.ndarray, np.ndarray]:
        """Views (B, S, S, 8) and truth (B, S, S, 3), float32."""
        rng = self.rng
        pairs = []
        for _ in range(self.parameters.batch_size):
            of_laboratory = self.rows[rng.integers(len(self.rows))]
            row = of_laboratory[rng.integers(len(of_laboratory))]
            donors = self.rows[rng.integers(len(self.rows))]
            stain = self.stains[donors[rng.integers(len(donors))]]
            view = self.training.views[row].astype(np.float32)
            truth = np.dstack(
                [
                    self.training.truth[row].astype(np.float32),
                    np.full(view.shape[:2], self.training.knows_cell[row], np.float32),
                ]
            )
            pairs.append(augment_view(view, truth, stain, rng, self.parameters))
        return tuple(np.stack(part) for part in zip(*pairs, strict=True))


def _stain(view: np.ndarray) -> np.ndarray:
    """Mean and spread of a view in CIELAB: ndarray, shape (2, 3), float32."""
    lab = cv2.cvtColor(1 - view[..., :3].astype(np.float32), cv2.COLOR_RGB2LAB).reshape(-1, 3)
    return np.stack([lab.mean(axis=0), np.maximum(lab.std(axis=0), FLAT_LAB)])


def augment_view(
    view: np.ndarray,
    truth: np.ndarray,
    stain: np.ndarray,
    rng: np.random.Generator,
    parameters: OutlineFittingParameters,
) -> tuple[np.ndarray, np.ndarray]:
    """A view and its truth as another camera, stain and first guess might have had them.

    Parameters
    ----------
    view : ndarray, shape (S, S, 8), float32
    truth : ndarray, shape (S, S, M), float32
    stain : ndarray, shape (2, 3), float32
        Mean and spread in CIELAB of the stain it may be given.
    """
    view, truth = _turned(view, truth, rng, parameters)
    if rng.random() < parameters.stain_swap_fraction:
        view[..., :3] = 1 - _restained(1 - view[..., :3], stain, rng.uniform(0.3, 1.0))
    view[..., :3] = 1 - _photographed(1 - view[..., :3], rng, parameters)
    for channel in (_OWN_NUCLEUS, _OWN_CELL):
        if rng.random() < parameters.guess_chance:
            view[..., channel] = _misdrawn(view[..., channel], rng, parameters)
    view[..., _EVIDENCE] += np.float32(rng.normal(0, parameters.evidence_shift))
    if rng.random() < parameters.drop_colours_chance:
        view[..., :3] = 0.5
    elif rng.random() < parameters.drop_evidence_chance:
        view[..., _EVIDENCE] = 0
    return view, truth


def _turned(view, truth, rng, parameters):
    """Rotation, flip, zoom and shift, the same for both."""
    size = view.shape[0]
    zoom = np.exp(rng.normal(0, parameters.zoom_spread))
    matrix = cv2.getRotationMatrix2D(((size - 1) / 2,) * 2, rng.uniform(0, 360), zoom)
    matrix[:, 2] += rng.normal(0, parameters.shift_px, 2)
    both = np.dstack([view, truth])
    both = np.ascontiguousarray(both[:, ::-1] if rng.random() < 0.5 else both)
    # OpenCV warps up to four channels at a time.
    parts = [
        cv2.warpAffine(
            both[..., k : k + 4], matrix, (size, size), borderMode=cv2.BORDER_REFLECT_101
        )
        for k in range(0, both.shape[2], 4)
    ]
    turned = np.dstack(parts)
    return turned[..., : view.shape[2]], turned[..., view.shape[2] :]


def _restained(rgb: np.ndarray, stain: np.ndarray, strength: float) -> np.ndarray:
    """Colours moved towards another stain (Reinhard et al., IEEE CG&A 2001)."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    flat = lab.reshape(-1, 3)
    mean, spread = flat.mean(axis=0), np.maximum(flat.std(axis=0), FLAT_LAB)
    moved = (lab - mean) / spread * stain[1] + stain[0]
    mixed = (lab + strength * (moved - lab)).astype(np.float32)
    return np.clip(cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB), 0, 1)


def _photographed(rgb, rng, parameters):
    """Gamma, gain, blur and noise of another camera."""
    out = np.clip(rgb, 1 / 255, 1) ** np.float32(rng.uniform(0.75, 1.3))
    gain = rng.uniform(1 - parameters.gain_fraction, 1 + parameters.gain_fraction, 3)
    out = (out * gain.astype(np.float32)).astype(np.float32)
    if rng.random() < parameters.blur_chance:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.3, parameters.max_blur_px))
    noise = rng.standard_normal(out.shape, np.float32) * rng.uniform(0, parameters.max_noise)
    return np.clip(out + noise, 0, 1)


def _misdrawn(mask, rng, parameters):
    """A first guess drawn too large or too small."""
    radius = int(rng.integers(1, parameters.guess_error_px + 1))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    return (cv2.erode if rng.random() < 0.6 else cv2.dilate)(mask, disc)
