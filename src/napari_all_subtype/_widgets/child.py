"""The child process of a viewer: the only process in which the model is loaded."""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from napari_all_subtype._widgets.messages import (
    Classified,
    Classify,
    Ended,
    Explain,
    Explained,
    FieldDone,
    FieldFailed,
    FieldFlagged,
    FieldRequest,
    Ready,
    Run,
    Step,
    Stop,
    receive_array,
)
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.shared_ruler import compared, without_masks
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import AllSubtypeError, Stopped, describe_error
from napari_all_subtype.progress import Progress, checkpoint

log = logging.getLogger(__name__)

LOADING = "load model"
REPORT_EVERY_S = 0.05


def serve(connection: Connection, keeper: ModelKeeper | None = None) -> None:
    """Answer what the window asks until its end of the pipe is closed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    inbox = Inbox(connection)
    keeper = keeper or ModelKeeper()
    while True:
        run, arrays = inbox.next_run()
        monitor = PipeMonitor(connection, inbox.stop, len(run.fields))
        answer = {Classify: _classify, Explain: _explain}.get(type(run), _run)
        connection.send(answer(run, arrays, keeper, monitor, connection))


class Inbox:
    """Reads the pipe in a thread of its own, so that Stop is heard during the work."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self.stop = threading.Event()
        self._runs: queue.SimpleQueue = queue.SimpleQueue()
        for work in (self._listen, _leave_with_parent):
            threading.Thread(target=work, daemon=True).start()

    def next_run(self) -> tuple[Run, list[np.ndarray | None]]:
        """The next run with the arrays of its fields (None for files); waits for it."""
        return self._runs.get()

    def take(self, message: object) -> None:
        """Have what came through the pipe stop the run that goes on, or be the next one."""
        if isinstance(message, Stop):
            self.stop.set()
            return
        arrays = [_array_of(self.connection, field) for field in message.fields]
        self.stop.clear()
        self._runs.put((message, arrays))

    def _listen(self) -> None:
        try:
            while True:
                self.take(self.connection.recv())
        except (EOFError, OSError):
            # The window is gone, however it went: leave at once, mid-computation too.
            os._exit(0)


def _leave_with_parent() -> None:
    """End the process with the window's: its pipe may be held open elsewhere, or be broken."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


class PipeMonitor:
    """Sends progress to the window, at most every 50 ms, and hears its Stop."""

    def __init__(self, connection: Connection, stop: threading.Event, fields: int):
        self.connection = connection
        self.fields = fields
        self.field = 0
        self._stop = stop
        self._stage, self._sent_at_s = "", 0.0

    def report(self, progress: Progress) -> None:
        """Send `progress` if its stage is new or the last message is old."""
        now_s = time.monotonic()
        if progress.stage == self._stage and now_s - self._sent_at_s < REPORT_EVERY_S:
            return
        self._stage, self._sent_at_s = progress.stage, now_s
        step = Step(self.field, self.fields, progress.stage, progress.done, progress.total)
        self.connection.send(step)

    @property
    def stop_requested(self) -> bool:
        """True once the window has said Stop."""
        return self._stop.is_set()


class ModelKeeper:
    """Keeps the last model loaded, so that the next run starts at once."""

    def __init__(self) -> None:
        self._key: object = None
        self._classifier = None
        self._found_by: tuple[object, object] = (None, None)

    def classifier(self, parameters: AnalysisParameters):
        """The model that `parameters` name; nothing that finds cells is loaded.

        Raises
        ------
        ModelNotFoundError, ModelIntegrityError
            If it cannot be used.
        """
        # Imported here, in the child: this is what brings TensorFlow in.
        from napari_all_subtype.workflow.models import classifier_of

        if self._key != parameters.model.model:
            self._classifier = classifier_of(parameters.model.model)
            self._key = parameters.model.model
        return self._classifier

    def analyser(self, run: Run):
        """An Analyser for `run`.

        Raises
        ------
        ModelNotFoundError, ModelIntegrityError, ExtraMissingError
            If the model, or what finds the cells, cannot be used.
        """
        from napari_all_subtype.workflow.analyse import Analyser

        finding = run.parameters.finding, run.parameters.segmentation
        segmenter = self._found_by[1] if finding == self._found_by[0] else None
        analyser = Analyser(run.parameters, self.classifier(run.parameters), segmenter)
        self._found_by = finding, analyser.segmenter
        return analyser


def _run(
    run: Run,
    arrays: list[np.ndarray | None],
    keeper: ModelKeeper,
    monitor: PipeMonitor,
    connection: Connection,
) -> Ended:
    from napari_all_subtype.workflow.overlaps import SmearOverviews
    from napari_all_subtype.workflow.smear_scale import scale_of_smear

    try:
        checkpoint(monitor, Progress(LOADING))
        analyser = keeper.analyser(run)
        connection.send(_ready(analyser.classifier))
        files = [field.path for field in run.fields if field.path]
        scale = scale_of_smear(files, run.parameters, monitor)
        overviews, found = SmearOverviews(), []
        for n, (field, array) in enumerate(zip(run.fields, arrays, strict=True)):
            monitor.field = n
            message = _analyse(n, field, array, scale, analyser, monitor, overviews)
            connection.send(message)
            if isinstance(message, FieldDone):
                found.append(without_masks(message))
        for message in compared(found):
            connection.send(message)
        for n, flags in overviews.flags(run.parameters.quality, monitor).items():
            connection.send(FieldFlagged(n, flags))
    except Stopped:
        return Ended(stopped=True)
    except Exception as error:  # the edge of the process: a person reads one sentence
        return Ended(message=_told(error))
    return Ended()


def _classify(
    asked: Classify, arrays: list, keeper: ModelKeeper, monitor: PipeMonitor, connection
) -> Ended:
    """Classify crops that the window has cut."""
    from napari_all_subtype.workflow.said import said_of

    try:
        classifier = keeper.classifier(asked.parameters)
        connection.send(_ready(classifier))
        said = said_of(arrays[0], classifier, asked.parameters, monitor)
        connection.send(Classified(asked.labels, said.set_axis(list(asked.labels), axis=0)))
    except Stopped:
        return Ended(stopped=True)
    except Exception as error:  # the edge of the process, as above
        return Ended(message=_told(error))
    return Ended()


def _explain(
    asked: Explain, arrays: list, keeper: ModelKeeper, monitor: PipeMonitor, connection
) -> Ended:
    """Say what the network looks at in a crop that the window has cut."""
    from napari_all_subtype.model.saliency import saliency_of_crop

    try:
        checkpoint(monitor, Progress(LOADING))
        classifier = keeper.classifier(asked.parameters)
        connection.send(_ready(classifier))
        checkpoint(monitor, Progress("explain"))
        connection.send(Explained(saliency_of_crop(classifier, arrays[0])))
    except Stopped:
        return Ended(stopped=True)
    except Exception as error:  # the edge of the process, as above
        return Ended(message=_told(error))
    return Ended()


def _ready(classifier) -> Ready:
    return Ready(classifier.card.identity, classifier.device, classifier.crop_spec)


def _analyse(
    n: int, field: FieldRequest, array, scale, analyser, monitor, overviews
) -> FieldDone | FieldFailed:
    from napari_all_subtype.workflow.overlaps import same_picture

    try:
        source = _source(field, array, scale, analyser)
        given = _given(field, analyser.parameters)
        result = PackedAnalysis.of(analyser(source, monitor, given))
        same_as = overviews.add(n, field.name, source) if monitor.fields > 1 else ""
        return FieldDone(
            n, result.flagged((same_picture(same_as),)) if same_as else result, same_as
        )
    except Stopped:
        raise
    except Exception as error:  # one field that fails leaves the others alone
        return FieldFailed(n, _told(error))


def _given(field: FieldRequest, parameters: AnalysisParameters):
    from napari_all_subtype.cells.given import GivenCells

    if field.cells is None:
        return None
    called = f"The mask of {field.name}"
    return GivenCells(field.cells, parameters=parameters.segmentation, called=called)


def _source(field: FieldRequest, array: np.ndarray | None, scale, analyser):
    from napari_all_subtype.cells.image import as_source
    from napari_all_subtype.workflow.smear_scale import with_scale

    reading = analyser.parameters.reading
    if array is None:
        return with_scale(as_source(Path(field.path), reading), scale)
    return as_source(array, reading, name=field.name, pixel_size=field.pixel_size)


def _array_of(connection: Connection, field: FieldRequest) -> np.ndarray | None:
    return None if field.path else receive_array(connection, field.shape, field.dtype)


def _told(error: Exception) -> str:
    """What to tell a person; an error that nobody foresaw goes to the log as a whole."""
    if not isinstance(error, AllSubtypeError):
        log.error("unexpected error in the analysis process", exc_info=error)
    return describe_error(error)
