"""Outlines corrected in a real window: with the brush, with lines and with keys."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from examples import UM_PER_PX
from fake_worker import FIVE_CELLS
from napari_all_subtype._widgets.codes import ClassCodes
from napari_all_subtype._widgets.layer_kinds import CELLS, LETTERS, SUBTYPES
from napari_all_subtype.cells import edit_size
from napari_all_subtype.taxonomy import FAB5
from window_steps import answered, click, drag, masks_of, table_of, use

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]

CODES = ClassCodes(FAB5)


def test_line_through_a_cell_makes_two_and_only_they_are_classified_again(analysed, qtbot):
    viewer, dock = analysed
    before = table_of(dock)
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 30), (30, 60))
    answered(qtbot, dock)
    after = table_of(dock)
    assert dock.controller.session.worker.last_run.labels == (1, 6)
    assert after["subtype"].tolist()[1:] == ["l2", "blast", "l1", "l2", "l3", "l2"]
    assert after["area_px"][[1, 6]].sum() == before["area_px"][1]
    # What FAB evidence adds, the fake answer of the first run did not have.
    assert after.loc[2:5, list(before)].equals(before.loc[2:5])
    assert dock.result.legend.count_text("l2").startswith("3 ")
    assert list(viewer.layers[LETTERS].features["letter"]) == ["L2", "B", "L1", "L2", "L3", "L2"]
    assert len(viewer.layers[CELLS].features) == 7
    assert "split" in dock.edits.line.text()


def test_drawn_line_is_gone_and_rings_follow_the_new_outlines(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "split")
    drag(viewer, (30, 2), (30, 30), (30, 62))
    answered(qtbot, dock)
    drawn, labels = viewer.layers[SUBTYPES].data, viewer.layers[CELLS].data
    assert CODES.picked not in drawn
    assert not drawn[labels == 0].any()
    assert set(drawn[labels == 6]) == {CODES.code("l2", "fill"), CODES.code("l2", "ring")}
    assert set(drawn[29:32, 30]) == {CODES.code("l2", "ring")}


def test_line_beside_all_cells_says_so_and_changes_nothing(analysed, qtbot):
    viewer, dock = analysed
    before = viewer.layers[CELLS].data.copy()
    use(qtbot, dock, "split")
    drag(viewer, (120, 5), (121, 90))
    assert "no cell under the line" in dock.edits.line.text()
    np.testing.assert_array_equal(viewer.layers[CELLS].data, before)


def test_undo_and_redo_give_the_same_masks_and_rows_again(analysed, qtbot):
    viewer, dock = analysed
    first, masks = table_of(dock), masks_of(dock).labels.copy()
    nuclei = masks_of(dock).nuclei.copy()
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))
    answered(qtbot, dock)
    second, split = table_of(dock), masks_of(dock).labels.copy()
    viewer.layers.selection.active = viewer.layers[SUBTYPES]
    press(viewer, "Control-Z")
    np.testing.assert_array_equal(masks_of(dock).labels, masks)
    np.testing.assert_array_equal(masks_of(dock).nuclei, nuclei)
    assert table_of(dock).loc[:5, list(first)].equals(first)
    assert np.isnan(table_of(dock)["area_px"][6])
    assert not dock.edits.buttons["undo"].isEnabled()
    press(viewer, "Control-Shift-Z")
    np.testing.assert_array_equal(masks_of(dock).labels, split)
    assert table_of(dock).equals(second)
    drawn, labels = viewer.layers[SUBTYPES].data, viewer.layers[CELLS].data
    np.testing.assert_array_equal(drawn > 0, labels > 0)


def press(viewer, keys):
    """What napari does for keys while its canvas has the focus."""
    layer = viewer.layers.selection.active
    bound = {str(key): function for key, function in layer.keymap.items()}
    names = {"Control-Z": "Ctrl+Z", "Control-Shift-Z": "Ctrl+Shift+Z"}
    bound[names[keys]](layer)


def test_brush_that_begins_in_a_cell_enlarges_it(analysed, qtbot):
    viewer, dock = analysed
    before = table_of(dock)["area_px"][5]
    use(qtbot, dock, "paint")
    assert viewer.layers.selection.active is viewer.layers[CELLS]
    y, x = FIVE_CELLS[4]
    drag(viewer, (y, x), (y + 30, x))
    answered(qtbot, dock)
    assert table_of(dock)["area_px"][5] > before
    assert len(table_of(dock)) == 6
    assert dock.controller.session.worker.last_run.labels == (5,)


def test_brush_that_begins_beside_all_cells_draws_a_new_one_with_its_nucleus(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "paint")
    viewer.layers[CELLS].selected_label = 3  # of another cell: the stroke's place decides
    drag(viewer, (100, 130), (100, 140), (110, 140))
    answered(qtbot, dock)
    assert table_of(dock)["area_px"][6] > 0
    assert dock.controller.session.fields[0].result.edits[-1].added == (6,)


def test_erased_cell_is_gone_from_counts_and_letters(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "erase")
    viewer.layers[CELLS].brush_size = 50
    y, x = FIVE_CELLS[4]
    drag(viewer, (y, x), (y + 1, x))
    assert np.isnan(table_of(dock)["area_px"][5])
    assert dock.result.legend.count_text("l3").startswith("0 ")
    assert list(viewer.layers[LETTERS].features["letter"]) == ["N", "B", "L1", "L2"]
    assert not (masks_of(dock).nuclei == 5).any()


def test_polygon_around_a_missed_cell_adds_it_and_takes_nothing_from_others(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "add")
    cells = viewer.layers[CELLS]
    before = cells.data.copy()
    corners = np.array([(70, 90), (70, 140), (110, 140), (110, 90)])
    cells.paint_polygon(corners, cells.selected_label)
    qtbot.waitUntil(lambda: len(table_of(dock)) == 7, timeout=5000)
    answered(qtbot, dock)
    after = masks_of(dock).labels
    np.testing.assert_array_equal(after[before > 0], before[before > 0])
    # On bare glass there is no nucleus to be found, and no class without one.
    assert table_of(dock)["subtype"][6] == "unknown"
    assert (after == 6).sum() > 1000


def test_line_over_touching_cells_merges_them(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))
    answered(qtbot, dock)
    use(qtbot, dock, "merge")
    drag(viewer, (20, 30), (40, 30))
    answered(qtbot, dock)
    assert sorted(np.unique(masks_of(dock).labels)) == [0, 1, 2, 3, 4, 5] or sorted(
        np.unique(masks_of(dock).labels)
    ) == [0, 2, 3, 4, 5, 6]
    drag(viewer, (30, 30), (30, 80))
    assert "do not touch" in dock.edits.line.text()


def test_delete_needs_a_picked_cell(analysed, qtbot):
    viewer, dock = analysed
    button = dock.edits.buttons["delete"]
    assert not button.isEnabled()
    assert "Click a cell" in button.toolTip()
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x)
    assert button.isEnabled()
    button.click()
    assert np.isnan(table_of(dock)["area_px"][3])
    assert "Click a cell" in dock.cell.text.text()
    assert not button.isEnabled()
    use(qtbot, dock, "paint")
    drag(viewer, (100, 130), (100, 140))
    assert np.isnan(table_of(dock)["area_px"][3])
    assert table_of(dock)["area_px"][6] > 0


def test_after_the_tool_the_layers_are_as_they_were(analysed, qtbot):
    viewer, dock = analysed
    cells = viewer.layers[CELLS]
    before = cells.colormap
    for name in ("paint", "erase", "add", "split", "merge"):
        use(qtbot, dock, name)
        dock.edits.buttons[name].click()
        assert dock.editor.tool == ""
        assert not cells.visible
        assert not cells.editable
        assert cells.colormap is before
        assert viewer.layers[SUBTYPES].mouse_pan
        assert not any(button.isChecked() for button in dock.edits.buttons.values())


def test_click_with_the_brush_does_not_pick(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "paint")
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x)
    assert dock.controller.layers.picked == 0


def test_another_layer_chosen_puts_the_tool_away(analysed, qtbot):
    viewer, dock = analysed
    use(qtbot, dock, "paint")
    viewer.layers.selection.active = viewer.layers["field"]
    assert dock.editor.tool == ""


def test_export_writes_the_edited_masks_and_rows(analysed, qtbot, tmp_path):
    viewer, dock = analysed
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))
    answered(qtbot, dock)
    wanted = masks_of(dock).labels.copy()
    dock.controller.exporter.export(tmp_path / "out")
    qtbot.waitUntil(lambda: (tmp_path / "out" / "batch.json").is_file(), timeout=20_000)
    (folder,) = [one for one in (tmp_path / "out").iterdir() if one.is_dir()]
    np.testing.assert_array_equal(tifffile.imread(folder / "labels.tif"), wanted)
    assert (folder / "cells.csv").read_text().count("\n") == 7


@pytest.mark.drawn
def test_a_person_with_mouse_and_keys_splits_and_undoes(analysed, qtbot):
    viewer, dock = analysed
    viewer.window.activate()
    canvas = viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    viewer.layers.selection.active = viewer.layers[SUBTYPES]
    QTest.keyClick(canvas, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: dock.editor.tool == "split", timeout=10_000)
    centre = viewer.scene.camera.center
    start = QPoint(*place(viewer, 30, 5))
    end = QPoint(*place(viewer, 30, 58))
    QTest.mouseMove(canvas, start)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(canvas, start + (end - start) * share)
        qtbot.wait(20)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    qtbot.waitUntil(lambda: len(table_of(dock)) == 7, timeout=5000)
    assert viewer.scene.camera.center == centre
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: np.isnan(table_of(dock)["area_px"][6]), timeout=5000)


def test_a_person_who_presses_escape_while_painting_can_undo_that(analysed, qtbot):
    viewer, dock = analysed
    before = masks_of(dock).labels.copy()
    viewer.window.activate()
    canvas = viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    use(qtbot, dock, "paint")
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    start, end = QPoint(*place(viewer, 100, 120)), QPoint(*place(viewer, 112, 145))
    QTest.mouseMove(canvas, start)
    QTest.mousePress(canvas, left, none, start)
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(canvas, start + (end - start) * share)
        qtbot.wait(20)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas, left, none, end)
    qtbot.waitUntil(lambda: len(table_of(dock)) == 7, timeout=5000)
    assert dock.editor.tool == ""
    assert (masks_of(dock).labels == 6).sum() == table_of(dock)["area_px"][6]
    dock.editor.undo()
    np.testing.assert_array_equal(masks_of(dock).labels, before)


def place(viewer, y_px, x_px):
    """Where a pixel of the field is on the canvas."""
    camera, size = viewer.scene.camera, viewer.window._qt_viewer.canvas.native.size()
    height, width = size.height(), size.width()
    y_um, x_um = UM_PER_PX * y_px, UM_PER_PX * x_px
    _, centre_y, centre_x = camera.center
    x = width / 2 + (x_um - centre_x) * camera.zoom
    return round(x), round(height / 2 + (y_um - centre_y) * camera.zoom)


@pytest.mark.parametrize("role", ["cells", "subtypes"])
def test_deleted_layer_is_made_again_with_its_edits_when_a_tool_is_chosen(analysed, qtbot, role):
    viewer, dock = analysed
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))
    answered(qtbot, dock)
    wanted, shown = masks_of(dock).labels.copy(), dock.controller.layers
    viewer.layers.remove(getattr(shown, role))
    assert dock.editor.tool == ""
    button = dock.edits.buttons["paint"]
    assert button.isEnabled()
    button.click()
    assert "made again" in dock.edits.line.text()
    assert not button.isChecked()
    qtbot.waitUntil(lambda: not shown.incomplete, timeout=10_000)
    qtbot.waitUntil(lambda: viewer.layers.selection.active is shown.subtypes, timeout=10_000)
    np.testing.assert_array_equal(shown.cells.data, wanted)
    np.testing.assert_array_equal(shown.subtypes.data > 0, wanted > 0)
    dock.edits.buttons["undo"].click()
    assert 6 not in masks_of(dock).labels
    use(qtbot, dock, "paint")


@pytest.mark.parametrize("tool", ["paint", "split"])
def test_deleted_image_ends_correcting_and_says_so(analysed, qtbot, tool):
    viewer, dock = analysed
    use(qtbot, dock, tool)
    viewer.layers.remove(viewer.layers["field"])
    assert dock.editor.tool == ""
    assert "image" in dock.edits.line.text()
    for button in dock.edits.buttons.values():
        assert not button.isEnabled()
        assert not button.isChecked()
        assert "image of this result was deleted" in button.toolTip()


def test_bucket_on_the_ground_makes_no_cell_of_it(analysed, qtbot, monkeypatch):
    viewer, dock = analysed
    monkeypatch.setattr(edit_size, "MAX_DIAMETER_UM", 25.0)
    before, rows = masks_of(dock).labels.copy(), len(table_of(dock))
    use(qtbot, dock, "paint")
    cells = viewer.layers[CELLS]
    cells.fill((110, 140), cells.selected_label)
    qtbot.waitUntil(lambda: "no white cell" in dock.edits.line.text(), timeout=5000)
    np.testing.assert_array_equal(cells.data, before)
    np.testing.assert_array_equal(masks_of(dock).labels, before)
    assert len(table_of(dock)) == rows
    use(qtbot, dock, "add")
    corners = np.array([(0, 0), (0, 159), (127, 159), (127, 0)])
    cells.paint_polygon(corners, cells.selected_label)
    qtbot.waitUntil(lambda: "no white cell" in dock.edits.line.text(), timeout=5000)
    np.testing.assert_array_equal(masks_of(dock).labels, before)


def test_words_tell_erasing_and_the_ends_of_the_history(analysed, qtbot):
    viewer, dock = analysed
    tip = lambda name: dock.edits.buttons[name].toolTip()  # noqa: E731
    assert "No outline was changed yet" in tip("undo")
    assert "Nothing was taken back" in tip("redo")
    use(qtbot, dock, "erase")
    y, x = FIVE_CELLS[4]
    drag(viewer, (y - 20, x), (y - 15, x))
    assert dock.edits.line.text() == "Cell 5 erased in part."
    assert "Nothing was taken back" in tip("redo")
    dock.editor.undo()
    assert "Nothing left to undo" in tip("undo")
    dock.editor.redo()
    assert "Nothing left to redo" in tip("redo")


def test_status_bar_has_no_measurements_of_the_ground(analysed):
    viewer, _ = analysed
    cells, (y, x) = viewer.layers[CELLS], FIVE_CELLS[4]
    cells.visible = True
    told = {at: " ".join(cells._get_properties(at)) for at in ((110, 140), (y, x))}
    assert told[110, 140] == "label: 0"
    for word in ("subtype: l3", "touches_border: False", "diameter_um"):
        assert word in told[y, x]
