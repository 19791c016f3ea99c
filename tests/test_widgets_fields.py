"""A folder of fields in a real window: one smear, one list, one field shown at a time."""

from __future__ import annotations

import pytest

from window_steps import LONG_MS, RESULT_LAYERS, names, run

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]


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
    _, dock = window()
    dock.controller.open_folder(tmp_path)
    assert told[0].startswith("No image in the folder")


def test_bar_only_moves_forwards_over_all_fields(window, instant, qtbot, folder, told):
    _, dock = window()
    dock.controller.open_folder(folder)
    shown = []
    dock.progress.valueChanged.connect(shown.append)
    run(qtbot, dock, until_shown=False)
    assert len(shown) > 3
    assert shown == sorted(shown)
