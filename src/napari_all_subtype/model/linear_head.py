"""A head that is linear in its features: all of these at once, towards its optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from napari_all_subtype.errors import Stopped
from napari_all_subtype.model.phase import PhaseRun

ITERATIONS = 10  # of one pass
ENOUGH = 1e-4  # change of the loss from one pass to the next, relative, with which the phase ends
_NOWHERE = -1e9  # logit of a class that is not looked at


@dataclass(frozen=True)
class Views:
    """Features of all crops and changed views, and what each is to teach.

    Parameters
    ----------
    features : sequence of ndarray, shape (N, F), float
        One for each opinion of the head.
    targets : ndarray, shape (N, 2K)
        Allowed beside considered classes.
    chance : ndarray, shape (N,)
        What each weighs; their sum is 1.
    knows : bool
        Whether the head that is started from tells these classes apart already.
    """

    features: Sequence[np.ndarray]
    targets: np.ndarray
    chance: np.ndarray
    knows: bool


class LinearRun(PhaseRun):
    """Runs the phase of a linear head: a pass is some steps of L-BFGS, each on all views.

    Weights cost `head_penalty` times half their square; those of a head that knows the classes, the
    square of how far they go from it; the loss that is told holds that cost. A pass depends on the
    weights that it starts from alone.
    """

    def __init__(self, views: Views, *told):
        self._views = views
        super().__init__(*told)

    def _prepare(self) -> None:
        head = self.phase.learner
        if not self._views.knows:  # drawn by chance, they would say something of classes unseen
            head.set_weights([np.zeros_like(one) for one in head.get_weights()])
        self._origin = head.get_weights()

    @property
    def _is_settled(self) -> bool:
        # Of what a checkpoint holds: one that is resumed ends where it would have ended.
        losses = [one.loss for one in self.state.history if one.phase == self.phase.name][-2:]
        still = len(losses) > 1 and abs(losses[0] - losses[1]) < ENOUGH * losses[0]
        return still or super()._is_settled

    def _variables(self) -> dict[str, list]:
        return {"weights": self.phase.learner.trainable_variables}

    def _learn(self, number: int) -> float:
        from scipy.optimize import minimize

        head, told, steps = self.phase.learner, [np.nan], count(1)
        weights = head.get_weights()
        ends = np.cumsum([one.size for one in weights])[:-1]

        def parts(flat: np.ndarray) -> list[np.ndarray]:
            pairs = zip(np.split(flat, ends), weights, strict=True)
            return [one.reshape(like.shape) for one, like in pairs]

        def price(flat: np.ndarray) -> tuple[float, np.ndarray]:
            loss, cost, slopes = self._price(parts(flat))
            told.append(loss + cost)
            return told[-1], np.concatenate([slope.ravel() for slope in slopes])

        def step(_: np.ndarray) -> None:
            if self.monitor.stop_requested:
                raise Stopped("Stopped during training.")
            self._report(number, next(steps), told[-1])

        flat = np.concatenate([one.ravel() for one in weights]).astype(float)
        options = {"maxiter": self.phase.batches}
        found = minimize(price, flat, jac=True, method="L-BFGS-B", callback=step, options=options)
        best = [one.astype(np.float32) for one in parts(found.x)]
        head.set_weights(best)
        loss, cost, _ = self._price(best)
        return loss + cost

    def _price(self, weights: Sequence[np.ndarray]) -> tuple[float, float, list[np.ndarray]]:
        """Mean loss of the opinions, what their weights cost, and the slopes of both together."""
        views, p, n = self._views, self.parameters, len(self._views.features)
        loss, cost, slopes = 0.0, 0.0, []
        for k, features in enumerate(views.features):
            kernel, bias = weights[2 * k : 2 * k + 2]
            said = features @ kernel.astype(features.dtype) + bias
            own, slope = set_loss_and_slope(said, views.targets, views.chance, p.label_smoothing)
            gone = kernel - self._origin[2 * k]
            loss += own / n
            cost += p.head_penalty * float(np.square(gone).sum()) / 2 / n
            pull = features.T @ slope.astype(features.dtype) + p.head_penalty * gone
            slopes += [pull / n, slope.sum(axis=0) / n]
        return loss, cost, slopes


def set_loss_and_slope(
    logits: np.ndarray, targets: np.ndarray, chance: np.ndarray, smoothing: float
) -> tuple[float, np.ndarray]:
    """The loss of `fitting.set_loss`, its mean by `chance`, and its slope by the logits, (N, K)."""
    allowed, considered = np.split(targets > 0.5, 2, axis=1)
    among, p_among = _inside(logits, considered)
    right, p_right = _inside(logits, allowed)
    others = considered & ~allowed
    # Where no class is wrong there is nothing to smooth towards.
    wrong, p_wrong = _inside(
        logits, np.where(others.any(axis=1, keepdims=True), others, considered)
    )
    told = among - (1 - smoothing) * right - smoothing * wrong
    slope = p_among - (1 - smoothing) * p_right - smoothing * p_wrong
    return float(chance @ told), chance[:, None] * slope


def _inside(logits: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithm of the sum of exponentials over the classes in `mask`, and its slope."""
    z = np.where(mask, logits, _NOWHERE)
    top = z.max(axis=1, keepdims=True)
    powers = np.exp(z - top)
    total = powers.sum(axis=1, keepdims=True)
    return (np.log(total) + top)[:, 0], np.where(mask, powers / total, 0)
