"""Words that a person chooses in napari's table of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qtpy.QtCore import QObject, QTimer

from napari_all_subtype._widgets.layer_kinds import NO_WORD, words_of
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table

# The table of features tells nobody of what is written in it.
LOOK_EVERY_MS = 400


class TableWords:
    """Looks every now and then what stands in the features of the layer of the cells.

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
        self._timer = QTimer(parent)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Say what was chosen since; what cannot be said stands there no longer."""
        layer = self.session.layers.cells
        if layer is None or not self.session.in_view or table.ANNOTATION not in layer.features:
            return
        analysis = self.session.result().analysis
        cells, words = analysis.cells, words_of(analysis.taxonomy)
        shown = layer.features[table.ANNOTATION].astype(object)
        said = table.annotations(cells)
        if len(shown) != len(said):
            return
        shown = shown.where(shown.notna() & (shown != NO_WORD), "").to_numpy()
        changed = (shown != said.to_numpy()).nonzero()[0].tolist()
        if not changed:
            return
        there = self.session.result().there(changed)
        for word in dict.fromkeys(shown[label] for label in changed):
            labels = [k for k in changed if k in there and shown[k] == word]
            if labels and word in ("", *words):
                self._say(word, {self.session.selected: labels})
        self.session.layers.say_words(changed)
