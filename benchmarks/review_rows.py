"""What is measured of the review: each row in a window of its own, one function per row."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from review_clock import Blocks, drawing, spent_ms, until_idle_ms
from review_field import Window, labels_of, settle, wait

from napari_all_subtype.cells import table

PRESSES = 240
MOVES = 120
BULK, UNDOS = 1000, 12
ADDED = 5
STARTS = 7
CONTROL = Qt.KeyboardModifier.ControlModifier
KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5)


def key_press() -> dict:
    """A word by its key, on the disk and in every view; the next cell is not gone to."""
    with tempfile.TemporaryDirectory() as folder:
        window = _ready(Path(folder) / "project")
        window.review.words.go_on.setChecked(False)
        canvas = window.dock.window()
        picked = np.random.default_rng(0).permutation(labels_of(window))[:PRESSES].tolist()
        own, after, drawn = [], [], []
        with drawing() as draws:
            for n, label in enumerate(picked):
                window.session.place_wanted.emit(0, label)
                until_idle_ms()
                draws.clear()
                own.append(spent_ms(lambda n=n: QTest.keyClick(canvas, KEYS[n % len(KEYS)])))
                after.append(until_idle_ms())
                drawn.append(sum(draws))
        said = table.annotations(window.session.result(0).analysis.cells)
        database = window.session.record.database
        rows = database.row("SELECT count(*) FROM annotations")[0]
        synchronous = database.row("PRAGMA synchronous")[0]
        if (said != "").sum() != PRESSES or rows != PRESSES or synchronous != 2:
            raise SystemExit("not every press was recorded with synchronous=FULL")
        window.close()
    return {"press": own, "drawing": drawn, "all that follows, drawing included": after}


def next_cell() -> dict:
    """N: the next cell of the queue in the centre, and the Cell panel filled."""
    window = _ready(None)
    canvas = window.dock.window()
    own, drawn = [], []
    seen = set()
    with drawing() as draws:
        for _ in range(MOVES):
            draws.clear()
            own.append(spent_ms(lambda: QTest.keyClick(canvas, Qt.Key.Key_N)))
            until_idle_ms()
            drawn.append(sum(draws))
            label = window.session.layers.picked
            if f"Cell {label}" not in window.dock.cell.text.text():
                raise SystemExit("the Cell panel tells of another cell")
            seen.add(label)
    if len(seen) != MOVES:
        raise SystemExit("the queue did not go on")
    window.close()
    return {"press": own, "drawing": drawn}


def bulk_undo() -> dict:
    """Ctrl+Z of a word on 1,000 cells at once, and the word itself."""
    with tempfile.TemporaryDirectory() as folder:
        window = _ready(Path(folder) / "project")
        chosen = labels_of(window)[::10][:BULK]
        window.session.selection.set([(0, label) for label in chosen])
        until_idle_ms()
        canvas = window.dock.window()
        said, undone, drawn = [], [], []
        with drawing() as draws:
            for _ in range(UNDOS):
                said.append(spent_ms(lambda: QTest.keyClick(canvas, Qt.Key.Key_3)))
                until_idle_ms()
                draws.clear()
                undone.append(spent_ms(lambda: QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL)))
                until_idle_ms()
                drawn.append(sum(draws))
                if (table.annotations(window.session.result(0).analysis.cells) != "").any():
                    raise SystemExit("the word was not taken back")
        window.close()
    return {"undo": undone, "drawing": drawn, "the word": said}


def adding(rows: int, columns: int) -> dict:
    """Longest block of the main thread from the result's arrival until all is shown and kept."""
    longest, drawn = [], []
    for _ in range(ADDED):
        with tempfile.TemporaryDirectory() as folder:
            window = Window(Path(folder) / "project", rows, columns)
            settle()
            with drawing() as draws, Blocks() as blocks:
                window.show()
            longest.append(max(blocks.gaps_ms))
            drawn.append(max(draws, default=0.0))
            window.close()
    return {"longest block": longest, "longest drawing": drawn}


def adding_20mp() -> dict:
    """At 20 MP: 2,000 cells."""
    return adding(4, 5)


def adding_100mp() -> dict:
    """At 100 MP: 10,000 cells."""
    return adding(10, 10)


def start() -> dict:
    """A process opens a napari window, with the dock and without, in turn."""
    without, dock, review = [], [], []
    for _ in range(STARTS):
        for times, name in ((without, ""), (dock, "Analyse smear"), (review, "Review")):
            code = _START.format(name=name)
            run = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
            times.append(float(run.stdout.split()[-1]))
    added = [b - a for a, b in zip(without, dock, strict=True)]
    added_review = [b - a for a, b in zip(without, review, strict=True)]
    return {
        "added": added,
        "added by Review": added_review,
        "without": without,
        "with Analyse smear": dock,
    }


_START = """
import time
began = time.perf_counter()
import napari
from qtpy.QtWidgets import QApplication
viewer = napari.Viewer(show=True)
QApplication.processEvents()
if {name!r}:
    viewer.window.add_plugin_dock_widget("napari-all-subtype", {name!r})
QApplication.processEvents()
print(1e3 * (time.perf_counter() - began))
"""


def _ready(project: Path | None) -> Window:
    """A window in which 10,000 cells are shown, and take keys."""
    window = Window(project)
    window.show()
    window.dock.window().activateWindow()
    wait(lambda: window.dock.window().isActiveWindow())
    QApplication.instance().processEvents()
    time.sleep(0.5)
    settle()
    return window


ROWS: dict[str, Callable[[], dict]] = {
    "key press": key_press,
    "adding results, 20 MP": adding_20mp,
    "adding results, 100 MP": adding_100mp,
    "next cell": next_cell,
    "undo of 1,000 cells": bulk_undo,
    "start": start,
}
