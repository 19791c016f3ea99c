"""Bennett's score over a smear: when it is given, how sure it is, and what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.cells.fab import Ruler, fab_scores
from napari_all_subtype.config import FabParameters, SmearScoreParameters
from napari_all_subtype.errors import Stopped
from napari_all_subtype.progress import SilentMonitor
from napari_all_subtype.workflow.smear_score import HISTORICAL, L3_WARNING, smear_score
from test_fab_scores import L1, L2, L3


def fields(*kinds, count=10, spread=0.0, seed=0):
    """Ten fields with `kinds` of blasts, in their order."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(list(kinds))
    numbers = rows.select_dtypes("number").columns
    rows[numbers] *= np.exp(rng.normal(0, spread, rows[numbers].shape))
    rows = rows.assign(subtype="blast", touches_border=False, area_px=100.0)
    rows = pd.concat([rows, fab_scores(rows)], axis=1)
    return [rows.iloc[n::count] for n in range(count)]


def scored(cells, uncertainty, ruler=None, **settings):
    """Score of `cells`, all compared with one ruler of this uncertainty."""
    ruler = ruler or Ruler("micrometres", 10.0, 0.61, 0, uncertainty)
    return smear_score(cells, [ruler] * len(cells), **settings)


def test_small_regular_blasts_of_high_nc_are_l1():
    score = scored(fields(*[L1] * 142), 0.0)
    assert (score.outcome, score.score, score.high) == ("L1", 2, 2)
    assert score.text.startswith("142 blasts in 10 fields: L1-like 100 %, L2-like 0 %")
    assert score.text.endswith(HISTORICAL)


def test_large_indented_blasts_with_nucleoli_are_l2():
    score = scored(fields(*[L2] * 120), 0.0)
    assert (score.outcome, score.score, score.low) == ("L2", -4, -4)
    assert "score −4 (−4…−4): L2-like" in score.text


def test_near_the_cuts_a_smear_cannot_be_classified():
    mixed = [L1] * 90 + [L2] * 30
    score = scored(fields(*mixed), 0.0)
    assert score.outcome == "unclassifiable"
    assert "L1/L2 not separable" in score.text
    assert score.low < score.high


@pytest.mark.parametrize("count", [0, 1, 49])
def test_fewer_than_fifty_blasts_have_no_score(count):
    score = scored(fields(*[L1] * 60)[:1] if not count else fields(*[L1] * count), 0.0)
    assert score.outcome == "not computed"
    assert score.score is None
    assert "fewer than 50 blasts" in score.text


def test_l3_comes_first_and_only_from_enough_cells():
    many = scored(fields(*[L3] * 30, *[L1] * 70), 0.0)
    assert many.outcome == "L3 suspected"
    assert f"{L3_WARNING} (30 of 100 blasts, 95 % interval 22–40 % of sampling" in many.text
    assert "warned of from 10 and 25 % on)" in many.text
    assert many.score is None
    few = scored(fields(*[L3] * 9, *[L1] * 100), 0.0)
    assert few.outcome == "L1"
    assert L3_WARNING not in few.text
    assert "L3-like 8 %" in few.text


def test_uncertain_pixel_size_widens_the_interval():
    near = [L1 | {"fab_relative_diameter": 1.32, "fab_ruler": "micrometres"}] * 100
    sure, unsure = (scored(fields(*near), error) for error in (0.0, 0.15))
    assert unsure.high - unsure.low > sure.high - sure.low


def test_error_of_the_smears_own_lymphocytes_widens_the_interval_and_is_told_of():
    near = [L1 | {"fab_relative_diameter": 1.4, "fab_relative_nc": 1.25}] * 100
    rulers = [Ruler("small lymphocytes", 9.8, 0.615, 36, *own) for own in ((0, 0), (0.2, 0.2))]
    sure, unsure = (scored(fields(*near), 0.5, ruler=ruler) for ruler in rulers)
    assert unsure.certainty < sure.certainty
    assert unsure.high - unsure.low > sure.high - sure.low
    assert "36 small lymphocytes of the smear (median 9.8 µm, N:C 0.61" in sure.text
    assert sure.ruler in sure.text


def test_one_field_of_assumed_scale_does_not_make_all_uncertain():
    near = fields(*[L1 | {"fab_relative_diameter": 1.2}] * 100)
    known, guessed = (Ruler("red cells", 10.0, 0.61, 0, error) for error in (0.05, 0.5))
    one = smear_score(near, [known] * 9 + [guessed])
    assert one.low == smear_score(near, [known] * 10).low
    assert one.low > smear_score(near, [guessed] * 10).low
    kinds = [known] * 9 + [Ruler("none", 10.0, 0.61, 0, 0.5)]
    told = smear_score(near, kinds).ruler
    assert "(10.0 µm by the red cells, N:C 0.61) in 9 fields" in told
    assert "(N:C 0.61; no size: the scale is assumed) in 1 field" in told


@settings(max_examples=25, deadline=None)
@given(
    st.floats(1.0, 2.0), st.floats(0.8, 1.4), st.floats(0.92, 0.98), st.floats(0.0, 0.05),
    st.floats(0.0, 0.3), st.floats(0.0, 0.2),
)  # fmt: skip
def test_verdict_never_contradicts_its_own_interval(size, nc, solidity, nucleolus, error, spread):
    row = L1 | {
        "fab_relative_diameter": size, "fab_relative_nc": nc, "nucleus_solidity": solidity,
        "fab_nucleolus_fraction": nucleolus, "fab_nucleoli": 1.0,
    }  # fmt: skip
    score = scored(fields(*[row] * 60, spread=spread), error)
    if score.score is None:
        return
    assert score.low <= score.high
    if score.low < 0 <= score.high:
        assert score.outcome == "unclassifiable"
        assert "L1/L2 not separable" in score.text
    if score.outcome in ("L1", "L2"):
        l1 = score.outcome == "L1"
        assert {score.low >= 0, score.high >= 0, score.score >= 0} == {l1}


def test_interval_that_reaches_from_l2_to_l1_is_not_separable():
    # As blasts of one laboratory: a score of -1 with an interval of -1 to 0 was called L2-like.
    near = [L1 | {"fab_nucleoli": 2.0, "fab_relative_nc": 1.08}] * 100
    score = scored(fields(*near), 0.0, fab=FabParameters(low_nc_ratio=0.8))
    assert (score.score, score.low, score.high) == (-1, -1, 0)
    assert score.certainty > 0.8
    assert score.outcome == "unclassifiable"
    assert "score −1 (−1…0): L1/L2 not separable" in score.text


@given(st.lists(st.sampled_from(["l1", "l2", "l3", "undetermined"]), min_size=1, max_size=30))
@settings(deadline=None)
def test_summary_counts_the_patterns_that_the_tables_say(patterns):
    cells = fields(*[L1] * len(patterns), count=3)
    said = [part.assign(fab_pattern=patterns[n::3]) for n, part in enumerate(cells)]
    counts = pd.concat(said)["fab_pattern"].value_counts()
    found = scored(said, 0.1).patterns
    assert found == {name: counts.get(name, 0) / len(patterns) for name in found}


def test_feature_that_could_not_be_measured_is_named_instead_of_a_score():
    unsized = [L1 | {"fab_relative_diameter": np.nan, "fab_ruler": "none"}] * 100
    score = scored(fields(*unsized), 0.5)
    assert score.outcome == "not computed"
    assert "the size of cells could be measured on 0 blasts only" in score.text


def test_same_cells_give_the_same_score():
    mixed = [L1] * 60 + [L2] * 60
    assert scored(fields(*mixed), 0.1) == scored(fields(*mixed), 0.1)


def test_fields_that_differ_widen_the_interval():
    mixed = fields(*[L1] * 75, *[L2] * 25)
    cells = pd.concat(mixed, ignore_index=True)
    apart = [cells.iloc[n * 10 : n * 10 + 10] for n in range(10)]
    assert scored(apart, 0.0).certainty <= scored(mixed, 0.0).certainty


def test_weights_are_parameters():
    few = SmearScoreParameters(min_blasts=10, irregular_outline_share=0.05)
    score = scored(fields(*[L1] * 18, *[L1 | {"nucleus_solidity": 0.85}] * 2), 0.0, p=few)
    assert score.score == 1
    assert "fewer than 100 blasts" in score.text


def test_table_without_evidence_is_not_scored():
    cells = [pd.DataFrame({"area_px": [10.0], "subtype": ["blast"]})]
    assert scored(cells, 0.0).outcome == "not computed"


def test_stops_where_nobody_waits_for_the_score_any_more():
    class Impatient(SilentMonitor):
        heard = 0

        def report(self, progress):
            self.heard = progress.done

        @property
        def stop_requested(self):
            return self.heard >= 3

    with pytest.raises(Stopped):
        scored(fields(*[L1] * 60), 0.0, monitor=Impatient())
