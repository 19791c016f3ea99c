"""A classifier without a network, and child processes that use it, get stuck or die."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import numpy as np

from napari_all_subtype._widgets.child import ModelKeeper, serve
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.progress import Progress, checkpoint
from napari_all_subtype.taxonomy import FAB5


class FakeClassifier:
    """Cell k of a field is of class k - 1, k - 6, ... of FAB5, with probability 0.8."""

    card = SimpleNamespace(id="fake", identity="fake 0")
    device = "CPU"
    taxonomy = FAB5
    crop_spec = CropSpec()

    def predict(self, crops, monitor, batch_size=64):
        checkpoint(monitor, Progress("classify", len(crops), len(crops)))
        probabilities = np.full((len(crops), len(FAB5)), 0.05, np.float32)
        probabilities[np.arange(len(crops)), np.arange(len(crops)) % len(FAB5)] = 0.8
        return probabilities

    def novelty(self, crops):
        return np.zeros(len(crops), np.float32)


class FakeKeeper(ModelKeeper):
    """Has the fake model at once."""

    def classifier(self, parameters):
        return FakeClassifier()


class StuckKeeper(FakeKeeper):
    """Loads for ever, deaf to Stop, as TensorFlow is while it is imported."""

    def analyser(self, run):
        time.sleep(600)


class DyingKeeper(FakeKeeper):
    """Ends the process, as the system does when memory runs out."""

    def analyser(self, run):
        os._exit(9)


def serve_fake(connection):
    serve(connection, FakeKeeper())


def serve_stuck(connection):
    serve(connection, StuckKeeper())


def serve_dying(connection):
    serve(connection, DyingKeeper())


class WaitingAnalyser:
    """Finishes the first field, and waits in the second until it is stopped."""

    def __init__(self, analyser):
        self.classifier, self.parameters = analyser.classifier, analyser.parameters
        self._analyser, self._fields = analyser, 0

    def __call__(self, source, monitor, segmenter=None):
        self._fields += 1
        while self._fields > 1:
            checkpoint(monitor, Progress("segment"))
            time.sleep(0.01)
        return self._analyser(source, monitor, segmenter)


class WaitingKeeper(FakeKeeper):
    """The second run of a process never comes to its second field."""

    def __init__(self):
        super().__init__()
        self._runs = 0

    def analyser(self, run):
        self._runs += 1
        analyser = super().analyser(run)
        return analyser if self._runs == 1 else WaitingAnalyser(analyser)


def serve_waiting(connection):
    serve(connection, WaitingKeeper())
