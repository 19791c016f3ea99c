"""Runs in real child processes, seen from a real window: it never freezes, mixes or forgets."""

from __future__ import annotations

import functools
import itertools
import time

import cv2
import numpy as np
import pytest
from qtpy.QtCore import QTimer

from fake_child import serve_fake, serve_waiting
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.jobs import Worker
from napari_all_subtype.cells import table
from window_steps import LONG_MS, RESULT_LAYERS, names, run

pytestmark = [pytest.mark.window, pytest.mark.slow]
pytest_plugins = ["window_fixtures"]

TICK_MS = 20
# Of the run's duration: in the window's own process the gap would be the whole run. Shares and
# not seconds, since a busy machine stretches both.
LARGEST_GAP = 0.2
# napari makes the first layers of a kind at once, and draws slowly without a graphics card.
LARGEST_GAP_WHILE_DRAWN = 0.5


@pytest.fixture
def child_of(monkeypatch):
    """Has every session start a given child process."""

    def use(target):
        monkeypatch.setattr(session_module, "Worker", functools.partial(Worker, target=target))

    return use


def test_window_never_freezes_during_a_run_with_the_real_model(window, smear, qtbot):
    viewer, dock = window()
    viewer.add_image(np.tile(smear.pixels, (3, 3, 1)), rgb=True, scale=(smear.um_per_px,) * 2)
    qtbot.wait(500)
    ticks = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(time.monotonic()))
    timer.start(TICK_MS)
    run(qtbot, dock, until_shown=False)
    at_end = len(ticks)
    qtbot.waitUntil(lambda: names(viewer)[1:] == RESULT_LAYERS, timeout=LONG_MS)
    qtbot.wait(500)
    timer.stop()
    gaps = [after - before for before, after in itertools.pairwise(ticks)]
    run_s = ticks[at_end - 1] - ticks[0]
    assert max(gaps[: at_end - 1]) < LARGEST_GAP * run_s
    assert max(gaps[at_end - 1 :]) < LARGEST_GAP_WHILE_DRAWN * run_s


def test_two_viewers_that_run_at_the_same_time_keep_their_own_results(
    window, child_of, smear, qtbot
):
    child_of(serve_fake)
    placed = {"rgb": True, "scale": (smear.um_per_px,) * 2, "units": ("um", "um")}
    pictures = [smear.pixels, np.full((200, 300, 3), (236, 214, 226), np.uint8)]
    ended = []
    docks = []
    for picture in pictures:
        viewer, dock = window()
        viewer.add_image(picture, name="field", **placed)
        dock.controller.session.ended.connect(ended.append)
        docks.append(dock)
    for dock in docks:
        dock.run_button.click()
    pids = {dock.controller.session.worker.pid for dock in docks}
    assert len(pids) == 2
    qtbot.waitUntil(lambda: len(ended) == 2, timeout=LONG_MS)
    for dock, picture in zip(docks, pictures, strict=True):
        result = dock.controller.session.result()
        assert result.labels.shape == picture.shape[:2]
    counts = [len(table.present(d.controller.session.result().analysis.cells)) for d in docks]
    assert counts[0] > 4
    assert counts[1] == 0


@pytest.fixture
def three_fields(smear, tmp_path):
    """Three different fields."""
    folder = tmp_path / "smear 9"
    folder.mkdir()
    for n, pixels in enumerate((smear.pixels, smear.pixels[::-1], smear.pixels[:, ::-1]), 1):
        cv2.imwrite(str(folder / f"{n}.png"), pixels[..., ::-1])
    return folder


def test_stopped_second_run_keeps_what_it_finished_and_says_what_has_no_result(
    window, child_of, three_fields, qtbot
):
    child_of(serve_waiting)
    viewer, dock = window()
    dock.controller.open_folder(three_fields)
    run(qtbot, dock)
    listed = dock.chooser.field_list
    assert [listed.item(n).text()[0] for n in range(3)] == ["✓", "✓", "✓"]
    dock.run_button.click()
    qtbot.waitUntil(lambda: listed.item(0).text()[0] == "✓", timeout=LONG_MS)
    dock.stop_button.click()
    qtbot.waitUntil(dock.run_button.isEnabled, timeout=LONG_MS)
    assert [listed.item(n).text()[0] for n in range(3)] == ["✓", "○", "○"]
    assert dock.stage.text() == "Stopped: 1 of 3 fields analysed, the others have no result."
    assert "in 1 field" in dock.result.summary.text()
    assert dock.export_button.isEnabled()
    listed.setCurrentRow(1)
    qtbot.waitUntil(lambda: viewer.layers[0].name == "2.png", timeout=LONG_MS)
    assert names(viewer) == ["2.png", *RESULT_LAYERS]
    assert not any(layer.data.any() for layer in viewer.layers[1:3])
