"""The cells that a reader still has before them, in an order, and where in it they are."""

from __future__ import annotations

from collections.abc import Sequence

from napari_all_subtype._widgets.selection import Place
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table
from napari_all_subtype.workflow.review_parameters import CellFilter, QueueOrder
from napari_all_subtype.workflow.review_queue import review_queue

UNREVIEWED = CellFilter(reviewed="unreviewed")


class CellQueue:
    """Walks the cells of the smear that is shown.

    Parameters
    ----------
    session : Session
        Whose fields they are of.
    """

    def __init__(self, session: Session):
        self.session = session
        self.order, self.shown = QueueOrder(), UNREVIEWED
        self.at = -1
        # Places that somebody else chose, instead of an order; None for the order.
        self.given: list[Place] | None = None
        # Whether those are to be read that have a word already.
        self.again = False
        self._set([])

    def _set(self, places: list[Place]) -> None:
        self.places = places
        self._index = {place: k for k, place in enumerate(places)}

    def choose(self, order: QueueOrder, shown: CellFilter) -> None:
        """Read in another order, or other cells."""
        self.order, self.shown, self.given = order, shown, None
        self.session.filter_cells(shown)
        self.fill()

    def give(self, places: Sequence[Place], again: bool = False) -> None:
        """Read these cells, in this order, until another order is chosen.

        Parameters
        ----------
        again : bool
            Those that have a word already, too.
        """
        self.again = again
        if self.given != list(places):
            self.given = list(places)
            self.fill()

    def empty(self) -> None:
        """Have nothing to read: what is to be read is not said yet."""
        self._set([])
        self.at = -1

    def fill(self) -> None:
        """Order the cells anew; the one that is read stays the one that is read."""
        here = self.here
        self._set(self._found())
        self.at = self._index.get(here, -1)

    def follow(self) -> None:
        """Take in cells that came, and leave out those that are gone; a reader stays in place."""
        left, began = self.places[max(self.at, 0) :], self.at >= 0
        self.fill()
        if began and self.at < 0:
            after = (self._index[place] - 1 for place in left if place in self._index)
            self.at = next(after, len(self.places) - 1)

    def _found(self) -> list[Place]:
        if self.given is not None:
            return self.given
        known = self._counted()
        if not known or len({one.taxonomy for one in known.values()}) > 1:
            return []
        numbers, order = list(known), self.order
        if order.kind == "region":
            if order.region.field not in known:
                return []
            field = numbers.index(order.region.field)
            region = order.region.model_copy(update={"field": field})
            order = order.model_copy(update={"region": region})
        tables = [one.cells for one in known.values()]
        found = review_queue(tables, order, self.shown, known[numbers[0]].taxonomy)
        return [(numbers[n], label) for n, label in found.tolist()]

    def _counted(self):
        """Analyses of the fields that count, by number: not of those that are shown twice."""
        return {
            n: field.result.analysis
            for n, field in enumerate(self.session.fields)
            if field.result and not field.same_as
        }

    @property
    def here(self) -> Place | None:
        """The cell that is read now, if it is one of the queue."""
        return self.places[self.at] if 0 <= self.at < len(self.places) else None

    def stand_on(self, n: int, label: int) -> None:
        """A person went to a cell by another way."""
        self.at = self._index.get((n, label), self.at)

    def move(self, by: int, again: bool = False) -> Place | None:
        """The next cell that is to be read, or the one before; None where there is none.

        Going on passes over cells that were read meanwhile; going back does not.

        Parameters
        ----------
        again : bool
            At the end, go on with the first cell of which nobody has said anything.
        """
        at = self.at + by
        while 0 <= at < len(self.places):
            n, label = self.places[at]
            if self._there(n, label) and (by < 0 or not self._done(n, label)):
                self.at = at
                return self.places[at]
            at += by if by else 1
        if again and by > 0 and (unread := self.unread):
            self.at = self._index[unread[0]]
            return unread[0]
        return None

    @property
    def unread(self) -> list[Place]:
        """Cells of the queue of which nobody has said anything, in its order."""
        words: dict[int, list[str]] = {}
        for n in {n for n, _ in self.places}:
            if (result := self.session.result(n)) is not None:
                words[n] = table.annotations(result.analysis.cells).tolist()
        return [
            (n, label)
            for n, label in self.places
            if label < len(words.get(n, ())) and not words[n][label] and self._there(n, label)
        ]

    def skip(self) -> None:
        """Put the cell that is read now at the end."""
        if (here := self.here) is not None:
            self._set([*(one for one in self.places if one != here), here])

    @property
    def position(self) -> tuple[int, int, int, int]:
        """Place of the cell from 1, or 0; cells in the queue; cells read, and all of the smear."""
        counts = [self.session.result(n).counts for n in self._counted()]
        read, cells = sum(one.n_reviewed for one in counts), sum(one.n_cells for one in counts)
        return self.at + 1, len(self.places), read, cells

    def _there(self, n: int, label: int) -> bool:
        result = self.session.result(n)
        return result is not None and label in result.there([label])

    def _done(self, n: int, label: int) -> bool:
        """Whether a cell was read since the queue was filled with those that were not."""
        again = self.shown.reviewed != "unreviewed" or self.order.kind == "suspect_labels"
        if self.again if self.given is not None else again:
            return False
        return bool(table.annotations(self.session.result(n).analysis.cells).iat[label])
