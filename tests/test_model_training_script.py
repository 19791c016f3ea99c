"""The script that trains the bundled model: splits by group, draws balanced by laboratory."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from bundled_data import Cells
from bundled_draws import BY_RULE, SIMULATED, training_crops
from bundled_figures import (
    Outcome,
    balanced_temperature,
    figures_of,
    read_outcomes,
    shifted,
    with_intervals,
)
from bundled_folds import LEFT_OUT, folds_of
from bundled_laboratory import _probe, _threshold_row, _Told
from bundled_package import _trained_on
from bundled_shift import shift_rows

from napari_all_subtype.learning.sampling_error import wilson


@pytest.fixture
def cells() -> Cells:
    """Cells of every laboratory in groups of five, with words that teach nothing among them."""
    rows = []
    for laboratory in sorted({name for names in LEFT_OUT.values() for name in names}):
        for k in range(60):
            word = "blast" if laboratory in ("all_idb2", "mll") and k % 2 else "normal"
            word = "immature" if laboratory == "mll" and k >= 50 else word
            rows.append((word, laboratory, f"{laboratory}-{k // 5}", k != 7))
    rows += [
        (word, "simulated", f"simulated-{word}", True) for word in ("blast", "l1", "l2", "l3") * 9
    ]
    word, laboratory, group, found = (np.array(c) for c in zip(*rows, strict=True))
    crops = np.full((len(rows), 8, 8, 4), 128, np.uint8)
    return Cells(crops, word, laboratory, group, found, np.full(len(rows), 0.1))


def test_group_never_in_two_splits(cells):
    for name, test in folds_of(cells).items():
        assert not set(cells.group[test]) & set(cells.group[~test]), name


def test_cross_validation_tests_each_teaching_cell_once(cells):
    inside = [test for name, test in folds_of(cells).items() if name.startswith("fold")]
    np.testing.assert_array_equal(np.sum(inside, axis=0)[cells.teaching], 1)


def test_simulated_cells_are_never_tested(cells):
    for test in folds_of(cells).values():
        assert not test[cells.simulated].any()


def test_immature_and_unfound_cells_teach_nothing(cells):
    training = training_crops(cells)
    expected = (cells.teaching | cells.simulated) & cells.found
    assert len(training.crops) == expected.sum()
    assert (training.chance > 0).all()


def test_blasts_and_normal_cells_of_a_laboratory_are_drawn_equally_often(cells):
    training = training_crops(cells)
    assert training.chance.sum() == pytest.approx(1.0)
    for name in ("all_idb2", "mll"):
        rows = training.laboratory == name
        blast = rows & training.allowed[:, 1]
        assert training.chance[blast].sum() == pytest.approx(training.chance[rows].sum() / 2)


def test_figures_of_known_calls():
    logits = np.full((4, 5), -50.0)
    logits[:, 0] = [0, 0, 0, 3]
    logits[:, 1] = [5, -5, 2, 0]
    truth = np.array([True, True, False, False])
    outcome = Outcome("x", 0, logits, truth, np.full(4, "a"), np.arange(4), "none", 1.0)
    figures = figures_of(outcome, 1.0)
    assert figures["sensitivity"] == 0.5
    assert figures["specificity"] == 0.5
    assert figures["AUROC"] == 0.5


def test_a_large_laboratory_does_not_set_the_temperature_alone():
    sure_and_right = np.array([[-8.0, 8, -50, -50, -50], [8.0, -8, -50, -50, -50]] * 500)
    sure_and_half_wrong = np.array([[-8.0, 8, -50, -50, -50], [8.0, -8, -50, -50, -50]] * 10)
    truth = np.array([True, False] * 500 + [True, False] * 5 + [False, True] * 5)
    laboratory = np.array(["large"] * 1000 + ["small"] * 20)
    logits = np.concatenate([sure_and_right, sure_and_half_wrong])
    outcome = Outcome("x", 0, logits, truth, laboratory, laboratory, "none", 1.0)
    # Half of one of two equal laboratories is wrong: a quarter, so odds of 3 at logits of 16.
    assert balanced_temperature(outcome) == pytest.approx(16 / np.log(3), rel=0.02)


def test_laboratories_without_blasts_do_not_set_the_temperature():
    unsure = np.array([[-1.0, 1, -50, -50, -50], [1.0, -1, -50, -50, -50]] * 50)
    logits = np.concatenate([unsure, np.tile([9.0, -9, -50, -50, -50], (100, 1))])
    # Nine of ten are right in the laboratory that has both sides.
    truth = np.array([True, False] * 45 + [False, True] * 5 + [False] * 100)
    laboratory = np.array(["both"] * 100 + ["normal only"] * 100)
    outcome = Outcome("x", 0, logits, truth, laboratory, laboratory, "none", 1.0)
    assert balanced_temperature(outcome) == pytest.approx(2 / np.log(9), rel=0.02)


def test_blasts_kept_from_a_fold_of_normal_laboratories_are_there_to_be_recoloured(cells):
    folds = folds_of(cells)
    for name, laboratories in LEFT_OUT.items():
        blasts = folds[name] & (cells.word == "blast")
        assert blasts.any(), name
        if not {"all_idb2", "mll"} & set(laboratories):
            assert not blasts[np.isin(cells.laboratory, laboratories)].any()
            assert blasts.sum() < (cells.word == "blast").sum() / 2


def test_cells_named_by_the_rules_teach_but_are_not_measured(cells):
    named = cells.at(cells.word == "blast")
    named = replace(named, word=np.where(named.group == named.group[0], "l1", "undetermined"))
    both = Cells(*(np.concatenate([getattr(cells, f), getattr(named, f)]) for f in vars(cells)))
    assert both.by_rule.sum() == len(named.word) - named.simulated.sum()
    assert not (both.by_rule & both.teaching).any()
    training = training_crops(both)
    family = ~training.considered[:, 0]
    assert training.chance[family].sum() == pytest.approx(SIMULATED + BY_RULE)
    assert training.chance.sum() == pytest.approx(1.0)
    for test in folds_of(both).values():
        assert test.any()
        assert not set(both.group[test]) & set(both.group[~test])


def test_card_tells_words_of_people_from_those_of_the_rules(cells):
    copies = cells.at(cells.laboratory == "mll")
    copies = copies.at(copies.word == "blast")
    copies = replace(copies, word=np.where(np.arange(len(copies.word)) % 3, "undetermined", "l2"))
    both = Cells(*(np.concatenate([getattr(cells, f), getattr(copies, f)]) for f in vars(cells)))
    found = {data.dataset: data for data in _trained_on(both)}
    blasts, found_copies = found["mll"].taught["blast"], copies.found.sum()
    assert blasts == found_copies
    assert set(found["mll"].taught) == {"blast", "normal"}
    assert sum(found["mll"].by_rule.values()) == found_copies
    assert set(found["mll"].by_rule) == {"l2", "undetermined"}
    assert found["all_idb2"].by_rule == found["simulated"].by_rule == {}
    assert found["simulated"].taught["l1"] == 9
    for data in found.values():
        assert data.crops == sum(data.taught.values()) + sum(data.by_rule.values())


def test_threshold_of_recoloured_blasts_is_the_one_that_finds_nine_of_ten_by_each_seed():
    p_blast = np.linspace(0.0, 1.0, 101)
    p_normal = np.array([0.05, 0.05, 0.05, 0.5])
    told = [
        _Told(seed, "x", normal, np.arange(4), p_blast, np.arange(101))
        for seed, normal in enumerate((p_normal, p_normal + 0.5))
    ]
    found = _threshold_row("somewhere", told)
    assert found["threshold"] == pytest.approx(0.1)
    assert found["false blast rate"][0] == pytest.approx((0.25 + 1) / 2)
    assert found["false blast rate"][3] == [0.25, 1.0]
    assert found["false blast rate"][1] <= 0.625 <= found["false blast rate"][2]
    assert found["recoloured called blast at 0.5"] == pytest.approx(51 / 101)
    assert found["seeds"] == [0, 1]


def test_cells_of_others_kept_from_a_network_are_read_apart_from_those_it_leaves_out(
    cells, tmp_path
):
    name = "without txl_pbc, d2"
    rows = np.flatnonzero(folds_of(cells)[name])
    kept = {"rows": rows, "logits": np.zeros((len(rows), 5)), "commit": "x", "seconds": 1.0}
    np.savez(tmp_path / f"{name} seed 0.npz", **kept)
    (own,), (others,) = (read_outcomes(cells, tmp_path, others) for others in (False, True))
    assert set(own.laboratory) == set(LEFT_OUT[name])
    assert set(others.laboratory) == {"all_idb2", "mll"}
    assert set(own.is_blast) == {False}
    assert set(others.is_blast) == {False, True}


@pytest.mark.parametrize(("told", "expected"), [(True, 1.0), (False, 0.5)])
def test_probe_finds_the_laboratory_where_it_is_and_only_there(told, expected):
    rng = np.random.default_rng(0)
    n = 400
    laboratory = np.array(["a", "b"])[np.arange(n) % 2]
    features = rng.normal(size=(n, 8))
    features[:, 0] += 20 * told * (laboratory == "a")
    crops = np.zeros((n, 4, 4, 4), np.uint8)
    group = np.array([f"g{k // 4}-{k % 2}" for k in range(n)])
    cells = Cells(crops, np.full(n, "normal"), laboratory, group, np.ones(n, bool), np.ones(n))
    accuracy, names = _probe(cells, np.arange(n), features, "normal")
    assert names == ["a", "b"]
    assert accuracy == pytest.approx(expected, abs=0.1)


def test_blasts_without_outline_are_shown_in_the_sizes_of_all(cells):
    bare = replace(cells, crops=np.zeros_like(cells.crops))
    zooms = training_crops(bare).zoom
    assert (zooms == zooms[0]).all()


def test_what_the_rules_named_keeps_its_size_and_stain(cells):
    named = replace(cells, word=np.where(cells.word == "blast", "l2", cells.word))
    training = training_crops(named)
    by_rule = ~training.considered[:, 0] & (training.laboratory != "simulated")
    assert by_rule.any()
    assert (training.zoom[by_rule] == 1).all()
    assert (training.stain_swap[by_rule] == 0).all()
    assert (training.stain_swap[training.laboratory == "simulated"] == 1).all()


def test_cells_of_one_side_alone_have_no_rate_of_the_other():
    logits = np.tile([0.0, 1, -50, -50, -50], (3, 1))
    outcome = Outcome("x", 0, logits, np.ones(3, bool), np.full(3, "a"), np.arange(3), "none", 1.0)
    assert set(figures_of(outcome, 1.0)) == {"ECE"}


def test_a_shift_is_fitted_on_the_other_laboratories_and_undoes_what_they_miss():
    rng = np.random.default_rng(0)
    truth = np.tile([True, False], 300)
    odds = np.where(truth, 2.0, -2.0) + rng.normal(0, 1.5, 600) - 1.5  # all 1.5 too low
    laboratory = np.repeat(["a", "b", "normal"], 200)
    truth[400:] = False
    odds[400:] = -4.0
    logits = np.stack([-odds, *[np.full(600, -9.0)] * 4], axis=1)
    logits[:, 1] = 0
    groups = np.arange(600).astype(str)
    outcome = Outcome("without a", 0, logits, truth, laboratory, groups, "", 0.0)
    found = {row["tested on"]: row for row in shift_rows([outcome, outcome])}
    assert found["a"]["fitted on"] == ["b"]
    assert found["normal"]["fitted on"] == ["a", "b"]
    for name in ("a", "b"):
        assert found[name]["shifts"] == pytest.approx([1.5, 1.5], abs=0.5)
        assert found[name]["shifted"][0] > found[name]["as it is"][0]
    assert found["normal"]["figure"] == "false blast rate"
    assert found["normal"]["shifted"][0] >= found["normal"]["as it is"][0] == 0


def test_a_seed_that_lacks_a_laboratory_says_nothing_of_a_shift():
    rng = np.random.default_rng(0)
    truth = np.tile([True, False], 100)
    laboratory = np.repeat(["a", "b"], 100)
    logits = np.where(truth[:, None], [0.0, 2, 0, 0, 0], [2.0, 0, 0, 0, 0]) + rng.normal(
        0, 1, (200, 5)
    )
    whole = Outcome("without a", 0, logits, truth, laboratory, np.arange(200).astype(str), "x", 0.0)
    part = replace(whole.at(laboratory == "a"), seed=1)
    assert shifted([whole, part])["seeds"] == [0]


def test_a_rate_of_nothing_has_the_interval_that_its_cells_leave_open(cells):
    name = "without bccd, draaslan"
    rows = np.flatnonzero(cells.teaching & (cells.laboratory == "draaslan"))
    logits = np.tile([9.0, 0, 0, 0, 0], (len(rows), 1))
    truth, group = np.zeros(len(rows), bool), cells.group[rows]
    outcome = Outcome(name, 0, logits, truth, cells.laboratory[rows], group, "x", 0.0)
    rate, low, high, _ = with_intervals([outcome], [1.0])["false blast rate"]
    assert rate == low == 0
    assert high == pytest.approx(float(wilson(0, len(rows))[1]))
    one_wrong = np.append(logits[:-1], [[0.0, 9, 0, 0, 0]], axis=0)
    worse = with_intervals([replace(outcome, logits=one_wrong)], [1.0])["false blast rate"]
    assert worse[2] >= high  # more errors never make it surer
