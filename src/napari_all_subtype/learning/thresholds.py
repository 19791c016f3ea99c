"""From which confidence on a model is believed: told by the errors a person accepts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_all_subtype.errors import ParameterError

NOTHING = 1.0 + 1e-6  # above every confidence


def threshold_by_errors(
    confidence: Sequence[float], right: Sequence[bool], error_rate: float
) -> float:
    """Least confidence from which on cells, judged by labels, are wrong at most so often.

    The rate is estimated as (errors + 1) / (cells + 2), so that three right cells do not make
    a model faultless (Laplace's rule).

    Parameters
    ----------
    confidence : sequence of float
        Out of sample, 0–1.
    right : sequence of bool
    error_rate : float
        Accepted, above 0 and below 1.

    Returns
    -------
    float
        Above 1 where no confidence is enough.

    Raises
    ------
    ParameterError
        If the rate is out of range.

    Examples
    --------
    >>> threshold_by_errors([0.6] * 50 + [0.9] * 50, [False] * 50 + [True] * 50, 0.05)
    0.9
    """
    _refuse_rate(error_rate)
    sure = np.asarray(confidence, float)
    if not len(sure):
        return NOTHING
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~np.asarray(right, bool)[order])
    rate = (wrong + 1) / (np.arange(1, len(sure) + 1) + 2)
    # Equal confidences are believed together or not at all.
    last_of_its_kind = np.append(np.diff(sure[order]) != 0, True)
    good = np.flatnonzero((rate <= error_rate) & last_of_its_kind)
    return float(sure[order][good[-1]]) if len(good) else NOTHING


def believed(confidence: np.ndarray, error_rate: float) -> np.ndarray:
    """Which cells are taken when no more than `error_rate` of them are expected to be wrong.

    The most confident first, as long as the mean of 1 − confidence allows it: a calibrated
    confidence states its own error, also where there are no labels to count errors on.

    Parameters
    ----------
    confidence : ndarray, shape (N,), float
        Calibrated, 0–1.

    Returns
    -------
    ndarray, shape (N,), bool

    Examples
    --------
    >>> believed(np.array([0.99, 0.9, 0.6]), 0.06).tolist()
    [True, True, False]
    """
    _refuse_rate(error_rate)
    order = np.argsort(-confidence, kind="stable")
    expected = np.cumsum(1 - confidence[order].astype(float)) / np.arange(1, len(order) + 1)
    taken = np.zeros(len(confidence), bool)
    # It never falls along the order; rounding must not say otherwise.
    taken[order[np.maximum.accumulate(expected) <= error_rate]] = True
    return taken


def _refuse_rate(error_rate: float) -> None:
    if not 0 < error_rate < 1:
        raise ParameterError(
            f"error_rate = {error_rate}: expected the share of errors that you accept, above 0 and "
            "below 1; 0.05 is one in twenty."
        )
