"""Pictures without white cells show none, whatever the pixel size."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.cells.thresholds import solid_pixels
from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.simulate.recipe import KINDS

SHAPE = (480, 640, 3)
PIXEL_SIZES_UM = (0.05, 0.13, 0.25, 0.5)


def noise(mean: float, spread: float, *, grey: bool = False) -> np.ndarray:
    shape = (*SHAPE[:2], 1) if grey else SHAPE
    values = np.random.default_rng(0).normal(mean, spread, shape)
    return (np.clip(values, 0, 255) * np.ones(3)).astype(np.uint8)


def uniform_noise(seed: int = 0, *, grey: bool = False) -> np.ndarray:
    shape = (*SHAPE[:2], 1) if grey else SHAPE
    values = np.random.default_rng(seed).integers(0, 256, shape)
    return (values * np.ones(3, int)).astype(np.uint8)


def specks(share: float, colour: tuple[int, int, int]) -> np.ndarray:
    """Single pixels of the colour of nuclei."""
    there = np.random.default_rng(0).random((*SHAPE[:2], 1)) < share
    return np.where(there, np.array(colour), np.array((236, 230, 236))).astype(np.uint8)


def ramp(left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    share = np.linspace(0, 1, SHAPE[1])[None, :, None] * np.ones(SHAPE)
    return ((1 - share) * np.array(left) + share * np.array(right)).astype(np.uint8)


def vignette() -> np.ndarray:
    y, x = np.mgrid[-0.5 : 0.5 : SHAPE[0] * 1j, -0.5 : 0.5 : SHAPE[1] * 1j]
    light = 235 * (1 - 1.4 * (x**2 + y**2))[..., None] * np.ones(3)
    return np.clip(light + np.random.default_rng(0).normal(0, 2, SHAPE), 0, 255).astype(np.uint8)


PICTURES = {
    "white": np.full(SHAPE, 255, np.uint8),
    "bright": np.full(SHAPE, 238, np.uint8),
    "grey": np.full(SHAPE, 128, np.uint8),
    "black": np.zeros(SHAPE, np.uint8),
    "violet all over": np.full(SHAPE, (120, 80, 160), np.uint8),
    "saturated, with noise": noise(250, 20),
    "faint colour noise": noise(220, 8),
    "strong colour noise": noise(200, 50),
    "strongest colour noise": noise(128, 100),
    "grey noise": noise(200, 40, grey=True),
    "uniform noise": uniform_noise(),
    "uniform grey noise": uniform_noise(grey=True),
    "pepper": specks(0.05, (0, 0, 0)),
    "few violet pixels": specks(0.02, (80, 40, 120)),
    "many violet pixels": specks(0.2, (80, 40, 120)),
    "grey ramp": ramp((40, 40, 40), (250, 250, 250)),
    "warm ramp": ramp((75, 60, 36), (250, 200, 120)),
    "vignette": vignette(),
}


@pytest.mark.parametrize("um_per_px", PIXEL_SIZES_UM)
@pytest.mark.parametrize("what", PICTURES)
def test_picture_without_cells_shows_none(what: str, um_per_px: float) -> None:
    masks = segment(ArraySource(PICTURES[what]), um_per_px)
    assert masks.count == 0
    assert not masks.labels.any()
    assert not masks.nuclei.any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("um_per_px", [0.2, 0.25, 0.35, 0.5, 1.0])
def test_noise_shows_no_cells_at_any_scale(um_per_px: float, seed: int) -> None:
    assert segment(ArraySource(uniform_noise(seed)), um_per_px).count == 0


@pytest.mark.slow
@pytest.mark.parametrize("um_per_px", [0.07, 0.13, 0.25])
@pytest.mark.parametrize("style", ["peach", "rose", "grey_green", "mint", "beige", "blue"])
def test_red_cells_alone_show_no_white_ones(style: str, um_per_px: float) -> None:
    for seed, fraction in ((0, 0.3), (1, 0.7)):
        recipe = SmearRecipe.of(
            width_px=700,
            height_px=700,
            um_per_px=um_per_px,
            style=style,
            red_cell_fraction=fraction,
            **dict.fromkeys(KINDS, 0),
        )
        assert segment(ArraySource(simulate_smear(recipe, seed).pixels), um_per_px).count == 0


def test_solid_pixels_are_those_of_wide_pieces() -> None:
    dark = np.zeros((60, 60), bool)
    dark[20:40, 20:40] = True
    dark[5, 5] = dark[50:52, 10] = True
    solid = solid_pixels(dark)
    assert solid[20:40, 20:40].all()
    assert solid.sum() == 400


def test_a_piece_among_mostly_single_pixels_does_not_count() -> None:
    dark = np.zeros((90, 90), bool)
    dark[::2, ::2] = True
    dark[40:46, 40:46] = True
    assert not solid_pixels(dark).any()
