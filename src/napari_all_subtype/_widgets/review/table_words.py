"""Words that a person chooses in napari's table of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

from napari_all_subtype._widgets.layer_kinds import words_in, words_of
from napari_all_subtype._widgets.session import Session

if TYPE_CHECKING:
    import numpy as np

# The table of features tells nobody of what is written in it.
LOOK_EVERY_MS = 400


class TableWords:
    """Looks every now and then what stands in the features of the layer of the cells.

    What differs from what we wrote there last, a person chose; what the record says meanwhile
    is of no account. Nothing is said while layers are missing, nor for another reader, reading,
    project or smear than the choice was made for.

    Parameters
    ----------
    parent : QObject
        Which the timer ends with.
    session : Session
        Whose layers they are.
    say : callable
        Called with a word and labels by numbers of fields.
    """

    def __init__(
        self,
        parent: QObject,
        session: Session,
        say: Callable[[str, Mapping[int, Sequence[int]]], None],
    ):
        self.session, self._say = session, say
        self._of: tuple[object, ...] | None = None
        self._timer = QTimer(parent)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self._others = session.record.opened, session.record.reader_changed
        for signal in self._others:
            signal.connect(self.forget)
        self.forget()

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()
        for signal in self._others:
            signal.disconnect(self.forget, missing_ok=True)

    def look(self) -> None:
        """Say what was chosen since; what cannot be said stands there no longer."""
        self._look(self._of)

    def forget(self, *_: object) -> None:
        """What was chosen for another reader or project is said for nobody."""
        self._look(None)

    def _look(self, before: tuple[object, ...] | None) -> None:
        layers = self.session.layers
        self._of = now = self._whose()
        if now is None:
            return
        shown, written = words_in(layers.cells), layers.written
        if shown is None or written is None or len(shown) != len(written):
            return
        changed = (shown != written).nonzero()[0].tolist()
        if not changed:
            return
        if before is not None and all(map(is_, before, now)):
            self._say_all(shown, changed)
        layers.say_words(changed)

    def _say_all(self, shown: np.ndarray, changed: Sequence[int]) -> None:
        result = self.session.result()
        there, words = result.there(changed), words_of(result.analysis.taxonomy)
        for word in dict.fromkeys(shown[label] for label in changed):
            labels = [k for k in changed if k in there and shown[k] == word]
            if labels and word in ("", *words):
                self._say(word, {self.session.selected: labels})

    def _whose(self) -> tuple[object, ...] | None:
        """Whom a choice would be kept for, and where; None while no choice can be meant."""
        session, record = self.session, self.session.record
        layers = session.layers
        if not session.in_view or layers.incomplete:
            return None
        return layers.cells, layers.view.key, record.database, record.reader, record.reading
