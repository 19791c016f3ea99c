"""What looks unlike the cells of the training is unknown, and nobody is confident of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.config import DecisionParameters
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.novelty import MEASURES, NO_CELL, looks
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.simulate import simulate_cells
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.said import predictions

SURE_NORMAL = np.array([[0.99, 0.01, 0, 0, 0]], np.float32)


@pytest.fixture(scope="module")
def card():
    return read_card(find_model())


@pytest.fixture(scope="module")
def drawn(card) -> np.ndarray:
    """Crops of simulated lymphocytes."""
    smears = simulate_cells(24, "lymphocyte", seed=5)
    cells = [crop_single_cell(s.pixels, s.um_per_px, card.crop_spec) for s in smears]
    return np.stack([cell.crop for cell in cells if cell.found])


def test_drawn_cells_are_familiar(card, drawn):
    assert (card.novelty.novelty(drawn) > 1).mean() <= 0.15


def test_noise_in_place_of_a_cell_is_new(card, drawn):
    noise = drawn.copy()
    noise[..., :3] = np.random.default_rng(0).integers(0, 256, noise[..., :3].shape)
    assert (card.novelty.novelty(noise) > 1).all()


def test_cells_far_out_of_focus_are_newer_than_sharp_ones(card, drawn):
    blurred = drawn.copy()
    for crop in blurred:
        crop[..., :3] = cv2.GaussianBlur(np.ascontiguousarray(crop[..., :3]), (0, 0), 6)
    sharp, dull = card.novelty.novelty(drawn), card.novelty.novelty(blurred)
    assert (dull > sharp).mean() > 0.9
    assert (dull > 1).mean() > 0.8


def test_a_crop_without_a_cell_is_as_new_as_can_be(card, drawn):
    empty = np.full((1, *card.crop_spec.shape), 255, np.uint8)
    empty[..., 3] = 0
    assert card.novelty.novelty(empty)[0] > card.novelty.novelty(drawn).max()


def reasons_of(card, crops):
    return [set(one.split("; ")) for one in card.novelty.reasons(crops)]


def test_what_is_new_says_in_what(card, drawn):
    blurred, noise, small = drawn.copy(), drawn.copy(), drawn.copy()
    for crop in blurred:
        crop[..., :3] = cv2.GaussianBlur(np.ascontiguousarray(crop[..., :3]), (0, 0), 6)
    noise[..., :3] = np.random.default_rng(0).integers(0, 256, noise[..., :3].shape)
    for crop in small:
        little = cv2.resize(crop, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
        crop[...] = np.uint8([255, 255, 255, 0])
        crop[30 : 30 + len(little), 30 : 30 + len(little)] = little
    dull = {"blurred", "smooth, as out of focus", "faint edge of the nucleus"}
    assert all(one & dull for one in reasons_of(card, blurred))
    assert all("noisy" in " ".join(one) for one in reasons_of(card, noise))
    assert np.mean(["small" in one for one in reasons_of(card, small)]) > 0.9
    empty = np.full((1, *card.crop_spec.shape), 255, np.uint8)
    empty[..., 3] = 0
    assert card.novelty.reasons(empty) == [NO_CELL]
    assert card.novelty.reasons(drawn[:0]) == []


def test_chances_of_a_measure_are_those_of_the_mixture(card):
    """Drawn from the mixture itself, a measure is as low as a share of draws says."""
    known, rng = card.novelty, np.random.default_rng(1)
    draws = []
    for share, mean, whitening in zip(known.shares, known.means, known.whitening, strict=True):
        n = round(20_000 * share)
        round_ones = rng.normal(size=(n, len(MEASURES)))
        draws.append(round_ones @ np.linalg.inv(np.array(whitening)) + np.array(mean))
    values = np.concatenate(draws) * np.array(known.spread) + np.array(known.centre)
    lower, higher = known._chances(values[:50])
    ranks = (values[None] <= values[:50, None]).mean(axis=1)
    np.testing.assert_allclose(lower, ranks, atol=0.015)
    np.testing.assert_allclose(lower + higher, 1)


def test_colour_takes_no_part(drawn):
    swapped = drawn[..., [2, 1, 0, 3]]
    same = [name for name in MEASURES if "density" not in name]
    columns = [MEASURES.index(name) for name in same]
    np.testing.assert_array_equal(looks(drawn)[:, columns], looks(swapped)[:, columns])


def test_crops_without_outlines_are_refused():
    with pytest.raises(ParameterError, match="plane of outlines"):
        looks(np.zeros((1, *CropSpec().shape), np.uint8))


def test_no_crops_give_no_rows():
    assert looks(np.zeros((0, 8, 8, 4), np.uint8)).shape == (0, len(MEASURES))


def test_what_is_new_is_unknown_and_keeps_what_the_network_gave():
    said = predictions(SURE_NORMAL.repeat(2, 0), DecisionParameters(), FAB5, np.array([0.2, 1.7]))
    assert said.subtype.tolist() == ["normal", "unknown"]
    assert said.best_guess.tolist() == ["normal", "unknown"]
    assert np.isnan(said.confidence[1])
    assert said.p_normal[1] == pytest.approx(0.99)


def test_the_threshold_of_novelty_is_the_readers():
    never = DecisionParameters(novelty_threshold=1000)
    assert predictions(SURE_NORMAL, never, FAB5, np.array([99.0])).subtype[0] == "normal"


def test_without_a_measure_of_novelty_nothing_is_unknown():
    said = predictions(SURE_NORMAL, DecisionParameters(), FAB5, np.array([np.nan]))
    assert said.subtype[0] == "normal"
