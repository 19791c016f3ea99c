"""The window that `kill_window.py` kills: it is read in, and tells what it has seen recorded."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
from kill_window import RECORDED, digest_of
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from review_field import Window, labels_of, settle, wait

from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.project.database import DATABASE_FILE

WORDS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5)
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
BULK = 20
# How often each is done, of a hundred.
SHARES = {"word": 50, "many": 12, "undo": 12, "redo": 6, "delete": 10, "segment": 6, "lock": 4}


def read_until_killed(folder: Path, seed: int) -> None:
    """Open the project in a window, and read for ever."""
    reader = _Reader(folder, seed)
    print("ready", flush=True)
    # What is rare comes first in turn: most windows do not live to see it by chance.
    todo = [("segment", "lock", "delete", "many")[seed % 4]]
    while True:
        kind = todo.pop() if todo else reader.chance.choices([*SHARES], [*SHARES.values()])[0]
        getattr(reader, kind)()
        QApplication.instance().processEvents()
        reader.tell()


class _Reader:
    def __init__(self, folder: Path, seed: int):
        self.window = Window(None, rows=1, columns=1)
        self.chance = random.Random(seed)
        self.record = self.window.session.record
        if (folder / DATABASE_FILE).is_file():
            self.record.open(folder)
        else:
            self.record.create(folder)
        self.record.read_as("Dr. A")
        self.window.review.locking._sure = lambda _: True
        self.window.review.locking._reason = lambda: ("read again", True)
        self.seen = {kind: self._last(kind) for kind in RECORDED}
        self.window.show_result()
        if not self.record.keeps(0):
            self._amend()
            self.window.show()
        self.top = self.window.dock.window()
        self.top.activateWindow()
        wait(self.top.isActiveWindow)

    def _last(self, kind: str) -> int:
        return self.record.database.row(f"SELECT coalesce(max(rowid), 0) FROM {kind}")[0]

    def tell(self) -> None:
        """Print each line of the record that is new, with its digest."""
        for kind in RECORDED:
            sql = f"SELECT rowid FROM {kind} WHERE rowid > ? ORDER BY rowid"
            for (n,) in self.record.database.rows(sql, (self.seen[kind],)):
                row = self.record.database.row(f"SELECT * FROM {kind} WHERE rowid = ?", (n,))
                print(json.dumps([kind, n, digest_of(row)]), flush=True)
                self.seen[kind] = n

    def _amend(self) -> None:
        locking = self.window.review.locking
        locking.show()
        locking.amend()

    def _pick(self) -> None:
        label = self.chance.choice(labels_of(self.window))
        self.window.session.place_wanted.emit(0, label)

    def word(self) -> None:
        """A key on a cell."""
        self._pick()
        QTest.keyClick(self.top, self.chance.choice(WORDS))

    def many(self) -> None:
        """A key on many cells."""
        labels = self.chance.sample(labels_of(self.window), BULK)
        self.window.session.selection.set([(0, label) for label in labels])
        QTest.keyClick(self.top, self.chance.choice(WORDS))

    def undo(self) -> None:
        """Ctrl+Z."""
        QTest.keyClick(self.top, Qt.Key.Key_Z, CONTROL)

    def redo(self) -> None:
        """Ctrl+Shift+Z."""
        QTest.keyClick(self.top, Qt.Key.Key_Z, CONTROL | SHIFT)

    def delete(self) -> None:
        """A cell is taken away."""
        if len(labels_of(self.window)) > 2 * BULK:
            self._pick()
            self.window.dock.editor.delete()

    def segment(self) -> None:
        """The field is segmented again; its cells have other numbers then."""
        self.window.packed = PackedAnalysis.of(_renumbered(self.window.found, self.chance))
        self.window.show_result()

    def lock(self) -> None:
        """The result is locked, and amended at once."""
        locking = self.window.review.locking
        locking.show()
        locking.lock()
        self.tell()
        settle(0.05)
        self._amend()


def _renumbered(analysis: Analysis, chance: random.Random) -> Analysis:
    """The same cells under other numbers, a few of them missing."""
    count = analysis.masks.highest
    order = [0, *chance.sample(range(1, count + 1), count)]
    gone = chance.sample(range(1, count + 1), 3)
    numbers = np.zeros(count + 1, np.int32)
    for k, label in enumerate((one for one in order[1:] if one not in gone), 1):
        numbers[label] = k
    masks = CellMasks(numbers[analysis.masks.labels], numbers[analysis.masks.nuclei])
    measured = measure(masks, analysis.pixel_size.um_per_px)
    rows = [0, *sorted((one for one in order[1:] if one not in gone), key=lambda k: numbers[k])]
    cells = analysis.cells.iloc[rows].reset_index(drop=True)
    return replace(analysis, masks=masks, cells=cells.assign(**measured))
