"""Training: sets of classes, laboratories kept balanced, a loss that means what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import ParameterError, Stopped
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.calibration import blast_logit
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.model.fitting import TrainingCrops, _batches, fit, set_loss, sets_of
from napari_all_subtype.model.network import OUTLINE, PICTURE, build_network, opinions_of
from napari_all_subtype.model.parameters import (
    AugmentationParameters,
    FittingParameters,
    NetworkParameters,
)
from napari_all_subtype.progress import Progress

pytestmark = pytest.mark.slow

TINY = NetworkParameters(stages=2, frozen_blocks=0, dropout=0.0, outline_widths=(4,))
PLAIN, OUTLINED = (CropSpec(32, 0.375, outlined=both) for both in (False, True))


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
        epochs=8, crops_per_epoch=256, average_momentum=0.5, learning_rate=5e-3
    )
    plain = AugmentationParameters(stain_swap_fraction=0.0)
    logits = []
    for _ in range(2):
        load_keras().utils.set_random_seed(0)
        network = build_network(PLAIN, 5, TINY)
        losses = fit(network, training, 0, parameters, plain)
        logits.append(predict_logits(network, training.crops))
    assert losses[-1] < 0.5 * losses[0]
    is_blast = training.allowed[:, 1]
    assert ((blast_logit(logits[0]) > 0) == is_blast).mean() > 0.9
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-3)


ONLY_STAIN = AugmentationParameters(
    **dict.fromkeys(
        (
            "zoom_fraction",
            "gray_chance",
            "blind_chance",
            "shift_px",
            "hue_deg",
            "saturation_fraction",
            "contrast_fraction",
            "brightness_fraction",
            "channel_gain_fraction",
            "blur_chance",
            "noise_chance",
            "jpeg_chance",
        ),
        0,
    )
)


@pytest.mark.parametrize(
    ("swap_a", "swap_b", "a_changes"), [(1.0, 1.0, True), (1.0, 0.0, False), (0.0, 1.0, False)]
)
def test_crop_that_keeps_its_stain_lends_it_to_none(swap_a, swap_b, a_changes):
    """Laboratory a is blue and b is red: blue stays where a keeps, or b does not lend."""
    colours = {"a": (60, 60, 200), "b": (200, 60, 60)}
    laboratory = np.array(["a", "b"])
    crops = np.full((2, 32, 32, 3), 255, np.uint8)
    for crop, name in zip(crops, laboratory, strict=True):
        crop[8:24, 8:24] = colours[name]
    allowed, considered = sets_of(np.array(["blast", "blast"]), np.zeros(2, bool))
    swap = np.array([swap_a, swap_b])
    training = TrainingCrops(crops, allowed, considered, np.array([1.0, 0]), laboratory, None, swap)
    shown, _ = _batches(training, 0, FittingParameters(batch_size=16), ONLY_STAIN, 255, 1)[0]
    middle = shown[:, 16, 16].astype(int)
    changed = np.abs(middle - colours["a"]).max(axis=1) > 20
    assert changed.all() if a_changes else not changed.any()


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
        fit(
            build_network(PLAIN, 5, TINY), coloured_discs(), 0, FittingParameters(), monitor=monitor
        )
    assert monitor.done <= 4


def test_nothing_to_train_on_is_refused():
    none = TrainingCrops(
        np.zeros((0, 32, 32, 3), np.uint8), *np.zeros((2, 0, 5), bool), np.zeros(0), np.zeros(0)
    )
    with pytest.raises(ParameterError, match="at least one"):
        fit(build_network(PLAIN, 5, TINY), none, 0)


def test_each_opinion_sees_its_own_planes_and_the_network_gives_their_mean():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 256, (2, 1, 32, 32, 4), np.uint8)
    other_picture = np.concatenate([second[..., :3], first[..., 3:]], axis=-1)
    network = build_network(OUTLINED, 5, TINY)
    said = {
        name: [predict_logits(model, crops) for crops in (first, second, other_picture)]
        for name, model in opinions_of(network).items()
    }
    np.testing.assert_array_equal(said[OUTLINE][0], said[OUTLINE][2])
    np.testing.assert_array_equal(said[PICTURE][1], said[PICTURE][2])
    assert np.abs(said[OUTLINE][0] - said[OUTLINE][1]).max() > 0
    assert np.abs(said[PICTURE][0] - said[PICTURE][1]).max() > 0
    mean = (said[PICTURE][0] + said[OUTLINE][0]) / 2
    np.testing.assert_allclose(predict_logits(network, first), mean, atol=1e-5)


def test_one_opinion_learns_without_the_other():
    training = coloured_discs()
    inside = (training.crops != 255).any(axis=-1, keepdims=True) * np.uint8(128)
    training = replace(training, crops=np.concatenate([training.crops, inside], axis=-1))
    network = build_network(OUTLINED, 5, TINY)
    opinions = opinions_of(network)
    before = {name: predict_logits(model, training.crops) for name, model in opinions.items()}
    fit(opinions[OUTLINE], training, 0, FittingParameters(crops_per_epoch=64))
    after = {name: predict_logits(model, training.crops) for name, model in opinions.items()}
    np.testing.assert_array_equal(before[PICTURE], after[PICTURE])
    assert np.abs(before[OUTLINE] - after[OUTLINE]).max() > 0


def test_frozen_blocks_keep_what_they_start_from():
    network = build_network(PLAIN, 5, TINY.model_copy(update={"frozen_blocks": 1}))
    learning = {variable.path for variable in network.trainable_variables}
    assert not any("stem" in path or "block0" in path for path in learning)
    assert any("block1" in path for path in learning)


def test_the_bundled_network_is_small():
    spec = CropSpec(96, 0.26, outlined=True)
    assert build_network(spec, 5).count_params() * 4 <= 20e6
