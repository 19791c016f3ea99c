"""The nucleus of a cell that a person has drawn: the one a whole image would have there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, uniform_filter

from examples import disc, example_analysis
from fake_child import FakeClassifier
from napari_all_subtype.cells.edit import box_of
from napari_all_subtype.cells.edits import add, delete
from napari_all_subtype.cells.halves import nuclei_inside
from napari_all_subtype.cells.inner_nucleus import NucleusByStain
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.nuclei import pale_threshold
from napari_all_subtype.cells.source import ArraySource, PixelSize, Region
from napari_all_subtype.cells.stain import nucleus_contrast, stain_of
from napari_all_subtype.config import DecisionParameters, SegmentationParameters
from napari_all_subtype.progress import SILENT
from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.corrections import corrected
from napari_all_subtype.workflow.said import predictions, with_said

PARAMETERS = SegmentationParameters()
RED_CELL_PX = 26


class DrawnOn:
    """The drawn smear with the nuclei that its stain shows, and a person who adds cells."""

    def __init__(self, smear):
        self.um_per_px, self.source = smear.um_per_px, ArraySource(smear.pixels)
        self.nucleus_of = NucleusByStain(
            self.source, self.um_per_px, stain_of(self.source, self.um_per_px, PARAMETERS)
        )
        labels = smear.masks.labels
        self.masks = CellMasks(
            labels, nuclei_inside(self.source, self.um_per_px, labels, PARAMETERS)
        )
        self.analysis = self.fresh()

    def fresh(self):
        """The analysis before any edit, with masks of its own."""
        masks = CellMasks(self.masks.labels.copy(), self.masks.nuclei.copy())
        cells = measure(masks, self.um_per_px)
        probabilities = FakeClassifier().predict(np.zeros(masks.count), SILENT)
        cells = with_said(cells, predictions(probabilities, DecisionParameters(), FAB5), FAB5)
        size = PixelSize(self.um_per_px, "user", 0.02)
        return replace(example_analysis(), masks=masks, cells=cells, pixel_size=size)

    def drawn(self, mask, analysis=None):
        """The analysis after `mask` was drawn as a cell, the way the window does it."""
        analysis = analysis or self.fresh()
        ys, xs = np.nonzero(mask)
        region = Region(int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1)
        edit = add(analysis.masks, analysis.cells, region, mask[box_of(region)], self.nucleus_of)
        return corrected(analysis, edit, self.source, FakeClassifier())


@pytest.fixture(scope="module")
def field(smear):
    return DrawnOn(smear)


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


def test_disc_on_ground_or_on_a_red_cell_has_no_nucleus(field):
    labels = field.analysis.masks.labels
    free = np.argwhere(distance_transform_edt(labels == 0) > RED_CELL_PX + 2)
    green = uniform_filter(field.source.pixels[..., 1].astype(float), RED_CELL_PX)
    order = free[np.argsort(green[tuple(free.T)])]
    tenth = len(order) // 10
    red, ground = order[: tenth : tenth // 6], order[-tenth :: tenth // 6]
    assert min(len(red), len(ground)) >= 5
    assert green[tuple(ground.T)].min() - green[tuple(red.T)].max() > 20
    for centre in (*red, *ground):
        after = field.drawn(disc(labels.shape, centre, RED_CELL_PX))
        assert after.cells["nc_ratio"].iloc[-1] == 0


def test_drawn_cell_without_a_nucleus_is_unknown_as_a_given_one_is(field):
    labels = field.analysis.masks.labels
    centre = np.argwhere(distance_transform_edt(labels == 0) > RED_CELL_PX + 2)[0]
    after = field.drawn(disc(labels.shape, centre, RED_CELL_PX))
    row = after.cells.iloc[-1]
    assert (row["subtype"], row["best_guess"]) == ("unknown", "unknown")
    assert np.isnan(row[["confidence", "p_normal", "p_blast_any"]].astype(float)).all()
    assert "cells without a nucleus" in after.flags
    even = np.full((after.masks.count, 5), 0.2, np.float32)
    said = predictions(even, DecisionParameters(), FAB5)
    again = with_said(measure(after.masks, field.um_per_px), said, FAB5)
    assert again["subtype"].iloc[-1] == "unknown"
    assert "unknown" not in set(again["subtype"].iloc[:-1])


def test_cell_drawn_again_by_its_own_outline_has_its_old_nucleus(field):
    for label in field.analysis.cells["label"][1:]:
        before = field.fresh()
        cell, nucleus = before.masks.labels == label, before.masks.nuclei == label
        edit = delete(before.masks, before.cells, label)
        without = corrected(before, edit, field.source, FakeClassifier())
        after = field.drawn(cell, without)
        assert dice(after.masks.nuclei == len(after.cells) - 1, nucleus) > 0.9
        assert after.cells["subtype"].iloc[-1] != "unknown"


def test_empty_cell_has_no_nucleus(smear):
    source = ArraySource(smear.pixels)
    nucleus_of = NucleusByStain(source, 0.13, stain_of(source, 0.13, PARAMETERS))
    assert not nucleus_of(Region(3, 5, 40, 60), np.zeros((37, 55), bool)).any()


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def test_darker_than_the_threshold_is_no_nucleus_in_the_hue_of_red_cells():
    """Two red cells that overlap are as dark as a pale nucleus, and as red as one of them."""
    ground, red, nucleus = (235, 225, 235), (215, 100, 170), (80, 40, 140)
    twice = tuple(round(a * a / b) for a, b in zip(red, ground, strict=True))
    pixels = np.full((400, 600, 3), ground, np.uint8)
    for x in range(60, 600, 80):
        pixels[disc(pixels.shape[:2], (60, x), 28)] = red
    pixels[disc(pixels.shape[:2], (250, 150), 40)] = nucleus
    doubled = disc(pixels.shape[:2], (250, 450), 28)
    pixels[doubled] = twice
    cells = np.int32(disc(pixels.shape[:2], (250, 150), 50)) + 2 * np.int32(doubled)
    source = ArraySource(pixels)
    stain = stain_of(source, 0.13, PARAMETERS)
    contrast = nucleus_contrast(stain.density(pixels, (0, 0, 1, 1)))
    assert contrast[doubled].min() > pale_threshold(stain.nucleus_threshold, PARAMETERS)
    found = np.bincount(nuclei_inside(source, 0.13, cells, PARAMETERS).ravel(), minlength=3)
    assert found[1] == pytest.approx(np.pi * 40**2, rel=0.1)
    assert found[2] == 0
