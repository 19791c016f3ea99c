"""The nucleus of a cell that a person has drawn: the one a whole image would have there."""

from __future__ import annotations

import numpy as np
import pytest

from examples import UM_PER_PX, disc
from napari_all_subtype.cells.edit import box_of
from napari_all_subtype.cells.halves import nuclei_inside
from napari_all_subtype.cells.inner_nucleus import NucleusByStain
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource, Region
from napari_all_subtype.cells.stain import stain_of
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.simulate import SmearRecipe, simulate_smear

PARAMETERS = SegmentationParameters()


@pytest.mark.parametrize("style", ["peach", "grey_green"])
def test_nucleus_of_a_drawn_cell_is_what_its_stain_says(style):
    recipe = SmearRecipe(width_px=600, height_px=500, style=style)
    smear, um_per_px = simulate_smear(recipe, seed=3), recipe.um_per_px
    source = ArraySource(smear.pixels)
    nucleus_of = NucleusByStain(source, um_per_px, stain_of(source, um_per_px, PARAMETERS))
    whole = nuclei_inside(source, um_per_px, smear.masks.labels, PARAMETERS)
    rows = measure(smear.masks, um_per_px)
    truth, same = [], []
    for row in rows[~rows["touches_border"] & (rows["area_px"] > 0)].itertuples():
        region = Region(int(row.y0_px), int(row.x0_px), int(row.y1_px), int(row.x1_px))
        box = box_of(region)
        found = nucleus_of(region, smear.masks.labels[box] == row.label)
        truth.append(dice(found, smear.masks.nuclei[box] == row.label))
        same.append(dice(found, whole[box] == row.label))
    assert np.median(truth) > 0.95
    assert min(same) > 0.9


def test_pale_cell_that_a_person_draws_has_the_darker_part_as_its_nucleus():
    pixels = np.full((60, 80, 3), 230, np.uint8)
    cell, nucleus = disc(pixels.shape[:2], (30, 40), 20), disc(pixels.shape[:2], (30, 40), 10)
    pixels[cell], pixels[nucleus] = (225, 215, 228), (210, 190, 225)
    source = ArraySource(pixels)
    stain = stain_of(source, UM_PER_PX, PARAMETERS)
    assert stain.nucleus_threshold == np.inf
    found = NucleusByStain(source, UM_PER_PX, stain)(Region(0, 0, 60, 80), cell)
    assert dice(found, nucleus) > 0.9


def test_empty_cell_has_no_nucleus(smear):
    source = ArraySource(smear.pixels)
    nucleus_of = NucleusByStain(source, 0.13, stain_of(source, 0.13, PARAMETERS))
    assert not nucleus_of(Region(3, 5, 40, 60), np.zeros((37, 55), bool)).any()


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))
