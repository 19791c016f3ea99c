"""Scores and reasons follow the FAB table, one criterion at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.cells.fab import SCORES, fab_reasons, fab_scores, in_words, reasons_in_words
from napari_all_subtype.config import FabParameters

L1 = {
    "diameter_um": 10.0, "nc_ratio": 0.8, "nucleus_solidity": 0.98, "nucleus_circularity": 0.9,
    "fab_relative_diameter": 1.1, "fab_relative_nc": 1.3, "fab_hollow": 0.03, "fab_nucleoli": 0.0,
    "fab_nucleolus_fraction": 0.0, "fab_nucleoli_fraction": 0.0, "fab_chromatin_spread": 0.09,
    "fab_chromatin_entropy": 1.5, "fab_chromatin_contrast": 0.5, "fab_basophilia": 0.05,
    "fab_vacuoles": 0.0, "fab_vacuole_fraction": 0.0, "fab_ruler": "small lymphocytes",
    "fab_missing": "",
}  # fmt: skip
L2 = L1 | {
    "nc_ratio": 0.55, "fab_relative_diameter": 1.9, "fab_relative_nc": 0.85, "fab_hollow": 0.18,
    "nucleus_solidity": 0.90, "fab_nucleoli": 2.0, "fab_nucleolus_fraction": 0.05,
}  # fmt: skip
L3 = L1 | {
    "nc_ratio": 0.6, "fab_relative_diameter": 1.5, "fab_relative_nc": 0.95, "fab_nucleoli": 2.0,
    "fab_nucleolus_fraction": 0.03, "fab_basophilia": 0.2, "fab_vacuoles": 12.0,
}  # fmt: skip


def table(*rows):
    return pd.DataFrame(list(rows))


def test_typical_cells_have_the_pattern_of_their_line_in_the_table():
    assert fab_scores(table(L1, L2, L3))["fab_pattern"].tolist() == ["l1", "l2", "l3"]


@pytest.mark.parametrize(
    ("change", "rises", "falls"),
    [
        ({"fab_relative_diameter": 2.0}, "fab_l2", "fab_l1"),
        ({"fab_relative_nc": 0.8}, "fab_l2", "fab_l1"),
        ({"nucleus_solidity": 0.88}, "fab_l2", "fab_l1"),
        ({"fab_hollow": 0.25}, "fab_l2", "fab_l1"),
        ({"fab_nucleoli": 3.0}, "fab_l2", "fab_l1"),
        ({"fab_nucleolus_fraction": 0.08}, "fab_l2", "fab_l1"),
        ({"fab_basophilia": 0.25}, "fab_l3", "fab_l1"),
        ({"fab_vacuoles": 12.0}, "fab_l3", "fab_l1"),
    ],
)
def test_one_criterion_altered_moves_the_right_scores_the_right_way(change, rises, falls):
    before, after = (fab_scores(table(row)).loc[0] for row in (L1, L1 | change))
    assert after[rises] > before[rises]
    assert after[falls] < before[falls]


NUMBERS = [name for name, value in L1.items() if isinstance(value, float)]
VALUES = st.fixed_dictionaries(
    {name: st.one_of(st.just(float("nan")), st.floats(-2, 60)) for name in NUMBERS}
)


@given(values=VALUES)
def test_scores_are_between_0_and_1_or_missing_whatever_was_measured(values):
    scores = fab_scores(table(L1 | values))[list(SCORES)].to_numpy(float)
    assert np.all(np.isnan(scores) | ((scores >= 0) & (scores <= 1)))
    assert isinstance(reasons_in_words(table(L1 | values))[0], str)


def test_missing_criterion_is_left_out_and_said():
    row = L1 | {"fab_basophilia": np.nan, "fab_missing": "basophilia: too little cytoplasm"}
    assert fab_scores(table(row))["fab_pattern"].tolist() == ["l1"]
    reasons = fab_reasons(pd.Series(row))
    assert not [r for r in reasons if r.criterion == "basophilia" and r.favours is not None]
    assert "not measured: basophilia: too little cytoplasm" in in_words(reasons)


def test_cell_of_which_little_was_measured_is_undetermined():
    gone = dict.fromkeys(
        ("fab_relative_diameter", "fab_relative_nc", "nucleus_solidity", "fab_hollow"), np.nan
    )
    assert fab_scores(table(L1 | gone))["fab_pattern"].tolist() == ["undetermined"]


def test_nothing_measured_has_no_score():
    row = dict.fromkeys(NUMBERS, np.nan) | {"fab_ruler": "none", "fab_missing": ""}
    found = fab_scores(table(row)).loc[0]
    assert found[list(SCORES)].isna().all()
    assert found["fab_pattern"] == "undetermined"


def test_reasons_say_in_words_what_speaks_for_and_against():
    text = in_words(fab_reasons(pd.Series(L2 | {"fab_relative_nc": 1.3, "nc_ratio": 0.8})))
    assert "two nucleoli" in text
    assert "nucleus indented: solidity 0.90" in text
    assert "against: N:C high: 0.80" in text


def said_of(criterion, **change):
    (found,) = (r for r in fab_reasons(pd.Series(L1 | change)) if r.criterion == criterion)
    return found.text


def test_words_say_for_and_against_which_pattern():
    row = L1 | {"fab_nucleoli": 1.0, "fab_nucleolus_fraction": 0.05}
    (text,) = reasons_in_words(table(row))
    assert text.startswith("For L1-like: ")
    assert "against: one prominent nucleolus" in text


def test_undetermined_cell_names_the_nearest_pattern():
    row = L1 | {"fab_relative_diameter": 1.9, "fab_relative_nc": 0.9, "fab_vacuoles": 6.0}
    scores = fab_scores(table(row)).loc[0]
    assert scores["fab_pattern"] == "undetermined"
    nearest = max(SCORES, key=scores.get).removeprefix("fab_").upper()
    (text,) = reasons_in_words(table(row))
    assert text.startswith(f"Undetermined, nearest {nearest}-like. For {nearest}-like: ")


def test_cell_without_any_measure_names_no_pattern():
    row = dict.fromkeys(NUMBERS, np.nan) | {"fab_ruler": "none", "fab_missing": "size: cut"}
    assert reasons_in_words(table(row)) == ["not measured: size: cut"]


def test_pattern_that_nothing_speaks_for_says_so():
    reasons = [r for r in fab_reasons(pd.Series(L2), subtype="l1") if r.favours is False]
    assert in_words(tuple(reasons)).startswith("For L1-like: nothing; against: ")


@pytest.mark.parametrize(
    ("fraction", "said"), [(0.002, "under 1 %"), (0.0099, "under 1 %"), (0.012, "1 %")]
)
def test_nucleolus_that_was_seen_is_never_0_percent(fraction, said):
    text = said_of("nucleoli", fab_nucleoli=1.0, fab_nucleolus_fraction=fraction)
    assert text == f"one small nucleolus: largest {said} of nucleus"


@pytest.mark.parametrize(
    ("relative", "word"), [(0.85, "low"), (1.0, "not high"), (1.02, "not high"), (1.2, "high")]
)
def test_nc_ratio_is_low_only_below_a_small_lymphocyte(relative, word):
    text = said_of("N:C ratio", nc_ratio=0.62, fab_relative_nc=relative)
    assert text == f"N:C {word}: 0.62, {relative:.2f} times a small lymphocyte's"


@pytest.mark.parametrize(
    ("solidity", "hollow", "said"),
    [
        (0.96, 0.18, "nucleus indented: deepest hollow 18 % of its diameter"),
        (0.90, 0.03, "nucleus irregular: solidity 0.90"),
        (0.90, 0.18, "nucleus indented: solidity 0.90, deepest hollow 18 % of its diameter"),
        (0.96, 0.03, "nucleus regular: solidity 0.96"),
    ],
)
def test_outline_names_the_measure_that_decides(solidity, hollow, said):
    assert said_of("outline", nucleus_solidity=solidity, fab_hollow=hollow) == said


def test_strongest_reasons_come_first():
    reasons = [r for r in fab_reasons(pd.Series(L3)) if r.favours is not None]
    assert [r.strength for r in reasons] == sorted((r.strength for r in reasons), reverse=True)
    assert {"basophilia", "vacuoles"} == {r.criterion for r in reasons[:2]}


def test_reasons_of_a_table_are_those_of_its_rows():
    rows = table(L1, L2, L3)
    one_by_one = [in_words(fab_reasons(row)) for _, row in rows.iterrows()]
    assert reasons_in_words(rows) == one_by_one


def test_cut_is_a_parameter():
    row = L1 | {"fab_relative_diameter": 1.4}
    usual, strict = (
        fab_scores(table(row), FabParameters(large_size_ratio=cut)).loc[0] for cut in (1.6, 1.2)
    )
    assert strict["fab_l2"] > usual["fab_l2"]
