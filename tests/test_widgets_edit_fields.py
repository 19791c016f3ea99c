"""Outlines corrected in one field while others are chosen: nothing is lost, nothing mixed up."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype._widgets.layer_kinds import CELLS, SUBTYPES
from window_steps import FIELD, answered, drag, masks_of, run, table_of, use

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]


def split_first_cell(qtbot, viewer, dock):
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))


def choose_field(qtbot, dock, n):
    view = dock.controller.layers.view
    dock.controller.session.select(n)
    qtbot.waitUntil(lambda: dock.controller.layers.view is not view, timeout=10_000)


def test_edits_stay_when_another_field_was_shown_meanwhile(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))
    answered(qtbot, dock)
    wanted, view = masks_of(dock).labels.copy(), dock.controller.layers.view
    dock.controller.session.select(0)
    qtbot.waitUntil(lambda: dock.controller.layers.view is not view, timeout=10_000)
    np.testing.assert_array_equal(masks_of(dock).labels, wanted)
    assert dock.edits.buttons["undo"].isEnabled()


def test_nothing_is_edited_before_the_chosen_field_is_shown(window, instant, qtbot, folder):
    viewer, dock = window()
    dock.controller.open_folder(folder)
    run(qtbot, dock, until_shown=False)  # the first of its files is broken
    session = dock.controller.session
    first, second = (n for n, field in enumerate(session.fields) if field.result)
    choose_field(qtbot, dock, first)
    qtbot.waitUntil(lambda: dock.editor.key is not None, timeout=10_000)
    split_first_cell(qtbot, viewer, dock)
    answered(qtbot, dock)
    choose_field(qtbot, dock, second)
    session.select(first)
    # Its history would be undone in the masks of the field that is still shown.
    assert dock.editor.key is None
    assert not dock.edits.buttons["undo"].isEnabled()
    qtbot.waitUntil(lambda: dock.editor.key is not None, timeout=10_000)
    dock.edits.buttons["undo"].click()
    assert len(np.unique(masks_of(dock).labels)) == 6


def test_word_of_the_model_reaches_a_smear_that_was_put_away(analysed, qtbot):
    viewer, dock = analysed
    split_first_cell(qtbot, viewer, dock)
    assert table_of(dock)["subtype"][6] == "unknown"
    viewer.add_image(FIELD, rgb=True, name="another", scale=(0.25, 0.25), units=("um", "um"))
    assert dock.controller.session.result() is None
    answered(qtbot, dock)
    dock.chooser.choose(viewer.layers["field"])
    qtbot.waitUntil(lambda: dock.editor.key is not None, timeout=10_000)
    assert table_of(dock)["subtype"].tolist()[1:] == ["l2", "blast", "l1", "l2", "l3", "l2"]
    assert dock.controller.layers.view.analysis.cells["subtype"][6] == "l2"


def test_cell_taken_back_in_a_field_chosen_again_is_classified(analysed, qtbot):
    viewer, dock = analysed
    split_first_cell(qtbot, viewer, dock)
    viewer.layers.selection.active = viewer.layers[SUBTYPES]
    # Before the model has answered: what comes back with undo is not classified yet.
    label = 6
    dock.controller.picker.pick(label)
    dock.editor.delete()
    answered(qtbot, dock)
    choose_field(qtbot, dock, 0)
    dock.editor.undo()
    assert table_of(dock)["subtype"][label] == "unknown"
    qtbot.waitUntil(lambda: table_of(dock)["subtype"][label] == "l2", timeout=10_000)
    np.testing.assert_array_equal(viewer.layers[CELLS].data, masks_of(dock).labels)
