"""The map of what the network looked at: where it lies, what it sums to, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.crops import crop_cells
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.cells.table import present
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.calibration import blast_logit
from napari_all_subtype.model.classifier import Classifier, load_classifier
from napari_all_subtype.model.network import PICTURE, opinions_of
from napari_all_subtype.model.saliency import (
    feature_split,
    inside_of,
    log_odds_of_places,
    saliency_of_crop,
)
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.analyse import Analyser
from napari_all_subtype.workflow.corrections import crops_of
from napari_all_subtype.workflow.saliency import map_in_words, saliency, votes_in_words
from napari_all_subtype.workflow.saliency_picture import legend_colours, with_saliency

pytestmark = pytest.mark.slow

SIDE = 48
PLAIN = CropSpec(size_px=SIDE)
OUTLINED = CropSpec(size_px=SIDE, outlined=True)


def classifier_of(network, spec=PLAIN):
    card = SimpleNamespace(id="tiny", classes=FAB5, crop_spec=spec, temperature=1.0)
    return Classifier(card, "CPU", network)


def left_network(planes=3, sign=1.0):
    """Its log odds of blast rise with the darkness of the left half, and of nothing else."""
    keras = load_keras()
    layers = keras.layers
    inputs = keras.Input((SIDE, SIDE, planes), dtype="uint8")
    dark = layers.Rescaling(-1 / 255, offset=1.0)(inputs[..., :3])
    x = layers.Conv2D(1, 3, 2, padding="same", activation="relu", name="seen")(dark)
    x = layers.GlobalAveragePooling2D()(x[:, :, : SIDE // 4])
    network = keras.Model(inputs, layers.Dense(5, name="out")(x))
    network.get_layer("seen").set_weights([np.full((3, 3, 3, 1), 1 / 27), np.zeros(1)])
    weights = sign * np.array([[-5.0, 5.0, 0.0, 0.0, 0.0]])
    network.get_layer("out").set_weights([weights, np.array([0, 0, -20.0, -20, -20])])
    return network


def disc_crop(planes=3, dark=100):
    """A cell of radius 18 in the middle, white ground."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    crop = np.full((SIDE, SIDE, planes), 255, np.uint8)
    crop[np.hypot(y, x) < 18, :3] = dark
    if planes == 4:
        crop[..., 3] = np.where(np.hypot(y, x) < 18, 128, 0)
    return crop


@pytest.fixture(scope="module")
def bundled():
    return load_classifier()


@pytest.fixture(scope="module")
def cell_crops(bundled, smear):
    """The cells of a synthetic smear."""
    cells = measure(smear.masks, smear.um_per_px)
    source = ArraySource(smear.pixels)
    return crop_cells(source, smear.masks, cells, smear.um_per_px, bundled.crop_spec)


@pytest.fixture(scope="module")
def cell_crop(cell_crops):
    """The largest of them."""
    return max(cell_crops, key=lambda crop: np.count_nonzero(crop[..., 3]))


@pytest.mark.parametrize(("planes", "spec"), [(3, PLAIN), (4, OUTLINED)])
def test_network_that_sees_the_left_half_has_its_map_there(planes, spec):
    found = saliency_of_crop(classifier_of(left_network(planes), spec), disc_crop(planes))
    assert found.for_blast[:, : SIDE // 2 - 2].max() == pytest.approx(1, abs=1e-6)
    assert found.for_blast[:, SIDE // 2 + 2 :].max() == 0
    assert not found.for_normal.any()
    assert not found.empty
    assert math.isnan(found.p_outline)


def test_what_speaks_against_a_blast_is_told_apart():
    found = saliency_of_crop(classifier_of(left_network(sign=-1.0)), disc_crop())
    assert found.for_normal.max() == pytest.approx(1)
    assert not found.for_blast.any()
    assert found.p_picture < 0.5


def test_full_colour_stands_for_log_odds_and_grows_with_the_darkness():
    dark = saliency_of_crop(classifier_of(left_network()), disc_crop(dark=100))
    pale = saliency_of_crop(classifier_of(left_network()), disc_crop(dark=230))
    assert dark.for_blast.max() == pytest.approx(pale.for_blast.max())
    assert dark.full_log_odds / pale.full_log_odds == pytest.approx(155 / 25, rel=0.05)


def test_network_that_sees_nothing_has_an_empty_map_and_says_so():
    found = saliency_of_crop(classifier_of(left_network(sign=0.0)), disc_crop())
    assert found.empty
    assert not found.for_blast.any()
    assert not found.for_normal.any()
    assert "The map is empty" in votes_in_words(found)
    assert "Full colour" not in map_in_words(found, 0.26)


def test_crop_without_a_cell_has_an_empty_map(bundled):
    empty = np.full((96, 96, 4), 255, np.uint8)
    empty[..., 3] = 0
    assert saliency_of_crop(bundled, empty).empty


def test_maps_lie_in_the_cell_between_0_and_1_and_never_on_both_sides(bundled, cell_crop):
    found = saliency_of_crop(bundled, cell_crop)
    outside = ~inside_of(cell_crop, bundled.crop_spec)
    both = np.stack([found.for_blast, found.for_normal])
    assert both.shape == (2, 96, 96)
    assert both.dtype == np.float32
    assert both.min() == 0
    assert both.max() == pytest.approx(1)
    assert not both[:, outside].any()
    assert not (both > 0).all(axis=0).any()
    assert 0 <= found.outside_fraction < 0.6
    assert found.place_px == 8


def test_places_sum_to_what_the_cell_adds_to_the_log_odds(bundled, cell_crop):
    picture = opinions_of(bundled.network)[PICTURE]
    places = log_odds_of_places(picture, cell_crop, bundled.crop_spec, FAB5)
    empty = np.full_like(cell_crop, 255)
    of_cell, of_empty = blast_logit(picture.predict_on_batch(np.stack([cell_crop, empty])))
    assert places.sum() == pytest.approx(of_cell - of_empty, abs=0.2)


def test_turned_crop_has_a_map_that_is_turned_where_the_network_does_not_mind():
    keras = load_keras()
    inputs = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    dark = keras.layers.Rescaling(-1 / 255, offset=1.0)(inputs)
    x = keras.layers.Conv2D(2, 3, padding="same", activation="relu", name="seen")(dark)
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(inputs, keras.layers.Dense(5)(x))
    kernel = np.array([1.0, -1.0]) * np.full((3, 3, 3, 2), 1 / 27)
    network.get_layer("seen").set_weights([kernel, np.array([0.0, 0.5])])
    crop = disc_crop()
    crop[8:20, 18:30] = 30
    here, there = (
        saliency_of_crop(classifier_of(network), np.ascontiguousarray(one))
        for one in (crop, np.rot90(crop))
    )
    assert np.ptp(here.for_blast - here.for_normal) > 0.5
    np.testing.assert_allclose(np.rot90(here.for_blast), there.for_blast, atol=1e-3)
    np.testing.assert_allclose(np.rot90(here.for_normal), there.for_normal, atol=1e-3)


def test_map_of_the_bundled_model_turns_roughly_with_the_crop(bundled, cell_crops):
    turned, unturned = [], []
    for crop in cell_crops[:6]:
        inside = inside_of(crop, bundled.crop_spec)
        maps = [
            found.for_blast - found.for_normal
            for found in (
                saliency_of_crop(bundled, crop),
                saliency_of_crop(bundled, np.ascontiguousarray(np.rot90(crop))),
            )
        ]
        turned.append(np.corrcoef(maps[0][inside], np.rot90(maps[1], -1)[inside])[0, 1])
        unturned.append(np.corrcoef(maps[0][inside], maps[1][inside])[0, 1])
    assert np.median(turned) > 0.25
    assert np.median(turned) > np.median(unturned)


def test_votes_are_those_of_both_opinions(bundled, cell_crop):
    found = saliency_of_crop(bundled, cell_crop)
    said = 1 - float(bundled.predict(cell_crop[None])[0, 0])
    low, high = sorted((found.p_picture, found.p_outline))
    assert low - 0.02 <= said <= high + 0.02
    assert f"Picture: blast {found.p_picture:.2f}" in votes_in_words(found)
    assert f"outlines alone: blast {found.p_outline:.2f}" in votes_in_words(found)


def test_map_is_taken_where_all_of_the_picture_passes(bundled):
    before, after = feature_split(opinions_of(bundled.network)[PICTURE])
    assert before.output.shape[1:3] == (12, 12)
    crop = np.zeros((1, 96, 96, 4), np.uint8)
    whole = opinions_of(bundled.network)[PICTURE](crop, training=False)
    np.testing.assert_allclose(after(before(crop, training=False)), whole, atol=1e-4)


def test_network_without_a_map_is_refused():
    keras = load_keras()
    inputs = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    network = keras.Model(inputs, keras.layers.Dense(5)(flat))
    with pytest.raises(ParameterError, match="no map of features"):
        saliency_of_crop(classifier_of(network), disc_crop())


def test_crop_of_another_size_is_refused(bundled):
    with pytest.raises(ParameterError, match=r"\(96, 96, 4\) uint8"):
        saliency_of_crop(bundled, disc_crop())


def test_cell_without_a_plane_is_what_is_not_ground_and_its_holes():
    crop = disc_crop()
    crop[20:24, 20:24] = 255
    inside = inside_of(crop, PLAIN)
    assert inside[22, 22]
    assert not inside[0, 0]
    assert inside_of(crop, CropSpec(size_px=SIDE, masked=False)).all()


def test_map_is_drawn_where_it_lies_and_leaves_the_rest_grey():
    found = saliency_of_crop(classifier_of(left_network()), disc_crop())
    drawn = with_saliency(np.full((96, 96, 3), 120, np.uint8), found, zoom=2.0).astype(int)
    coloured = np.ptp(drawn, axis=-1) > 30
    assert coloured[:, :44].any()
    assert not coloured[:, 52:].any()
    assert (drawn[~coloured].std(axis=-1) < 15).all()


def test_legend_goes_from_normal_over_grey_to_blast_and_its_ends_differ_in_lightness():
    colours = legend_colours(9).astype(float)
    assert np.ptp(colours[4]) == 0
    lightness = colours @ [0.2126, 0.7152, 0.0722]
    assert lightness[-1] - lightness[0] > 60


@pytest.fixture(scope="module")
def analysed(smear, bundled):
    return Analyser(AnalysisParameters(), bundled)(ArraySource(smear.pixels, "smear"))


def test_saliency_of_a_cell_of_an_analysis_is_that_of_its_crop(analysed, smear, bundled):
    label = int(present(analysed.cells)["label"].iloc[-1])
    source = ArraySource(smear.pixels)
    crop = crops_of(analysed, [label], source, bundled.crop_spec)[0]
    found = saliency(analysed, label, smear.pixels, bundled)
    np.testing.assert_array_equal(found.for_blast, saliency_of_crop(bundled, crop).for_blast)


def test_cell_image_and_model_that_do_not_belong_together_are_refused(analysed, smear, bundled):
    with pytest.raises(ParameterError, match="no such cell"):
        saliency(analysed, 999, smear.pixels, bundled)
    with pytest.raises(ParameterError, match="Give the image that was analysed"):
        saliency(analysed, 1, smear.pixels[:400], bundled)
    with pytest.raises(ParameterError, match="made with model other 1"):
        saliency(replace(analysed, model="other 1"), 1, smear.pixels, bundled)


@pytest.mark.parametrize("other", [lambda p: p[::-1], lambda p: p[:, ::-1], lambda p: p // 2 + 100])
def test_another_picture_of_the_same_size_is_refused(analysed, smear, bundled, other):
    label = int(present(analysed.cells)["label"].iloc[-1])
    with pytest.raises(ParameterError, match="Give the image that was analysed"):
        saliency(analysed, label, np.ascontiguousarray(other(smear.pixels)), bundled)
