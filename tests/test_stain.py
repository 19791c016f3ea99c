"""Optical density and background against known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.cells import stain
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.cells.stain import (
    background_of,
    nucleus_contrast,
    optical_density,
    overview,
    stain_of,
)
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.simulate import SmearRecipe, simulate_smear

GLASS = np.array([220.0, 210.0, 200.0])


@given(st.integers(0, 2**32 - 1))
def test_darker_pixels_have_more_density(seed: int) -> None:
    grey = np.sort(np.random.default_rng(seed).integers(20, 255, 30).astype(np.uint8))
    density = optical_density(np.repeat(grey[None, :, None], 3, axis=2), GLASS)
    assert (np.diff(density, axis=1) <= 0).all()


def test_glass_has_no_density() -> None:
    rgb = np.broadcast_to(GLASS.astype(np.uint8), (4, 5, 3)).copy()
    np.testing.assert_allclose(optical_density(rgb, GLASS), 0, atol=1e-6)


def test_black_ground_counts_as_glass() -> None:
    assert not optical_density(np.zeros((3, 3, 3), np.uint8), GLASS).any()


def test_background_is_the_glass_even_when_most_of_the_picture_is_black() -> None:
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[:30] = GLASS
    np.testing.assert_array_equal(background_of(rgb), GLASS)


def test_red_cells_have_less_nucleus_contrast_than_nuclei() -> None:
    red_cell, nucleus = (205, 160, 165), (90, 45, 130)
    density = optical_density(np.array([[red_cell, nucleus]], np.uint8), GLASS)
    low, high = nucleus_contrast(density)[0]
    assert low < 0.15 < 0.5 < high


def test_overview_covers_the_image_at_half_a_micrometre() -> None:
    source = ArraySource(np.full((1000, 500, 3), 200, np.uint8))
    assert overview(source, 0.1).shape == (200, 100, 3)


def test_shading_of_the_lamp_is_taken_out() -> None:
    ramp = np.linspace(1.0, 0.9, 800)[None, :, None]
    rgb = np.round(np.full((400, 800, 3), 230.0) * ramp).astype(np.uint8)
    colours = stain_of(ArraySource(rgb), 0.13, SegmentationParameters())
    flat = colours.density(rgb, (0.0, 0.0, 1.0, 1.0))
    assert np.abs(optical_density(rgb, colours.background)).max() > 0.03
    assert np.abs(flat[50:-50, 50:-50]).max() < 0.012


def test_colours_of_a_large_image_are_those_of_its_parts(monkeypatch) -> None:
    smear = simulate_smear(SmearRecipe(width_px=1600, height_px=3000), seed=1)
    source, parameters = ArraySource(smear.pixels), SegmentationParameters()
    whole = stain_of(source, smear.um_per_px, parameters)
    monkeypatch.setattr(stain, "_MAX_MEGAPIXELS", 0.1)
    monkeypatch.setattr(stain, "_BAND_ROWS", 64)
    parts = stain_of(source, smear.um_per_px, parameters)
    np.testing.assert_allclose(parts.background, whole.background, atol=2)
    assert parts.nucleus_threshold == pytest.approx(whole.nucleus_threshold, rel=0.1)
    np.testing.assert_allclose(parts.red_cell, whole.red_cell, atol=0.02)
    assert np.abs(parts.shading - whole.shading).max() < 0.05
