"""What both docks that learn do with the process: orders, progress, stop, failures, the end."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.train.orders import Order, Picture
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.progress import Progress


class Foreman:
    """Connects a dock with a footer and curves to the process that learns for its viewer.

    Parameters
    ----------
    dock : QWidget
        Has a `footer` and `curves`.
    session : Session
        The state.

    Attributes
    ----------
    orders : tuple of type
        Those of this dock; what else goes on is another dock's.
    busy, stopping : str
        What is said while another dock has the process work, and when a person stops it.
    picture : str
        Name of the picture that is shown as curves.
    """

    orders: tuple[type, ...] = ()
    busy = stopping = picture = ""

    def __init__(self, dock, session: Session):
        self.dock, self.session = dock, session
        self.record, self.learning = session.record, session.learning
        self._closed = False
        self._told = ""  # what is said at the end

    def _join(self) -> None:
        """Begin to listen; what is shown depends on no order before it."""
        self.record.join(self)
        self.learning.join(self)
        self.dock.footer.start_button.clicked.connect(lambda: self.start())
        self.dock.footer.stop_button.clicked.connect(self._on_stop)
        for signal, slot in self._slots():
            signal.connect(slot)

    def _slots(self):
        learning = self.learning
        return (
            (self.record.opened, self._on_project),
            (learning.started, self._on_started),
            (learning.progressed, self._on_progress),
            (learning.reported, self._on_report),
            (learning.ended, self._on_ended),
            (learning.changed, self._on_changed),
        )

    def close(self, *_: object) -> None:
        """Listen no more; the work ends when no dock shows it."""
        self._closed = True
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)
        self.learning.leave(self)
        self.record.leave(self)

    # What each dock says for itself

    def start(self) -> None:
        """Begin what the first button of the footer is for."""
        raise NotImplementedError

    def show_state(self) -> None:
        """Enable what can be done now, and say why nothing can."""
        raise NotImplementedError

    def _on_project(self) -> None:
        """Another project is open, or none."""
        raise NotImplementedError

    def _on_changed(self) -> None:
        """Models or rounds of the project are others now."""
        raise NotImplementedError

    def _hear(self, message: object) -> None:
        """Take what the process tells of an order of this dock, curves apart."""
        raise NotImplementedError

    def _words_before(self, progress: Progress) -> str | None:
        """What stands before the progress; None where it is not to be shown."""
        return ""

    def _clean_up(self) -> None:
        """What is to be done at the end of an order of this dock."""

    # Work

    @property
    def _folder(self) -> Path | None:
        return None if self.record.database is None else self.record.database.folder

    @property
    def _mine(self) -> bool:
        return isinstance(self.learning.order, self.orders)

    def _run(self, order: Callable[[], Order]) -> bool:
        """Begin what `order` makes; say why where it cannot be made."""
        try:
            made = order()
        except AllSubtypeError as error:
            self._say_error(error)
            return False
        self.learning.run(made)
        return True

    def _say_error(self, error: AllSubtypeError) -> None:
        self.dock.footer.say(f"⚠ {escape(str(error))}")

    def _on_stop(self) -> None:
        self.learning.stop()
        if self.learning.running:
            self.dock.footer.say(self.stopping)
        self.show_state()

    def _on_started(self, order: Order) -> None:
        if isinstance(order, self.orders):
            self._told = ""
            self.dock.footer.show_start()
        self.show_state()

    def _on_progress(self, progress: Progress) -> None:
        if not self._mine or self.learning.stopping:
            return
        before = self._words_before(progress)
        if before is not None:
            self.dock.footer.show_progress(progress, before)

    def _on_report(self, message: object) -> None:
        if not self._mine:
            return
        if isinstance(message, Picture) and message.name == self.picture:
            first = self.dock.curves.curves.empty
            self.dock.curves.show_png(message.png)
            if first:
                self.dock.scroll.reveal(self.dock.curves)
        else:
            self._hear(message)

    def _on_ended(self, ended: Ended) -> None:
        if self._mine:
            self._clean_up()
            told = f"⚠ {escape(ended.message)}" if ended.message else self._told
            self.dock.footer.say(told or ("Stopped." if ended.stopped else ""))
        self.show_state()

    def _show_footer(self, able: bool) -> None:
        """Have the buttons say what can be done, and that another dock is at work."""
        footer, running = self.dock.footer, self.learning.running
        footer.show_state(able, running, self.learning.stopping)
        if running and not self._mine:
            footer.bar.hide()
            footer.stop_button.setEnabled(False)
            footer.say(self.busy)
        elif not running and footer.told.text() == self.busy:
            footer.say("")
