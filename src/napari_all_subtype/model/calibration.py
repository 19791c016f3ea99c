"""How far a confidence can be believed: one temperature, for the normal/blast side if there is."""

from __future__ import annotations

import math

import numpy as np

from napari_all_subtype.config import DecisionParameters
from napari_all_subtype.decision import decide
from napari_all_subtype.taxonomy import FAB5, Taxonomy

TEMPERATURE_BOUNDS = (0.05, 20.0)


def blast_logit(logits: np.ndarray, taxonomy: Taxonomy = FAB5) -> np.ndarray:
    """Log odds of any blast class against normal: ndarray, shape (N,), float64.

    Parameters
    ----------
    logits : ndarray, shape (N, K), float
        Columns in the taxonomy's order.
    """
    from scipy.special import logsumexp

    z = np.asarray(logits, np.float64).reshape(-1, len(taxonomy))
    family = [taxonomy.index(name) for name in taxonomy.family("blast")]
    return logsumexp(z[:, family], axis=1) - z[:, taxonomy.index("normal")]


def calibrated(
    logits: np.ndarray, temperature: float = 1.0, taxonomy: Taxonomy = FAB5
) -> np.ndarray:
    """Probabilities with the normal/blast odds softened by `temperature`.

    In a taxonomy without these sides all logits are.

    The shares within the blast side stay as the network gives them: they are
    scores, and no real label exists to calibrate them on. A temperature of 1 is
    the plain softmax.

    Parameters
    ----------
    logits : ndarray, shape (N, K), float
        Columns in the taxonomy's order.
    temperature : float
        Above 0; above 1 is less sure.

    Returns
    -------
    ndarray, shape (N, K), float32
        Rows sum to 1.

    Examples
    --------
    >>> calibrated(np.array([[2.0, 0.0, 0.0, 0.0, 0.0]]), 1.0).round(3).tolist()[0][0]
    0.6489999890327454
    """
    from scipy.special import expit, softmax

    z = np.asarray(logits, np.float64).reshape(-1, len(taxonomy))
    if not taxonomy.has_sides:
        return softmax(z / temperature, axis=1).astype(np.float32)
    family = [taxonomy.index(name) for name in taxonomy.family("blast")]
    side = expit(blast_logit(z, taxonomy) / temperature)
    out = np.zeros_like(z)
    out[:, family] = side[:, None] * softmax(z[:, family], axis=1)
    out[:, taxonomy.index("normal")] = 1 - side
    return out.astype(np.float32)


def fit_temperature(
    logits: np.ndarray,
    is_blast: np.ndarray,
    weights: np.ndarray | None = None,
    taxonomy: Taxonomy = FAB5,
    prior_spread: float = math.inf,
) -> float:
    """Temperature at which held-out cells are least surprising (Guo et al., ICML 2017).

    Parameters
    ----------
    logits : ndarray, shape (N, K), float
        Of cells the network was not trained on.
    is_blast : ndarray, shape (N,), bool
        Their true side.
    weights : ndarray, shape (N,), float, optional
        Weight of each cell; equal if left out.
    prior_spread : float
        Spread of the logarithm of the temperature that is expected before any cell is seen: a
        few cells that are all right would otherwise make it as small as can be.

    Raises
    ------
    ValueError
        If there are no cells, or cells of one side only.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_expit

    truth = np.asarray(is_blast, bool)
    if truth.all() or not truth.any():
        raise ValueError(
            f"{truth.sum()} blasts among {truth.size} held-out cells: a temperature needs both "
            "blasts and normal cells"
        )
    signed = np.where(truth, 1, -1) * blast_logit(logits, taxonomy)
    weights = np.ones(truth.size) if weights is None else np.asarray(weights, float)

    def surprise(log_temperature: float) -> float:
        told = -float(np.average(log_expit(signed / np.exp(log_temperature)), weights=weights))
        return told + _prior(log_temperature, prior_spread, truth.size)

    found = minimize_scalar(surprise, bounds=np.log(TEMPERATURE_BOUNDS), method="bounded")
    return float(np.exp(found.x))


def fit_plain_temperature(
    logits: np.ndarray,
    allowed: np.ndarray,
    weights: np.ndarray | None = None,
    prior_spread: float = math.inf,
) -> float:
    """Temperature of all logits at which held-out cells are least surprising.

    Parameters
    ----------
    logits : ndarray, shape (N, K), float
        Of cells the network was not trained on.
    allowed : ndarray, shape (N, K), bool
        Classes that each may be.
    weights : ndarray, shape (N,), float, optional
        Weight of each cell; equal if left out.
    prior_spread : float
        As for :func:`fit_temperature`.

    Raises
    ------
    ValueError
        If there are no cells.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    z, allowed = np.asarray(logits, np.float64), np.asarray(allowed, bool)
    if not len(z):
        raise ValueError("no held-out cells: a temperature needs some")
    weights = np.ones(len(z)) if weights is None else np.asarray(weights, float)

    def surprise(log_temperature: float) -> float:
        scaled = z / np.exp(log_temperature)
        right = logsumexp(np.where(allowed, scaled, -np.inf), axis=1)
        told = float(np.average(logsumexp(scaled, axis=1) - right, weights=weights))
        return told + _prior(log_temperature, prior_spread, len(z))

    found = minimize_scalar(surprise, bounds=np.log(TEMPERATURE_BOUNDS), method="bounded")
    return float(np.exp(found.x))


def _prior(log_temperature: float, spread: float, n: int) -> float:
    """What a temperature costs for being unexpected, per cell."""
    return log_temperature**2 / (2 * spread**2 * n)


def calibration_error(
    probabilities: np.ndarray,
    is_blast: np.ndarray,
    parameters: DecisionParameters = DecisionParameters(),
    bins: int = 10,
    taxonomy: Taxonomy = FAB5,
) -> float:
    """Expected calibration error of the confidence that ``decide`` returns, 0–1.

    The confidence of the side taken against how often that side is right, in
    equal bins from 0 to 1, weighted by their cells (Naeini et al., AAAI 2015).

    Parameters
    ----------
    probabilities : ndarray, shape (N, K), float
        As the classifier returns them.
    is_blast : ndarray, shape (N,), bool
        True side.

    Raises
    ------
    ValueError
        If there are no cells.
    """
    truth = np.asarray(is_blast, bool)
    if truth.size == 0:
        raise ValueError("no cells: a calibration error needs at least one")
    decision = decide(probabilities, parameters, taxonomy)
    correct = (decision.subtype != "normal") == truth
    place = np.minimum((decision.confidence * bins).astype(int), bins - 1)
    gap = np.bincount(place, correct - decision.confidence.astype(float), bins)
    return float(np.abs(gap).sum() / truth.size)
