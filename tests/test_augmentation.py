"""Augmentation changes the cell and never the painted ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.model.augmentation import (
    augment,
    cell_pixels,
    degraded,
    stain_statistics,
    swap_stain,
)
from napari_all_subtype.model.parameters import AugmentationParameters

GROUND = 255


def disc(colour: tuple[int, int, int], radius: int = 15, spread: float = 8.0) -> np.ndarray:
    """A cell of one colour with some texture, in the middle of a white crop."""
    y, x = np.mgrid[:64, :64] - 31.5
    texture = np.random.default_rng(3).normal(0, spread, (64, 64, 1))
    crop = np.clip(np.array(colour) + texture, 0, 254).astype(np.uint8)
    crop[np.hypot(y, x) > radius] = GROUND
    return crop


def test_stain_statistics_see_the_cell_and_not_the_ground():
    small, large = disc((120, 60, 150), 10), disc((120, 60, 150), 25)
    assert stain_statistics(small, GROUND) == pytest.approx(
        stain_statistics(large, GROUND), abs=1.5
    )


def test_full_swap_takes_the_stain_of_the_other_laboratory():
    violet, pink = disc((110, 60, 150)), disc((190, 120, 140), spread=14)
    target = stain_statistics(pink, GROUND)
    swapped = stain_statistics(swap_stain(violet, target, 1.0, GROUND), GROUND)
    assert swapped == pytest.approx(target, abs=3.0)


def test_swap_of_no_strength_changes_no_more_than_rounding():
    cell = disc((110, 60, 150))
    target = stain_statistics(disc((190, 120, 140)), GROUND)
    change = swap_stain(cell, target, 0.0, GROUND).astype(int) - cell
    assert np.abs(change).max() <= 6  # RGB to CIELAB and back in 8 bits


def test_a_crop_without_a_cell_survives_every_step():
    empty = np.full((64, 64, 3), GROUND, np.uint8)
    stains = stain_statistics(disc((110, 60, 150)), GROUND)[None]
    assert (augment(empty, stains, np.random.default_rng(0)) == GROUND).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), radius=st.integers(4, 28))
def test_ground_outside_the_cell_stays_exactly_the_ground(seed, radius):
    cell = disc((110, 60, 150), radius)
    stains = stain_statistics(disc((190, 120, 140)), GROUND)[None]
    out = augment(cell, stains, np.random.default_rng(seed))
    assert out.shape == cell.shape
    assert out.dtype == np.uint8
    reach = cv2.dilate(cell_pixels(cell, GROUND).astype(np.uint8), np.ones((13, 13)))
    zoomed = radius * 1.12 + 2 * 2**0.5 + 3
    y, x = np.mgrid[:64, :64] - 31.5
    assert (out[np.hypot(y, x) > zoomed] == GROUND).all()
    assert cell_pixels(out, GROUND).sum() <= 1.5 * reach.sum()


def test_zoom_stays_within_its_fraction():
    parameters = AugmentationParameters(zoom_fraction=0.12)
    area = cell_pixels(disc((110, 60, 150), 20), GROUND).sum()
    empty = np.zeros((0, 2, 3), np.float32)
    areas = [
        cell_pixels(
            augment(disc((110, 60, 150), 20), empty, np.random.default_rng(s), parameters), GROUND
        ).sum()
        for s in range(60)
    ]
    ratios = np.sqrt(np.array(areas) / area)
    # The blend with the ground at the rim adds up to a pixel of radius.
    assert ratios.min() > 1 / 1.12 - 0.03
    assert ratios.max() < 1.12 + 0.09
    assert ratios.max() - ratios.min() > 0.12


def test_same_generator_gives_the_same_crop():
    cell, stains = disc((110, 60, 150)), stain_statistics(disc((190, 120, 140)), GROUND)[None]
    first, second = (augment(cell, stains, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_degraded_crop_keeps_its_place_ground_and_outlines():
    rng = np.random.default_rng(0)
    crop = np.full((32, 32, 4), 255, np.uint8)
    crop[8:24, 8:24, :3] = rng.integers(60, 180, (16, 16, 3))
    crop[..., 3] = 0
    crop[8:24, 8:24, 3] = 128
    out = degraded(crop, rng, AugmentationParameters(noise_chance=1.0, blur_chance=1.0))
    np.testing.assert_array_equal(out[..., 3], crop[..., 3])
    np.testing.assert_array_equal(cell_pixels(out, 255), cell_pixels(crop, 255))
    assert (out[8:24, 8:24, :3] != crop[8:24, 8:24, :3]).any()
