"""Results after an edit: only touched cells are measured and classified again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from examples import UM_PER_PX, example_analysis, example_source
from fake_child import FakeClassifier
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.cells import table
from napari_all_subtype.cells.edits import repaint, split
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import Region
from napari_all_subtype.workflow.corrections import corrected, remeasured
from napari_all_subtype.workflow.export import to_geojson

WHOLE = Region(0, 0, 128, 160)


@pytest.fixture
def field():
    """Three discs of radius 20 at (40, 40), (40, 110) and (90, 75)."""
    return example_analysis()


def test_only_touched_rows_change_and_they_are_those_of_a_whole_measurement(field):
    before = field.cells
    edit = split(field.masks, before, 1, [(40, 10), (40, 70)])
    edit.apply_to(field.masks)
    after = remeasured(field, edit)
    pd.testing.assert_frame_equal(after.loc[[0, 2, 3]], before.loc[[0, 2, 3]])
    whole = measure(field.masks, UM_PER_PX)
    columns = list(table.COLUMNS)
    pd.testing.assert_frame_equal(
        after.loc[[1, 4], columns], whole.loc[[1, 4], columns], check_dtype=False
    )
    assert after["subtype"][4] == "unknown"
    assert after["subtype"][1] == before["subtype"][1]


def test_word_of_a_person_outlives_a_new_outline(field):
    cells = field.cells.assign(annotation=["", "l1", "", "normal"])
    field = field.__class__(**{**vars(field), "cells": cells})
    edit = split(field.masks, cells, 1, [(40, 10), (40, 70)])
    edit.apply_to(field.masks)
    assert remeasured(field, edit)["annotation"].tolist() == ["", "l1", "", "normal", ""]


def test_cell_in_two_pieces_has_both_in_the_outlines_for_qupath(field):
    painted = field.masks.labels.copy()
    painted[38:42, :70] = 0
    edit = repaint(field.masks, field.cells, WHOLE, painted)
    edit.apply_to(field.masks)
    field = replace(field, cells=remeasured(field, edit), edits=1)
    written = to_geojson(field)
    kinds = [one["geometry"]["type"] for one in written["features"]]
    assert kinds == ["MultiPolygon", "Polygon", "Polygon"]
    assert len(written["features"][0]["geometry"]["coordinates"]) == 2
    assert written["provenance"]["edits"] == 1


def test_packed_result_unpacks_with_its_edits(field):
    packed = PackedAnalysis.of(field)
    edit = split(field.masks, field.cells, 1, [(40, 10), (40, 70)])
    edit.apply_to(field.masks)
    after = replace(field, cells=remeasured(field, edit))
    again = packed.edited((edit,), after).unpack()
    np.testing.assert_array_equal(again.masks.labels, field.masks.labels)
    np.testing.assert_array_equal(again.masks.nuclei, field.masks.nuclei)
    back = packed.edited((edit, edit.reversed()), after).unpack()
    np.testing.assert_array_equal(back.masks.labels, packed.unpack().masks.labels)
    assert back.edits == 2


def test_corrected_result_has_the_word_of_the_model_on_touched_cells_only(field):
    classifier = FakeClassifier()
    edit = split(field.masks, field.cells, 2, [(40, 80), (40, 140)])
    after = corrected(field, edit, example_source(), classifier)
    # The fake says normal of the first crop and blast of the second.
    assert after.cells["subtype"].tolist()[1:] == ["normal", "normal", "l1", "blast"]
    assert after.edits == 1
