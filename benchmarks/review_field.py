"""A field of 10,000 simulated cells, shown in a real napari window with both docks beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
import pandas as pd
from qtpy.QtWidgets import QApplication

from napari_all_subtype._widgets.dock import AnalyseSmear
from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import AnalysisParameters, DecisionParameters
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.weights import model_folders
from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.card_facts import facts_of
from napari_all_subtype.workflow.fab_evidence import with_fab
from napari_all_subtype.workflow.said import predictions, with_said

SIDE_PX, CELLS = 1000, 100  # of one tile; ten by ten of them are 100 MP and 10,000 cells
UM_PER_PX = 0.25
RECIPE = SmearRecipe(
    width_px=SIDE_PX, height_px=SIDE_PX, um_per_px=UM_PER_PX, style="rose", lymphocyte=20,
    monocyte=5, neutrophil=15, eosinophil=2, blast=14, l1=18, l2=18, l3=8,
)  # fmt: skip
_PLACES = ("centroid_y_px", "y0_px", "y1_px"), ("centroid_x_px", "x0_px", "x1_px")


def make_field(rows: int = 10, columns: int = 10) -> tuple[np.ndarray, Analysis]:
    """Pixels and analysis of `rows` × `columns` copies of one simulated megapixel.

    The cells are those of the simulation, measured as always. No model is asked: what it says
    is drawn at random around each cell's true class, which costs the window the same.
    """
    smear = simulate_smear(RECIPE, seed=1)
    cells = _table_of(smear)
    pixels = np.tile(smear.pixels, (rows, columns, 1))
    labels, nuclei = (np.zeros((rows * SIDE_PX, columns * SIDE_PX), np.int32) for _ in range(2))
    parts = [cells.iloc[:1]]
    for n in range(rows * columns):
        y, x = SIDE_PX * (n // columns), SIDE_PX * (n % columns)
        box = np.s_[y : y + SIDE_PX, x : x + SIDE_PX]
        for whole, part in ((labels, smear.masks.labels), (nuclei, smear.masks.nuclei)):
            whole[box] = np.where(part > 0, part + n * CELLS, 0)
        parts.append(_moved(cells.iloc[1:], n * CELLS, y, x))
    whole = pd.concat(parts, ignore_index=True)
    if not (whole["label"] == whole.index).all():
        raise ValueError("row k of the table is not label k")
    card = read_card(next(folder for folder in model_folders()))
    analysis = Analysis(
        "field", CellMasks(labels, nuclei), whole, PixelSize(UM_PER_PX, "user", 0.02), (),
        card.identity, "CPU", AnalysisParameters(), facts=facts_of(card),
    )  # fmt: skip
    return pixels, analysis


def _table_of(smear) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    truth = np.array([FAB5.index(name) for name in smear.classes])
    probabilities = rng.dirichlet(np.ones(len(FAB5)), len(truth)) + 2 * np.eye(len(FAB5))[truth]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    said = predictions(probabilities.astype(np.float32), DecisionParameters(), FAB5)
    cells = with_said(measure(smear.masks, UM_PER_PX), said, FAB5)
    size = PixelSize(UM_PER_PX, "user", 0.02)
    return with_fab(cells, ArraySource(smear.pixels, "tile"), smear.masks, size)


def _moved(cells: pd.DataFrame, labels: int, y_px: int, x_px: int) -> pd.DataFrame:
    down, right = _PLACES
    changes = {"label": cells["label"] + labels}
    changes |= {name: cells[name] + y_px for name in down}
    changes |= {name: cells[name] + x_px for name in right}
    return cells.assign(**changes)


class Window:
    """A viewer with the field, its result and both docks, and a project that keeps it.

    Parameters
    ----------
    folder : Path or None
        Of the project that is made; None for none.
    """

    def __init__(self, folder: Path | None, rows: int = 10, columns: int = 10, docks: int = 2):
        pixels, analysis = make_field(rows, columns)
        self.found, self.packed = analysis, PackedAnalysis.of(analysis)
        self.viewer = napari.Viewer(show=True)
        self.viewer.window.resize(1500, 1100)
        self.layer = self.viewer.add_image(
            pixels, rgb=True, name="field", scale=(UM_PER_PX,) * 2, units=("um", "um")
        )
        self.dock = AnalyseSmear(self.viewer)
        self.viewer.window.add_dock_widget(self.dock, name="Analyse smear")
        self.review = None
        if docks > 1:
            self.review = ReviewSmear(self.viewer)
            self.viewer.window.add_dock_widget(self.review, name="Review", tabify=True)
        self.session = self.dock.controller.session
        self.session.set_fields([SmearField("field", layer=self.layer)], "field")
        self.session.select(0)
        settle()
        if folder is not None:
            self.session.record.create(folder)
            self.session.record.read_as("Dr. A")

    def show_result(self) -> None:
        """Have the result arrive, and wait until it is shown and kept, or refused."""
        shown, record = self.session.layers, self.session.record
        refused: list[str] = []
        record.keeper.trouble.connect(refused.append)
        self.session.update(0, result=self.packed, kept=None)
        wait(lambda: shown.letters is not None and self.session.in_view)
        if record.database is not None:
            record.keeper.keep_results()
            wait(lambda: record.keeps(0) or refused)
        record.keeper.trouble.disconnect(refused.append)

    def show(self) -> None:
        """The same, and all that follows from it."""
        self.show_result()
        settle()

    def close(self) -> None:
        """Close window and project."""
        self.session.record.close()
        self.viewer.close()


def settle(seconds: float = 1.0) -> None:
    """Let the window do what it still has to."""
    wait(lambda: False, seconds, fail=False)


def wait(until: Callable[[], bool], seconds: float = 180.0, fail: bool = True) -> None:
    """Let the window live until something is so, or the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.instance().processEvents()
        if until():
            return
        time.sleep(0.002)
    if fail:
        raise SystemExit("what was waited for did not come")


def labels_of(window: Window) -> list[int]:
    """Labels of the cells that are there."""
    return table.present(window.session.result(0).analysis.cells).index.tolist()
