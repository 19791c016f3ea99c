"""Cells drawn side by side on sheets look as if each had been drawn by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype._widgets import sheets
from napari_all_subtype._widgets.boxes import class_patch
from napari_all_subtype._widgets.codes import PARTS, ClassCodes, StepCodes
from napari_all_subtype._widgets.sheets import draw_cells, draw_classes, drawn_rows
from napari_all_subtype.cells import table
from napari_all_subtype.cells.source import Region
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5
from napari_all_subtype.workflow.colour_values import NC_RATIO
from one_by_one import draw_cell

# Discs that touch each other and the edges of the image.
CENTRES = ((10, 10), (10, 40), (18, 62), (52, 25), (85, 20), (70, 60), (117, 149), (60, 110))
LABELS = range(1, len(CENTRES) + 1)
CODES = (
    ClassCodes(FAB5),
    ClassCodes(FAB5, "best_guess"),
    StepCodes(NC_RATIO, frozenset({"l1"})),
)
WORDS = ("", *FAB5.names, *(one.name for one in EXCLUSIONS))


@pytest.fixture(scope="module")
def analysis():
    made = example_analysis(CENTRES, 17)
    # Cells of other sizes: parts of the discs.
    made.masks.labels[:, 148:] = 0
    made.masks.labels[60:, 100:112] = 0
    return made


@settings(deadline=None, max_examples=60)
@given(
    words=st.dictionaries(st.sampled_from(LABELS), st.sampled_from(WORDS)),
    which=st.lists(st.sampled_from(LABELS), unique=True),
    picked=st.sampled_from((0, *LABELS)),
    selected=st.sets(st.sampled_from(LABELS)),
    codes=st.sampled_from(CODES),
    min_confidence=st.sampled_from([0.0, 0.9]),
    ring_px=st.sampled_from([1, 2, 3, 6]),
    sheet_px=st.sampled_from([1, 3000, sheets.SHEET_PX]),
)
def test_many_are_drawn_as_one_by_one(
    analysis, words, which, picked, selected, codes, min_confidence, ring_px, sheet_px
):
    cells, labels = table.annotated(analysis.cells, words), analysis.masks.labels
    rows = list(drawn_rows(cells, which, codes))
    canvas, expected = (np.full(labels.shape, 77, np.uint8) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "SHEET_PX", sheet_px)
        draw_cells(canvas, labels, rows, codes, ring_px, min_confidence, picked, selected)
    for row in rows:
        marks = {"picked": row.label == picked, "selected": row.label in selected}
        draw_cell(expected, labels, row, codes, ring_px, min_confidence, **marks)
    np.testing.assert_array_equal(canvas, expected)


def test_all_of_a_field_are_drawn_and_nothing_without_cells(analysis):
    labels = analysis.masks.labels
    canvas = draw_classes(labels, analysis.cells, CODES[0], 3)
    np.testing.assert_array_equal(canvas > 0, labels > 0)
    gone = table.without(analysis.cells, LABELS)
    assert not draw_classes(labels, gone, CODES[0], 3).any()


@given(y0=st.integers(0, 100), x0=st.integers(0, 120))
@settings(deadline=None, max_examples=20)
def test_part_of_a_marked_mask_is_drawn_as_the_whole(analysis, y0, x0):
    cells, labels = analysis.cells, analysis.masks.labels
    region = Region(y0, x0, y0 + 28, x0 + 40)
    part = class_patch(labels, cells, region, CODES[0], 3, selected=set(LABELS))
    whole = np.zeros(labels.shape, np.uint8)
    draw_cells(whole, labels, drawn_rows(cells, LABELS, CODES[0]), CODES[0], 3, selected=LABELS)
    np.testing.assert_array_equal(part, whole[y0 : y0 + 28, x0 : x0 + 40])


@pytest.mark.parametrize("codes", CODES)
def test_parts_of_a_cell_are_those_asked_for_one_by_one(analysis, codes):
    for row in drawn_rows(table.annotated(analysis.cells, {1: "l1", 2: "l2"}), LABELS, codes):
        assert codes.parts_of(row) == tuple(codes.code_of(row, part) for part in PARTS)
