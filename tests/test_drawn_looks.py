"""Cells coloured by a value, and drawn as a best guess: no window needed."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype._widgets.badges import PLAIN_BADGE, badge_style
from napari_all_subtype._widgets.boxes import class_patch
from napari_all_subtype._widgets.codes import PARTS, StepCodes
from napari_all_subtype._widgets.look import Look
from napari_all_subtype._widgets.sheets import draw_classes
from napari_all_subtype.cells.source import Region
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.colour_values import (
    CONFIDENCE,
    DISAGREEMENT,
    NC_RATIO,
    QUANTITIES,
    STEP_COLOURS,
    disagreement,
)

RING_PX = 2
FIVE = ((30, 30), (30, 80), (30, 130), (80, 30), (80, 80))
LAST = len(STEP_COLOURS)
shares = st.tuples(*[st.floats(0.01, 1)] * 3)


@pytest.fixture
def analysis():
    """Five cells, of which the second is a blast whose best guess is L1."""
    found = example_analysis(FIVE)
    assert found.cells.loc[2, ["subtype", "best_guess"]].tolist() == ["blast", "l1"]
    return found


def drawn(analysis, look):
    codes = look.codes(analysis.taxonomy)
    return draw_classes(analysis.masks.labels, analysis.cells, codes, RING_PX, look.min_confidence)


@given(shares, shares)
def test_disagreement_lies_between_alike_and_exclusive(one, other):
    value = disagreement(*one, *other)
    assert 0 <= value <= 1
    assert value == pytest.approx(disagreement(*other, *one))
    assert disagreement(*one, *one) == 0
    assert disagreement(*one, *(0.1 * share for share in one)) == pytest.approx(0, abs=1e-9)


def test_no_disagreement_where_one_of_both_says_nothing():
    assert np.isnan(disagreement(0.2, 0.3, 0.1, 0, 0, 0))
    row = SimpleNamespace(p_l1=0.2, p_l2=0.2, p_l3=0.1, fab_l1=np.nan, fab_l2=0.1, fab_l3=0.1)
    assert np.isnan(DISAGREEMENT.value(row))
    assert np.isnan(DISAGREEMENT.value(SimpleNamespace(p_l1=0.2)))


@given(st.floats(-1, 2), st.floats(-1, 2))
def test_higher_value_never_has_a_lower_colour(one, other):
    low, high = sorted((one, other))
    assert 0 <= NC_RATIO.step_of(low) <= NC_RATIO.step_of(high) < LAST


def test_steps_of_colour_grow_brighter_evenly():
    """CIELAB lightness: what the eye takes for even."""
    rgb = np.array([[tuple(bytes.fromhex(c[1:])) for c in STEP_COLOURS]], np.float32) / 255
    lightness = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0, :, 0]
    steps = np.diff(lightness)
    assert (steps > 0).all()
    assert steps.max() < 2 * steps.mean()


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=list(QUANTITIES))
def test_each_step_has_a_title_and_codes_of_its_own(quantity):
    codes = StepCodes(quantity)
    every = [codes.code_at(k, part) for k in range(LAST + 1) for part in PARTS]
    assert sorted([*every, codes.picked]) == list(range(1, len(every) + 2))
    assert codes.picked < 256
    assert len(set(quantity.step_titles)) == LAST
    assert codes.to_features().loc[1, quantity.title] == quantity.step_titles[0]


def test_cells_are_drawn_in_the_step_of_their_value(analysis):
    canvas = drawn(analysis, Look(colour_by="confidence"))
    codes = StepCodes(CONFIDENCE)
    assert canvas[30, 30] == codes.code_at(CONFIDENCE.step_of(0.8), "fill")
    assert canvas[30, 80] == codes.code_at(CONFIDENCE.step_of(0.95), "fill")
    np.testing.assert_array_equal(canvas > 0, analysis.masks.labels > 0)


def test_cell_without_a_value_has_the_colour_of_none(analysis):
    canvas = drawn(analysis, Look(colour_by="disagreement"))
    codes = StepCodes(DISAGREEMENT)
    assert set(canvas[analysis.masks.labels > 0]) == {
        codes.code_at(LAST, "fill"),
        codes.code_at(LAST, "ring"),
    }


def test_hidden_class_is_not_drawn_in_a_colour_of_values_either(analysis):
    canvas = drawn(analysis, Look(colour_by="confidence", hidden=frozenset({"l2"})))
    assert not canvas[analysis.masks.labels == 4].any()
    assert canvas[analysis.masks.labels == 3].all()


def test_best_guess_is_hatched_where_it_was_not_accepted(analysis):
    plain, guess = Look(), Look(best_guess=True)
    codes = guess.codes(FAB5)
    before, after = drawn(analysis, plain), drawn(analysis, guess)
    second = analysis.masks.labels == 2
    assert set(after[second]) == {codes.code("l1", part) for part in PARTS}
    assert 0.1 < (after[second] == codes.code("l1", "doubtful")).mean() < 0.5
    np.testing.assert_array_equal(before[~second], after[~second])


def test_badge_of_a_guess_has_a_question_mark(analysis):
    assert badge_style(analysis, Look())[1] == ["N", "B", "L1", "L2", "L3"]
    assert badge_style(analysis, Look(best_guess=True))[1] == ["N", "L1?", "L1", "L2", "L3"]
    hidden = badge_style(analysis, Look(best_guess=True, hidden=frozenset({"l1"})))[1]
    assert hidden == ["N", "", "", "L2", "L3"]


def test_badges_are_white_where_colour_says_a_value(analysis):
    colours, letters = badge_style(analysis, Look(colour_by="nc_ratio"))
    assert (colours == PLAIN_BADGE).all()
    assert letters == ["N", "B", "L1", "L2", "L3"]


@pytest.mark.parametrize("colour_by", ["class", *QUANTITIES])
@pytest.mark.parametrize("best_guess", [False, True])
def test_part_that_is_drawn_again_is_as_the_whole(analysis, colour_by, best_guess):
    look = Look(colour_by=colour_by, best_guess=best_guess, hidden=frozenset({"l3"}))
    region = Region(20, 60, 90, 100)
    codes = look.codes(FAB5)
    part = class_patch(analysis.masks.labels, analysis.cells, region, codes, RING_PX)
    np.testing.assert_array_equal(part, drawn(analysis, look)[20:90, 60:100])


def test_look_knows_when_cells_must_be_drawn_again():
    look = Look()
    assert Look(fill_opacity=0.9, hidden=frozenset({"l1"})).drawn_as(look)
    assert not Look(best_guess=True).drawn_as(look)
    assert not Look(colour_by="nc_ratio").drawn_as(look)
    hidden = Look(colour_by="nc_ratio", hidden=frozenset({"l1"}))
    assert not hidden.drawn_as(Look(colour_by="nc_ratio"))
