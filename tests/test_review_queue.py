"""Orders in which cells are read, and the one filter of queue and gallery."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.cell_filter import CellFilter, passes
from napari_all_subtype.workflow.review_queue import ORDERS, QueueOrder, review_queue

ALL = CellFilter()


def smear(count=6, seed=0):
    """A table of one field: row k is label k; the last but one was deleted."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(5), count + 1)
    y, x = rng.uniform(0, 1000, (2, count + 1))
    cells = pd.DataFrame(
        {
            "label": np.arange(count + 1),
            "area_px": 100.0,
            "centroid_y_px": y,
            "centroid_x_px": x,
            "y0_px": y - 10,
            "y1_px": y + 10,
            "x0_px": x - 10,
            "x1_px": x + 10,
            "diameter_um": rng.uniform(6, 20, count + 1),
            "touches_border": rng.random(count + 1) < 0.3,
            "subtype": rng.choice(FAB5.names, count + 1),
            "confidence": rng.uniform(0.5, 1, count + 1),
            **{f"p_{name}": p[:, k] for k, name in enumerate(FAB5.names)},
            **{f"fab_{name}": rng.random(count + 1) for name in ("l1", "l2", "l3")},
        }
    )
    gone = [0, count - 1] if count > 2 else [0]
    cells.loc[gone, "area_px"] = np.nan
    return cells


def order(cells, name, chosen=ALL, seed=0):
    return [int(k) for _, k in review_queue([cells], FAB5, QueueOrder(name, seed), chosen)]


@pytest.mark.parametrize("name", [name for name, *_ in ORDERS if name != "suspect_labels"])
@given(count=st.integers(1, 40), seed=st.integers(0, 99))
def test_every_order_has_each_cell_that_is_there_once(name, count, seed):
    cells = smear(count, seed)
    assert sorted(order(cells, name)) == table.present(cells).index.tolist()


def test_the_least_confident_come_first_and_unknown_ones_before_them():
    cells = smear()
    cells["confidence"] = [0, 0.9, 0.6, 0.7, 0.95, 0.1, 0.8]
    cells.loc[4, "subtype"] = "unknown"
    assert order(cells, "least_confident") == [4, 2, 3, 6, 1]


def test_network_against_criteria_begins_with_the_widest_gap():
    cells = smear()
    cells[["fab_l1", "fab_l2", "fab_l3"]] = cells[["p_l1", "p_l2", "p_l3"]].to_numpy()
    cells.loc[3, ["p_l1", "p_l2", "p_l3"]] = (0.9, 0.0, 0.0)
    cells.loc[3, ["fab_l1", "fab_l2", "fab_l3"]] = (0.0, 0.0, 0.9)
    cells.loc[6, ["fab_l1", "fab_l2", "fab_l3"]] = np.nan
    found = order(cells, "against_criteria")
    assert found[0] == 3
    assert sorted(found) == [1, 2, 3, 4, 6]


def test_without_criteria_no_cell_is_against_them():
    cells = smear().drop(columns=["fab_l1", "fab_l2", "fab_l3"])
    assert order(cells, "against_criteria") == [1, 2, 3, 4, 6]


def test_suspect_labels_are_of_cells_that_were_read_least_likely_first():
    cells = smear()
    names = [f"p_{name}" for name in FAB5.names]
    cells.loc[1, names] = (0.9, 0.05, 0.02, 0.02, 0.01)
    cells.loc[2, names] = (0.1, 0.0, 0.0, 0.9, 0.0)
    cells.loc[4, names] = (0.3, 0.1, 0.1, 0.5, 0.0)
    said = table.annotated(cells, {1: "l1", 2: "blast", 4: "normal"})
    assert order(said, "suspect_labels", CellFilter(reviewed=False)) == [1, 4, 2]


def test_an_exclusion_is_what_the_model_can_say_least_of():
    said = table.annotated(smear(), {1: "normal", 2: "smudge"})
    assert order(said, "suspect_labels")[0] == 2


@given(seed=st.integers(0, 50), read=st.sets(st.integers(1, 20)))
def test_a_random_order_stays_when_cells_have_been_read(seed, read):
    cells = smear(20)
    whole = order(cells, "random", seed=seed)
    left = order(
        table.annotated(cells, dict.fromkeys(read, "l1")),
        "random",
        CellFilter(reviewed=False),
        seed,
    )
    assert left == [label for label in whole if label not in read]


def test_another_seed_gives_another_order():
    cells = smear(30)
    assert order(cells, "random", seed=1) != order(cells, "random", seed=2)


def test_field_by_field_meanders():
    cells = smear(6)
    cells["area_px"] = [np.nan, *[100.0] * 6]
    cells["centroid_y_px"] = [0, 5, 5, 5, 45, 45, 45]
    cells["centroid_x_px"] = [0, 300, 100, 200, 100, 300, 200]
    for side, by in (("y0_px", -10), ("y1_px", 10), ("x0_px", -10), ("x1_px", 10)):
        cells[side] = cells[f"centroid_{side[0]}_px"] + by
    assert order(cells, "field") == [2, 3, 1, 5, 6, 4]


def test_fields_are_walked_one_after_the_other_and_drawn_together():
    fields = [smear(20, 1), smear(20, 2)]
    walked = review_queue(fields, FAB5, QueueOrder("field"), ALL)
    assert (np.diff(walked[:, 0]) >= 0).all()
    drawn = review_queue(fields, FAB5, QueueOrder("random"), ALL)
    assert not (np.diff(drawn[:, 0]) >= 0).all()


def test_a_smear_without_fields_has_no_queue():
    for name, *_ in ORDERS:
        assert review_queue([], FAB5, QueueOrder(name), ALL).shape == (0, 2)


@given(
    seed=st.integers(0, 99),
    low=st.floats(0.4, 0.8),
    wide=st.floats(0, 0.4),
    classes=st.frozensets(st.sampled_from(FAB5.names)),
    reviewed=st.sampled_from((None, True, False)),
    border=st.booleans(),
)
def test_a_filter_lets_through_exactly_what_it_says(seed, low, wide, classes, reviewed, border):
    cells = table.annotated(smear(30, seed), {3: "l3", 5: "normal"})
    chosen = CellFilter(classes, (low, low + wide), (8.0, 15.0), reviewed, border)
    seen = passes(cells, chosen)
    words, said = table.words(cells), table.annotations(cells)
    for row in cells.itertuples():
        expected = (
            row.area_px > 0
            and (not classes or words[row.Index] in classes)
            and low <= row.confidence <= low + wide
            and 8 <= row.diameter_um <= 15
            and (reviewed is None or bool(said[row.Index]) == reviewed)
            and (border or not row.touches_border)
        )
        assert seen[row.Index] == expected


def test_a_cell_without_confidence_is_seen_while_nothing_is_asked_of_it():
    cells = smear()
    cells.loc[1, "confidence"] = np.nan
    assert passes(cells, ALL)[1]
    assert not passes(cells, CellFilter(confidence=(0.1, 1.0)))[1]
