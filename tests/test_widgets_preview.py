"""The live preview in a real window: it follows the parameters, and never holds the window up."""

from __future__ import annotations

import time

import numpy as np
import pytest
from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.layer_kinds import PREVIEW
from napari_all_subtype._widgets.preview import ONLY_HERE
from napari_all_subtype._widgets.session import Session
from window_steps import FIELD

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]

SENSITIVITY = "segmentation.sensitivity"


@pytest.fixture
def shown(window, instant, smear):
    viewer, dock = window()
    viewer.add_image(smear.pixels, rgb=True, name="smear", scale=(0.13, 0.13), units=("um", "um"))
    return viewer, dock


def settled(qtbot, dock):
    """Wait until nothing is at work and nothing waits."""
    live = dock.live
    qtbot.waitUntil(
        lambda: live._stopper is None and not live._again and not live._rest.isActive(),
        timeout=60_000,
    )


def test_box_shows_outlines_and_a_count_and_takes_them_away(shown, smear, qtbot):
    viewer, dock = shown
    active = viewer.layers.selection.active
    dock.preview.box.click()
    settled(qtbot, dock)
    layer = viewer.layers[PREVIEW]
    assert layer.data.any()
    assert dock.preview.line.text().endswith("cells in view")
    assert viewer.layers.selection.active is active
    truth = smear.masks.labels
    at = [layer.data_to_world(one) for one in np.argwhere(layer.data)[::20]]
    at = [np.round(viewer.layers["smear"].world_to_data(one)).astype(int) for one in at]
    near = [len(np.unique(truth[max(y - 6, 0) : y + 7, max(x - 6, 0) : x + 7])) > 1 for y, x in at]
    assert np.mean(near) > 0.8
    dock.preview.box.click()
    assert PREVIEW in viewer.layers
    assert not layer.data.any()
    assert dock.preview.line.text() == ""


def test_outlines_lie_above_every_image_and_are_not_moved_for_nothing(shown, smear, qtbot):
    viewer, dock = shown
    dock.preview.box.click()
    settled(qtbot, dock)
    viewer.add_image(smear.pixels, rgb=True, name="later", scale=(0.13, 0.13), units=("um", "um"))
    dock.chooser.choose(viewer.layers["smear"])
    settled(qtbot, dock)
    assert [layer.name for layer in viewer.layers] == ["later", "smear", PREVIEW]
    viewer.layers.move(0, 3)
    active = viewer.layers.selection.active
    dock.setup.main.set_value(SENSITIVITY, 0.6)
    settled(qtbot, dock)
    assert [layer.name for layer in viewer.layers] == ["smear", "later", PREVIEW]
    assert viewer.layers.selection.active is active
    moved = []
    viewer.layers.events.reordered.connect(moved.append)
    dock.setup.main.set_value(SENSITIVITY, 0.4)
    settled(qtbot, dock)
    assert moved == []


def test_moved_parameter_is_previewed_and_only_the_newest_is_shown(shown, qtbot):
    viewer, dock = shown
    dock.preview.box.click()
    settled(qtbot, dock)
    first = viewer.layers[PREVIEW].data.copy()
    shows, show = [], dock.controller.layers.show_preview
    dock.controller.layers.show_preview = lambda *given: shows.append(given) or show(*given)
    editor = dock.setup.more.editor("segmentation.min_nucleus_diameter_um")
    for value in (5.0, 6.0, 8.0, 10.0):
        editor.setValue(value)
        qtbot.wait(30)
    settled(qtbot, dock)
    assert len(shows) == 1
    assert viewer.layers[PREVIEW].data.sum() < first.sum()


def test_preview_never_holds_the_window_up(shown, qtbot):
    _, dock = shown
    beats, timer = [], QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    dock.preview.box.click()
    settled(qtbot, dock)
    timer.start(5)
    for value in (0.4, 0.6, 0.8):
        dock.setup.main.set_value(SENSITIVITY, value)
        settled(qtbot, dock)
    timer.stop()
    gaps = np.diff(beats)
    # A share of the run, not the longest gap: drawing in software takes its time as well.
    assert gaps[gaps > 0.05].sum() < 0.6 * gaps.sum()


@pytest.mark.drawn
def test_zoomed_view_is_previewed_alone(shown, qtbot):
    viewer, dock = shown
    dock.preview.box.click()
    settled(qtbot, dock)
    whole = viewer.layers[PREVIEW].data.shape
    viewer.scene.camera.zoom *= 6
    qtbot.wait(300)
    settled(qtbot, dock)
    assert np.prod(viewer.layers[PREVIEW].data.shape) < 0.7 * np.prod(whole)


def test_cells_from_elsewhere_have_no_preview(shown, qtbot):
    viewer, dock = shown
    viewer.add_labels(np.ones(viewer.layers["smear"].data.shape[:2], np.int32), name="mine")
    chooser = dock.setup.cells
    chooser.setCurrentIndex(
        next(n for n in range(chooser.count()) if "mine" in chooser.itemText(n))
    )
    dock.preview.box.click()
    assert dock.preview.line.text() == ONLY_HERE


def test_run_ends_the_preview(window, instant, qtbot):
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    dock.preview.box.click()
    settled(qtbot, dock)
    dock.run_button.click()
    assert not dock.preview.on
    assert isinstance(dock.controller.session, Session)
