"""Cells that are selected: many at once are marked just as one by one, and as in a part of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype._widgets import marks
from napari_all_subtype._widgets.boxes import class_patch
from napari_all_subtype._widgets.codes import ClassCodes, StepCodes
from napari_all_subtype._widgets.marks import mark_rings
from napari_all_subtype._widgets.overlay import draw_cell, draw_classes
from napari_all_subtype.cells import table
from napari_all_subtype.cells.source import Region
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.colour_values import NC_RATIO

# Discs that touch each other and the edges of the image.
CENTRES = ((10, 10), (10, 40), (18, 62), (52, 25), (85, 20), (70, 60), (117, 149), (60, 110))
RADIUS, RING_PX = 17, 3
LABELS = range(1, len(CENTRES) + 1)
CODES = (
    ClassCodes(FAB5),
    ClassCodes(FAB5, "best_guess"),
    StepCodes(NC_RATIO, frozenset({"l1"})),
)


@pytest.fixture(scope="module")
def analysis():
    return example_analysis(CENTRES, RADIUS)


def one_by_one(analysis, codes, selected, min_confidence, ring_px=RING_PX):
    labels = analysis.masks.labels
    canvas = np.zeros(labels.shape, np.uint8)
    for row in table.present(analysis.cells).itertuples():
        marked = row.label in selected
        draw_cell(canvas, labels, row, codes, ring_px, min_confidence, selected=marked)
    return canvas


@settings(deadline=None, max_examples=40)
@given(
    before=st.sets(st.sampled_from(LABELS)),
    after=st.sets(st.sampled_from(LABELS)),
    codes=st.sampled_from(CODES),
    min_confidence=st.sampled_from([0.0, 0.9]),
    ring_px=st.sampled_from([1, 2, 3, 6]),
    strip_rows=st.sampled_from([5, 64]),
)
def test_many_cells_are_marked_as_one_by_one(
    analysis, before, after, codes, min_confidence, ring_px, strip_rows
):
    cells = table.annotated(analysis.cells, {2: "l3", 3: "smudge"})
    spoken = replace(analysis, cells=cells)
    canvas = one_by_one(spoken, codes, before, min_confidence, ring_px)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks, "STRIP_ROWS", strip_rows)
        labels, changed = analysis.masks.labels, before ^ after
        mark_rings(canvas, labels, cells, changed, after, codes, ring_px, min_confidence)
    np.testing.assert_array_equal(canvas, one_by_one(spoken, codes, after, min_confidence, ring_px))


def test_what_was_deleted_is_not_marked(analysis):
    gone = table.without(analysis.cells, [3])
    canvas = draw_classes(analysis.masks.labels, analysis.cells, CODES[0], RING_PX)
    before = canvas.copy()
    mark_rings(canvas, analysis.masks.labels, gone, {3}, {3}, CODES[0], RING_PX)
    np.testing.assert_array_equal(canvas, before)


@given(y0=st.integers(0, 100), x0=st.integers(0, 120))
@settings(deadline=None, max_examples=20)
def test_part_of_a_marked_mask_is_drawn_as_the_whole(analysis, y0, x0):
    region = Region(y0, x0, y0 + 28, x0 + 40)
    part = class_patch(
        analysis.masks.labels, analysis.cells, region, CODES[0], RING_PX, selected=set(LABELS)
    )
    whole = one_by_one(analysis, CODES[0], set(LABELS), 0.0)
    np.testing.assert_array_equal(part, whole[y0 : y0 + 28, x0 : x0 + 40])
