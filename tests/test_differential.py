"""Cells of a count are drawn by rule: at random or in field order, each once, by two edges."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from count_examples import field_of, grid
from napari_all_subtype.cells.source import ArraySource, Region
from napari_all_subtype.config import QualityParameters
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5
from napari_all_subtype.workflow.count_table import (
    Differential,
    count_column,
    model_column,
    titles_of,
)
from napari_all_subtype.workflow.count_words import COLUMNS, count_rows, count_words
from napari_all_subtype.workflow.differential import draw
from napari_all_subtype.workflow.intervals import wilson
from napari_all_subtype.workflow.overlaps import SmearOverviews
from napari_all_subtype.workflow.review_parameters import DifferentialParameters

OUTSIDE = [one.name for one in EXCLUSIONS]


def wanted(n=100, order="random", seed=0):
    return DifferentialParameters(n_cells=n, order=order, seed=seed)


def pairs(drawn):
    return [tuple(map(int, place)) for place in drawn.places]


def test_cells_at_the_left_and_upper_edge_are_left_out_and_at_the_others_count():
    cells = field_of(3, [(0, 50), (50, 0), (50, 180), (180, 50), (80, 80)])
    drawn = draw([cells], wanted())
    assert sorted(pairs(drawn)) == [(3, 3), (3, 4), (3, 5)]
    assert (drawn.n_at_edges, drawn.n_repeated, drawn.n_able, drawn.n_leukocytes) == (2, 0, 3, 3)


def test_cell_that_an_earlier_field_shows_counts_once_also_if_cut_there():
    first = field_of(1, [(50, 50)])
    second = field_of(2, [(10, 10), (35, 35), (60, 60), (0, 5)], repeated=[Region(0, 0, 40, 40)])
    drawn = draw([first, second], wanted())
    assert sorted(pairs(drawn)) == [(1, 1), (2, 3)]
    assert (drawn.n_repeated, drawn.n_at_edges) == (2, 1)


def test_field_order_goes_to_and_fro_field_by_field():
    # Strips of 40 px: the first row lies in strip 1, the second in strip 4.
    places = [(50, 50), (50, 150), (150, 50), (150, 150)]
    drawn = draw([field_of(7, places), field_of(4, places)], wanted(order="field_order"))
    assert pairs(drawn) == [*((4, k) for k in (2, 1, 3, 4)), *((7, k) for k in (2, 1, 3, 4))]


def test_deleted_cells_are_not_drawn():
    cells = field_of(1, [(50, 50), (80, 80)])
    cells.cells.loc[1, "area_px"] = 0
    assert pairs(draw([cells], wanted())) == [(1, 2)]


def test_too_few_cells_are_all_drawn_and_the_count_says_so():
    drawn = draw([grid(1, 40)], wanted(200))
    assert (len(drawn.places), drawn.n_leukocytes, drawn.n_wanted) == (40, 40, 200)
    assert draw([grid(1, 0)], wanted()).n_leukocytes == 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), order=st.sampled_from(["random", "field_order"]))
def test_more_cells_begin_with_the_same_cells(seed, order):
    fields = [grid(1, 330), grid(5, 330)]
    few, more, most = (pairs(draw(fields, wanted(n, order, seed))) for n in (100, 200, 500))
    assert len(set(most)) == len(most) == 500
    assert more[:100] == few
    assert most[:200] == more


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    order=st.sampled_from(["random", "field_order"]),
    out=st.sets(st.integers(1, 300), max_size=60),
    normal=st.sets(st.integers(1, 300), max_size=60),
)
def test_words_of_leukocytes_change_no_draw_and_exclusions_only_lengthen_it(
    seed, order, out, normal
):
    parameters = wanted(100, order, seed)
    before = pairs(draw([grid(1)], parameters))
    classes = dict.fromkeys(normal, "normal")
    assert pairs(draw([grid(1, words=classes)], parameters)) == before
    drawn = draw([grid(1, words=classes | dict.fromkeys(out, "smudge"))], parameters)
    assert pairs(drawn)[: len(before)] == before
    assert drawn.n_leukocytes == 100
    assert len(drawn.places) == 100 + np.isin(drawn.words, OUTSIDE).sum()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_of_fields_and_doubt_of_the_model_do_not_matter_to_chance(seed):
    fields = [grid(1), grid(2)]
    there = pairs(draw(fields, wanted(200, seed=seed)))
    assert pairs(draw(fields[::-1], wanted(200, seed=seed))) == there
    doubtful = [grid(n, model="unknown") for n in (1, 2)]
    assert pairs(draw(doubtful, wanted(200, seed=seed))) == there


def test_every_cell_has_the_same_chance():
    times = np.zeros(301)
    for seed in range(400):
        times[[k for _, k in pairs(draw([grid(1)], wanted(100, seed=seed)))]] += 1
    # A third of 400 draws each: 133 with a standard deviation of 9.4.
    assert times[0] == 0
    assert 133 - 5 * 9.4 < times[1:].min() < times[1:].max() < 133 + 5 * 9.4


def counts(words, model="blast", n=100):
    drawn = draw([grid(1, 300, words, model)], wanted(n, "field_order"))
    return drawn, count_column("A", drawn, drawn.words, FAB5)


def test_red_cells_stand_outside_the_denominator_per_100_leukocytes():
    words = ["normal"] * 60 + ["nucleated_red_cell"] * 10 + ["smudge"] * 5 + ["not_a_cell"] * 3
    words += ["other_object"] + ["l2"] * 40 + ["normal"] * 100
    places = draw([grid(1)], wanted(500, "field_order")).places
    drawn, column = counts({int(k): word for (_, k), word in zip(places, words, strict=False)})
    assert (drawn.n_leukocytes, len(drawn.places), drawn.n_read) == (100, 119, 119)
    assert (column.n_read, column.n_leukocytes, column.n_artefacts) == (119, 100, 4)
    assert column.classes["normal"].count == 60
    assert column.classes["l2"].count == column.blast_any.count == 40
    assert column.blast_any.wilson == wilson(40, 100)
    red = column.apart["nucleated_red_cell"]
    assert (red.count, red.per_100) == (10, 10.0)
    # Wilson's interval of 10 in 110 is 5.0–16.0 %: of 100 leukocytes 5.3–19.0.
    assert (red.low, red.high) == (pytest.approx(5.28, abs=0.05), pytest.approx(18.99, abs=0.05))
    assert column.apart["smudge"].per_100 == 5.0


def test_model_counts_the_same_leukocytes_as_the_reader():
    drawn, column = counts({1: "smudge", 2: "normal"}, model="l1")
    model = model_column("model", drawn, FAB5)
    assert (model.n_leukocytes, model.classes["l1"].count, model.apart) == (100, 100, None)
    assert (column.n_read, column.n_leukocytes, drawn.n_read) == (2, 1, 2)
    assert len(drawn.unread) == len(drawn.places) - 2


def test_interval_over_fields_needs_five_fields_that_differ():
    fields = [
        grid(n, 60, model=["normal"] * (10 * n) + ["blast"] * (60 - 10 * n)) for n in range(1, 6)
    ]
    column = model_column("model", draw(fields, wanted(200)), FAB5)
    share = column.blast_any
    assert share.over_fields.low < share.fraction < share.over_fields.high
    assert share.over_fields.high - share.over_fields.low > share.wilson.high - share.wilson.low
    few = model_column("model", draw(fields[:4], wanted(200)), FAB5).blast_any
    assert few.over_fields is None


def differential(drawn, *columns):
    return Differential(
        parameters=wanted(drawn.n_wanted, "field_order"),
        n_drawn=len(drawn.places),
        n_read=drawn.n_read,
        n_leukocytes=drawn.n_leukocytes,
        n_able=drawn.n_able,
        n_at_edges=drawn.n_at_edges,
        n_repeated=drawn.n_repeated,
        columns=columns,
        titles=titles_of(FAB5),
    )


def test_tables_have_a_column_per_reader_and_a_row_per_class():
    drawn, column = counts({1: "nucleated_red_cell", 2: "normal", 3: "l1"})
    count = differential(drawn, column, model_column("model m", drawn, FAB5))
    rows = count_rows(count)
    assert tuple(rows.columns) == COLUMNS
    one = rows[(rows["by"] == "A") & (rows["row"] == "l1")].iloc[0]
    assert (one["count"], one["of"], one["fraction"]) == (1, 2, 0.5)
    told = count_words(count)
    assert list(told.columns) == ["A", "model m"]
    assert told.loc["L1", "A"].startswith("1 (50.0 %, ")
    assert told.loc["Nucleated red cell / 100", "A"].startswith("50.0 (1 seen, ")
    assert told.loc["Nucleated red cell / 100", "model m"] == "–"
    drew, read, *_ = count.lines
    assert drew == "101 cells drawn in field order out of 300."
    assert read == (
        "3 of the 101 are read: 2 leukocytes and 1 other object; the model's column counts the 98 "
        "unread cells as well. Read the others, too."
    )
    signed = count.model_copy(update={"final": True})
    assert signed.lines[1].endswith("98 unread cells as well.")


def test_narrow_column_is_called_by_its_reader_where_that_is_clear():
    drawn, column = counts({1: "normal"})
    mine = column.model_copy(update={"by": "common record", "reader_id": 4})
    count = differential(drawn, mine, model_column("model m", drawn, FAB5))
    assert list(count_words(count, {4: "Dr. A"}, narrow=True)) == ["Dr. A", "model"]
    assert list(count_words(count, narrow=True)) == ["common record", "model"]
    again = mine.model_copy(update={"by": "reader-4"})
    count = differential(drawn, mine, again)
    assert list(count_words(count, {4: "Dr. A"}, narrow=True)) == ["Dr. A, common record", "Dr. A"]


def test_count_of_nothing_has_no_shares():
    drawn = draw([grid(1, 0)], wanted())
    column = count_column("A", drawn, drawn.words, FAB5)
    assert column.classes["normal"].fraction is None
    assert column.apart["smudge"].per_100 is None
    assert set(count_words(differential(drawn, column))["A"]) == {"–", "0"}


def test_numbers_other_than_a_count_has_are_refused():
    with pytest.raises(ParameterError, match="n_cells"):
        DifferentialParameters.of(n_cells=150)


def test_part_that_two_fields_share_is_found_in_pixels_of_the_second():
    rng = np.random.default_rng(1)
    film = np.full((900, 1200, 3), 230, np.uint8)
    for y, x, r in zip(*rng.integers((0, 0, 8), (900, 1200, 40), (120, 3)).T, strict=True):
        cv2.circle(film, (int(x), int(y)), int(r), (150, 60, 130), -1)
    overviews = SmearOverviews()
    for key, (y, x) in enumerate(((0, 0), (200, 450), (0, 0))):
        overviews.add(key, f"{key}.png", ArraySource(film[y : y + 600, x : x + 700], f"{key}.png"))
    overviews.add(9, "other.png", ArraySource(rng.integers(0, 255, (600, 700, 3), np.uint8), "o"))
    (part,) = overviews.seen_before(QualityParameters())[1]
    # The first ends 400 px below and 250 px to the right of where the second begins.
    assert part[:2] == (0, 0)
    assert abs(part.y1 - 400) <= 12
    assert abs(part.x1 - 250) <= 12
    assert set(overviews.seen_before(QualityParameters())) == {1}
