"""The process that learns for one viewer: ordered, stopped, listened to, ended with its project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

from napari_all_subtype._widgets import entries
from napari_all_subtype._widgets.jobs import Role, Worker
from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype.progress import Progress

if TYPE_CHECKING:
    from napari_all_subtype._widgets.train.orders import Order

# Of silence: while it tells of its progress it may take as long as the machine needs to finish a
# batch, measure the best weights and write them; a person who will not wait presses Stop again.
STOP_GRACE_MS = 300_000
LEARNER = Role(
    "napari-all-subtype learning",
    STOP_GRACE_MS,
    "The process that learns ended unexpectedly (exit code {exitcode}); memory may have run out. "
    "Nothing that was said is lost. Press the same button again: it goes on from the last pass "
    "that was whole.",
    killed="It told nothing for 5 minutes after Stop, and was ended. Models that were told of are "
    "kept; with the same settings it goes on from the last pass that was whole.",
    finishes=True,
)
CLOSED = (
    "The project was closed, so that the work on it ended. With the same settings it goes on "
    "from the last pass that was whole."
)
KILLED = "Ended at once. With the same settings it goes on from the last pass that was whole."


class Learning:
    """Has the process of one viewer work, on one order at a time.

    Parameters
    ----------
    record : Record
        Of the open project: what works on it ends when it is closed.

    Signals
    -------
    started : Order
    progressed : Progress
    reported : object
        Any other message of `train.orders`.
    ended : Ended
    changed
        Models or rounds of the project are others now.
    """

    started = Signal(object)
    progressed = Signal(object)
    reported = Signal(object)
    ended = Signal(object)
    changed = Signal()

    def __init__(self, record):
        self.record = record
        self.worker = Worker(target=entries.learn, role=LEARNER)
        self.worker.message.connect(self._on_message)
        self.order: Order | None = None
        self.stopping = False
        self._users: list[object] = []
        record.opened.connect(self._on_opened)

    @property
    def running(self) -> bool:
        """True from `run` to `ended`."""
        return self.worker.running

    def join(self, user: object) -> None:
        """`user`, a dock, shows what goes on."""
        self._users.append(user)

    def leave(self, user: object) -> None:
        """`user` shows it no longer; when nobody does, the process ends."""
        self._users = [one for one in self._users if one is not user]
        if not self._users:
            self.close(CLOSED)

    def run(self, order: Order) -> None:
        """Begin `order`; what it depends on is said in `reported`."""
        self.order, self.stopping = order, False
        self.worker.run(order, [])
        self.started.emit(order)

    def stop(self) -> None:
        """Ask for a stop at the next batch; asked again, end the process at once."""
        if self.stopping:
            self.close(KILLED)
        elif self.running:
            self.stopping = True
            self.worker.stop()

    def decide(self, accepted: bool | None) -> None:
        """Answer the round that waits for it."""
        from napari_all_subtype._widgets.train.orders import Decide

        self.worker.tell(Decide(accepted))

    def close(self, why: str = "") -> None:
        """End the process, and say why if it was at work."""
        running = self.running
        self.worker.close()
        if running:
            self._end(Ended(stopped=True, message=why))

    def _on_opened(self) -> None:
        if self.order is not None and self._folder != self.order.project:
            self.close(CLOSED)

    @property
    def _folder(self) -> object:
        return None if self.record.database is None else self.record.database.folder

    def _on_message(self, message: object) -> None:
        if isinstance(message, Progress):
            self.progressed.emit(message)
        elif isinstance(message, Ended):
            self._end(message)
        else:
            self.reported.emit(message)

    def _end(self, ended: Ended) -> None:
        self.stopping = False
        self.ended.emit(ended)
        self.changed.emit()
