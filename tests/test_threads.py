"""Of work that is asked for again and again in a thread, only the last counts."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from napari_all_subtype._widgets import tally
from napari_all_subtype._widgets.threads import Latest, in_thread
from napari_all_subtype.progress import Progress, checkpoint

pytest_plugins = ["window_fixtures"]


@pytest.fixture
def latest(qtbot):
    return Latest()


def test_only_what_was_asked_for_last_is_told(latest, qtbot):
    go, told = threading.Event(), []
    latest.ask(lambda _: go.wait(10) and "first", told.append)
    for word in ("second", "third"):
        latest.ask(lambda _, word=word: word, told.append)
    go.set()
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert told == ["third"]


@pytest.mark.window
def test_a_window_keeps_nothing_that_a_thread_worked_on(make_napari_viewer, qtbot):
    make_napari_viewer()
    pixels, told = np.zeros((4, 4)), []
    kept = weakref.ref(pixels)
    in_thread(lambda pixels: pixels.sum(), pixels, then=told.append)
    del pixels
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)

    def gone():
        gc.collect()
        return kept() is None

    qtbot.waitUntil(gone, timeout=10_000)


def test_error_that_nobody_foresaw_is_told_before_it_is_raised(qtbot):
    told, failed = [], []
    with qtbot.captureExceptions() as raised:
        in_thread(lambda: 1 // 0, then=told.append, failed=failed.append)
        qtbot.waitUntil(lambda: bool(raised), timeout=10_000)
    assert [type(one) for one in failed] == [ZeroDivisionError]
    assert raised[0][1] is failed[0]
    assert told == []


def test_what_is_forgotten_is_not_told_and_more_can_be_asked_for(latest, qtbot):
    go, told = threading.Event(), []
    latest.ask(lambda _: go.wait(10) and "forgotten", told.append)
    latest.forget()
    go.set()
    latest.ask(lambda _: "asked for", told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert told == ["asked for"]
    latest.forget()
    latest.ask(lambda _: "again", told.append)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=10_000)


@pytest.mark.parametrize("end", [Latest.forget, lambda latest: latest.ask(str, print)])
def test_what_does_not_count_any_more_is_asked_to_stop(latest, qtbot, end):
    begun, stopped, told = threading.Event(), threading.Event(), []

    def work(monitor):
        begun.set()
        while not monitor.stop_requested:
            time.sleep(0.001)
        stopped.set()
        checkpoint(monitor, Progress("work"))

    latest.ask(work, told.append)
    assert begun.wait(10)
    end(latest)
    assert stopped.wait(10)
    latest.ask(lambda _: "next", told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert told == ["next"]


@pytest.mark.window
def test_summary_of_many_cells_comes_from_a_thread(analysed, qtbot, monkeypatch):
    _, dock = analysed
    monkeypatch.setattr(tally, "SUMMARY_AT_ONCE_CELLS", 0)
    dock.result.summary.setText("")
    dock.result.scope_changed.emit()
    assert dock.result.summary.text() == ""
    qtbot.waitUntil(lambda: "5 white cells" in dock.result.summary.text(), timeout=10_000)


ENDS_EARLY = """
import time
from qtpy.QtWidgets import QApplication
from napari_all_subtype._widgets.threads import in_thread
app = QApplication([])
in_thread(time.sleep, 0.5, then=print)
"""


def test_a_program_that_ends_while_a_thread_works_is_not_aborted():
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_EARLY], env=environment, capture_output=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr.decode()
