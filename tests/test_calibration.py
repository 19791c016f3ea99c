"""Calibration softens the normal/blast side and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, softmax

from napari_all_subtype.model.calibration import (
    blast_logit,
    calibrated,
    calibration_error,
    fit_plain_temperature,
    fit_temperature,
)
from napari_all_subtype.taxonomy import FAB5, Taxonomy

LOGITS = arrays(np.float64, (7, 5), elements=st.floats(-40, 40))


@given(LOGITS, st.floats(0.1, 10))
def test_rows_sum_to_one_and_hold_probabilities(logits, temperature):
    p = calibrated(logits, temperature)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert (p >= 0).all()


@given(LOGITS)
def test_temperature_one_is_the_softmax(logits):
    np.testing.assert_allclose(calibrated(logits, 1.0), softmax(logits, axis=1), atol=1e-6)


@given(arrays(np.float64, (7, 5), elements=st.floats(-4, 4)), st.floats(0.2, 5))
def test_temperature_keeps_the_shares_of_the_blast_side(logits, temperature):
    p, plain = calibrated(logits, temperature)[:, 1:], softmax(logits[:, 1:], axis=1)
    np.testing.assert_allclose(p / p.sum(axis=1, keepdims=True), plain, rtol=1e-3)


@given(LOGITS, st.floats(0.1, 10))
def test_temperature_never_moves_a_cell_across_one_half(logits, temperature):
    side = blast_logit(logits)
    clear = np.abs(side) > 1e-4
    called = 1 - calibrated(logits, temperature)[:, 0] > 0.5
    np.testing.assert_array_equal(called[clear], (side > 0)[clear])


def two_sided(temperature: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too sure by a factor of `temperature`, and the true sides."""
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 2, n)
    logits = np.full((n, 5), -200.0)
    logits[:, 0], logits[:, 1] = 0.0, odds * temperature
    return logits, rng.random(n) < expit(odds)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_fit_finds_the_temperature_that_made_the_logits(temperature):
    assert fit_temperature(*two_sided(temperature)) == pytest.approx(temperature, rel=0.05)


def test_calibration_error_is_small_exactly_when_calibrated():
    logits, truth = two_sided(3.0)
    assert calibration_error(calibrated(logits, 3.0), truth) < 0.01
    assert calibration_error(calibrated(logits, 1.0), truth) > 0.08


def test_calibration_error_of_a_sure_and_always_wrong_model_is_one():
    wrong = np.tile([1.0, 0, 0, 0, 0], (10, 1))
    assert calibration_error(wrong, np.ones(10, bool)) == pytest.approx(1.0)


def test_temperature_of_one_sided_cells_is_refused():
    with pytest.raises(ValueError, match="needs both"):
        fit_temperature(np.zeros((4, 5)), np.ones(4, bool))


def test_calibration_error_of_no_cells_is_refused():
    with pytest.raises(ValueError, match="no cells"):
        calibration_error(np.zeros((0, 5)), np.zeros(0, bool))


def test_a_few_cells_that_are_all_right_do_not_make_a_model_certain():
    logits = np.array([[4.0, 0.0], [0.0, 4.0]] * 4)
    truth = np.arange(8) % 2 == 1
    two = Taxonomy("two", FAB5.classes[:2])
    own = Taxonomy("own", tuple(replace(c, name=c.name + "_") for c in two.classes))
    assert fit_temperature(logits, truth, taxonomy=two) < 0.1
    shy = fit_temperature(logits, truth, taxonomy=two, prior_spread=0.3)
    assert 0.8 < shy < 1
    allowed = np.stack([~truth, truth], axis=1)
    assert fit_plain_temperature(logits, allowed, prior_spread=0.3) == pytest.approx(shy, rel=1e-3)
    assert calibrated(logits, shy, own)[0, 0] == pytest.approx(1 / (1 + np.exp(-4 / shy)), rel=1e-4)
