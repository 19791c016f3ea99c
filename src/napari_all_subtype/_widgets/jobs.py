"""The window's end of its child process: starts it, forwards its messages, stops or kills it."""

from __future__ import annotations

import logging
import multiprocessing
import queue
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_all_subtype._widgets import entries
from napari_all_subtype._widgets.messages import Ended, Run, Stop, send_array

log = logging.getLogger(__name__)

STOP_GRACE_MS = 700


@dataclass(frozen=True)
class Role:
    """What a child process is for.

    Parameters
    ----------
    name : str
        What the system calls it.
    grace_ms : int
        When it was asked to stop, it is killed after so long without an end.
    died : str
        What a person is told when it ends unexpectedly; ``{exitcode}`` stands for its exit code.
    killed : str
        What a person is told when it was killed after a stop.
    finishes : bool
        Whether it may finish something after a stop: the time runs from its last message.
    """

    name: str
    grace_ms: int
    died: str
    killed: str = ""
    finishes: bool = False


ANALYSIS = Role(
    "napari-all-subtype analysis",
    STOP_GRACE_MS,
    "The analysis process ended unexpectedly (exit code {exitcode}); memory may have run out. Run "
    "again with a smaller image, or with fewer programs open.",
)


class Worker(QObject):
    """One child process for heavy work: started at the first run, kept between runs.

    Parameters
    ----------
    target : callable
        What the child does with its end of the pipe.
    role : Role
        What it is for.

    Signals
    -------
    message : object
        Every message of the child, in the window's own thread; the last of a
        run is always `Ended`.
    """

    message = Signal(object)
    _arrived = Signal(int, object)

    def __init__(
        self, parent: QObject | None = None, target=entries.analyse, role: Role = ANALYSIS
    ):
        super().__init__(parent)
        self._target, self._role = target, role
        self._link: _Link | None = None
        self._generation = 0
        self._running = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(role.grace_ms)
        self._patience.timeout.connect(self._on_patience_lost)
        self._arrived.connect(self._on_arrived)

    @property
    def running(self) -> bool:
        """True from `run` to `Ended`."""
        return self._running

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._link.process.pid if self._link else None

    def run(self, run: Run, arrays: Sequence[np.ndarray | None]) -> None:
        """Start `run`; `arrays` has one entry per field, None for files."""
        if self._running:
            raise RuntimeError("a run is going on; stop it or wait for its end")
        if self._link is None or not self._link.process.is_alive():
            self._start()
        self._running = True
        self._link.send(run, arrays)

    def stop(self) -> None:
        """Ask the child to stop; it is killed when it has not in the time its role gives it."""
        if self._running and not self._patience.isActive():
            self._link.send(Stop())
            self._patience.start()

    def tell(self, message: object) -> None:
        """Send the child an answer that its run waits for."""
        if self._running:
            self._link.send(message)

    def close(self) -> None:
        """Kill the child, if there is one; the next run starts a fresh one."""
        self._running = False
        self._generation += 1
        if self._link is not None:
            self._link.close()
            self._link = None
        # At the end of the program Qt may have deleted the timer before the dock.
        with suppress(RuntimeError):
            self._patience.stop()

    def _start(self) -> None:
        self.close()
        generation, me = self._generation, weakref.ref(self)

        def forward(message: object) -> None:
            worker = me()
            if worker is not None:
                # From the link's thread; Qt carries it over to the window's.
                worker._arrived.emit(generation, message)

        self._link = _Link(self._target, self._role, forward)

    def _on_arrived(self, generation: int, message: object) -> None:
        if generation != self._generation or not self._running:
            return
        if isinstance(message, Ended):
            self._running = False
            self._patience.stop()
            if not self._link.process.is_alive():
                self.close()
        elif self._role.finishes and self._patience.isActive():
            self._patience.start()  # anew: it is at work
        self.message.emit(message)

    def _on_patience_lost(self) -> None:
        self.close()
        self.message.emit(Ended(stopped=True, message=self._role.killed))


class _Link:
    """A process, the pipe to it, and the two threads that read and write it."""

    def __init__(self, target, role: Role, forward):
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.process = context.Process(target=target, args=(theirs,), daemon=True, name=role.name)
        with _without_main():
            self.process.start()
        theirs.close()
        self._outbox: queue.SimpleQueue = queue.SimpleQueue()
        # If the worker is collected with its viewer, the process goes with it.
        self._end = weakref.finalize(self, _end, self.process, self._outbox)
        for work, arguments in (
            (_read, (ours, self.process, role, forward)),
            (_write, (ours, self._outbox, self.process, forward)),
        ):
            threading.Thread(target=work, args=arguments, daemon=True).start()

    def send(self, message: object, arrays: Sequence[np.ndarray | None] = ()) -> None:
        """Have the thread write it: a large image must not hold the window."""
        self._outbox.put((message, arrays))

    def close(self) -> None:
        """Kill the process."""
        self._end()


def _read(connection, process, role: Role, forward) -> None:
    # RuntimeError: Qt has deleted the window while a message was on its way.
    with suppress(RuntimeError):
        try:
            while True:
                forward(connection.recv())
        except (EOFError, OSError):
            process.join(1)
            forward(Ended(message=role.died.format(exitcode=process.exitcode)))
    # Not closed here, the other thread may be writing: it closes with the last reference.


def _write(connection, outbox, process, forward) -> None:
    while (item := outbox.get()) is not None:
        try:
            _send(connection, *item)
        except Exception as error:  # a lazy layer could not be computed
            log.exception("an image could not be handed to the analysis process")
            # RuntimeError: Qt has deleted the window.
            with suppress(RuntimeError):
                forward(Ended(message=f"The image could not be read from its layer: {error}"))
            process.kill()  # it waits for pixels that will not come


def _send(connection, message: object, arrays: Sequence[np.ndarray | None]) -> None:
    # OSError: the pipe is broken; the reader sees that as well, and reports it.
    with suppress(OSError):
        connection.send(message)
    for array in arrays:
        if array is not None:
            # Computed apart from the sending: a file share that is gone is an OSError, too.
            pixels = np.ascontiguousarray(array)
            with suppress(OSError):
                send_array(connection, pixels)


def _end(process, outbox) -> None:
    outbox.put(None)
    process.kill()
    process.join(1)


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module: a spawned child would run an unguarded user script again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
