"""The dock in a real napari window: widgets are clicked, layers and pixels are read."""

from __future__ import annotations

import functools
import gc
import os
import time
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from napari.layers import Points
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollBar,
)

from fake_child import serve_fake, serve_stuck
from fake_worker import FIVE_CELLS, InstantWorker
from napari_all_subtype._widgets import controller as controller_module
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.dock import AnalyseSmear
from napari_all_subtype._widgets.jobs import Worker
from napari_all_subtype._widgets.layers import CELLS, LETTERS, SUBTYPES
from napari_all_subtype._widgets.overlay import ClassCodes, unit_rgb
from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY

pytestmark = pytest.mark.window

CODES = ClassCodes(FAB5)
FIELD = np.full((128, 160, 3), (236, 214, 226), np.uint8)
RESULT_LAYERS = [CELLS, SUBTYPES, LETTERS]
LONG_MS = 90_000


@pytest.fixture
def told(monkeypatch):
    """What a person is notified of."""
    heard = []
    for name in ("show_error", "show_warning", "show_info"):
        monkeypatch.setattr(controller_module, name, heard.append)
    return heard


@pytest.fixture
def instant(monkeypatch):
    monkeypatch.setattr(session_module, "Worker", InstantWorker)


@pytest.fixture
def window(make_napari_viewer, told):
    """Makes a viewer with the dock in it."""

    def make(show=True):
        viewer = make_napari_viewer(show=show)
        dock = AnalyseSmear(viewer)
        viewer.window.add_dock_widget(dock, name="Analyse smear")
        return viewer, dock

    return make


@pytest.fixture
def analysed(window, instant, qtbot):
    """A viewer, its dock and five cells in a field of 128 x 160 pixels of 0.25 µm."""
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    run(qtbot, dock)
    return viewer, dock


def run(qtbot, dock, until_shown=True):
    ended = []
    dock.controller.session.ended.connect(ended.append)
    dock.run_button.click()
    qtbot.waitUntil(lambda: bool(ended), timeout=LONG_MS)
    if until_shown:
        shown = dock.controller.layers
        qtbot.waitUntil(
            lambda: shown.letters is not None and any(shown.letters.features["letter"]),
            timeout=LONG_MS,
        )
    return ended[0]


def names(viewer):
    return [layer.name for layer in viewer.layers]


def pixels_like(viewer, colour):
    """Number of canvas pixels of a ring's colour."""
    shot = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    wanted = np.round(255 * np.array(unit_rgb(colour))).astype(int)
    return int((np.abs(shot - wanted).max(axis=-1) <= 6).sum())


def test_run_on_a_synthetic_smear_fills_the_layers(window, smear, qtbot, told):
    """The whole way: real process, real model."""
    viewer, dock = window()
    placed = {"scale": (smear.um_per_px,) * 2, "units": ("um", "um"), "translate": (7, -3)}
    viewer.add_image(smear.pixels, rgb=True, name="smear", **placed)
    ended = run(qtbot, dock)
    assert (ended.message, ended.stopped, told) == ("", False, [])
    assert names(viewer) == ["smear", *RESULT_LAYERS]
    image, cells, subtypes, _ = viewer.layers
    rows = table.present(cells.features)
    assert 5 <= len(rows) <= smear.masks.count + 2
    assert (cells.features["label"].to_numpy() == np.arange(len(cells.features))).all()
    assert "index" not in cells.features
    assert set(np.unique(cells.data)) == {0, *rows["label"]}
    found = cells.data > 0
    drawn = smear.masks.labels > 0
    assert (found & drawn).sum() / (found | drawn).sum() > 0.7
    np.testing.assert_array_equal(subtypes.data > 0, found)
    for layer in (cells, subtypes):
        for name in ("scale", "translate", "units"):
            assert tuple(getattr(layer, name)) == tuple(getattr(image, name))
    assert "CPU" in dock.device.text() or "GPU" in dock.device.text()
    assert f"<b>{len(rows)} white cells</b>" in dock.result.summary.text()
    assert "the layer" in dock.result.summary.text()
    assert dock.run_button.isEnabled()
    assert not dock.stop_button.isEnabled()


def test_stop_ends_the_run_within_a_second_and_leaves_no_result(window, monkeypatch, qtbot):
    monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=serve_stuck))
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True)
    dock.run_button.click()
    assert not dock.run_button.isEnabled()
    assert dock.progress.isVisibleTo(dock)
    qtbot.waitUntil(lambda: "model" in dock.stage.text(), timeout=LONG_MS)
    began_s = time.monotonic()
    dock.stop_button.click()
    qtbot.waitUntil(dock.run_button.isEnabled, timeout=5000)
    assert time.monotonic() - began_s < 1.0
    assert dock.stage.text() == "Stopped."
    assert len(viewer.layers) == 1


def test_closing_the_viewer_kills_its_process(make_napari_viewer, monkeypatch, qtbot):
    monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=serve_stuck))
    viewer = make_napari_viewer()
    dock = AnalyseSmear(viewer)
    viewer.window.add_dock_widget(dock)
    viewer.add_image(FIELD, rgb=True)
    dock.run_button.click()
    pid = dock.controller.session.worker.pid
    os.kill(pid, 0)
    del dock
    viewer.close()

    def gone():
        gc.collect()
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    qtbot.waitUntil(gone, timeout=5000)


def test_without_an_image_the_dock_says_what_to_do(window, instant):
    viewer, dock = window(show=False)
    assert not dock.run_button.isEnabled()
    assert "Open Sample" in dock.hint.text()
    viewer.add_image(FIELD, rgb=True)
    assert dock.run_button.isEnabled()
    assert "Run" in dock.hint.text()
    viewer.layers.clear()
    assert not dock.run_button.isEnabled()
    assert RESEARCH_USE_ONLY in dock.notice.text()


def test_layer_units_reach_the_process_as_pixel_size(analysed):
    _, dock = analysed
    (field,) = dock.controller.session.worker.last_run.fields
    assert (field.pixel_size.um_per_px, field.pixel_size.origin) == (0.25, "layer")


def test_parameters_of_the_form_reach_the_process(window, instant, qtbot):
    viewer, dock = window(show=False)
    viewer.add_image(FIELD, rgb=True)
    dock.setup.main.set_value("segmentation.sensitivity", 0.7)
    dock.setup.more.set_value("model.batch_size", 8)
    run(qtbot, dock)
    parameters = dock.controller.session.worker.last_run.parameters
    assert parameters.segmentation.sensitivity == 0.7
    assert parameters.model.batch_size == 8


def test_absurd_layer_scale_is_told_in_one_sentence_and_nothing_runs(window, instant, told):
    viewer, dock = window(show=False)
    viewer.add_image(FIELD, rgb=True, scale=(25, 25), units=("um", "um"))
    dock.run_button.click()
    assert not dock.controller.session.running
    assert "25 micrometres" in told[0]


def test_grey_image_is_refused_in_one_sentence(window, monkeypatch, qtbot, told):
    monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=serve_fake))
    viewer, dock = window(show=False)
    viewer.add_image(FIELD[..., 0], name="grey")
    run(qtbot, dock, until_shown=False)
    assert len(told) == 1
    assert told[0].startswith("grey")
    assert "\n" not in told[0]
    assert "Traceback" not in told[0]


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


def test_renamed_layers_are_still_ours(analysed, qtbot):
    viewer, dock = analysed
    viewer.layers[SUBTYPES].name = "my classes"
    dock.result.legend.box("l1").click()
    colours = viewer.layers["my classes"].colormap.color_dict
    assert colours[CODES.code("l1", "ring")][3] == 0


def test_two_viewers_never_mix(window, instant, qtbot):
    (one, dock_one), (two, dock_two) = window(show=False), window(show=False)
    assert dock_one.controller.session is not dock_two.controller.session
    for viewer in (one, two):
        viewer.add_image(FIELD, rgb=True, name="field")
    run(qtbot, dock_one)
    assert names(one) == ["field", *RESULT_LAYERS]
    assert names(two) == ["field"]
    assert not dock_two.export_button.isEnabled()
    again = AnalyseSmear(one)
    qtbot.addWidget(again)
    assert again.controller.session is dock_one.controller.session
    assert again.result.legend.count_text("l1").startswith("1 ")


def click(viewer, y_um, x_um, drag=False):
    """Press and release the mouse at a position in the world, perhaps after a drag."""
    event = SimpleNamespace(
        type="mouse_press",
        position=(y_um, x_um),
        pos=(0, 0),
        dims_displayed=[0, 1],
        dims_point=[0, 0],
        view_direction=None,
        modifiers=(),
        button=1,
        is_dragging=drag,
        handled=False,
    )
    mouse_press_callbacks(viewer, event)
    if drag:
        event.type = "mouse_move"
        mouse_move_callbacks(viewer, event)
    event.type = "mouse_release"
    mouse_release_callbacks(viewer, event)


def test_click_on_a_cell_shows_its_reasons_and_rings_it(analysed):
    viewer, dock = analysed
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x)
    assert "Cell 3: L1" in dock.cell.text.text()
    assert "L1 score" in dock.cell.text.text()
    assert CODES.picked in viewer.layers[SUBTYPES].data[viewer.layers[CELLS].data == 3]
    click(viewer, 0.25 * 127, 0.25 * 159)
    assert "Click a cell" in dock.cell.text.text()
    assert CODES.picked not in viewer.layers[SUBTYPES].data


def test_drag_moves_the_image_and_picks_nothing(analysed):
    viewer, dock = analysed
    y, x = FIVE_CELLS[2]
    click(viewer, 0.25 * y, 0.25 * x, drag=True)
    assert "Click a cell" in dock.cell.text.text()


@pytest.fixture
def hidden(window, instant, qtbot):
    """As `analysed`, in a window that is not shown and so never draws."""
    viewer, dock = window(show=False)
    viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    run(qtbot, dock)
    return viewer, dock


def test_deleted_layers_break_nothing_and_come_back_with_the_next_run(hidden, qtbot):
    viewer, dock = hidden
    for name in RESULT_LAYERS:
        viewer.layers.remove(name)
        dock.result.legend.box("l2").click()
        dock.result.confidence.setValue(0.9)
        dock.result.opacity.setValue(0.5)
        dock.result.confidence.setValue(0.1)
        dock.cell.after.click()
    dock.controller.layers.letters = None
    run(qtbot, dock)
    assert names(viewer) == ["field", *RESULT_LAYERS]


def test_next_image_is_analysed_with_the_same_layers_above_it(analysed, qtbot):
    viewer, dock = analysed
    before = viewer.layers[1:]
    viewer.add_image(FIELD.transpose(1, 0, 2), rgb=True, name="next")
    assert dock.chooser.current().name == "next"
    run(qtbot, dock)
    qtbot.waitUntil(lambda: names(viewer)[1] == "next", timeout=LONG_MS)
    assert names(viewer) == ["field", "next", *RESULT_LAYERS]
    assert all(now is then for now, then in zip(viewer.layers[2:], before, strict=True))


def test_run_takes_the_old_result_off_but_removes_no_layer(analysed, qtbot, monkeypatch):
    """napari can crash when it draws after a layer of points was removed."""
    viewer, dock = analysed
    monkeypatch.setattr(dock.controller.session.worker, "_answer", lambda: None)
    dock.run_button.click()
    qtbot.waitUntil(lambda: not viewer.layers[SUBTYPES].data.any(), timeout=LONG_MS)
    assert names(viewer) == ["field", *RESULT_LAYERS]
    assert not viewer.layers[CELLS].data.any()
    assert not dock.result.isVisible()
    assert sum(pixels_like(viewer, c.colour) for c in FAB5.classes) == 0


@pytest.fixture
def folder(tmp_path):
    """Two fields and a broken file."""
    folder = tmp_path / "smear 7"
    folder.mkdir()
    for n, grey in ((1, 250), (2, 225)):
        pixels = np.clip(FIELD.astype(int) - 250 + grey, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"field-{n}.png"), pixels[..., ::-1])
    (folder / "bad-3.png").write_bytes(b"")
    return folder


def test_folder_is_one_smear_with_a_list_and_never_a_stack_of_layers(
    window, instant, qtbot, folder, told
):
    viewer, dock = window()
    dock.controller.open_folder(folder)
    listed = dock.chooser.field_list
    qtbot.waitUntil(lambda: bool(told), timeout=LONG_MS)  # the first file is the broken one
    listed.setCurrentRow(1)
    qtbot.waitUntil(lambda: names(viewer) == ["field-1.png"], timeout=LONG_MS)
    assert [listed.item(n).text()[0] for n in range(3)] == ["○", "○", "○"]
    assert dock.chooser.current() == "smear 7"
    told.clear()
    run(qtbot, dock)
    assert [listed.item(n).text()[0] for n in range(3)] == ["✗", "✓", "✓"]
    assert "is empty" in listed.item(0).toolTip()
    assert len(told) == 1
    assert "<b>10 white cells</b> in 2 fields" in dock.result.summary.text()
    listed.setCurrentRow(2)
    qtbot.waitUntil(lambda: viewer.layers[0].name == "field-2.png", timeout=LONG_MS)
    assert names(viewer) == ["field-2.png", *RESULT_LAYERS]
    assert viewer.layers[0].data.max() < 225
    dock.result.scope.setCurrentIndex(1)
    assert "<b>5 white cells</b> in 1 field" in dock.result.summary.text()
    listed.setCurrentRow(0)
    qtbot.waitUntil(lambda: viewer.layers[0].name == "bad-3.png", timeout=LONG_MS)
    assert not any(layer.data.any() for layer in viewer.layers[:3])


def test_folder_without_images_is_told_in_one_sentence(window, instant, tmp_path, told):
    _, dock = window(show=False)
    dock.controller.open_folder(tmp_path)
    assert told[0].startswith("No image in the folder")


def test_export_writes_one_folder_per_field_and_overwrites_nothing(hidden, tmp_path, qtbot, told):
    _, dock = hidden
    dock.controller.export(tmp_path)
    qtbot.waitUntil(lambda: bool(told), timeout=LONG_MS)
    assert "written" in told[0]
    assert (tmp_path / "field" / "cells.csv").is_file()
    assert (tmp_path / "field" / "overlay.png").is_file()
    dock.controller.export(tmp_path)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=LONG_MS)
    assert "already" in told[1]


def test_reopened_dock_shows_what_the_closed_one_left(hidden):
    viewer, dock = hidden
    dock.result.legend.box("l3").click()
    dock.result.opacity.setValue(0.6)
    viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    again = AnalyseSmear(viewer)
    viewer.window.add_dock_widget(again)
    assert again.result.opacity.value() == pytest.approx(0.6)
    assert not again.result.legend.box("l3").isChecked()
    assert "5 white cells" in again.result.summary.text()
    assert "fake 0" in again.device.text()


def test_every_control_is_reached_with_the_tab_key(analysed):
    _, dock = analysed
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox)
    controls = [w for kind in kinds for w in dock.findChildren(kind) if w.isVisibleTo(dock)]
    controls = [w for w in controls if not isinstance(w, QScrollBar)]
    assert len(controls) > 20
    for control in controls:
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.toolTip() or control.accessibleName() or text, control


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_text_of_the_dock_is_clipped(analysed, qtbot, theme):
    viewer, dock = analysed
    viewer.theme = theme
    dock.setup.collapsible.expand(animate=False)
    qtbot.wait(100)
    seen = 0
    for widget in (*dock.findChildren(QLabel), *dock.findChildren(QPushButton)):
        wraps = isinstance(widget, QLabel) and widget.wordWrap()
        if widget.isVisible() and widget.text() and not wraps:
            needed_px = widget.fontMetrics().horizontalAdvance(widget.text())
            assert widget.width() >= needed_px, widget.text()
            seen += 1
    for box in dock.findChildren(QAbstractSpinBox):
        if box.isVisible():
            text_px = box.lineEdit().fontMetrics().horizontalAdvance(box.text())
            assert box.lineEdit().width() >= text_px, box.text()
            seen += 1
    assert seen > 40
    assert dock.scroll.widget().width() <= dock.scroll.viewport().width()


def test_plugin_menu_opens_the_dock_of_the_manifest(make_napari_viewer):
    viewer = make_napari_viewer()
    _, widget = viewer.window.add_plugin_dock_widget("napari-all-subtype", "Analyse smear")
    assert isinstance(widget, AnalyseSmear)
    real = getattr(viewer, "__wrapped__", viewer)
    assert widget.controller.session is session_module.session_of(real)
