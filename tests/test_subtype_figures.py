"""What the subtype outputs follow: ceiling, agreement with the rules, and what is left out."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from bundled_blasts import MOST_CUT, _cut_share, taught_by_rules
from bundled_bootstrap import drawn, with_interval
from bundled_data import PATTERNS, SPEC, Cells
from bundled_subtypes import left_out_of_rules, rule_rows

from napari_all_subtype.simulate import simulate_cells


def test_groups_are_drawn_whole():
    groups = np.array(["a", "b", "a", "c", "b"])
    rows = drawn(groups, np.random.default_rng(0))
    for name in np.unique(groups[rows]):
        counts = np.bincount(rows, minlength=5)[groups == name]
        assert len(set(counts)) == 1


def test_interval_of_one_group_is_its_value():
    value, low, high = with_interval(np.full(8, "a"), lambda rows: rows.mean())
    assert low == high == value == 3.5


def test_draws_that_say_nothing_are_left_out():
    groups = np.array(["a", "b"])
    found = with_interval(groups, lambda rows: None if rows[0] == rows[1] else 1.0)
    assert found == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("reach", "expected"), [(0, 0.0), (6, 6 / 22.57)])
def test_share_of_a_cell_along_the_edge(reach, expected):
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    mask[0, 10 : 10 + reach] = True
    assert _cut_share(mask) == pytest.approx(expected, abs=0.01)


def test_whole_blast_is_named_once_as_it_is_and_twice_altered():
    (smear,) = simulate_cells(1, "l2", seed=5)
    named = list(taught_by_rules(smear.pixels, smear.um_per_px, SPEC, (0, 0)))
    assert len(named) == 3
    assert {word for _, word in named} <= set(PATTERNS)
    again = list(taught_by_rules(smear.pixels, smear.um_per_px, SPEC, (0, 0)))
    for (crop, word), (other, same) in zip(named, again, strict=True):
        np.testing.assert_array_equal(crop, other)
        assert word == same


def test_blast_cut_by_the_edge_is_not_named():
    (smear,) = simulate_cells(1, "l2", seed=5)
    _, xs = np.nonzero(smear.masks.labels == 1)
    middle = round(xs.mean())
    half = smear.pixels[:, middle - 10 : middle + round(np.ptp(xs))]
    cut = smear.masks.labels[:, middle - 10 : middle + round(np.ptp(xs))] == 1
    assert _cut_share(cut) > MOST_CUT
    assert list(taught_by_rules(np.ascontiguousarray(half), smear.um_per_px, SPEC, (0, 0))) == []


@pytest.fixture
def cells() -> Cells:
    """Four blasts of two groups; two stand here once more, as they are, and once altered."""
    crops = np.zeros((8, 96, 96, 4), np.uint8)
    for k in range(4):
        crops[k, 20 : 60 + 5 * k, 20:60, 3] = 128
    crops[4], crops[5] = crops[0], crops[1]
    crops[6:, 30:50, 30:60, 3] = 255
    word = np.array([*["blast"] * 4, "l1", "l2", "l1", "undetermined"])
    group = np.array(["g0", "g1", "g0", "g1", "g0", "g1", "g0", "g1"])
    return Cells(crops, word, np.full(8, "a"), group, np.ones(8, bool), np.full(8, 0.1))


def test_agreement_is_told_apart_for_blasts_as_they_are_and_altered(cells, tmp_path):
    logits = np.zeros((8, 5))
    logits[4, 2], logits[5, 2], logits[6, 2], logits[7, 1] = 9, 9, 9, 9
    np.savez(tmp_path / "fold 1 of 5 seed 0.npz", rows=np.arange(8), logits=logits)
    as_they_are, altered = rule_rows(cells, tmp_path)
    assert (as_they_are["blasts"], as_they_are["agreement"][0]) == ("as they are", 0.5)
    assert (altered["blasts"], altered["agreement"][0]) == ("altered", 1.0)
    assert altered["each pattern"] == {"undetermined": [1, 1.0], "l1": [1, 1.0]}


def test_blasts_without_a_word_are_counted_with_their_size(cells):
    found = left_out_of_rules(cells)["a"]
    assert (found["with"][0], found["without"][0]) == (2, 2)
    assert found["without"][1] > found["with"][1]
