"""A walk through the product as a reader takes it, in a real napari window.

The test walks it to see that all works; `screenshots.py` takes the pictures of the documentation on
the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_all_subtype.cells import table

PLUGIN = "napari-all-subtype"
WINDOW_PX = (1500, 1180)
PATIENCE_S = 240
READER = "Dr. A"
# What a reader says of ten cells, one after the other.
KEYS = "234512345G"
UNDONE = 3


class Walk:
    """One window with its docks, and the steps that a reader takes in it.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.Viewer):
        self.viewer = viewer
        viewer.theme = "dark"
        viewer.window.resize(*WINDOW_PX)
        self.dock = self.add_dock("Analyse smear")
        self.session = self.dock.controller.session
        self.record = self.session.record
        self.review: QWidget | None = None

    def add_dock(self, name: str, **where: object) -> QWidget:
        """A dock of ours."""
        _, dock = self.viewer.window.add_plugin_dock_widget(PLUGIN, name, **where)
        return dock

    def open_review(self) -> None:
        """The dock in which cells are read, in the place of the other one."""
        self.review = self.add_dock("Review", tabify=True)
        wait(lambda: self.review.isVisible())

    def make_project(self, folder: Path) -> None:
        """A project for what is said."""
        self.record.create(folder)
        self.review.reviewer.desk.read_as(READER)
        self.kept()

    def open_sample(self, name: str = "synthetic_blasts") -> None:
        """A synthetic smear from the menu of samples."""
        self.viewer.open_sample(PLUGIN, name)

    def analyse(self) -> None:
        """Press Run, and wait until the cells are shown."""
        ended: list[object] = []
        self.session.ended.connect(ended.append)
        self.dock.run_button.click()
        wait(lambda: bool(ended))
        self.session.ended.disconnect(ended.append)
        if ended[0].message or ended[0].stopped:
            raise SystemExit(f"the analysis ended early: {ended[0].message}")
        self.shown()

    def shown(self) -> None:
        """Wait until the result is on the screen."""
        layers = self.session.layers
        wait(lambda: layers.letters is not None and self.session.in_view)
        wait(lambda: any(layers.letters.features.get("letter", ())))

    def kept(self) -> None:
        """Wait until every result is in the project."""
        fields = range(len(self.session.fields))
        wait(lambda: not self.record.keeper.keeping and all(map(self.record.keeps, fields)))

    def press(self, key: str, *, control: bool = False) -> None:
        """A key, wherever the focus is."""
        window = self.dock.window()
        window.activateWindow()
        wait(window.isActiveWindow, 10)
        modifier = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier(0)
        code = Qt.Key(ord(key.upper()))
        QTest.keyClick(window, code, modifier)
        QApplication.instance().processEvents()

    def correct(self) -> None:
        """Go to the first cell of the queue, and call ten cells something."""
        self.press("n")
        for key in KEYS:
            self.press(key)

    def undo(self) -> None:
        """Take the last three words back."""
        for _ in range(UNDONE):
            self.press("z", control=True)

    def look_at_the_middle(self) -> None:
        """Go to the cell that is nearest the middle of the field."""
        cells = table.present(self.session.result().analysis.cells)
        centres = cells[["centroid_y_px", "centroid_x_px"]].to_numpy()
        middle = np.array(self.session.layers.subtypes.data.shape) / 2
        nearest = ((centres - middle) ** 2).sum(axis=1).argmin()
        self.session.place_wanted.emit(self.session.selected, int(cells.index[nearest]))

    @property
    def said(self) -> dict[int, str]:
        """What is said of each cell of the field that is shown, by label."""
        words = table.annotations(self.session.result().analysis.cells)
        return {int(label): word for label, word in words[words != ""].items()}

    @property
    def said_at(self) -> dict[tuple[int, int], str]:
        """The same by the place of the cell, to 20 pixels: labels change with a new analysis."""
        cells = self.session.result().analysis.cells
        centres = cells[["centroid_y_px", "centroid_x_px"]]
        return {
            tuple((centres.loc[label] / 20).round().astype(int)): word
            for label, word in self.said.items()
        }

    def lock(self) -> None:
        """Lock the result; a person who is sure."""
        locking = self.review.locking
        locking._sure = lambda _: True
        locking.later.now()
        wait(self.review.result.lock_button.isEnabled, 20)
        self.review.result.lock_button.click()

    def export(self, folder: Path, *formats: str) -> None:
        """Export the project from its dock."""
        self.review.export_button.click()
        dialog = self.review.export_button.desk.dialog
        for name, box in dialog.formats.items():
            box.setChecked(name in formats)
        dialog.out.setText(str(folder))
        dialog.export_button.click()
        wait(lambda: dialog.job is None)
        self.exported = dialog.told.text()
        dialog.close()


def wait(until: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Let the window live until something is so.

    Raises
    ------
    TimeoutError
        If it is not in time.
    """
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError("what was waited for did not come")
        QApplication.instance().processEvents()
        time.sleep(0.01)


def rest(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end, seconds + PATIENCE_S)
