"""Counts and intervals of fields and smears."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype.cells.model_facts import FOUND_ONLY, FalseBlasts, ModelFacts
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY
from napari_all_subtype.terminal import describe
from napari_all_subtype.workflow.intervals import (
    EQUAL_FIELDS,
    MIN_BOOTSTRAP_FIELDS,
    TOO_FEW_FIELDS,
    wilson,
)
from napari_all_subtype.workflow.summarise import FieldCells, summarise
from napari_all_subtype.workflow.unknown_note import unknown_note


def field(name, *subtypes, flags=(), uncertainty=0.02, scale_assumed=False):
    p = np.array([0.1 if s == "normal" else 0.9 for s in subtypes], float)
    cells = pd.DataFrame(
        {
            "subtype": pd.Series(subtypes, dtype=object),
            "p_blast_any": p,
            "confidence": np.full(len(subtypes), 0.9),
            "touches_border": np.zeros(len(subtypes), bool),
        }
    )
    return FieldCells(name, cells, tuple(flags), uncertainty, FAB5, scale_assumed)


def test_smear_sums_its_fields():
    a = field("a", "normal", "blast", "l1")
    b = field("b", "normal", flags=["blur"])
    smear = summarise([a, b], "smear")
    assert smear.n_cells == 4
    assert {n: s.count for n, s in smear.classes.items() if s.count} == {
        "normal": 2,
        "blast": 1,
        "l1": 1,
    }
    assert smear.blast_any.count == 2
    assert smear.blast_any.fraction == 0.5
    assert smear.flags == {"b": ("blur",)}
    assert smear.notice == RESEARCH_USE_ONLY
    assert "scores" in smear.subtype_note


def test_one_field_has_no_interval_over_fields():
    one = summarise([field("a", "normal", "blast")], "a")
    assert one.blast_any.over_fields is None
    assert one.blast_any.over_fields_missing == TOO_FEW_FIELDS
    assert one.blast_any.wilson is not None


def test_no_cells_give_no_fractions():
    empty = summarise([field("a")], "a")
    assert empty.n_cells == 0
    assert empty.blast_any.fraction is None
    assert empty.mean_confidence is None


def test_means_leave_out_cells_of_which_nothing_is_said():
    strange = field("b", "unknown", "unknown")
    smear = summarise([field("a", "normal", "blast"), strange], "s")
    assert smear.mean_p_blast_any == pytest.approx(0.5)
    none_left = summarise([strange], "b")
    assert np.isnan(none_left.mean_p_blast_any)
    assert np.isnan(none_left.mean_confidence)
    assert none_left.model_dump(mode="json")["mean_p_blast_any"] is None


def unjudged(name, *subtypes, novelty=2.0, nucleus_um2=50.0):
    one = field(name, *subtypes)
    rows = one.cells.assign(novelty=0.1, nucleus_area_um2=nucleus_um2)
    rows.loc[rows["subtype"] == "unknown", "novelty"] = novelty
    facts = ModelFacts(false_blasts=(FalseBlasts("a", 0.1, 50),))
    return replace(one, cells=rows, facts=facts)


def test_a_smear_in_which_no_cell_was_judged_is_no_all_clear():
    summary = summarise([unjudged("a", "unknown", "unknown")], "a")
    assert summary.unknown_note.startswith("No cell could be judged, all 2 are unknown: unlike")
    assert "say nothing of blasts; check the focus, the pixel size" in summary.unknown_note
    assert summary.blank_rate.limit_of_blank is None
    assert "here are" not in summary.blank_rate.text


def test_cells_that_were_not_judged_are_told_and_stand_beside_no_limit_of_blank():
    summary = summarise([unjudged("a", "normal", "blast", "unknown")], "a")
    assert summary.unknown_note.startswith("1 of 3 cells is unknown: unlike the cells of the")
    assert "0 of 2" in summary.blank_rate.text
    bare = unjudged("b", "normal", "unknown", novelty=np.nan, nucleus_um2=0.0)
    assert "unknown: without a nucleus. " in summarise([bare], "b").unknown_note
    both = summarise([bare, unjudged("c", "unknown")], "d").unknown_note
    assert "1 unlike the cells" in both
    assert "1 without a nucleus" in both


def test_a_smear_in_which_the_model_could_say_nothing_is_no_all_clear():
    bare = unjudged("a", "unknown", "unknown", novelty=np.nan, nucleus_um2=0.0)
    bare.cells["confidence"] = np.nan
    note = summarise([bare], "a").unknown_note
    assert note.startswith("No cell could be judged, all 2 are unknown: without a nucleus. The")
    assert "say nothing of blasts; check the focus" in note
    assert f"  {note}" in describe(summarise([bare], "a")).splitlines()
    left = unjudged("b", "unknown", novelty=np.nan)
    left.cells["confidence"] = np.nan
    note = summarise([left], "b").unknown_note
    assert note.startswith("No cell could be judged, the only one is unknown: not classified by")
    assert "name what was not classified" in note
    assert "check the focus" not in note
    both = summarise([bare, left], "c").unknown_note
    assert "all 3 are unknown: 2 without a nucleus, 1 not classified by the model. " in both


def test_cells_that_no_model_was_asked_about_are_not_called_strange():
    not_asked = replace(unjudged("a", "unknown", "unknown", novelty=np.nan), asked=False)
    not_asked.cells["confidence"] = np.nan
    not_asked.cells.iloc[-1, not_asked.cells.columns.get_loc("nucleus_area_um2")] = 0.0
    assert summarise([not_asked], "a").unknown_note == ""
    assert summarise([unjudged("a", "normal")], "a").unknown_note == ""


def test_cells_of_fields_that_no_model_was_asked_about_are_told_as_such():
    left = unjudged("a", "normal", "unknown", novelty=np.nan)
    found = replace(unjudged("b", "unknown", "unknown", "unknown", novelty=np.nan), asked=False)
    found.cells.iloc[-1, found.cells.columns.get_loc("nucleus_area_um2")] = 0.0
    note = summarise([left, found], "c").unknown_note
    assert note.startswith(
        "4 of 5 cells are unknown: 1 not classified by the model, 3 only found, as no model was "
    )
    assert note.endswith("look again; have a model classify what was only found.")
    all_judged = summarise([unjudged("a", "normal"), found], "c").unknown_note
    assert all_judged.startswith("3 of 4 cells are unknown: only found, as no model was asked. ")
    assert "outline" not in all_judged
    named = found.cells.assign(annotation=["blast", "normal", "l1"])
    blank = replace(left, cells=left.cells.assign(annotation=""))
    note = summarise([blank, replace(found, cells=named)], "c").unknown_note
    assert note.startswith("1 of 5 cells is unknown: not classified by the model. ")


@pytest.mark.parametrize("index", [["a.png", "b.png"], [-1, 3]])
def test_a_table_without_nuclei_may_have_any_index_and_is_not_told_to_change_outlines(index):
    rows = unjudged("a", "unknown", "unknown", novelty=np.nan).cells
    rows = rows.drop(columns="nucleus_area_um2").set_axis(index)
    note = unknown_note(rows, outlined=False)
    assert "all 2 are unknown: not classified by the model. " in note
    assert note.endswith("; look at what was not classified yourself.")


def test_a_model_is_asked_of_every_analysis_but_those_without_one():
    one = example_analysis()
    asked = [FieldCells.of(replace(one, model=m)).asked for m in (one.model, FOUND_ONLY, "")]
    assert asked == [True, False, False]


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=9))
def test_interval_over_fields_is_there_or_says_why_not(blasts):
    fields = [field(str(n), "blast" if b else "normal") for n, b in enumerate(blasts)]
    share = summarise([*fields, field("empty")], "s").blast_any
    if len(blasts) < MIN_BOOTSTRAP_FIELDS:
        assert (share.over_fields, share.over_fields_missing) == (None, TOO_FEW_FIELDS)
    elif len(set(blasts)) == 1:
        assert (share.over_fields, share.over_fields_missing) == (None, EQUAL_FIELDS)
    else:
        assert share.over_fields.low < share.over_fields.high
        assert share.over_fields_missing == ""


def test_equal_fields_give_no_interval_that_feigns_certainty():
    share = summarise([field(n, "normal", "blast") for n in "abcdefg"], "s").blast_any
    assert (share.over_fields, share.over_fields_missing) == (None, EQUAL_FIELDS)
    assert share.wilson.low < 0.5 < share.wilson.high


def test_fields_that_differ_have_a_wider_interval_than_wilson():
    fields = [field(str(n), *["blast" if n % 2 else "normal"] * 25) for n in range(6)]
    share = summarise(fields, "s").blast_any
    assert share.over_fields.high - share.over_fields.low > share.wilson.high - share.wilson.low


def test_no_field_is_an_error():
    with pytest.raises(ValueError, match="at least one field"):
        summarise([], "s")


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_fraction(count, total):
    count = min(count, total)
    interval = wilson(count, total)
    assert 0 <= interval.low <= count / total + 1e-12
    assert count / total - 1e-12 <= interval.high <= 1


def test_smear_carries_the_uncertainty_that_a_cell_has_in_the_median_and_names_the_exception():
    fields = [field(str(n), "normal", uncertainty=0.15) for n in range(9)]
    smear = summarise([*fields, field("assumed", "normal", uncertainty=0.5)], "s")
    assert smear.um_relative_uncertainty == 0.15
    assert smear.um_less_certain == {"assumed": 0.5}
    assert smear.less_certain_text == "in 1 of 10 fields by 50 %"
    assert summarise(fields, "s").less_certain_text == ""


def test_uncertainty_is_that_of_most_cells_not_of_most_fields():
    fields = [field("a", *["normal"] * 9, uncertainty=0.2), field("b", uncertainty=0.02)]
    fields += [field("c", "normal", uncertainty=0.3), field("d", uncertainty=0.4)]
    smear = summarise(fields, "s")
    assert smear.um_relative_uncertainty == 0.2
    assert smear.less_certain_text == "in 2 of 4 fields by up to 40 %"
    assert summarise([field("a", uncertainty=0.2)], "a").um_relative_uncertainty == 0.2
