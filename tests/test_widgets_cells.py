"""Cells in a real window: their colours on the canvas, their letters, and the picked one."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Points

from fake_worker import FIVE_CELLS
from napari_all_subtype._widgets.codes import ClassCodes
from napari_all_subtype._widgets.layer_kinds import CELLS, LETTERS, SUBTYPES
from napari_all_subtype.taxonomy import FAB5
from window_steps import click, pixels_like

pytestmark = [pytest.mark.window, pytest.mark.drawn]
pytest_plugins = ["window_fixtures"]

CODES = ClassCodes(FAB5)


def test_class_colours_are_on_the_canvas_and_the_legend_hides_them(analysed, qtbot):
    viewer, dock = analysed
    before = {c.name: pixels_like(viewer, c.colour) for c in FAB5.classes}
    assert min(before.values()) > 100
    dock.result.legend.box("l1").click()
    after = {c.name: pixels_like(viewer, c.colour) for c in FAB5.classes}
    assert after["l1"] == 0
    assert all(after[name] > 0.9 * before[name] for name in FAB5.names if name != "l1")
    dock.result.legend.box("l1").click()
    assert pixels_like(viewer, FAB5["l1"].colour) == before["l1"]


def test_letters_say_the_class_and_can_be_switched_off(analysed):
    viewer, dock = analysed
    letters = viewer.layers[LETTERS]
    assert isinstance(letters, Points)
    assert list(letters.features["letter"]) == ["N", "B", "L1", "L2", "L3"]
    dock.result.legend.box("blast").click()
    assert list(letters.features["letter"]) == ["N", "", "L1", "L2", "L3"]
    dock.result.letters.click()
    assert not letters.visible


def test_legend_counts_each_class(analysed):
    _, dock = analysed
    for name in FAB5.names:
        assert dock.result.legend.count_text(name).startswith("1 ")


def test_cells_below_the_minimum_confidence_become_hollow(analysed):
    viewer, dock = analysed
    subtypes, cells = viewer.layers[SUBTYPES], viewer.layers[CELLS]
    dock.result.confidence.setValue(0.9)
    normal = subtypes.data[cells.data == 1]
    assert set(normal) == {0, CODES.code("normal", "doubtful")}
    assert CODES.code("blast", "fill") in subtypes.data[cells.data == 2]
    dock.result.confidence.setValue(0.0)
    assert CODES.code("normal", "fill") in subtypes.data[cells.data == 1]


def test_fill_opacity_leaves_the_rings_opaque(analysed):
    viewer, dock = analysed
    dock.result.opacity.setValue(0.8)
    colours = viewer.layers[SUBTYPES].colormap.color_dict
    assert colours[CODES.code("l2", "fill")][3] == pytest.approx(0.8)
    assert colours[CODES.code("l2", "ring")][3] == 1


def test_next_and_previous_walk_the_cells_in_a_circle(analysed):
    viewer, dock = analysed
    seen = []
    for button in (dock.cell.after, dock.cell.after, dock.cell.before, dock.cell.before):
        button.click()
        seen.append(dock.controller.layers.picked)
    assert seen == [1, 2, 1, 5]
    centre = viewer.layers[SUBTYPES].data_to_world(FIVE_CELLS[4])
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], centre, atol=0.2)


def test_click_on_a_cell_shows_its_reasons_and_rings_it(analysed):
    viewer, dock = analysed
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x)
    assert "Cell 3: L1" in dock.cell.text.text()
    assert "L1 0.84 of the blast side" in dock.cell.scores.text()
    assert CODES.picked in viewer.layers[SUBTYPES].data[viewer.layers[CELLS].data == 3]
    click(viewer, 0.25 * 127, 0.25 * 159)
    assert "Click a cell" in dock.cell.text.text()
    assert CODES.picked not in viewer.layers[SUBTYPES].data


def test_drag_moves_the_image_and_picks_nothing(analysed):
    viewer, dock = analysed
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x, drag=True)
    assert "Click a cell" in dock.cell.text.text()


def test_status_bar_says_the_class_of_a_cell_and_nothing_between_cells(analysed):
    viewer, _ = analysed
    subtypes = viewer.layers[SUBTYPES]
    y, x = FIVE_CELLS[1]
    over_cell = subtypes.get_status((0.25 * y, 0.25 * x), world=True)["coordinates"]
    assert "class: Blast, part: fill" in over_cell
    between = subtypes.get_status((0.25 * 127, 0.25 * 159), world=True)["coordinates"]
    assert between.endswith(": 0")
    assert "class" not in between


def test_clicked_cell_is_explained_in_sight_on_a_small_screen(analysed, qtbot):
    viewer, dock = analysed
    viewer.window.resize(1366, 768)
    qtbot.wait(100)
    dock.scroll.verticalScrollBar().setValue(0)

    def seen(widget):
        return widget.visibleRegion().boundingRect().height() == widget.height()

    assert not seen(dock.cell.text)
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x)
    qtbot.waitUntil(lambda: seen(dock.cell.text), timeout=5000)
