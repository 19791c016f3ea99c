"""The dock in a real napari window: widgets are clicked, layers and pixels are read."""

from __future__ import annotations

import functools
import gc
import os
import re
import time

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from fake_child import serve_fake, serve_stuck
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.codes import ClassCodes
from napari_all_subtype._widgets.dock import AnalyseSmear
from napari_all_subtype._widgets.jobs import Worker
from napari_all_subtype._widgets.layer_kinds import CELLS, SUBTYPES
from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY
from window_steps import FIELD, LONG_MS, RESULT_LAYERS, names, pixels_like, run

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]

CODES = ClassCodes(FAB5)


@pytest.mark.drawn
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
    assert re.search(r"</b> Device: (CPU|GPU.*), compact-\d", dock.notice.text())
    assert f"<b>{len(rows)} white cells</b>" in dock.result.summary.text()
    assert "the layer" in dock.result.summary.text()
    assert dock.run_button.isEnabled()
    assert not dock.stop_button.isEnabled()


@pytest.mark.drawn
def test_stop_ends_the_run_within_a_second_and_leaves_no_result(window, monkeypatch, qtbot):
    monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=serve_stuck))
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True)
    dock.run_button.click()
    assert not dock.run_button.isEnabled()
    assert dock.progress.isVisibleTo(dock)
    qtbot.waitUntil(lambda: "model" in dock.stage.text(), timeout=LONG_MS)
    # Side by side: what is always in sight takes its height from the result.
    assert dock.progress.geometry().bottom() > dock.stage.geometry().top()
    assert dock.stage.geometry().left() > dock.progress.geometry().right()
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
    viewer, dock = window()
    assert not dock.run_button.isEnabled()
    assert "Open Sample" in dock.hint.text()
    viewer.add_image(FIELD, rgb=True)
    assert dock.run_button.isEnabled()
    assert "Run" in dock.hint.text()
    viewer.layers.clear()
    assert not dock.run_button.isEnabled()
    assert f"<b>{RESEARCH_USE_ONLY}</b> Device: not known yet." in dock.notice.text()


@pytest.mark.drawn
def test_layer_units_reach_the_process_as_pixel_size(analysed):
    _, dock = analysed
    (field,) = dock.controller.session.worker.last_run.fields
    assert (field.pixel_size.um_per_px, field.pixel_size.origin) == (0.25, "layer")


def test_parameters_of_the_form_reach_the_process(window, instant, qtbot):
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True)
    dock.setup.main.set_value("segmentation.sensitivity", 0.7)
    dock.setup.more.set_value("model.batch_size", 8)
    run(qtbot, dock)
    parameters = dock.controller.session.worker.last_run.parameters
    assert parameters.segmentation.sensitivity == 0.7
    assert parameters.model.batch_size == 8


def test_absurd_layer_scale_is_told_in_one_sentence_and_nothing_runs(window, instant, told):
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True, scale=(25, 25), units=("um", "um"))
    dock.run_button.click()
    assert not dock.controller.session.running
    assert "25 micrometres" in told[0]


def test_grey_image_is_refused_in_one_sentence(window, monkeypatch, qtbot, told):
    monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=serve_fake))
    viewer, dock = window()
    viewer.add_image(FIELD[..., 0], name="grey")
    run(qtbot, dock, until_shown=False)
    assert len(told) == 1
    assert told[0].startswith("grey")
    assert "\n" not in told[0]
    assert "Traceback" not in told[0]


@pytest.mark.drawn
def test_renamed_layers_are_still_ours(analysed, qtbot):
    viewer, dock = analysed
    viewer.layers[SUBTYPES].name = "my classes"
    dock.result.legend.box("l1").click()
    colours = viewer.layers["my classes"].colormap.color_dict
    assert colours[CODES.code("l1", "ring")][3] == 0


def test_two_viewers_never_mix(window, instant, qtbot):
    (one, dock_one), (two, dock_two) = window(), window()
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


def test_deleted_layers_break_nothing_and_come_back_with_the_next_run(analysed, qtbot):
    viewer, dock = analysed
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


@pytest.mark.drawn
def test_next_image_is_analysed_with_the_same_layers_above_it(analysed, qtbot):
    viewer, dock = analysed
    before = viewer.layers[1:]
    viewer.add_image(FIELD.transpose(1, 0, 2), rgb=True, name="next")
    assert dock.chooser.current().name == "next"
    run(qtbot, dock)
    qtbot.waitUntil(lambda: names(viewer)[1] == "next", timeout=LONG_MS)
    assert names(viewer) == ["field", "next", *RESULT_LAYERS]
    assert all(now is then for now, then in zip(viewer.layers[2:], before, strict=True))


@pytest.mark.drawn
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


def test_export_writes_one_folder_per_field_and_overwrites_nothing(analysed, tmp_path, qtbot, told):
    _, dock = analysed
    dock.controller.exporter.export(tmp_path)
    qtbot.waitUntil(lambda: bool(told), timeout=LONG_MS)
    assert "written" in told[0]
    assert (tmp_path / "field" / "cells.csv").is_file()
    assert (tmp_path / "field" / "overlay.png").is_file()
    assert (tmp_path / "batch.json").is_file()
    dock.controller.exporter.export(tmp_path)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=LONG_MS)
    assert "already" in told[1]


def test_reopened_dock_shows_what_the_closed_one_left(analysed):
    viewer, dock = analysed
    dock.result.legend.box("l3").click()
    dock.result.opacity.setValue(0.6)
    viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    again = AnalyseSmear(viewer)
    viewer.window.add_dock_widget(again)
    assert again.result.opacity.value() == pytest.approx(0.6)
    assert not again.result.legend.box("l3").isChecked()
    assert "5 white cells" in again.result.summary.text()
    assert "</b> Device: CPU, fake 0." in again.notice.text()
    assert again.notice.toolTip() == "Model: fake 0, sha256 00"


def test_plugin_menu_opens_the_dock_of_the_manifest(make_napari_viewer):
    viewer = make_napari_viewer()
    _, widget = viewer.window.add_plugin_dock_widget("napari-all-subtype", "Analyse smear")
    assert isinstance(widget, AnalyseSmear)
    real = getattr(viewer, "__wrapped__", viewer)
    assert widget.controller.session is session_module.session_of(real)


def test_renamed_image_has_its_new_name_in_the_list(analysed):
    viewer, dock = analysed
    viewer.add_image(FIELD, rgb=True, name="other")
    dock.chooser.choose(viewer.layers["field"])
    viewer.layers["field"].name = "patient 3, field 1"
    assert dock.chooser.combo.currentText() == "patient 3, field 1"
    assert dock.chooser.current() is viewer.layers[0]


def test_result_is_that_of_the_image_that_is_chosen(analysed, qtbot):
    viewer, dock = analysed
    assert dock.result.title() == "Result: field"
    viewer.add_image(FIELD, rgb=True, name="other", scale=(0.25, 0.25), units=("um", "um"))
    assert dock.chooser.current().name == "other"
    assert not dock.result.isVisibleTo(dock)
    assert not dock.export_button.isEnabled()
    assert "Run" in dock.hint.text()
    assert not viewer.layers[CELLS].data.any()
    dock.chooser.choose(viewer.layers["field"])
    qtbot.waitUntil(lambda: viewer.layers[CELLS].data.any(), timeout=LONG_MS)
    assert dock.result.title() == "Result: field"
    assert dock.export_button.isEnabled()
    assert names(viewer) == ["other", "field", *RESULT_LAYERS]


@pytest.mark.drawn
def test_list_and_result_follow_from_a_folder_to_an_image_and_back(
    window, instant, qtbot, folder, told
):
    viewer, dock = window()
    dock.controller.open_folder(folder)
    dock.chooser.field_list.setCurrentRow(1)
    run(qtbot, dock)
    warned = []
    notification_manager.notification_ready.connect(warned.append)
    viewer.add_image(FIELD, rgb=True, name="sample", scale=(0.1, 0.1), units=("um", "um"))
    assert dock.chooser.current().name == "sample"
    assert not dock.chooser.field_list.isVisibleTo(dock)
    assert not dock.result.isVisibleTo(dock)
    assert not dock.export_button.isEnabled()
    own = viewer.layers["field-1.png"]
    assert not own.visible
    assert not viewer.layers[CELLS].data.any()
    viewer.screenshot(flash=False)  # napari looks at the units when it draws
    dock.chooser.combo.setCurrentIndex(dock.chooser.combo.findText("Folder: smear 7"))
    qtbot.waitUntil(lambda: viewer.layers[CELLS].data.any(), timeout=LONG_MS)
    assert own.visible
    assert names(viewer) == ["sample", "field-1.png", *RESULT_LAYERS]
    assert dock.chooser.field_list.count() == 3
    assert "<b>10 white cells</b> in 2 fields" in dock.result.summary.text()
    size = dock.controller.session.result().analysis.pixel_size
    np.testing.assert_allclose(own.scale, size.um_per_px)
    assert len({tuple(layer.units) for layer in viewer.layers}) == 1
    viewer.screenshot(flash=False)
    notification_manager.notification_ready.disconnect(warned.append)
    assert warned == []


def test_run_is_shown_to_its_end_before_another_image_is(window, instant, qtbot, monkeypatch):
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True, name="field")
    worker = dock.controller.session.worker
    answer = worker._answer
    monkeypatch.setattr(worker, "_answer", lambda: None)
    dock.run_button.click()
    viewer.add_image(FIELD, rgb=True, name="other")
    assert dock.chooser.current().name == "field"
    answer()
    qtbot.waitUntil(lambda: CELLS in names(viewer), timeout=LONG_MS)
    assert dock.result.title() == "Result: field"


def test_result_of_an_image_deleted_meanwhile_is_not_drawn_over_another(
    window, instant, qtbot, monkeypatch
):
    viewer, dock = window()
    image = viewer.add_image(FIELD, rgb=True, name="field")
    worker = dock.controller.session.worker
    answer = worker._answer
    monkeypatch.setattr(worker, "_answer", lambda: None)
    dock.run_button.click()
    viewer.add_image(FIELD, rgb=True, name="other")
    viewer.layers.remove(image)
    answer()
    qtbot.wait(500)
    assert names(viewer) == ["other"]
    assert not dock.result.isVisibleTo(dock)
    assert not dock.export_button.isEnabled()


@pytest.mark.parametrize("deleted", RESULT_LAYERS)
def test_layer_that_comes_back_comes_back_to_its_place(analysed, qtbot, deleted):
    viewer, dock = analysed
    viewer.layers.remove(deleted)
    run(qtbot, dock)
    qtbot.waitUntil(lambda: deleted in names(viewer), timeout=LONG_MS)
    qtbot.waitUntil(lambda: names(viewer) == ["field", *RESULT_LAYERS], timeout=5000)


@pytest.mark.drawn
def test_reason_for_no_result_stays_in_sight(window, monkeypatch, qtbot, told):
    monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=serve_fake))
    viewer, dock = window()
    viewer.add_image(FIELD[..., 0], name="grey")
    run(qtbot, dock, until_shown=False)
    assert dock.stage.isVisible()
    assert dock.stage.text() == "No result."
    assert "Press" not in dock.hint.text()
    assert dock.hint.isVisible()
    assert told[0].removeprefix("grey: ") in dock.hint.text()
    assert dock.hint.height() >= dock.hint.heightForWidth(dock.hint.width())
    # Another image is another matter.
    viewer.add_image(FIELD, rgb=True, name="colour")
    assert "Press" in dock.hint.text()
