"""How long a correction of an outline takes on a large field, without the drawing of the card.

python benchmarks/edit_times.py    10,000 cells on 100 megapixels; prints milliseconds

The dock and napari's model of a viewer work as in a window, but nothing is drawn on a
screen, and no model is asked. What the model says comes later, from its own process.
"""

from __future__ import annotations

import os
import time

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import cv2
import numpy as np
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication

from napari_all_subtype._widgets.dock import AnalyseSmear
from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.cells import edits
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import PixelSize, Region
from napari_all_subtype.config import AnalysisParameters, DecisionParameters
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.said import predictions, with_said

SIDE_PX, SPACING_PX, RADIUS_PX = 10_000, 100, 42
UM_PER_PX = 0.13
ROUNDS = 7


def main() -> None:
    """Make the field, show it, and correct cells of it."""
    application = QApplication.instance() or QApplication([])
    viewer, dock = ViewerModel(), None
    pixels = np.full((SIDE_PX, SIDE_PX, 3), 220, np.uint8)
    layer = viewer.add_image(pixels, rgb=True, name="field")
    dock = AnalyseSmear(viewer)
    dock.editor.asker.ask = lambda *crops: None
    result = PackedAnalysis.of(field_of_discs())
    session = dock.controller.session
    session.set_fields([SmearField("field", layer=layer, result=result)], "field")
    session.select(0)
    shown = dock.controller.layers
    end = time.monotonic() + 120
    while time.monotonic() < end and not (shown.letters is not None and len(shown.letters.data)):
        application.processEvents()
        time.sleep(0.01)
    print(f"{len(session.result().analysis.cells) - 1} cells, {SIDE_PX**2 / 1e6:.0f} megapixels")
    for name, make in corrections().items():
        tell(name, [timed(dock, make, n) for n in range(ROUNDS)])
    for name, act in (("undo", dock.editor.undo), ("redo", dock.editor.redo)):
        tell(name, [spent(act) for _ in range(ROUNDS)])


def field_of_discs() -> Analysis:
    """Discs in a grid, each with a nucleus; every second pair touches."""
    labels, nuclei = (np.zeros((SIDE_PX, SIDE_PX), np.int32) for _ in range(2))
    middles = range(SPACING_PX // 2, SIDE_PX, SPACING_PX)
    for k, (y, x) in enumerate(((y, x) for y in middles for x in middles), 1):
        shift = 8 if k % 2 else -8
        cv2.circle(labels, (x + shift, y), RADIUS_PX, k, -1)
        cv2.circle(nuclei, (x + shift, y), RADIUS_PX // 2, k, -1)
    masks = CellMasks(labels, nuclei)
    probabilities = np.random.default_rng(0).dirichlet(np.ones(len(FAB5)), masks.highest)
    said = predictions(probabilities.astype(np.float32), DecisionParameters(), FAB5)
    cells = with_said(measure(masks, UM_PER_PX), said, FAB5)
    size = PixelSize(UM_PER_PX, "user", 0.02)
    return Analysis("field", masks, cells, size, (), "none", "CPU", AnalysisParameters())


def corrections() -> dict[str, object]:
    """The kinds of edits; each is made at another place every time."""

    def place(n: int, row: int) -> tuple[int, int]:
        return SPACING_PX * row + SPACING_PX // 2, SPACING_PX * (2 * n + 10) + SPACING_PX // 2

    def split(masks, cells, n):
        y, x = place(n, 20)
        return edits.split(
            masks, cells, int(masks.labels[y, x]), [(y - 60, x + 9), (y + 60, x + 9)]
        )

    def merge(masks, cells, n):
        y, x = place(n, 30)
        return edits.merge(masks, cells, [int(masks.labels[y, x]), int(masks.labels[y, x + 100])])

    def paint(masks, cells, n):
        y, x = place(n, 40)
        region = Region(y - 70, x - 70, y + 70, x + 70)
        painted = masks.labels[y - 70 : y + 70, x - 70 : x + 70].copy()
        cv2.circle(painted, (70, 20), 25, int(masks.labels[y, x]), -1)
        return edits.repaint(masks, cells, region, painted)

    def add(masks, cells, n):
        y, x = place(n, 50)
        region = Region(y - 10, x + 40, y + 90, x + 60)
        return edits.add(masks, cells, region, np.ones((100, 20), bool))

    def delete(masks, cells, n):
        return edits.delete(masks, cells, int(masks.labels[place(n, 60)]))

    return {"split": split, "merge": merge, "paint": paint, "add": add, "delete": delete}


def timed(dock, make, n: int) -> tuple[float, float]:
    """Time of one edit with all that follows in the window."""
    return spent(lambda: dock.editor._change(lambda masks, cells: make(masks, cells, n)))


def spent(act) -> tuple[float, float]:
    """Milliseconds of `act`: on the clock, and of the processor alone."""
    began = time.perf_counter(), time.thread_time()
    act()
    return 1e3 * (time.perf_counter() - began[0]), 1e3 * (time.thread_time() - began[1])


def tell(name: str, times: list[tuple[float, float]]) -> None:
    """Print one line; where other programs are at work, the processor's time tells more."""
    clock, processor = np.transpose(times)
    print(
        f"{name:8} clock: median {np.median(clock):6.1f} ms, worst {clock.max():6.1f} ms   "
        f"processor: median {np.median(processor):6.1f} ms, worst {processor.max():6.1f} ms"
    )


if __name__ == "__main__":
    main()
