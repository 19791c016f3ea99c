"""Cells are selected on the canvas, one thing for all, and a word is for all of them."""

from __future__ import annotations

import pytest

from napari_all_subtype.project.history import history
from window_steps import click, drag, masks_of, run, said_of, use

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window

# Around the cells 1 and 2 of the field, and no other.
AROUND_TWO = ((5, 5), (5, 110), (60, 110), (60, 5), (5, 5))


def at(dock, label):
    """Centre of a cell in micrometres."""
    row = dock.controller.session.result().analysis.cells.loc[label]
    return 0.25 * row["centroid_y_px"], 0.25 * row["centroid_x_px"]


def white_of(dock, label):
    """How many pixels of a cell are white."""
    layers = dock.controller.layers
    mine = masks_of(dock).labels == label
    return int((layers.subtypes.data[mine] == layers.codes.picked).sum())


def ring_of(dock, label):
    dock.controller.picker.pick(label)
    return white_of(dock, label)


def test_picking_a_cell_selects_it_alone(analysed):
    viewer, dock = analysed
    session = dock.controller.session
    click(viewer, *at(dock, 1))
    click(viewer, *at(dock, 2))
    assert session.selection.places == ((0, 2),)
    click(viewer, 0, 0)
    assert session.selection.places == ()
    assert dock.controller.layers.picked == 0


@pytest.mark.parametrize("key", ["Control", "Shift"])
def test_a_click_with_a_key_selects_one_more_or_lets_it_go(analysed, key):
    viewer, dock = analysed
    session, layers = dock.controller.session, dock.controller.layers
    click(viewer, *at(dock, 1))
    click(viewer, *at(dock, 3), keys=(key,))
    assert session.selection.places == ((0, 1), (0, 3))
    assert layers.picked == 1
    click(viewer, 0, 0, keys=(key,))
    assert session.selection.places == ((0, 1), (0, 3))
    click(viewer, *at(dock, 1), keys=(key,))
    assert session.selection.places == ((0, 3),)
    assert layers.picked == 3
    assert "Cell 3" in dock.cell.text.text()


def test_selected_cells_are_marked_and_unmarked(analysed):
    _, dock = analysed
    selection = dock.controller.session.selection
    whole = {label: ring_of(dock, label) for label in (1, 2)}
    selection.set([(0, 1), (0, 2), (0, 3)])
    assert white_of(dock, 2) == whole[2]  # the current cell is still one of them
    assert 0 < white_of(dock, 1) < whole[1]
    selection.clear()
    assert [white_of(dock, label) for label in (1, 2, 3)] == [0, 0, 0]


def test_marks_survive_another_look_and_an_edit_beside_them(analysed):
    _, dock = analysed
    selection = dock.controller.session.selection
    selection.set([(0, 1), (0, 2)])
    before = white_of(dock, 1)
    dock.controller.layers.change_look(colour_by="nc_ratio")
    dock.controller.layers.change_look(colour_by="class")
    assert white_of(dock, 1) == before


def test_a_deleted_cell_leaves_the_selection(analysed):
    _, dock = analysed
    selection = dock.controller.session.selection
    selection.set([(0, 1), (0, 2)])
    dock.editor.delete()
    assert selection.places == ((0, 1),)
    assert dock.controller.layers.picked == 1


def test_cells_that_nobody_sees_are_not_selected_in_another_run(analysed, qtbot):
    _, dock = analysed
    dock.controller.session.selection.set([(0, 1), (0, 2)])
    run(qtbot, dock)
    assert dock.controller.session.selection.places == ()


def test_a_word_is_for_all_selected_cells_and_one_step(reviewed, analysed):
    viewer, dock = analysed
    selection = dock.controller.session.selection
    click(viewer, *at(dock, 1))
    click(viewer, *at(dock, 2), keys=("Shift",))
    reviewed.words.buttons["smudge"].click()
    assert said_of(dock) == ["smudge", "smudge", "", "", ""]
    assert selection.places == ((0, 1), (0, 2))
    reviewed.words.buttons["undo"].click()
    assert said_of(dock) == [""] * 5
    assert len(history(reviewed.reviewer.record.database)) == 4


def test_a_region_selects_the_cells_in_it(reviewed, analysed):
    viewer, dock = analysed
    button = reviewed.words.buttons["region"]
    button.click()
    assert reviewed.reviewer.region.active
    assert button.isDown()
    drag(viewer, *AROUND_TWO)
    assert dock.controller.session.selection.places == ((0, 1), (0, 2))
    assert "2 cells" in reviewed.words.cell.text()
    reviewed.words.buttons["l1"].click()
    assert said_of(dock) == ["l1", "l1", "", "", ""]
    assert not reviewed.reviewer.region.active
    assert not button.isDown()
    drag(viewer, (5, 5), (60, 60))  # the mouse moves the image again
    assert len(dock.controller.session.selection) == 2


def test_the_line_of_a_region_does_not_stay(reviewed, analysed):
    viewer, dock = analysed
    layers = dock.controller.layers
    dock.controller.session.selection.clear()
    before = layers.subtypes.data.copy()
    reviewed.words.buttons["region"].click()
    drag(viewer, (0, 0), (0, 6), (6, 6), (6, 0))
    assert (layers.subtypes.data == before).all()


def test_one_tool_at_a_time_has_the_mouse(reviewed, analysed, qtbot):
    _, dock = analysed
    reviewed.words.buttons["region"].click()
    use(qtbot, dock, "split")
    assert not reviewed.reviewer.region.active
    reviewed.words.buttons["region"].click()
    assert dock.editor.tool == ""
    assert reviewed.reviewer.region.active
    viewer = dock.controller.session.viewer
    viewer.layers.selection.active = viewer.layers["field"]
    assert not reviewed.reviewer.region.active
