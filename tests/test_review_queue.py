"""The order in which cells are met, and which of them."""

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype.cells import table
from napari_all_subtype.cells.fab.scores import SCORES
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.taxonomy import FAB5, UNKNOWN
from napari_all_subtype.workflow.cell_filter import passes
from napari_all_subtype.workflow.colour_values import disagreement
from napari_all_subtype.workflow.review_parameters import CellFilter, FieldRegion, QueueOrder
from napari_all_subtype.workflow.review_queue import (
    disagreements_of,
    review_queue,
    suspicion_of,
)
from review_examples import P_COLUMNS, annotated, cells_table, with_values

NUMBERS = ["confidence", "p_blast_any", "subtype_share", *P_COLUMNS]
REGION = FieldRegion.rectangle(0, (0, 0), (500, 500))
KINDS = (
    *({"kind": k} for k in ("least_confident", "network_against_criteria", "random")),
    *({"kind": k} for k in ("suspect_labels", "field_order")),
    {"kind": "one_class", "one_class": "l1"},
    {"kind": "region", "region": REGION},
)


def queue(fields, *, shown=CellFilter(), **order):
    return [tuple(place) for place in review_queue(fields, QueueOrder(**order), shown).tolist()]


def unknown(cells, *labels):
    """`cells` in which the model says nothing of `labels`."""
    cells = cells.copy()
    cells.loc[list(labels), "subtype"] = UNKNOWN.name
    cells.loc[list(labels), NUMBERS] = np.nan
    return cells


def at(*centres_yx):
    """Cells at known centres."""
    cells = cells_table(len(centres_yx))
    centres = np.array(centres_yx, float)
    cells.loc[1:, ["centroid_y_px", "centroid_x_px"]] = centres
    cells.loc[1:, ["y0_px", "x0_px"]] = centres - 10
    cells.loc[1:, ["y1_px", "x1_px"]] = centres + 10
    return cells


def test_unknown_cells_come_first_then_the_least_confident_of_all_fields():
    one = with_values(cells_table(3), "confidence", [0.9, 0.6, 0.7])
    two = unknown(with_values(cells_table(3), "confidence", [0.5, 0.8, 0.99]), 3)
    assert queue([one, two]) == [(1, 3), (1, 1), (0, 2), (0, 3), (1, 2), (0, 1)]


def test_cells_of_equal_confidence_keep_the_order_of_fields_and_labels():
    fields = [with_values(cells_table(3), "confidence", [0.7] * 3)] * 2
    assert queue(fields) == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]


def test_deleted_cells_and_background_are_in_no_queue():
    cells = annotated(table.without(cells_table(4, fab=True), [2]), "l1", "", "l1", "l1")
    for order in KINDS:
        assert not {(0, 0), (0, 2)} & set(queue([cells], **order))
    assert queue([cells_table(0)]) == queue([]) == []


def test_blasts_that_network_and_criteria_divide_most_differently_come_first():
    cells = cells_table(4)
    cells[P_COLUMNS] = 0.1, 0.0, 0.9, 0.0, 0.0
    cells = cells.assign(**dict.fromkeys(SCORES, np.nan))
    cells.loc[1, list(SCORES)] = 0.9, 0.0, 0.0  # alike
    cells.loc[3, list(SCORES)] = 0.0, 0.5, 0.5  # not at all
    cells.loc[4, list(SCORES)] = 0.5, 0.5, 0.0  # half
    assert queue([cells], kind="network_against_criteria") == [(0, 3), (0, 4), (0, 1)]


def test_without_evidence_nothing_is_against_criteria():
    assert queue([example_analysis().cells], kind="network_against_criteria") == []


@given(st.lists(st.floats(0, 1, width=16), min_size=6, max_size=6))
def test_disagreement_of_many_cells_is_that_of_each(values):
    names = [*(f"p_l{k}" for k in (1, 2, 3)), *SCORES]
    (many,) = disagreements_of(pd.DataFrame([values], columns=names))
    one = disagreement(*values)
    assert many == pytest.approx(one, abs=1e-12) or (math.isnan(many) and math.isnan(one))


def test_annotation_that_the_model_finds_least_likely_comes_first():
    cells = cells_table(6)
    p = [
        [0.10, 0.80, 0.10, 0.0, 0.0],  # blast: its family has 0.9
        [0.95, 0.05, 0.00, 0.0, 0.0],  # blast: 0.05
        [0.70, 0.30, 0.00, 0.0, 0.0],  # normal: 0.7
        [0.00, 0.60, 0.00, 0.4, 0.0],  # l1: 0.6, what is undetermined does not contradict it
        [0.00, 0.00, 0.00, 1.0, 0.0],  # smudge: no opinion
        [0.00, 0.00, 0.00, 1.0, 0.0],  # nobody said anything
    ]
    cells.loc[1:, P_COLUMNS] = np.array(p, np.float32)
    cells = annotated(cells, "blast", "blast", "normal", "l1", "smudge", "")
    expected = [0.1, 0.95, 0.3, 0.4, np.nan, np.nan]
    np.testing.assert_allclose(suspicion_of(cells)[1:], expected, atol=1e-6)
    shown = CellFilter(reviewed="unreviewed")
    assert queue([cells], kind="suspect_labels", shown=shown) == [(0, 2), (0, 4), (0, 3), (0, 1)]
    assert queue([unknown(cells, 2)], kind="suspect_labels")[0] == (0, 4)


def test_random_order_is_that_of_its_seed_and_another_of_another_seed():
    fields = [cells_table(50), cells_table(50)]
    first = queue(fields, kind="random", seed=1)
    assert first == queue(fields, kind="random", seed=1)
    assert first != queue(fields, kind="random", seed=2)
    assert sorted(first) == [(f, k) for f in (0, 1) for k in range(1, 51)] != first


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(1, 40)), st.integers(0, 1000))
def test_what_is_reviewed_or_deleted_moves_no_other_cell(gone, seed):
    cells = cells_table(40, seed, fab=True)
    for order in KINDS:
        if order["kind"] == "suspect_labels":
            continue
        whole = queue([cells], **order)
        rest = [place for place in whole if place[1] not in gone]
        reviewed = table.annotated(cells, dict.fromkeys(gone, "blast"))
        assert queue([reviewed], shown=CellFilter(reviewed="unreviewed"), **order) == rest
        if order["kind"] in ("least_confident", "random", "one_class"):
            assert queue([table.without(cells, gone)], **order) == rest


def test_every_place_of_a_random_order_is_equally_likely():
    fields = [cells_table(10), cells_table(10)]
    firsts = [queue(fields, kind="random", seed=seed)[0] for seed in range(2000)]
    counts = np.array([firsts.count((f, k)) for f in (0, 1) for k in range(1, 11)])
    # 19 degrees of freedom: 43.8 is exceeded once in a thousand.
    assert counts.min() > 0
    assert ((counts - 100) ** 2 / 100).sum() < 43.8


def test_fields_are_read_to_and_fro_in_strips():
    upper, lower = [(25, 300), (30, 100), (20, 200)], [(65, 100), (60, 300), (70, 200)]
    cells = at(*upper, *lower)
    to_and_fro = [(0, 2), (0, 3), (0, 1), (0, 5), (0, 6), (0, 4)]
    assert queue([cells], kind="field_order") == to_and_fro
    twice = queue([cells, cells], kind="field_order")
    assert twice == to_and_fro + [(1, k) for _, k in to_and_fro]
    # One strip that holds both rows is read from left to right, the upper one first.
    one = [(0, 2), (0, 4), (0, 3), (0, 6), (0, 1), (0, 5)]
    assert queue([cells], kind="field_order", row_height_cells=5) == one


def test_one_class_is_that_of_the_word_that_counts_by_least_confidence():
    cells = with_values(cells_table(4), "subtype", ["l1", "l1", "l2", "l1"])
    cells = with_values(cells, "confidence", [0.9, 0.8, 0.7, 0.6])
    cells = annotated(cells, "", "", "l1", "smudge")
    assert queue([cells], kind="one_class", one_class="l1") == [(0, 3), (0, 2), (0, 1)]
    assert queue([cells], kind="one_class", one_class="smudge") == [(0, 4)]


def test_region_holds_the_cells_whose_centre_lies_in_it_in_its_field():
    cells = at((50, 50), (50, 150), (150, 50), (90, 90))
    square = FieldRegion.rectangle(1, (100, 100), (0, 0))
    assert queue([cells, cells], kind="region", region=square) == [(1, 1), (1, 4)]
    triangle = FieldRegion(field=0, corners_yx_px=((0, 0), (0, 120), (120, 0)))
    assert queue([cells, cells], kind="region", region=triangle) == [(0, 1)]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"kind": "one_class"}, "none is named"),
        ({"kind": "region"}, "none is drawn"),
        ({"kind": "one_class", "one_class": "l4"}, "expected one of normal"),
        ({"kind": "region", "region": FieldRegion.rectangle(2, (0, 0), (9, 9))}, "has 1 fields"),
    ],
)
def test_order_without_what_it_needs_says_so(order, words):
    with pytest.raises(ParameterError, match=words):
        review_queue([cells_table(2)], QueueOrder.of(**order))


def test_filter_that_nothing_can_pass_is_refused():
    with pytest.raises(ParameterError, match=r"The least confidence \(0.9\) is above"):
        CellFilter.of(min_confidence=0.9, max_confidence=0.2)
    with pytest.raises(ParameterError, match=r"The least diameter \(20 µm\)"):
        CellFilter.of(min_diameter_um=20, max_diameter_um=9)


@pytest.mark.parametrize(
    ("shown", "labels"),
    [
        (CellFilter(), [1, 2, 3, 4]),
        (CellFilter(classes=("l1", "smudge")), [1, 3]),
        (CellFilter(classes=()), []),
        (CellFilter(min_confidence=0.8), [1, 3]),
        (CellFilter(max_confidence=0.7), [2, 4]),
        (CellFilter(min_diameter_um=10), [2, 3, 4]),
        (CellFilter(max_diameter_um=15), [1, 2]),
        (CellFilter(reviewed="reviewed"), [3]),
        (CellFilter(reviewed="unreviewed"), [1, 2, 4]),
        (CellFilter(border="cut"), [2]),
        (CellFilter(border="whole", min_confidence=0.8), [1, 3]),
    ],
)
def test_filter_shows_the_cells_it_names(shown, labels):
    cells = with_values(cells_table(4), "subtype", ["l1", "l2", "l1", UNKNOWN.name])
    cells = with_values(cells, "confidence", [0.9, 0.7, 0.8001, np.nan])
    cells = with_values(cells, "diameter_um", [9.0, 12.0, 20.0, 120.0])
    cells = annotated(cells, "", "", "smudge").assign(touches_border=[False, False, True, False, 0])
    assert np.flatnonzero(passes(cells, shown)).tolist() == labels
    assert sorted(k for _, k in queue([cells], shown=shown)) == labels


def test_tables_of_an_analysis_with_missing_values_in_the_background_row_are_read():
    cells = example_analysis().cells
    assert passes(cells, CellFilter(border="whole")).tolist() == [False, True, True, True]
    assert sorted(queue([cells], kind="field_order")) == [(0, 1), (0, 2), (0, 3)]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 99))
def test_every_queue_holds_each_cell_once_and_only_those_that_pass(n, m, seed):
    fields = [cells_table(n, seed, fab=True), annotated(cells_table(m, seed + 1), "l1", "blast")]
    shown = CellFilter(min_confidence=0.6)
    for order in KINDS:
        found = queue(fields, shown=shown, **order)
        assert len(found) == len(set(found))
        assert all(passes(fields[f], shown)[k] for f, k in found)
    assert len(queue(fields, shown=shown)) == sum(passes(f, shown).sum() for f in fields)


@pytest.mark.parametrize("order", KINDS, ids=lambda order: order["kind"])
def test_ten_thousand_cells_are_ordered_quickly(order):
    fields = [cells_table(200, seed, fab=True) for seed in range(50)]
    fields = [annotated(cells, *FAB5.names * 20) for cells in fields]
    shown = CellFilter(classes=FAB5.names, border="whole", min_confidence=0.1)
    spent = []
    for _ in range(5):
        began = time.thread_time()
        assert len(review_queue(fields, QueueOrder(**order), shown)) > 0
        spent.append(time.thread_time() - began)
    assert min(spent) < 0.3  # 20 ms on a machine at rest
