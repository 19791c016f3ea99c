"""Cells that are given in a labels layer, in a real napari window with a real child process."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from fake_child import serve_fake
from napari_all_subtype._widgets import cells_chooser
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.cells_chooser import FOUND_HERE
from napari_all_subtype._widgets.jobs import Worker
from napari_all_subtype.cells import table
from window_steps import FIELD, RESULT_LAYERS, names, run

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]


@pytest.fixture
def child(monkeypatch):
    monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=serve_fake))


def items(chooser):
    return [chooser.itemText(n) for n in range(chooser.count())]


def choose(dock, text):
    dock.setup.cells.setCurrentIndex(dock.setup.cells.findText(text))


def test_cells_of_a_labels_layer_are_classified_under_their_numbers(
    window, child, smear, qtbot, told
):
    viewer, dock = window()
    placed = {"scale": (smear.um_per_px,) * 2, "units": ("um", "um")}
    viewer.add_image(smear.pixels, rgb=True, name="smear", **placed)
    drawn = (smear.masks.labels * 3).astype(np.uint16)
    viewer.add_labels(drawn, name="by hand", **placed)
    choose(dock, "Labels: by hand")
    assert (run(qtbot, dock).message, told) == ("", [])
    assert names(viewer) == ["smear", "by hand", *RESULT_LAYERS]
    cells = viewer.layers[RESULT_LAYERS[0]]
    np.testing.assert_array_equal(cells.data, drawn)
    rows = table.present(cells.features)
    assert list(rows["label"]) == [3 * k for k in range(1, smear.masks.count + 1)]
    analysis = dock.controller.session.result().analysis
    assert analysis.segmenter == "given cells"
    assert any("sha256" in note for note in analysis.history)


def test_given_cells_do_not_cover_what_they_are(analysed, qtbot):
    viewer, dock = analysed
    drawn = np.zeros(FIELD.shape[:2], int)
    given = viewer.add_labels(drawn, name="mine", scale=(0.25, 0.25), units=("um", "um"))
    choose(dock, "Labels: mine")
    assert given.visible
    run(qtbot, dock)
    qtbot.waitUntil(lambda: names(viewer)[-3:] == RESULT_LAYERS, timeout=10_000)
    assert not given.visible
    assert names(viewer) == ["field", "mine", *RESULT_LAYERS]


def test_mask_of_another_size_is_told_and_leaves_no_result(window, child, qtbot, told):
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    viewer.add_labels(np.ones((64, 80), np.uint8), name="half", scale=(0.5, 0.5), units="um")
    choose(dock, "Labels: half")
    run(qtbot, dock, until_shown=False)
    assert "80 × 64 pixels" in told[-1]
    assert "160 × 128" in told[-1]
    assert dock.controller.session.result() is None
    assert viewer.layers["half"].visible


def test_list_follows_the_layers_of_the_viewer_and_leaves_ours_out(analysed):
    viewer, dock = analysed
    chooser = dock.setup.cells
    assert not [text for text in items(chooser) if text.startswith("Labels")]
    layer = viewer.add_labels(np.zeros(FIELD.shape[:2], int), name="mine", scale=(0.25, 0.25))
    choose(dock, "Labels: mine")
    layer.name = "yours"
    assert chooser.currentText() == "Labels: yours"
    assert chooser.layer is layer
    viewer.layers.remove(layer)
    assert chooser.currentText() == FOUND_HERE
    assert chooser.layer is None


def test_folder_with_the_cells_of_a_layer_is_refused_in_words(window, instant, folder, told):
    viewer, dock = window()
    viewer.add_labels(np.zeros(FIELD.shape[:2], int), name="mine")
    dock.controller.open_folder(folder)
    choose(dock, "Labels: mine")
    dock.run_button.click()
    assert "mine" in told[-1]
    assert "folder" in told[-1]
    assert not dock.controller.session.running


@pytest.mark.parametrize("installed", [False, True])
def test_other_programs_can_be_chosen_only_where_they_are(window, instant, monkeypatch, installed):
    monkeypatch.setattr(cells_chooser, "is_installed", lambda name: installed)
    _, dock = window()
    chooser = dock.setup.cells
    row = chooser.findText("StarDist")
    assert chooser.model().item(row).isEnabled() == installed
    tip = chooser.itemData(row, 3)  # Qt.ToolTipRole
    assert ("pip install" in tip) != installed
    chooser.setCurrentIndex(row)
    assert dock.setup.parameters().finding.segmenter == "stardist"
