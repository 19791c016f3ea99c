"""A worker that answers at once in the window's process: for tests of what the window does."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from examples import example_analysis
from napari_all_subtype._widgets.messages import (
    Classified,
    Classify,
    Ended,
    Explain,
    Explained,
    FieldDone,
    FieldFailed,
    Ready,
    Step,
)
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.model.saliency import Saliency
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.said import predictions

FIVE_CELLS = ((30, 30), (30, 80), (30, 130), (80, 30), (80, 80))


def five_cells(name="field.png"):
    """One cell of each class of FAB5, in order, on 128 x 160 pixels."""
    return example_analysis(FIVE_CELLS, name=name)


class InstantWorker(QObject):
    """Finds five cells in every field, and fails on fields called ``bad*``."""

    message = Signal(object)
    running = False
    pid = None

    def run(self, run, arrays):
        self.running, self.last_run, self.last_arrays = True, run, arrays
        QTimer.singleShot(0, self._answer)

    def _answer(self):
        if isinstance(self.last_run, Classify):
            self._classify(self.last_run)
            return
        if isinstance(self.last_run, Explain):
            self._explain()
            return
        self.message.emit(Ready("fake 0, sha256 00", "CPU"))
        for n, field in enumerate(self.last_run.fields):
            self.message.emit(Step(n, len(self.last_run.fields), "segment", 1, 2))
            if field.name.startswith("bad"):
                self.message.emit(FieldFailed(n, f"{field.name} is empty; copy it again."))
            else:
                result = PackedAnalysis.of(five_cells(field.name))
                self.message.emit(FieldDone(n, result))
        self.running = False
        self.message.emit(Ended())

    def _classify(self, asked):
        """Every cell is an L2."""
        probabilities = np.full((len(asked.labels), 5), 0.05, np.float32)
        probabilities[:, FAB5.index("l2")] = 0.8
        said = predictions(probabilities, asked.parameters.decision, FAB5)
        self.message.emit(Classified(asked.labels, said.set_axis(list(asked.labels), axis=0)))
        self.running = False
        self.message.emit(Ended())

    def _explain(self):
        """The upper left quarter of every crop speaks for a blast."""
        side = self.last_arrays[0].shape[0]
        quarter, nothing = np.zeros((2, side, side), np.float32)
        quarter[: side // 2, : side // 2] = 1
        self.message.emit(Explained(Saliency(quarter, nothing, 0.5, 8.0, 0.1, 0.97, 0.42)))
        self.running = False
        self.message.emit(Ended())

    def stop(self):
        """Nothing: a run is over before a person could stop it."""

    def close(self):
        self.running = False
