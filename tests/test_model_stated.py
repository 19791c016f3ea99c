"""What a model's card states is told beside its results: blank rate, calibration, scale."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype.cells.model_facts import NO_FACTS, FalseBlasts, ModelFacts
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.model.card_parts import Measurement, TrainingData
from napari_all_subtype.workflow.blank_rate import blank_rate
from napari_all_subtype.workflow.card_facts import FROM_RULES, FROM_SIMULATED, facts_of
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.scale_check import scale_warning
from napari_all_subtype.workflow.summarise import summarise

SEEN = (0.06, 0.19)


def data(name, by_rule=None, **taught):
    named = by_rule or {}
    return TrainingData(dataset=name, crops=10, groups=2, taught=taught, by_rule=named, terms="")


def figure(name, protocol, value, crops=100):
    return Measurement(name=name, protocol=protocol, value=value, crops=crops, groups=5)


CARD = SimpleNamespace(
    calibrated_on="held-out cells",
    trained_on=(
        data("all_idb2", blast=99, normal=100),
        data("bccd", normal=299),
        data("simulated", blast=5, l1=4, l2=4, l3=4),
    ),
    measured=(
        figure("false blast rate", "laboratory left out of training; tested on bccd", 0.02, 299),
        figure("false blast rate", "laboratory left out of training; tested on other", 0.0, 50),
        figure("specificity", "laboratory left out of training; tested on all_idb2", 0.72, 200),
        figure("false blast rate", "3-fold, grouped; tested on bccd", 0.5, 299),
        figure("AUROC", "laboratory left out of training; tested on all_idb2", 0.9, 200),
    ),
)


def test_only_figures_of_laboratories_left_out_are_stated():
    assert facts_of(CARD).false_blasts == (
        FalseBlasts("bccd", 0.02, 299),
        FalseBlasts("other", 0.0, 50),
        FalseBlasts("all_idb2", 0.28, 100, beside_blasts=True),
    )


def test_calibration_rests_on_laboratories_with_both_sides():
    facts = facts_of(CARD)
    assert facts.calibration_laboratories == ("all_idb2",)
    assert facts.calibration_errors == ()


def test_calibration_error_is_that_of_laboratories_with_both_sides_left_out():
    protocol = "laboratory left out of training; tested on"
    errors = (
        figure("ECE", f"{protocol} {name}", e) for name, e in (("bccd", 0.2), ("all_idb2", 0.1))
    )
    known = (figure("ECE", "3-fold, grouped; tested on all_idb2", 0.01),)
    card = SimpleNamespace(**vars(CARD) | {"measured": (*CARD.measured, *errors, *known)})
    assert facts_of(card).calibration_errors == (0.1,)
    assert facts_of(card).false_blasts == facts_of(CARD).false_blasts


SIMULATED_L1 = data("simulated", blast=5, l1=4)
NAMED_L1 = data("mll", by_rule={"l1": 3, "undetermined": 9}, blast=5, normal=4)


@pytest.mark.parametrize(
    ("trained_on", "expected"),
    [
        ((SIMULATED_L1, data("mll", blast=5)), (FROM_SIMULATED,)),
        ((SIMULATED_L1, NAMED_L1), (FROM_SIMULATED, FROM_RULES)),
        ((NAMED_L1,), (FROM_RULES,)),
        # The rules may have found none: "undetermined" is no subtype.
        ((SIMULATED_L1, data("mll", by_rule={"undetermined": 9}, blast=5)), (FROM_SIMULATED,)),
        # A person named some: then it is no matter of the simulator and the rules alone.
        ((SIMULATED_L1, data("mine", l1=7)), ()),
        ((data("mll", blast=5),), ()),
    ],
)
def test_subtypes_are_from_what_taught_them(trained_on, expected):
    assert facts_of(SimpleNamespace(trained_on=trained_on)).subtypes_from == expected


def test_card_written_before_rules_named_cells_is_read():
    written = data("mll", blast=5).model_dump(exclude={"by_rule"})
    assert TrainingData(**written).by_rule == {}


def test_the_scale_is_what_the_card_states():
    card = SimpleNamespace(**vars(CARD), um_per_px_seen=(0.1, 0.3))
    assert facts_of(card).um_per_px == (0.1, 0.3)


def test_a_scale_that_no_card_states_is_not_made_up():
    assert facts_of(SimpleNamespace(trained_on=(data("mine", normal=5),))).um_per_px is None


def test_card_without_figures_states_nothing():
    assert facts_of(SimpleNamespace(identity="fake 0")) == NO_FACTS
    assert blank_rate(NO_FACTS, 100) is None


def test_blank_rate_says_range_laboratories_and_what_it_means_here():
    rate = blank_rate(facts_of(CARD), 120)
    assert (rate.normal_blood.low, rate.normal_blood.high) == (0.0, 0.02)
    assert (rate.normal_blood.laboratories, rate.normal_blood.cells) == (2, 349)
    assert rate.text == (
        "On normal blood of 2 unseen laboratories the model calls 0–2 % of the cells blast (0–2 of "
        "120); on the non-blasts of 1 unseen laboratory with blasts 28 %. Normal blood of these "
        "laboratories gives up to 6 of 120 in 95 of 100 counts (limit of blank); blasts can be "
        "there all the same."
    )
    assert rate.limit_of_blank == 6


@pytest.mark.parametrize(
    ("n_blasts", "told"),
    [
        (6, "6, within that; blasts can be there all the same."),
        (7, "7, more than that; blood of a laboratory unlike these can give as many."),
    ],
)
def test_count_of_the_model_is_set_beside_the_limit_of_blank(n_blasts, told):
    text = blank_rate(facts_of(CARD), 120, n_blasts=n_blasts).text
    assert f"(limit of blank), and here are {told}" in text


def test_blank_rate_measured_at_another_threshold_says_so():
    facts = facts_of(CARD)
    assert "threshold" not in blank_rate(facts, 10, 0.5).text
    assert "threshold of 0.50, not of 0.60" in blank_rate(facts, 10, 0.6).text


def test_no_limit_of_blank_is_given_at_a_threshold_where_none_was_measured():
    facts = facts_of(CARD)
    for threshold in (0.3, 0.6):
        rate = blank_rate(facts, 120, threshold)
        assert rate.limit_of_blank is None
        assert "limit of blank" not in rate.text
    assert blank_rate(facts, 120, 0.5).limit_of_blank == 6


def test_limit_of_blank_is_never_told_as_an_absence_of_blasts():
    assert "no sign of" not in blank_rate(facts_of(CARD), 120).text


def test_red_cells_that_contradict_the_size_are_told_first():
    size = PixelSize(0.18, "user", 0.02, red_cells_um_per_px=0.09)
    told = scale_warning(size, (0.06, 0.17), 0.0)
    assert told.startswith("At the pixel size given (0.180 µm/px) the red cells would be 2.0 times")
    assert "too large; they tell 0.090 µm/px" in told
    assert "coarser than any" in told


def test_summary_states_the_blank_rate_and_the_scale_warning():
    facts = ModelFacts(false_blasts=(FalseBlasts("a", 0.1, 50),), um_per_px=(0.05, 0.2))
    field = FieldCells.of(replace(example_analysis(), facts=facts))
    summary = summarise([field], "s")
    assert "10 % of the cells blast (0 of 3)" in summary.blank_rate.text
    assert "0.250 µm/px is coarser" in summary.scale_warnings["field.png"]
    written = summary.model_dump(mode="json")
    assert written["blank_rate"]["normal_blood"]["cells"] == 50
    assert set(written["scale_warnings"]) == {"field.png"}


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (PixelSize(0.13, "user", 0.02), ""),
        (PixelSize(0.2, "user", 0.02), ""),  # within the tolerance
        (PixelSize(0.25, "metadata", 0.02), "0.250 µm/px is coarser"),
        (PixelSize(0.04, "layer", 0.02), "0.040 µm/px is finer"),
        (PixelSize(0.13, "red cells", 0.16), "red cells (0.130 µm/px ± 16 %)"),
        (PixelSize(0.13, "assumed", 0.5), "assumed (0.130 µm/px, may be wrong by 50 %)"),
    ],
)
def test_scale_outside_what_was_seen_is_warned_of_with_numbers(size, told):
    warning = scale_warning(size, SEEN)
    assert told in warning
    assert bool(warning) == bool(told)


@given(st.floats(0.02, 1.0))
def test_known_scale_is_warned_of_outside_the_range_only(um):
    warned = bool(scale_warning(PixelSize(um, "user", 0.02), SEEN, 0.0))
    assert warned == (not SEEN[0] <= um <= SEEN[1])


@given(st.floats(0.02, 1.0))
def test_range_that_nobody_stated_is_not_checked(um):
    assert scale_warning(PixelSize(um, "user", 0.02), None) == ""
