"""Bennett's score over a smear: when it is given, how sure it is, and what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.fab import fab_scores
from napari_all_subtype.config import SmearScoreParameters
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


def test_small_regular_blasts_of_high_nc_are_l1():
    score = smear_score(fields(*[L1] * 142), 0.0)
    assert (score.outcome, score.score, score.high) == ("L1", 2, 2)
    assert score.text.startswith("142 blasts in 10 fields: L1-like 100 %, L2-like 0 %")
    assert score.text.endswith(HISTORICAL)


def test_large_indented_blasts_with_nucleoli_are_l2():
    score = smear_score(fields(*[L2] * 120), 0.0)
    assert (score.outcome, score.score, score.low) == ("L2", -4, -4)
    assert "score −4 (−4…−4): L2-like" in score.text


def test_near_the_cuts_a_smear_cannot_be_classified():
    mixed = [L1] * 90 + [L2] * 30
    score = smear_score(fields(*mixed), 0.0)
    assert score.outcome == "unclassifiable"
    assert "L1/L2 not separable" in score.text
    assert score.low < score.high


@pytest.mark.parametrize("count", [0, 1, 49])
def test_fewer_than_fifty_blasts_have_no_score(count):
    score = smear_score(fields(*[L1] * 60)[:1] if not count else fields(*[L1] * count), 0.0)
    assert score.outcome == "not computed"
    assert score.score is None
    assert "fewer than 50 blasts" in score.text


def test_l3_comes_first_and_only_from_enough_cells():
    many = smear_score(fields(*[L3] * 30, *[L1] * 70), 0.0)
    assert many.outcome == "L3 suspected"
    assert L3_WARNING in many.text
    assert many.score is None
    few = smear_score(fields(*[L3] * 9, *[L1] * 100), 0.0)
    assert few.outcome == "L1"
    assert L3_WARNING not in few.text
    assert "L3-like 8 %" in few.text


def test_uncertain_pixel_size_widens_the_interval():
    near = [L1 | {"fab_relative_diameter": 1.32, "fab_ruler": "micrometres"}] * 100
    sure, unsure = (smear_score(fields(*near), error) for error in (0.0, 0.15))
    assert unsure.high - unsure.low > sure.high - sure.low


def test_pixel_size_does_not_matter_where_lymphocytes_are_the_ruler():
    near = [L1 | {"fab_relative_diameter": 1.5}] * 100
    one, two = (smear_score(fields(*near), error) for error in (0.0, 0.3))
    assert one == two


def test_feature_that_could_not_be_measured_is_named_instead_of_a_score():
    unsized = [L1 | {"fab_relative_diameter": np.nan, "fab_ruler": "none"}] * 100
    score = smear_score(fields(*unsized), 0.5)
    assert score.outcome == "not computed"
    assert "the size of cells could be measured on 0 blasts only" in score.text


def test_same_cells_give_the_same_score():
    mixed = [L1] * 60 + [L2] * 60
    assert smear_score(fields(*mixed), 0.1) == smear_score(fields(*mixed), 0.1)


def test_fields_that_differ_widen_the_interval():
    mixed = fields(*[L1] * 75, *[L2] * 25)
    cells = pd.concat(mixed, ignore_index=True)
    apart = [cells.iloc[n * 10 : n * 10 + 10] for n in range(10)]
    assert smear_score(apart, 0.0).certainty <= smear_score(mixed, 0.0).certainty


def test_weights_are_parameters():
    few = SmearScoreParameters(min_blasts=10, irregular_outline_share=0.05)
    score = smear_score(fields(*[L1] * 18, *[L1 | {"nucleus_solidity": 0.85}] * 2), 0.0, p=few)
    assert score.score == 1
    assert "fewer than 100 blasts" in score.text


def test_table_without_evidence_is_not_scored():
    cells = [pd.DataFrame({"area_px": [10.0], "subtype": ["blast"]})]
    assert smear_score(cells, 0.0).outcome == "not computed"


def test_stops_where_nobody_waits_for_the_score_any_more():
    class Impatient(SilentMonitor):
        heard = 0

        def report(self, progress):
            self.heard = progress.done

        @property
        def stop_requested(self):
            return self.heard >= 3

    with pytest.raises(Stopped):
        smear_score(fields(*[L1] * 60), 0.0, monitor=Impatient())
