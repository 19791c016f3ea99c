"""The process that learns: it trains, judges and draws; the window only listens."""

from __future__ import annotations

import logging
import math
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from napari_all_subtype._widgets.child import Inbox
from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype._widgets.train.orders import (
    Control,
    Decide,
    DrawRounds,
    GiveFeedback,
    Order,
    Release,
    SelfTrain,
    Train,
)
from napari_all_subtype._widgets.train.plotter import Plotter
from napari_all_subtype.errors import AllSubtypeError, Stopped, describe_error
from napari_all_subtype.progress import Progress, TrainingProgress, checkpoint

log = logging.getLogger(__name__)

REPORT_EVERY_S = 0.1
NICENESS = 5
CURVES, HEAD = "curves", "head"
LOADING = "load libraries"


def serve_learning(connection: Connection, make_learner: Callable | None = None) -> None:
    """Do what the window orders until its end of the pipe is closed.

    Parameters
    ----------
    make_learner : callable, optional
        From database and order to a `Learner`; by default one that trains networks.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with suppress(AttributeError, OSError):  # no such thing on Windows
        os.nice(NICENESS)  # the window comes first
    mouth = Mouth(connection)
    inbox = LearningInbox(connection)
    plotter = Plotter(mouth.send)
    while True:
        order, _ = inbox.next_run()
        ended = _answered(order, Tools(mouth, inbox, plotter, make_learner or network_learner))
        plotter.finish()
        mouth.send(ended)


class Mouth:
    """The way to the window, for several threads."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Send `message` whole."""
        with self._lock:
            self._connection.send(message)


class LearningInbox(Inbox):
    """Hears Stop, and what a person decides of a round, while the work goes on."""

    def __init__(self, connection: Connection):
        self.decisions: queue.SimpleQueue = queue.SimpleQueue()
        super().__init__(connection)

    def take(self, message: object) -> None:
        """A decision is for the run that waits for it; the rest begins a run."""
        if isinstance(message, Decide):
            self.decisions.put(message)
        else:
            super().take(message)


class LearningMonitor:
    """Sends progress to the window, seldom enough, and has the curves drawn pass by pass."""

    def __init__(self, mouth: Mouth, stop: threading.Event, plotter: Plotter):
        self._mouth, self._stop, self._plotter = mouth, stop, plotter
        self._stage, self._sent_at_s = "", 0.0
        self._passes: list = []
        self.on_round: Callable[[], None] = lambda: None

    @property
    def stop_requested(self) -> bool:
        """True once the window has said Stop."""
        return self._stop.is_set()

    def report(self, progress: Progress) -> None:
        """Send `progress` if it tells something new, or the last message is old."""
        whole = isinstance(progress, TrainingProgress) and bool(progress.measured)
        now_s = time.monotonic()
        fresh = progress.stage.split(",")[0] != self._stage
        if not (whole or fresh) and now_s - self._sent_at_s < REPORT_EVERY_S:
            return
        self._stage, self._sent_at_s = progress.stage.split(",")[0], now_s
        self._mouth.send(progress)
        if isinstance(progress, TrainingProgress):
            self._note(progress)

    def _note(self, progress: TrainingProgress) -> None:
        """Have a pass that is whole in the curves; those of another training begin anew."""
        if not progress.measured or math.isnan(progress.loss):
            return
        from napari_all_subtype.learning.history_plots import Pass, training_figure

        made = Pass(
            *(progress.phase, progress.epoch, progress.loss),
            dict(progress.measured),
            progress.best_epoch,
            progress.chooses,
        )
        last = self._passes[-1] if self._passes else made
        again = made.phase == last.phase and made.number <= last.number
        anew = again or (made.phase == HEAD and last.phase != HEAD)
        self._passes = [made] if anew else [*self._passes, made]
        passes = tuple(self._passes)
        self._plotter.draw(CURVES, lambda: training_figure(passes))


class Tools:
    """What the work needs of the process around it.

    Parameters
    ----------
    mouth : Mouth
    inbox : LearningInbox
    plotter : Plotter
    make_learner : callable
    """

    def __init__(self, mouth, inbox, plotter, make_learner):
        self.send, self.plotter, self.make_learner = mouth.send, plotter, make_learner
        self.monitor = LearningMonitor(mouth, inbox.stop, plotter)
        self._inbox = inbox

    def decision(self) -> bool | None:
        """What a person says of the round that was proposed; waits for it.

        Raises
        ------
        Stopped
            If a person stops it instead.
        """
        while True:
            with suppress(queue.Empty):
                return self._inbox.decisions.get(timeout=0.1).accepted
            if self.monitor.stop_requested:
                raise Stopped("Stopped while a round waited; it is proposed again.")


def network_learner(database, order: Order):
    """What trains networks: as chosen for a training, else as the model that runs was trained."""
    from napari_all_subtype.workflow.keras_learner import KerasLearner, learner_of

    if isinstance(order, Train):
        chosen = order.choices
        return KerasLearner(chosen.training, chosen.augmentation, keeps_stopped=True)
    return learner_of(database)


def _answered(order: Order, tools: Tools) -> Ended:
    # Imported here, in the child: scikit-learn, seaborn and the like take their time.
    from napari_all_subtype._widgets.train import tasks

    works = {
        Train: tasks.train,
        Control: tasks.control,
        Release: tasks.release,
        GiveFeedback: tasks.give_feedback,
        SelfTrain: tasks.train_itself,
        DrawRounds: tasks.draw_rounds,
    }
    try:
        checkpoint(tools.monitor, Progress(LOADING))
        works[type(order)](order, tools)
    except Stopped as why:
        return Ended(stopped=True, message=str(why))
    except Exception as error:  # the edge of the process: a person reads one sentence
        if not isinstance(error, AllSubtypeError):
            log.error("unexpected error in the process that learns", exc_info=error)
        return Ended(message=describe_error(error))
    return Ended()
