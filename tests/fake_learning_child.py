"""Processes that learn without a network: whole, slow, stuck or dying."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from fake_learner import FakeLearner
from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype.errors import Stopped
from napari_all_subtype.progress import Progress, TrainingProgress, Unstoppable
from napari_all_subtype.workflow.learners import Learned

PASSES = 6
PASS_S = 0.05


@dataclass
class PassingLearner(FakeLearner):
    """Tells of passes as a network does; stopped, it keeps what it has."""

    passes: int = PASSES
    pass_s: float = PASS_S

    def learn(self, training, model_id, folder, seed, monitor, extra=None, pictures=None):
        stopped = False
        for n in range(1, self.passes + 1):
            time.sleep(self.pass_s)
            if monitor.stop_requested:
                stopped = True
                if n == 1:
                    raise Stopped("Stopped before anything was learned; nothing was kept.")
                break
            monitor.report(_progress(n, self.passes))
        learned = super().learn(
            training, model_id, folder, seed, Unstoppable(monitor), extra, pictures
        )
        content = learned.content | ({"stopped": True} if stopped else {})
        return Learned(learned.parent, learned.card_sha256, content)


def _progress(n, passes):
    measured = (("val_loss", 1 / n), ("val_accuracy", 1 - 0.5 / n))
    return TrainingProgress(
        f"head, pass {n} of {passes}",
        n,
        passes,
        "head",
        n,
        passes,
        1.5 / n,
        measured,
        n,
        passes - n,
    )


def serve_quick(connection):
    _serve(connection, PASSES)


def serve_slow(connection):
    """Trains until it is stopped."""
    _serve(connection, 100_000)


def _serve(connection, passes):
    # Imported here: those that get stuck or die begin sooner without it.
    from napari_all_subtype._widgets.train.child import serve_learning

    serve_learning(connection, lambda database, order: PassingLearner(passes=passes))


def serve_stuck(connection):
    """Deaf to Stop, as TensorFlow is while it is imported."""
    connection.recv()
    time.sleep(600)


def serve_lingering(connection):
    """Asked to stop, it tells of its progress for a second before it ends."""
    connection.recv()
    connection.recv()
    for n in range(1, 11):
        time.sleep(0.1)
        connection.send(Progress("measure", n, 10))
    connection.send(Ended(stopped=True, message="It was kept."))


def serve_dying(connection):
    """Ends as the system ends it when memory runs out."""
    connection.recv()
    os._exit(9)
