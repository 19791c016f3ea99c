"""Keys of the review: whatever layer is active, wherever the focus is, but for text fields."""

from __future__ import annotations

from itertools import pairwise

import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtTest import QTest

from napari_all_subtype._widgets.review.actions import Keys, actions_of
from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype._widgets.review.shortcuts import KeysDialog
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.taxonomy import FAB5
from window_steps import click, drag, said_of, table_of, use

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = [pytest.mark.window, pytest.mark.drawn]

CTRL_Z = (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


@pytest.fixture
def active(reviewed, qtbot):
    """The same in a window that has the keyboard."""
    window = reviewed.window()
    window.activateWindow()
    window.raise_()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    return reviewed


def press(widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget, key, modifier)


def stay(review):
    review.words.go_on.setChecked(False)


def test_the_tab_key_goes_through_the_dock_as_it_is_read(user_folder, qtbot):
    dock = ReviewSmear(ViewerModel())
    qtbot.addWidget(dock)
    dock.queue.filters.expand(animate=False)
    with qtbot.waitExposed(dock):
        dock.show()
    first = part = dock.words.buttons["normal"]
    reached = []
    while part is not first or not reached:
        takes_focus = part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.focusProxy() is None
        if takes_focus and part.isVisible() and part is not dock.scroll:
            reached.append(part)
        part = part.nextInFocusChain()
    dock.reviewer.close()
    assert len(reached) > 30
    boxes = [QRect(one.mapTo(dock, QPoint()), one.size()) for one in reached]
    for (one, here), (other, there) in pairwise(zip(reached, boxes, strict=True)):
        same_row = here.top() <= there.center().y() <= here.bottom()
        right = there.left() >= here.right()
        assert right if same_row else there.top() > here.top(), (one, other)


@pytest.mark.parametrize("layer", ["field", "cells", "subtypes"])
def test_a_key_says_a_word_whatever_layer_is_active(active, analysed, layer):
    viewer, dock = analysed
    stay(active)
    dock.controller.picker.pick(1)
    viewer.layers.selection.active = viewer.layers[layer]
    press(active.window(), Qt.Key.Key_3)
    assert said_of(dock)[0] == "l1"
    press(active.window(), *CTRL_Z)
    assert said_of(dock)[0] == ""
    press(active.window(), Qt.Key.Key_Z, CTRL_Z[1] | Qt.KeyboardModifier.ShiftModifier)
    assert said_of(dock)[0] == "l1"


def test_keys_work_with_the_focus_in_the_dock_and_not_in_text_fields(active, analysed, qtbot):
    _, dock = analysed
    stay(active)
    dock.controller.picker.pick(1)
    active.words.go_on.setFocus()
    press(active.words.go_on, Qt.Key.Key_G)
    assert said_of(dock)[0] == "smudge"
    line = active.project.reader.lineEdit()
    active.scroll.ensureWidgetVisible(line)
    line.setFocus()
    line.selectAll()
    press(line, Qt.Key.Key_X)
    press(line, Qt.Key.Key_3)
    assert line.text() == "x3"
    assert said_of(dock)[0] == "smudge"


def test_every_key_does_what_stands_on_its_button(active, analysed):
    viewer, dock = analysed
    window, queue = active.window(), active.reviewer.queue
    press(window, Qt.Key.Key_N)
    first = queue.here
    press(window, Qt.Key.Key_N)
    press(window, Qt.Key.Key_P)
    assert queue.here == first
    press(window, Qt.Key.Key_Period)
    assert queue.places[-1] == first
    press(window, Qt.Key.Key_T)
    assert not viewer.layers["subtypes"].visible
    press(window, Qt.Key.Key_T)
    assert viewer.layers["subtypes"].visible
    for key in ("5", "X", "R", "O"):
        press(window, getattr(Qt.Key, f"Key_{key}"))
    said = {word for word in said_of(dock) if word}
    assert said == {"l3", "not_a_cell", "nucleated_red_cell", "other_object"}
    for name, button in active.words.buttons.items():
        action = next(one for one in active.words.actions_ if one.name == name)
        assert f"({action.key})" in button.text()


def test_keys_are_given_back_when_the_review_is_closed(active, analysed):
    viewer, dock = analysed
    stay(active)
    dock.controller.picker.pick(1)
    layer = viewer.layers["cells"]
    viewer.layers.selection.active = layer
    before = dict(layer.keymap)
    active.parentWidget().close()
    press(active.window(), Qt.Key.Key_3)
    assert said_of(dock)[0] == ""
    assert dict(layer.keymap) == before


def test_another_key_takes_the_place_of_the_first(active, analysed, qtbot):
    _, dock = analysed
    stay(active)
    dock.controller.picker.pick(1)
    actions = active.words.actions_
    active.reviewer.keys = Keys().with_key(actions, "l3", "Q")
    active.reviewer.bind()
    press(active.window(), Qt.Key.Key_5)
    assert said_of(dock)[0] == ""
    press(active.window(), Qt.Key.Key_Q)
    assert said_of(dock)[0] == "l3"
    assert "(Q)" in active.words.buttons["l3"].text()


def test_a_key_is_that_of_one_action_only(qtbot):
    actions = actions_of(FAB5)
    keys = [one.key for one in actions]
    assert len(set(keys)) == len(keys)
    with pytest.raises(ParameterError, match="Normal already"):
        Keys().with_key(actions, "l3", "1")
    dialog = KeysDialog(actions, Keys())
    qtbot.addWidget(dialog)
    dialog.edits["l3"].setKeySequence("1")
    dialog._on_ok()
    assert "already" in dialog.refused.text()
    assert not dialog.result()
    dialog.edits["normal"].setKeySequence("5")
    dialog._on_ok()
    assert dialog.keys.changed == {"l3": "1", "normal": "5"}


def test_undo_of_an_outline_is_reached_by_the_same_key(active, analysed, qtbot):
    viewer, dock = analysed
    for layer in ("cells", "subtypes"):
        viewer.layers.selection.active = viewer.layers[layer]
        dock.controller.picker.pick(2)
        dock.editor.delete()
        assert not table_of(dock)["area_px"].iat[2] > 0
        viewer.layers.selection.active = viewer.layers[layer]
        press(active.window(), *CTRL_Z)
        assert table_of(dock)["area_px"].iat[2] > 0
    stay(active)
    dock.controller.session.selection.set([(0, 1), (0, 3)])
    press(active.window(), Qt.Key.Key_4)
    assert said_of(dock) == ["l2", "", "l2", "", ""]
    press(active.window(), *CTRL_Z)
    assert said_of(dock) == [""] * 5


def test_without_a_project_undo_is_that_of_the_outlines(review, analysed):
    _, dock = analysed
    dock.controller.picker.pick(2)
    dock.editor.delete()
    review.words.buttons["undo"].click()
    assert table_of(dock)["area_px"].iat[2] > 0


def test_no_key_says_a_word_while_outlines_are_painted(active, analysed, qtbot):
    viewer, dock = analysed
    dock.controller.picker.pick(1)
    use(qtbot, dock, "paint")
    press(active.window(), Qt.Key.Key_3)
    assert said_of(dock)[0] == ""
    drag(viewer, (30, 30), (30, 40))


def test_with_a_class_armed_each_click_says_it(active, analysed):
    viewer, dock = analysed
    words = active.words
    words.by_click.setChecked(True)
    words.buttons["l2"].click()
    assert said_of(dock) == [""] * 5
    assert words.buttons["l2"].isDown()
    for label in (1, 3):
        row = table_of(dock).loc[label]
        click(viewer, 0.25 * row["centroid_y_px"], 0.25 * row["centroid_x_px"])
    assert said_of(dock) == ["l2", "", "l2", "", ""]
    words.by_click.setChecked(False)
    assert not words.buttons["l2"].isDown()
    click(viewer, 0.25 * table_of(dock)["centroid_y_px"].iat[4], 10)
    assert said_of(dock)[3] == ""
