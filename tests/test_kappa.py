"""Agreement beyond chance, against published numbers and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from napari_all_subtype.workflow.kappa import (
    NO_CELLS,
    ONE_WORD,
    agreed_fraction,
    cohen_of,
    confusion,
    fleiss_of,
    kappa,
)

WORDS = ("normal", "blast", "l1", "smudge")
# Fourteen readers, ten cells, five classes, kappa 0.210 (the worked example of Fleiss' kappa).
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


def of(*columns, fields=None, cases=None, rounds=200, seed=0):
    said = np.array(columns, object).T.reshape(-1, len(columns))
    one = np.zeros(len(said), int)
    cases = one if cases is None else np.asarray(cases)
    fields = one if fields is None else np.asarray(fields)
    return kappa(said, cases, fields, seed, rounds)


def readings_of(counts):
    """Each reader's word on each cell, for counts of words per cell."""
    return [np.repeat([str(k) for k in range(len(row))], row) for row in counts]


def test_cohens_kappa_of_a_known_table():
    # Agreement 0.70, by chance 0.50: kappa 0.40.
    assert float(cohen_of(np.array([[20, 5], [10, 15]]))) == pytest.approx(0.4)
    first = ["a"] * 25 + ["b"] * 25
    second = ["a"] * 20 + ["b"] * 5 + ["a"] * 10 + ["b"] * 15
    found = of(first, second, rounds=4000)
    assert found.value == pytest.approx(0.4)
    # Over single cells the interval is nearly 1.96 times the large-sample error of 0.13.
    assert found.unit == "cells"
    assert found.low == pytest.approx(0.4 - 1.96 * 0.13, abs=0.05)
    assert found.high == pytest.approx(0.4 + 1.96 * 0.13, abs=0.05)
    assert found.text.startswith("κ 0.40 (")


def test_fleiss_kappa_of_the_worked_example():
    assert of(*np.array(readings_of(FLEISS)).T).value == pytest.approx(0.210, abs=5e-4)
    agreed = (FLEISS * (FLEISS - 1)).sum() / (14 * 13)
    value = fleiss_of(np.array(agreed), FLEISS.sum(axis=0), np.array(10), 14)
    assert float(value) == pytest.approx(0.210, abs=5e-4)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)), min_size=2, max_size=60))
def test_cohens_kappa_is_that_of_scikit_learn(pairs):
    first, second = zip(*pairs, strict=True)
    ours = of(first, second, rounds=20)
    if len({*first, *second}) == 1:
        assert (ours.value, ours.missing) == (None, ONE_WORD)
        return
    assert ours.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    assert ours.value == of(second, first, rounds=20).value
    assert -1 <= ours.value <= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(WORDS)] * 3), min_size=5, max_size=40))
def test_fleiss_kappa_does_not_hang_on_the_order_of_readers(rows):
    columns = list(zip(*rows, strict=True))
    ours, turned = of(*columns, rounds=20), of(*columns[::-1], rounds=20)
    assert ours.value is turned.value is None or ours.value == pytest.approx(turned.value)


@pytest.mark.parametrize("n_readers", [2, 3, 5])
def test_full_agreement_is_one_and_its_interval_has_no_width(n_readers):
    found = of(*[["normal", "blast", "l1"] * 10] * n_readers)
    assert found.value == pytest.approx(1)
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize("n_readers", [2, 4])
def test_readers_who_guess_agree_no_more_than_chance(n_readers):
    rng = np.random.default_rng(3)
    found = of(*rng.choice(WORDS[:2], (n_readers, 4000)))
    assert abs(found.value) < 0.05
    assert found.low < 0 < found.high


def test_cells_that_not_all_have_read_are_left_out():
    found = of(["a", "b", "", "a"], ["a", "b", "b", ""])
    assert (found.n_cells, found.value) == (2, 1)
    none = of(["a", ""], ["", "a"])
    assert (none.n_cells, none.value, none.missing) == (0, None, NO_CELLS)
    assert NO_CELLS in none.text


def test_widest_unit_with_five_of_them_is_drawn():
    words = ["a", "b"] * 30, ["a", "a", "b", "b"] * 15
    fields, cases = np.arange(60) // 10, np.arange(60) // 12
    assert of(*words, fields=fields).unit == "fields"
    assert of(*words, fields=fields, cases=cases).unit == "cases"
    assert of(*words, fields=fields // 2, cases=cases // 3).unit == "cells"


def test_interval_over_fields_is_wider_where_fields_differ():
    # In half of the fields all agree, in the others nobody does.
    fields = np.repeat(np.arange(10), 20)
    first = np.array(["a", "b"] * 100, object)
    second = np.where(fields % 2 == 0, first, np.where(first == "a", "b", "a"))
    by_field, by_cell = of(first, second, fields=fields), of(first, second)
    assert by_field.value == by_cell.value == pytest.approx(0)
    assert by_field.high - by_field.low > 2 * (by_cell.high - by_cell.low)


def test_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(0)
    words = rng.choice(WORDS, (2, 100))
    assert of(*words, seed=4) == of(*words, seed=4)
    assert of(*words, seed=4).low != of(*words, seed=5).low


def test_confusion_and_agreed_share():
    table = confusion(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 3)
    assert table.tolist() == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
    words = [np.array(column, object) for column in (["a", "b", ""], ["a", "a", "a"])]
    assert agreed_fraction(words) == 0.5
    assert agreed_fraction([words[0][2:], words[1][2:]]) is None
