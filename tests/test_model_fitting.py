"""Training: sets of classes, laboratories kept balanced, a loss that means what it says."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.errors import ParameterError, Stopped
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.calibration import blast_logit
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.model.fitting import TrainingCrops, fit, set_loss, sets_of
from napari_all_subtype.model.network import build_network
from napari_all_subtype.model.parameters import (
    AugmentationParameters,
    FittingParameters,
    NetworkParameters,
)
from napari_all_subtype.progress import Progress

pytestmark = pytest.mark.slow

TINY = NetworkParameters(widths=(8, 8), groups=4, dropout=0.0)


def test_a_persons_blast_never_teaches_against_a_subtype():
    allowed, considered = sets_of(np.array(["blast"]), np.array([False]))
    assert allowed.tolist() == [[False, True, True, True, True]]
    assert considered.all()


def test_a_simulated_cell_teaches_nothing_of_blast_against_normal():
    allowed, considered = sets_of(np.array(["l2"]), np.array([True]))
    assert allowed.tolist() == [[False, False, False, True, False]]
    assert considered.tolist() == [[False, True, True, True, True]]
    loss = set_loss(0.0)
    targets = np.concatenate([allowed, considered], axis=1).astype(np.float32)
    values = [float(loss(targets, np.array([[z, 0, 0, 1, 0]], np.float32))[0]) for z in (-9, 9)]
    assert values[0] == pytest.approx(values[1])


def test_loss_is_cross_entropy_for_one_class_and_zero_for_the_certain_set():
    loss = set_loss(0.0)
    logits = np.array([[1.0, 2.0, 0.5, -1.0, 0.0]], np.float32)
    p = np.exp(logits) / np.exp(logits).sum()
    for word, expected in (("normal", -np.log(p[0, 0])), ("blast", -np.log(1 - p[0, 0]))):
        allowed, considered = sets_of(np.array([word]), np.array([False]))
        targets = np.concatenate([allowed, considered], axis=1).astype(np.float32)
        assert float(loss(targets, logits)[0]) == pytest.approx(expected, rel=1e-5)


def coloured_discs(n: int = 48) -> TrainingCrops:
    """Blue discs are blasts and red ones normal, in two laboratories."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32] - 15.5
    words = np.where(np.arange(n) % 2 == 0, "blast", "normal")
    crops = np.full((n, 32, 32, 3), 255, np.uint8)
    for crop, word in zip(crops, words, strict=True):
        colour = (60, 60, 200) if word == "blast" else (200, 60, 60)
        crop[np.hypot(y, x) < rng.uniform(8, 12)] = colour
    allowed, considered = sets_of(words, np.zeros(n, bool))
    laboratory = np.where(np.arange(n) < n // 2, "a", "b")
    return TrainingCrops(crops, allowed, considered, np.ones(n), laboratory)


def test_fit_learns_what_can_be_learned_and_repeats_by_seed():
    training = coloured_discs()
    parameters = FittingParameters(
        epochs=8, crops_per_epoch=256, batch_size=32, average_momentum=0.5
    )
    plain = AugmentationParameters(stain_swap_fraction=0.0)
    logits = []
    for _ in range(2):
        load_keras().utils.set_random_seed(0)
        network = build_network(32, 5, TINY)
        losses = fit(network, training, 0, parameters, plain)
        logits.append(predict_logits(network, training.crops))
    assert losses[-1] < 0.5 * losses[0]
    is_blast = training.allowed[:, 1]
    assert ((blast_logit(logits[0]) > 0) == is_blast).mean() > 0.9
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-3)


def test_stop_ends_training_within_a_batch():
    class StopAtThird:
        done = 0

        def report(self, progress: Progress) -> None:
            self.done = max(self.done, progress.done)

        @property
        def stop_requested(self) -> bool:
            return self.done >= 3

    monitor = StopAtThird()
    with pytest.raises(Stopped):
        fit(build_network(32, 5, TINY), coloured_discs(), 0, FittingParameters(), monitor=monitor)
    assert monitor.done <= 4


def test_nothing_to_train_on_is_refused():
    none = TrainingCrops(
        np.zeros((0, 32, 32, 3), np.uint8), *np.zeros((2, 0, 5), bool), np.zeros(0), np.zeros(0)
    )
    with pytest.raises(ParameterError, match="at least one"):
        fit(build_network(32, 5, TINY), none, 0)


def test_network_sees_the_painted_ground_as_nothing():
    network = build_network(64, 5)
    absorbed = load_keras().Model(network.input, network.get_layer("absorbed").output)
    assert np.abs(absorbed(np.full((1, 64, 64, 3), 255, np.uint8))).max() == 0
    assert network.count_params() <= 1_000_000
