"""The subtypes mask, letters and rings on discs of known place: no window needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from examples import UM_PER_PX, disc, example_analysis
from napari_all_subtype._widgets.codes import PARTS, ClassCodes, unit_rgb
from napari_all_subtype._widgets.overlay import (
    BADGE_INSET,
    badge_centres,
    cell_at,
    changed_by_confidence,
    ring_width_px,
)
from napari_all_subtype._widgets.sheets import draw_cells, draw_classes, drawn_rows
from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN

CODES = ClassCodes(FAB5)
RING_PX = 3


@pytest.fixture(scope="module")
def analysis():
    """Discs of radius 20; confidence 0.8 for the normal one, 0.95 for the blasts."""
    return example_analysis()


def drawn(analysis, **options):
    return draw_classes(analysis.masks.labels, analysis.cells, CODES, RING_PX, **options)


def test_every_part_of_every_class_has_a_code_of_its_own():
    codes = [CODES.code(name, part) for name in CODES.names for part in PARTS]
    assert sorted([*codes, CODES.picked]) == list(range(1, len(codes) + 2))


def test_row_k_of_the_code_table_describes_code_k():
    rows = CODES.to_features()
    for name, cell_class in zip(CODES.names, (*FAB5.classes, UNKNOWN, *EXCLUSIONS), strict=True):
        for part in PARTS:
            row = rows.loc[CODES.code(name, part)]
            assert (row["class"], row["part"]) == (cell_class.title, part)
    assert rows.loc[CODES.picked, "class"] == "picked"


def test_class_outside_the_taxonomy_is_drawn_as_unknown():
    assert CODES.code("martian", "fill") == CODES.code("unknown", "fill")


def test_mask_covers_the_cells_and_nothing_else(analysis):
    canvas = drawn(analysis)
    np.testing.assert_array_equal(canvas > 0, analysis.masks.labels > 0)
    assert canvas.dtype == np.uint8


def test_ring_lies_inside_the_cell_and_has_its_width(analysis):
    canvas = drawn(analysis)
    inner = disc(canvas.shape, (40, 40), 20 - RING_PX - 1)
    outer = disc(canvas.shape, (40, 40), 20) & ~disc(canvas.shape, (40, 40), 20 - RING_PX + 1)
    assert set(canvas[inner]) == {CODES.code("normal", "fill")}
    assert set(canvas[outer]) == {CODES.code("normal", "ring")}


def test_cell_below_the_minimum_confidence_is_hollow(analysis):
    canvas = drawn(analysis, min_confidence=0.9)
    of_normal = canvas[analysis.masks.labels == 1]
    assert set(of_normal) == {0, CODES.code("normal", "doubtful")}
    assert CODES.code("blast", "fill") in canvas


@settings(deadline=None, max_examples=40)  # a busy machine is no failure
@given(before=st.floats(0, 1), after=st.floats(0, 1))
@example(before=float(np.float32(0.95)), after=0.0)
@example(before=np.nextafter(float(np.float32(0.95)), 1), after=0.0)
def test_moving_the_minimum_redraws_exactly_what_changes(before, after):
    analysis = example_analysis()
    canvas, labels = drawn(analysis, min_confidence=before), analysis.masks.labels
    changed = changed_by_confidence(analysis.cells, before, after)
    draw_cells(canvas, labels, drawn_rows(analysis.cells, changed, CODES), CODES, RING_PX, after)
    np.testing.assert_array_equal(canvas, drawn(analysis, min_confidence=after))


def test_drawing_one_cell_leaves_a_touching_one_alone():
    analysis = example_analysis(centres=((40, 40), (40, 78)))
    canvas = drawn(analysis)
    other = analysis.masks.labels == 2
    before = canvas[other].copy()
    row = drawn_rows(analysis.cells, [1], CODES)
    draw_cells(canvas, analysis.masks.labels, row, CODES, RING_PX, picked=1)
    np.testing.assert_array_equal(canvas[other], before)
    assert CODES.picked in canvas[analysis.masks.labels == 1]


def test_deleted_cell_is_not_drawn(analysis):
    cells = analysis.cells.copy()
    cells.loc[2, [c for c in cells if c != "label"]] = np.nan
    canvas = draw_classes(analysis.masks.labels, cells, CODES, RING_PX)
    assert not canvas[analysis.masks.labels == 2].any()


def test_hidden_class_is_clear_and_others_keep_their_colour():
    colours = CODES.colours(hidden={"blast"}, fill_opacity=0.4)
    assert all(colours[CODES.code("blast", part)][3] == 0 for part in PARTS)
    np.testing.assert_allclose(
        colours[CODES.code("l1", "fill")], (*unit_rgb(FAB5["l1"].colour), 0.4), atol=1e-6
    )
    assert colours[CODES.code("l1", "ring")][3] == 1
    assert colours[None][3] == colours[0][3] == 0


def test_ring_is_as_wide_on_the_glass_at_any_magnification():
    assert ring_width_px(0.1) == 6
    assert ring_width_px(UM_PER_PX) == 2
    assert ring_width_px(0.9) == 2


def test_label_is_found_under_a_position_and_none_beside_the_image(analysis):
    labels = analysis.masks.labels
    assert cell_at(labels, 40.4, 39.6) == 1
    assert cell_at(labels, 0, 0) == 0
    for y, x in ((-3, 40), (40, -3), (labels.shape[0], 40), (40, labels.shape[1])):
        assert cell_at(labels, y, x) == 0


@settings(deadline=None, max_examples=30)  # a busy machine is no failure
@given(st.integers(6, 20), st.floats(2, 12))
def test_badge_lies_in_its_own_cell_at_the_upper_left_also_where_cells_touch(radius, badge_px):
    touching = ((25, 25), (25, 25 + 2 * radius), (25 + 2 * radius, 25))
    analysis = example_analysis(touching, radius=radius)
    labels = analysis.masks.labels
    for k, (y, x) in enumerate(badge_centres(labels, analysis.cells, badge_px), 1):
        assert labels[round(y), round(x)] == k
        centre_y, centre_x = touching[k - 1]
        # A badge as wide as the cell has no room but the middle.
        assert y <= centre_y
        assert x <= centre_x
        # On the outline, not somewhere within: as far as the inset, and a pixel.
        assert np.hypot(y - centre_y, x - centre_x) >= radius - BADGE_INSET * badge_px - 1.5


def test_badge_begins_at_the_pixel_nearest_to_the_corner_of_its_box():
    analysis = example_analysis(((25, 25), (25, 45), (45, 25)), radius=10)
    rows = table.present(analysis.cells)
    points = badge_centres(analysis.masks.labels, analysis.cells, 0)
    for label, point in zip(rows.index, points, strict=True):
        pixels = np.argwhere(analysis.masks.labels == label)
        away = ((pixels - rows.loc[label, ["y0_px", "x0_px"]].to_numpy(float)) ** 2).sum(axis=1)
        assert point.tolist() == pixels[away.argmin()].tolist()


def test_badges_of_no_cells_are_none():
    analysis = example_analysis(())
    assert badge_centres(analysis.masks.labels, analysis.cells, 10).shape == (0, 2)
