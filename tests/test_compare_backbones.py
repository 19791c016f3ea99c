"""The comparison of networks: what stands between a fit and its figures."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from backbone_means import mean_rows, page_lines
from bundled_data import Cells
from compare_backbones import ENTRIES, MASKED, RAW, _settle, _the_fuller

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


def test_the_mean_of_two_networks_is_of_the_same_cells(tmp_path):
    rng = np.random.default_rng(0)
    n = 200
    truth = np.arange(n) % 2 == 0
    group = np.array([f"g{k // 4}" for k in range(n)])
    cells = Cells(
        np.zeros((n, 4, 4, 4), np.uint8),
        np.where(truth, "blast", "normal"),
        np.full(n, "mll"),
        group,
        np.ones(n, bool),
        np.full(n, 0.1),
    )
    shipped, other = tmp_path / "shipped", tmp_path / "other"
    shipped.mkdir()
    other.mkdir()
    signal = np.where(truth, 1.0, -1.0)
    odds = [signal + rng.normal(0, 2, n) for _ in range(2)]
    logits = np.stack([np.zeros(n), odds[0], *np.full((3, n), -99.0)], axis=1)
    np.savez(shipped / "without mll seed 0.npz", rows=np.arange(n), logits=logits, commit="x")
    p = 1 / (1 + np.exp(-odds[1]))
    kept = {"p clean": p, "group": group, "commit": "y"}
    np.savez(other / "without mll, seed 0.npz", **kept)
    np.savez(other / "without mll, seed 1.npz", **kept)  # the shipped one has no such seed
    (row,) = mean_rows(cells, shipped, other)
    assert (row["seeds"], row["cells"], row["groups"]) == ([0], n, 50)
    assert row["mean"][0] > max(row["shipped"][0], row["other"][0])
    assert "| mll | 200 | 50 | 0 | " in page_lines([row])[-1]
    np.savez(other / "without mll, seed 0.npz", **kept | {"group": group[::-1]})
    with pytest.raises(SystemExit, match="not of the same cells"):
        mean_rows(cells, shipped, other)


def test_a_row_of_more_seeds_is_not_replaced_by_one_of_fewer():
    def row(seeds, value):
        place = {"weights": "ImageNet", "crop": MASKED, "network": "vgg16", "fold": "without mll"}
        return place | {"seeds": seeds, "clean": value}

    assert _the_fuller([row([0, 1, 2], 1), row([0], 2)]) == [row([0, 1, 2], 1)]
    assert _the_fuller([row([0], 1), row([0], 2)]) == [row([0], 2)]
