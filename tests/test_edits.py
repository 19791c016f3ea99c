"""Edits of the masks: what they touch, what they leave alone, and that they can be taken back."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import UM_PER_PX, disc, example_analysis
from napari_all_subtype.cells import table
from napari_all_subtype.cells.edit import Edit
from napari_all_subtype.cells.edits import (
    add,
    cells_under,
    delete,
    merge,
    polygon_mask,
    repaint,
    split,
)
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import EditError
from napari_all_subtype.workflow.corrections import remeasured

WHOLE = Region(0, 0, 128, 160)


@pytest.fixture
def field():
    """Three discs of radius 20 at (40, 40), (40, 110) and (90, 75)."""
    return example_analysis()


def measured(labels, nuclei=None):
    masks = CellMasks(labels, np.zeros_like(labels) if nuclei is None else nuclei)
    return masks, measure(masks, UM_PER_PX)


def applied(masks, edit):
    after = CellMasks(masks.labels.copy(), masks.nuclei.copy())
    edit.apply_to(after)
    return after


def test_line_across_a_disc_gives_two_halves_with_their_shares_of_the_nucleus(field):
    edit = split(field.masks, field.cells, 1, [(40, 10), (40, 70)])
    after = applied(field.masks, edit)
    assert (edit.changed, edit.added, edit.deleted) == ((1,), (4,), ())
    area = np.bincount(after.labels.ravel())
    assert area[1] + area[4] == field.cells["area_px"][1]
    assert abs(int(area[1]) - int(area[4])) < 60
    nuclei = np.bincount(after.nuclei.ravel())
    assert min(nuclei[1], nuclei[4]) > 100


def test_line_that_ends_in_the_cell_is_drawn_on_to_its_border(field):
    edit = split(field.masks, field.cells, 1, [(40, 30), (40, 50)])
    assert edit.added == (4,)


def test_largest_piece_keeps_the_label(field):
    edit = split(field.masks, field.cells, 1, [(30, 10), (30, 70)])
    after = applied(field.masks, edit)
    assert after.labels[45, 40] == 1
    assert after.labels[25, 40] == 4


def test_line_beside_the_cell_is_refused(field):
    with pytest.raises(EditError, match="does not part cell 1"):
        split(field.masks, field.cells, 1, [(5, 0), (5, 100)])


def test_merged_cells_that_touch_become_one_with_both_nuclei():
    labels = np.zeros((60, 100), np.int32)
    labels[disc((60, 100), (30, 30), 20)] = 1
    labels[disc((60, 100), (30, 66), 20) & (labels == 0)] = 2
    nuclei = np.where(disc((60, 100), (30, 28), 8), 1, 0) + np.where(
        disc((60, 100), (30, 70), 8), 2, 0
    )
    masks, cells = measured(labels, nuclei.astype(np.int32))
    edit = merge(masks, cells, [2, 1])
    after = applied(masks, edit)
    assert set(np.unique(after.labels)) == {0, 2}
    assert set(np.unique(after.nuclei)) == {0, 2}
    assert np.count_nonzero(after.nuclei) == np.count_nonzero(nuclei)
    assert edit.deleted == (1,)


def test_cells_apart_are_not_merged(field):
    with pytest.raises(EditError, match="do not touch"):
        merge(field.masks, field.cells, [1, 2])


def test_one_cell_is_not_merged(field):
    with pytest.raises(EditError, match="cannot be merged"):
        merge(field.masks, field.cells, [1, 1])


def test_deleted_cell_leaves_an_empty_row_and_its_label_is_not_used_again(field):
    edit = delete(field.masks, field.cells, 3)
    edit.apply_to(field.masks)
    cells = remeasured(field, edit)
    assert len(cells) == 4
    assert cells["label"].tolist() == [0, 1, 2, 3]
    assert table.present(cells).index.tolist() == [1, 2]
    assert np.isnan(cells["p_normal"][3])
    assert cells["subtype"][3] == ""
    edit = add(field.masks, cells, WHOLE, disc((128, 160), (90, 75), 20))
    assert edit.added == (4,)


def test_new_cell_takes_no_pixel_from_others_and_only_its_largest_piece(field):
    edit = add(field.masks, field.cells, WHOLE, disc((128, 160), (40, 75), 18))
    after = applied(field.masks, edit)
    assert edit.touched == (4,)
    old = field.masks.labels > 0
    np.testing.assert_array_equal(after.labels[old], field.masks.labels[old])


def test_new_cell_gets_the_nucleus_that_is_found_in_it(field):
    seen = []

    def nucleus_of(region, mask):
        seen.append(region)
        return np.ones(mask.shape, bool)

    edit = add(field.masks, field.cells, WHOLE, disc((128, 160), (100, 130), 10), nucleus_of)
    after = applied(field.masks, edit)
    assert seen == [WHOLE]
    np.testing.assert_array_equal(after.nuclei == 4, after.labels == 4)


def test_new_cell_on_top_of_another_is_refused(field):
    with pytest.raises(EditError, match="No room"):
        add(field.masks, field.cells, WHOLE, disc((128, 160), (40, 40), 5))


def test_stroke_that_cuts_a_cell_in_two_keeps_one_cell(field):
    painted = field.masks.labels.copy()
    painted[38:42, :70] = 0
    edit = repaint(field.masks, field.cells, WHOLE, painted)
    after = applied(field.masks, edit)
    assert edit.touched == edit.changed == (1,)
    assert after.labels[30, 40] == after.labels[50, 40] == 1
    assert not after.nuclei[38:42, :70].any()


def test_cell_painted_away_completely_is_deleted(field):
    painted = field.masks.labels.copy()
    painted[painted == 2] = 0
    edit = repaint(field.masks, field.cells, WHOLE, painted)
    assert edit.deleted == (2,)
    assert not (applied(field.masks, edit).nuclei == 2).any()


def test_cell_painted_over_another_takes_its_pixels_but_not_its_nucleus(field):
    painted = field.masks.labels.copy()
    painted[disc(painted.shape, (40, 50), 20)] = 2
    edit = repaint(field.masks, field.cells, WHOLE, painted)
    after = applied(field.masks, edit)
    assert set(edit.changed) == {1, 2}
    np.testing.assert_array_equal(after.nuclei == 2, field.masks.nuclei == 2)


@pytest.mark.parametrize("label", [4, 77, 100_000, -3])
def test_new_cell_gets_the_next_label_whatever_it_was_painted_with(field, label):
    painted = field.masks.labels.copy()
    painted[100:120, 130:150] = label
    edit = repaint(field.masks, field.cells, WHOLE, painted)
    assert edit.added == (4,)
    assert edit.region == Region(100, 130, 120, 150)


def test_label_of_a_deleted_cell_is_not_painted_again(field):
    edit = delete(field.masks, field.cells, 3)
    edit.apply_to(field.masks)
    cells = remeasured(field, edit)
    painted = field.masks.labels.copy()
    painted[100:120, 130:150] = 3
    assert repaint(field.masks, cells, WHOLE, painted).added == (4,)


def test_stroke_that_changes_nothing_is_refused(field):
    with pytest.raises(EditError, match="Nothing changes"):
        repaint(field.masks, field.cells, WHOLE, field.masks.labels.copy())


def test_edit_on_other_masks_is_refused(field):
    edit = delete(field.masks, field.cells, 3)
    edit.apply_to(field.masks)
    with pytest.raises(EditError, match="in their order"):
        edit.apply_to(field.masks)


def test_line_tells_the_cells_in_its_order(field):
    met = cells_under(field.masks.labels, [(40, 159), (40, 0), (90, 75)])
    assert list(met) == [2, 1, 3]
    assert met[1] > 35


def test_polygon_is_cut_at_the_image_border():
    region, mask = polygon_mask([(-10, -10), (-10, 20), (20, 20), (20, -10)], (100, 100))
    assert region == Region(0, 0, 21, 21)
    assert mask.all()
    with pytest.raises(EditError, match="beside the image"):
        polygon_mask([(-10, -10), (-10, -5), (-5, -5)], (100, 100))


@st.composite
def steps(draw):
    """What a person may do on a field of 64 x 80 pixels, one after the other."""
    point = st.tuples(st.integers(-4, 68), st.integers(-4, 84))
    step = st.one_of(
        st.tuples(st.just("split"), st.integers(0, 30), point, point),
        st.tuples(st.just("merge"), st.integers(0, 30), st.integers(0, 30)),
        st.tuples(st.just("delete"), st.integers(0, 30)),
        st.tuples(st.just("add"), point, st.integers(1, 15)),
        st.tuples(st.just("paint"), point, st.integers(1, 15), st.integers(-2, 12)),
    )
    return draw(st.lists(step, min_size=1, max_size=12))


def edit_for(step, masks, cells):
    shape, present = masks.labels.shape, table.present(cells).index.tolist()

    def one(k):
        return present[k % len(present)] if present else 1

    match step:
        case ("split", k, start, end):
            return split(masks, cells, one(k), [start, end])
        case ("merge", k, other):
            return merge(masks, cells, [one(k), one(other)])
        case ("delete", k):
            return delete(masks, cells, one(k))
        case ("add", centre, radius):
            whole = Region(0, 0, *shape)
            return add(masks, cells, whole, disc(shape, centre, radius), lambda _, m: m)
        case ("paint", centre, radius, label):
            painted = masks.labels.copy()
            painted[disc(shape, centre, radius)] = label
            return repaint(masks, cells, Region(0, 0, *shape), painted)


@settings(max_examples=40, deadline=None)
@given(steps())
def test_any_edits_keep_the_masks_whole_and_can_all_be_taken_back(todo):
    field = example_analysis(((20, 20), (20, 45), (45, 60)), radius=13, shape=(64, 80))
    masks, first = field.masks, (field.masks.labels.copy(), field.masks.nuclei.copy())
    cells = table.with_rows(field.cells, measure(masks, UM_PER_PX).loc[1:])
    field = field.__class__(**{**vars(field), "cells": cells})
    done, ever = [], set(table.present(field.cells).index)
    for step in todo:
        try:
            edit = edit_for(step, masks, field.cells)
        except EditError:
            continue
        assert not set(edit.added) & ever
        ever |= set(edit.added)
        outside = np.ones(masks.labels.shape, bool)
        outside[edit.region.y0 : edit.region.y1, edit.region.x0 : edit.region.x1] = False
        before = masks.labels.copy()
        Edit.from_dict(json.loads(json.dumps(edit.to_dict()))).apply_to(masks)
        np.testing.assert_array_equal(masks.labels[outside], before[outside])
        cells = remeasured(field, edit)
        untouched = [k for k in field.cells.index if k not in edit.touched]
        pd.testing.assert_frame_equal(cells.loc[untouched], field.cells.loc[untouched])
        field = field.__class__(**{**vars(field), "cells": cells})
        done.append(edit)
        assert np.all((masks.nuclei == 0) | (masks.nuclei == masks.labels))
        assert set(np.unique(masks.labels)) - {0} == set(table.present(cells).index)
        whole = measure(masks, UM_PER_PX).reindex(table.present(cells).index)
        columns = ["area_px", "centroid_y_px", "x0_px", "y1_px", "nc_ratio"]
        pd.testing.assert_frame_equal(
            table.present(cells)[columns], whole[columns], check_dtype=False
        )
    for edit in reversed(done):
        edit.reversed().apply_to(masks)
    np.testing.assert_array_equal(masks.labels, first[0])
    np.testing.assert_array_equal(masks.nuclei, first[1])
