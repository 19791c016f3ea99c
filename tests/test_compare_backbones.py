"""The comparison of networks: what stands between a fit and its figures."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from compare_backbones import ENTRIES, MASKED, RAW, _settle

from napari_all_subtype.model.backend import load_keras

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_batch_normalisation_settles_on_the_crops_at_hand():
    keras = load_keras()
    inputs = keras.Input((4, 4, 3), dtype="uint8")
    normal = keras.layers.BatchNormalization(name="normal")
    network = keras.Model(inputs, normal(keras.layers.Rescaling(1.0)(inputs)))
    crops = np.random.default_rng(0).normal(120, 20, (400, 4, 4, 3)).astype(np.uint8)
    _settle(network, crops, np.ones(400), 0)
    np.testing.assert_allclose(np.asarray(normal.moving_mean), 120, atol=2)
    np.testing.assert_allclose(np.sqrt(np.asarray(normal.moving_variance)), 20, atol=2)


def test_crops_without_a_chance_do_not_count_when_settling():
    keras = load_keras()
    inputs = keras.Input((4, 4, 3), dtype="uint8")
    normal = keras.layers.BatchNormalization(name="normal")
    network = keras.Model(inputs, normal(keras.layers.Rescaling(1.0)(inputs)))
    crops = np.full((10, 4, 4, 3), 40, np.uint8)
    crops[:5] = 200
    _settle(network, crops, np.repeat([0.0, 1.0], 5), 0)
    np.testing.assert_allclose(np.asarray(normal.moving_mean), 40, atol=1e-3)


def test_the_networks_that_were_asked_for_are_compared():
    masked = {entry.network for entry in ENTRIES if entry.crop == MASKED}
    assert masked >= {"vgg16", "cnn", "resnet50", "densenet121", "inceptionv3", "xception"}
    assert {entry.network for entry in ENTRIES if entry.crop == RAW} >= {"vgg16"}
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
