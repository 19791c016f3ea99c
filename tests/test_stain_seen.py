"""A stain that the model has not seen is warned of, with the numbers; an ordinary one is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from examples import example_analysis
from napari_all_subtype.cells.model_facts import ModelFacts
from napari_all_subtype.cells.stain_seen import COLOURS, StainSeen, colours_of
from napari_all_subtype.model.card import ModelCard, read_card
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.terminal import describe
from napari_all_subtype.workflow.card_facts import facts_of
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.stain_check import stain_warning
from napari_all_subtype.workflow.summarise import summarise

MEAN = (30.0, 40.0, -40.0, 60.0, 16.0, -10.0)
SPREAD = 5.0
# Lightness of cytoplasm follows that of nuclei; all else is on its own.
COVARIANCE = np.eye(6) * SPREAD**2
COVARIANCE[0, 3] = COVARIANCE[3, 0] = 0.8 * SPREAD**2
SEEN = StainSeen(
    mean=MEAN,
    covariance=tuple(map(tuple, COVARIANCE)),
    low=tuple(value - 12 for value in MEAN),
    high=tuple(value + 12 for value in MEAN),
    counts=(3, 10),
    rare=(4.0, 3.0),
)


def cells_of(colours, count=12):
    """So many cells of the same colours."""
    return pd.DataFrame(np.tile(np.float32(colours), (count, 1)), columns=list(COLOURS))


def shifted(**by):
    return [value + by.get(name, 0) for name, value in zip(COLOURS, MEAN, strict=True)]


def crop_of(nucleus_rgb, cytoplasm_rgb, side=40):
    """A disc in a disc, on white ground, with its plane of outlines."""
    y, x = np.ogrid[:side, :side]
    away = np.hypot(y - side / 2 + 0.5, x - side / 2 + 0.5)
    crop = np.full((side, side, 4), 255, np.uint8)
    crop[..., 3] = 0
    crop[away < 16] = (*cytoplasm_rgb, 128)
    crop[away < 9] = (*nucleus_rgb, 255)
    return crop


def test_colours_are_those_of_nucleus_and_cytoplasm():
    # CIELAB (D65) of pure red and of middle grey, after any colour table.
    (found,) = colours_of(crop_of((255, 0, 0), (119, 119, 119))[None])
    np.testing.assert_allclose(found, (53.2, 80.1, 67.2, 50.0, 0.0, 0.0), atol=0.6)


def test_part_that_is_not_seen_has_no_colour():
    crop = crop_of((90, 40, 140), (150, 160, 210))
    crop[..., 3][crop[..., 3] == 128] = 255
    (found,) = colours_of(crop[None])
    assert np.isfinite(found[:3]).all()
    assert np.isnan(found[3:]).all()
    assert np.isnan(colours_of(crop[None, ..., :3])).all()


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ({}, ""),
        ({"nucleus_l": 20, "cytoplasm_l": 18}, "nuclei paler (L* 50; seen 18 to 42)"),
        ({"nucleus_l": -20, "cytoplasm_l": -20}, "cytoplasm darker (L* 40; seen 48 to 72)"),
        ({"nucleus_b": -25}, "nuclei bluer (b* −65; seen −52 to −28)"),
        ({"cytoplasm_a": -20}, "cytoplasm greener (a* −4; seen 4 to 28)"),
        ({"nucleus_a": -30}, "nuclei less red (a* 10; seen 28 to 52)"),
        ({"nucleus_b": 30}, "nuclei less blue (b* −10; seen −52 to −28)"),
        ({"nucleus_b": 60}, "nuclei yellower (b* 20; seen −52 to −28)"),
        # Each alone was seen, the two together not: pale nuclei have a pale cytoplasm.
        ({"nucleus_l": 10, "cytoplasm_l": -10}, "than belongs to such"),
    ],
)
def test_unseen_stain_is_told_in_words_and_numbers(by, told):
    warning = stain_warning(cells_of(shifted(**by)), SEEN)
    assert told in warning
    assert bool(warning) == bool(told)


def test_numbers_that_are_alike_when_rounded_are_told_apart():
    seen = SEEN.model_copy(update={"high": (49.7, *SEEN.high[1:])})
    warning = stain_warning(cells_of(shifted(nucleus_l=20, cytoplasm_l=18)), seen)
    assert "nuclei paler (L* 50.0; seen 18.0 to 49.7)" in warning


def test_pale_stain_within_what_belongs_together_is_not_warned_of():
    assert stain_warning(cells_of(shifted(nucleus_l=11, cytoplasm_l=11)), SEEN) == ""


def test_few_cells_may_lie_farther_and_too_few_say_nothing():
    off = shifted(nucleus_b=3.5 * SPREAD)
    assert [bool(stain_warning(cells_of(off, n), SEEN)) for n in (2, 3, 9, 10)] == [
        False,
        False,
        False,
        True,
    ]
    assert not stain_warning(cells_of(shifted(nucleus_b=80), 2), SEEN)
    assert stain_warning(cells_of(shifted(nucleus_b=80), 3), SEEN)


def test_cells_without_a_colour_do_not_count():
    cells = cells_of(shifted(nucleus_b=80), 12)
    cells.loc[2:, "cytoplasm_l"] = np.nan
    assert stain_warning(cells, SEEN) == ""


def test_without_the_models_word_or_the_cells_colours_nothing_is_said():
    assert stain_warning(cells_of(shifted(nucleus_b=80)), None) == ""
    assert stain_warning(pd.DataFrame({"area_px": [1.0] * 12}), SEEN) == ""


@given(arrays(float, 6, elements=st.floats(-60, 60)), st.integers(10, 40))
def test_warning_begins_where_the_distance_is_rare(shift, count):
    colours = np.array(MEAN) + shift
    warned = bool(stain_warning(cells_of(colours, count), SEEN))
    assert warned == (SEEN.distance(np.float32(colours)) > 3.0)


@given(arrays(float, 6, elements=st.floats(-60, 60)))
def test_a_colour_that_is_as_expected_brings_the_distance_down(shift):
    colours = np.array(MEAN) + shift
    expected, _ = SEEN.expected(colours)
    for at in range(6):
        moved = colours.copy()
        moved[at] = expected[at]
        assert SEEN.distance(moved) <= SEEN.distance(colours) + 1e-9


@pytest.mark.parametrize(
    "wrong",
    [
        {"covariance": tuple(map(tuple, -COVARIANCE))},
        {"covariance": tuple(map(tuple, COVARIANCE + np.eye(6, k=1)))},
        {"counts": (10, 3)},
        {"rare": (4.0,)},
        {"mean": MEAN[:5]},
    ],
)
def test_card_with_unsound_stain_is_refused(wrong):
    with pytest.raises(ValidationError):
        StainSeen(**{**SEEN.model_dump(), **wrong})


def test_card_without_stain_is_read_and_checks_nothing():
    values = read_card(find_model()).model_dump()
    assert ModelCard(**{**values, "stain_seen": None}).stain_seen is None
    del values["stain_seen"]
    assert facts_of(ModelCard(**values)).stain is None


def test_summary_pools_the_cells_of_all_fields_and_says_it_everywhere():
    fields = []
    for name in ("1.png", "2.png"):
        analysis = replace(example_analysis(name=name), facts=ModelFacts(stain=SEEN))
        for column, value in zip(COLOURS, shifted(nucleus_b=80), strict=True):
            analysis.cells[column] = value
        analysis.cells.loc[3:, "nucleus_b"] = np.nan  # two cells a field: too few alone
        fields.append(FieldCells.of(analysis))
    assert summarise(fields[:1], "s").stain_warning == ""
    summary = summarise(fields, "s")
    assert "Stain of 4 cells is unlike any" in summary.stain_warning
    assert summary.stain_warning in describe(summary)
    assert summary.model_dump(mode="json")["stain_warning"] == summary.stain_warning


def test_bundled_model_knows_an_ordinary_stain_from_grey_and_green_ones():
    seen = read_card(find_model()).stain_seen
    # As the nuclei and cytoplasm of an ordinary Romanowsky stain, and the same in grey.
    ordinary = colours_of(np.stack([crop_of((88, 52, 130), (150, 132, 186))] * 10))
    grey = colours_of(np.stack([crop_of((72, 72, 72), (145, 145, 145))] * 10))
    green = colours_of(np.stack([crop_of((52, 130, 52), (140, 186, 132))] * 10))
    told = [
        stain_warning(pd.DataFrame(c, columns=list(COLOURS)), seen) for c in (ordinary, grey, green)
    ]
    assert [bool(text) for text in told] == [False, True, True]
    assert "greener" in told[2]
