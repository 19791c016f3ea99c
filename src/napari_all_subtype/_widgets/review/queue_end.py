"""Where a queue has no next cell: it is said, and the last cell is not renamed by the next key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_all_subtype._widgets.review.cell_queue import CellQueue
from napari_all_subtype._widgets.review.word_panel import WordPanel
from napari_all_subtype._widgets.selection import Place

END = "End of the queue: every cell of it is read."
END_UNREAD = "End of the queue; {} not read: press <b>Next</b>."


class QueueEnd:
    """Remembers the cell that was named last at the end of a queue, until a person picks one.

    Parameters
    ----------
    panel : WordPanel
        Where the end is told.
    queue : CellQueue
        Whose end it is.
    """

    def __init__(self, panel: WordPanel, queue: CellQueue):
        self.panel, self.queue = panel, queue
        self._last: Place | None = None

    def tell(self, said: str = "") -> None:
        """Say that no cell comes next, after what was `said` before, in HTML."""
        unread = len(self.queue.unread)
        end = END_UNREAD.format(unread) if unread else END
        self.panel.say(f"{said} {end}".strip())

    def reach(self, last: Place, said: str) -> None:
        """`last` was named, and no cell came after it."""
        self._last = last
        self.tell(said)

    def leave(self) -> None:
        """A person picked a cell, perhaps the same: a word is for it."""
        self._last = None

    def holds(self, places: Mapping[int, Sequence[int]]) -> bool:
        """Whether a word for `places` was meant for a cell that did not come."""
        one_by_one = not self.panel.by_click.isChecked()
        return one_by_one and self._last is not None and is_only(places, self._last)


def is_only(places: Mapping[int, Sequence[int]], place: Place) -> bool:
    """Whether cells, by number of the field, are the one at `place` alone."""
    return dict(places) == {place[0]: [place[1]]}
