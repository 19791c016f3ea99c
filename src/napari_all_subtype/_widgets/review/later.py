"""What is done once for many changes, when they have ceased for a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from psygnal import SignalInstance
from qtpy.QtCore import QObject, QTimer

PAUSE_MS = 250


class Later:
    """Calls `what` a moment after it was last asked for: nobody waits for it.

    Parameters
    ----------
    what : callable
    parent : QObject
        It is not called after this one is gone.
    signals : iterable of psygnal.SignalInstance
        Each asks for it, until it is stopped.
    """

    def __init__(
        self, what: Callable[[], None], parent: QObject, signals: Iterable[SignalInstance] = ()
    ):
        self._what, self._signals = what, tuple(signals)
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(what)
        for signal in self._signals:
            signal.connect(self.ask)

    def ask(self, *_: object) -> None:
        """Have it called in a moment; takes what any signal tells."""
        self._timer.start()

    def now(self) -> None:
        """Call it now, if it was asked for."""
        if self._timer.isActive():
            self._timer.stop()
            self._what()

    def stop(self) -> None:
        """Do not call it any more, and hear no signal."""
        self._timer.stop()
        for signal in self._signals:
            signal.disconnect(self.ask, missing_ok=True)
