"""Strokes, lines and outlines that are not finished, in a real window: whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from napari.utils._proxies import ReadOnlyWrapper
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)

from fake_worker import FIVE_CELLS
from napari_all_subtype._widgets.layer_kinds import CELLS, SUBTYPES
from window_steps import answered, drag, masks_of, mouse_event, table_of, use

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]

BESIDE = ((100, 120), (100, 130), (110, 140))


def begin(viewer, *points_px, button=1):
    """Press and move as napari's canvas does, without letting go; gives the release."""
    layer = viewer.layers.selection.active
    for n, (y, x) in enumerate(points_px):
        event = ReadOnlyWrapper(mouse_at("mouse_move" if n else "mouse_press", y, x, button))
        callbacks = mouse_move_callbacks if n else mouse_press_callbacks
        callbacks(viewer, event)
        callbacks(layer, event)

    def release():
        event = mouse_at("mouse_release", *points_px[-1], button)
        mouse_release_callbacks(viewer, event)
        mouse_release_callbacks(viewer.layers.selection.active, event)

    return release


def mouse_at(kind, y, x, button):
    """The mouse at a pixel of the field, and at as many of the canvas."""
    return mouse_event(kind, (0.25 * y, 0.25 * x), np.array((x, y)), button)


def sizes(dock):
    """Pixels of every cell: as the masks have them, and as the table says."""
    counted = np.bincount(masks_of(dock).labels.ravel(), minlength=len(table_of(dock)))
    return counted[1:], np.nan_to_num(table_of(dock)["area_px"].to_numpy())[1:]


def choose_image(viewer, dock):
    viewer.layers.selection.active = viewer.layers["field"]


def choose_subtypes(viewer, dock):
    viewer.layers.selection.active = viewer.layers[SUBTYPES]


INTERRUPTIONS = {
    "escape": lambda viewer, dock: dock.editor.press(""),
    "another tool": lambda viewer, dock: dock.editor.press("split"),
    "same tool": lambda viewer, dock: dock.editor.press("paint"),
    "image chosen": choose_image,
    "subtypes chosen": choose_subtypes,
    "delete": lambda viewer, dock: dock.editor.choose("delete"),
}


@pytest.mark.parametrize("how", INTERRUPTIONS)
def test_interrupted_stroke_is_one_edit_that_can_be_undone(analysed, qtbot, how):
    viewer, dock = analysed
    before = masks_of(dock).labels.copy()
    dock.controller.picker.pick(5)
    use(qtbot, dock, "paint")
    release = begin(viewer, *BESIDE)
    INTERRUPTIONS[how](viewer, dock)
    release()
    answered(qtbot, dock)
    np.testing.assert_array_equal(*sizes(dock))
    assert (masks_of(dock).labels == 6).any()
    while dock.controller.session.field.history.done:
        dock.editor.undo()
    np.testing.assert_array_equal(masks_of(dock).labels, before)
    np.testing.assert_array_equal(viewer.layers[CELLS].data, before)


def test_undo_while_the_mouse_is_down_takes_that_stroke_back(analysed, qtbot):
    viewer, dock = analysed
    before = masks_of(dock).labels.copy()
    use(qtbot, dock, "paint")
    y, x = FIVE_CELLS[4]
    release = begin(viewer, (y, x), (y + 20, x), (y + 30, x))
    assert (masks_of(dock).labels != before).any()
    dock.editor.press("undo")
    release()
    np.testing.assert_array_equal(masks_of(dock).labels, before)
    np.testing.assert_array_equal(*sizes(dock))
    assert not dock.controller.session.field.history.done
    assert len(dock.controller.session.field.history.undone) == 1


def test_interrupted_encircling_stroke_leaves_nothing(analysed, qtbot):
    viewer, dock = analysed
    before = masks_of(dock).labels.copy()
    use(qtbot, dock, "paint")
    begin(viewer, *BESIDE, button=2)()
    dock.editor.press("")
    np.testing.assert_array_equal(masks_of(dock).labels, before)
    np.testing.assert_array_equal(*sizes(dock))


def test_stroke_after_an_interrupted_one_is_an_edit_again(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "paint")
    release = begin(viewer, *BESIDE)
    dock.editor.press("")
    release()
    use(qtbot, dock, "paint")
    y, x = FIVE_CELLS[4]
    drag(viewer, (y, x), (y + 30, x))
    assert len(dock.controller.session.field.history.done) == 2
    np.testing.assert_array_equal(*sizes(dock))


@pytest.mark.parametrize("tool", ["split", "merge"])
def test_interrupted_line_changes_nothing_and_is_gone(analysed, qtbot, tool):
    viewer, dock = analysed
    before, drawn = masks_of(dock).labels.copy(), viewer.layers[SUBTYPES].data.copy()
    use(qtbot, dock, tool)
    release = begin(viewer, (30, 5), (30, 30), (30, 60))
    dock.editor.press("")
    np.testing.assert_array_equal(viewer.layers[SUBTYPES].data, drawn)
    release()
    np.testing.assert_array_equal(masks_of(dock).labels, before)


@pytest.mark.parametrize("after", ["", "add", "paint"])
def test_abandoned_outline_does_not_join_the_next(analysed, qtbot, after):
    viewer, dock = analysed
    use(qtbot, dock, "add")
    outline = viewer.layers[CELLS]._overlays["polygon"]
    for corner in ((100, 100), (100, 150), (120, 150)):
        begin(viewer, corner)()
    assert len(outline.points) > 2
    if after == "add":
        dock.edits.buttons["add"].click()
    else:
        dock.editor.press(after)
    assert outline.points == []
