"""Colour by a value, and the best guess, in a real window."""

from __future__ import annotations

import pytest

from fake_worker import FIVE_CELLS
from napari_all_subtype._widgets.codes import ClassCodes, StepCodes
from napari_all_subtype._widgets.dock import AnalyseSmear
from napari_all_subtype._widgets.layer_kinds import CELLS, LETTERS, SUBTYPES
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.colour_values import CONFIDENCE, NC_RATIO, STEP_COLOURS
from window_steps import click, pixels_like, run

pytestmark = [pytest.mark.window, pytest.mark.drawn]
pytest_plugins = ["window_fixtures"]

CODES = ClassCodes(FAB5)


def choose(dock, title):
    dock.result.drawing.colour_by.setCurrentText(title)


def test_class_is_the_colour_to_begin_with_and_comes_back(analysed):
    viewer, dock = analysed
    before = viewer.layers[SUBTYPES].data.copy()
    assert dock.result.drawing.colour_by.currentText() == "Class"
    assert not dock.result.drawing.scale.isVisible()
    choose(dock, "Confidence")
    assert (viewer.layers[SUBTYPES].data != before).any()
    choose(dock, "Class")
    assert (viewer.layers[SUBTYPES].data == before).all()
    assert pixels_like(viewer, FAB5["l1"].colour) > 100


def test_value_has_its_colour_on_the_canvas_and_a_legend_with_numbers(analysed):
    viewer, dock = analysed
    choose(dock, "Confidence")
    colour = STEP_COLOURS[CONFIDENCE.step_of(0.95)]
    assert pixels_like(viewer, colour) > 100
    assert pixels_like(viewer, FAB5["l1"].colour) == 0
    scale = dock.result.drawing.scale
    assert scale.isVisible()
    assert [one.text() for one in scale.numbers] == ["≤ 0.50", "0.75", "≥ 1.00"]
    assert "Calibrated probability" in scale.meaning.text()
    y, x = FIVE_CELLS[1]
    status = viewer.layers[SUBTYPES].get_status((0.25 * y, 0.25 * x), world=True)["coordinates"]
    assert "Confidence: 0.94–0.97" in status


def test_legend_hides_classes_whatever_the_colour_says(analysed):
    viewer, dock = analysed
    choose(dock, "N:C area ratio")
    subtypes, cells = viewer.layers[SUBTYPES], viewer.layers[CELLS]
    dock.result.legend.box("l2").click()
    assert not subtypes.data[cells.data == 4].any()
    dock.result.legend.box("l2").click()
    assert subtypes.data[cells.data == 4].all()


def test_picked_cell_keeps_its_white_ring_in_every_colour(analysed):
    viewer, dock = analysed
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x)
    choose(dock, "N:C area ratio")
    of_cell = viewer.layers[SUBTYPES].data[viewer.layers[CELLS].data == 3]
    assert StepCodes(NC_RATIO).picked in of_cell
    choose(dock, "Class")
    of_cell = viewer.layers[SUBTYPES].data[viewer.layers[CELLS].data == 3]
    assert CODES.picked in of_cell


def test_best_guess_looks_different_and_says_so(analysed):
    viewer, dock = analysed
    counts = [dock.result.legend.count_text(name) for name in FAB5.names]
    assert not dock.result.drawing.banner.isVisible()
    dock.result.best_guess.click()
    assert dock.result.drawing.banner.isVisible()
    assert list(viewer.layers[LETTERS].features["letter"]) == ["N", "L1?", "L1", "L2", "L3"]
    of_cell = viewer.layers[SUBTYPES].data[viewer.layers[CELLS].data == 2]
    assert CODES.code("l1", "doubtful") in of_cell
    assert pixels_like(viewer, FAB5["blast"].colour) == 0
    # What is counted is what was accepted.
    assert counts == [dock.result.legend.count_text(name) for name in FAB5.names]
    dock.result.best_guess.click()
    assert list(viewer.layers[LETTERS].features["letter"]) == ["N", "B", "L1", "L2", "L3"]


def test_next_run_and_a_reopened_dock_keep_the_look(analysed, qtbot):
    viewer, dock = analysed
    choose(dock, "N:C area ratio")
    dock.result.best_guess.click()
    run(qtbot, dock)
    codes = StepCodes(NC_RATIO)
    assert viewer.layers[SUBTYPES].data[FIVE_CELLS[0]] == codes.code_at(
        NC_RATIO.step_of(0.25), "fill"
    )
    viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    again = AnalyseSmear(viewer)
    viewer.window.add_dock_widget(again)
    assert again.result.drawing.colour_by.currentText() == "N:C area ratio"
    assert again.result.best_guess.isChecked()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_numbers_of_the_scale_are_not_clipped(analysed, qtbot, theme):
    viewer, dock = analysed
    viewer.theme = theme
    choose(dock, "Network against FAB rules")
    qtbot.wait(100)
    for number in dock.result.drawing.scale.numbers:
        assert number.width() >= number.fontMetrics().horizontalAdvance(number.text())
    combo = dock.result.drawing.colour_by
    assert combo.width() >= combo.minimumSizeHint().width()
