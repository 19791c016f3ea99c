"""One export on its way: in a thread of its own, told of and stopped from the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event

from qtpy.QtCore import QObject, Signal

from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.errors import AllSubtypeError, Stopped, describe_error
from napari_all_subtype.progress import Progress
from napari_all_subtype.project.database import open_project


@dataclass(frozen=True)
class Order:
    """What is to be exported, and where to.

    Parameters
    ----------
    project, out : Path
        Folders.
    formats : tuple of str
    identifiers, overwrite : bool
        As in `project_export.write_export`.
    """

    project: Path
    out: Path
    formats: tuple[str, ...]
    identifiers: bool = False
    overwrite: bool = False


class ExportJob(QObject):
    """Exports a project; a monitor of its own work.

    Signals
    -------
    progressed : Progress
    ended : str, list of str
        Why it failed, empty if it did not; and what had to be left out.
    stopped
        A person asked for it; nothing was written.
    """

    progressed = Signal(object)
    ended = Signal(str, object)
    stopped = Signal()

    def __init__(self, order: Order):
        # Without a parent: the thread tells it of its progress also when the window is gone.
        super().__init__()
        self.order = order
        self._stop = Event()

    def start(self) -> None:
        """Begin; the window goes on."""
        in_thread(_export, self.order, self, then=self._on_end)

    def stop(self) -> None:
        """Ask it to stop, before the next field or crop."""
        self._stop.set()

    # What a monitor is

    def report(self, progress: Progress) -> None:
        """Tell of it; called in the thread."""
        self.progressed.emit(progress)

    @property
    def stop_requested(self) -> bool:
        """True once a person has asked to stop."""
        return self._stop.is_set()

    def _on_end(self, made: object) -> None:
        if isinstance(made, Stopped):
            self.stopped.emit()
        elif isinstance(made, AllSubtypeError):
            self.ended.emit(describe_error(made), [])
        else:
            self.ended.emit("", list(made.left_out))


def _export(order: Order, job: ExportJob) -> object:
    # Zarr and jinja2 take their time: not when the dock opens.
    from napari_all_subtype.workflow.project_export import write_export

    with open_project(order.project, write=False) as database:
        return write_export(
            database, order.out, order.formats, order.identifiers, order.overwrite, job
        )
