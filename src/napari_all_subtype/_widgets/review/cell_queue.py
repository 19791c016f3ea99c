"""The cells that a reader still has before them, in an order, and where in it they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from napari_all_subtype._widgets.review.queue_panel import MAX_DIAMETER_UM
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table
from napari_all_subtype.workflow.cell_filter import CellFilter
from napari_all_subtype.workflow.review_queue import QueueOrder, review_queue

Place = tuple[int, int]


class CellQueue:
    """Walks the cells of the smear that is shown.

    Parameters
    ----------
    session : Session
        Whose fields they are of.
    """

    def __init__(self, session: Session):
        self.session = session
        self.order, self.filter = QueueOrder(), CellFilter(reviewed=False)
        self.places: list[Place] = []
        self.at = -1

    def choose(self, order: QueueOrder, chosen: CellFilter) -> None:
        """Read in another order, or other cells."""
        self.order, self.filter = order, chosen
        self.fill()

    def fill(self) -> None:
        """Order the cells anew; the one that is read stays the one that is read."""
        here = self.here
        tables = [
            field.result.analysis.cells if field.result and not field.same_as else None
            for field in self.session.fields
        ]
        known = [n for n, cells in enumerate(tables) if cells is not None]
        taxonomies = {self.session.result(n).analysis.taxonomy.name for n in known}
        if not known or len(taxonomies) > 1:
            self.places, self.at = [], -1
            return
        taxonomy = self.session.result(known[0]).analysis.taxonomy
        found = review_queue([tables[n] for n in known], taxonomy, self.order, self.filter)
        self.places = [(known[int(n)], int(label)) for n, label in found]
        self.at = self.places.index(here) if here in self.places else -1

    @property
    def here(self) -> Place | None:
        """The cell that is read now, if it is one of the queue."""
        return self.places[self.at] if 0 <= self.at < len(self.places) else None

    def stand_on(self, n: int, label: int) -> None:
        """A person went to a cell by another way."""
        if self.here != (n, label) and (n, label) in set(self.places):
            self.at = self.places.index((n, label))

    def move(self, by: int) -> Place | None:
        """The next cell that is to be read, or the one before; None where there is none.

        Going on passes over cells that were read meanwhile; going back does not.
        """
        at = self.at + by
        while 0 <= at < len(self.places):
            n, label = self.places[at]
            if self._there(n, label) and (
                by < 0 or self.filter.reviewed is not False or not self._word(n, label)
            ):
                self.at = at
                return self.places[at]
            at += by if by else 1
        return None

    def skip(self) -> None:
        """Put the cell that is read now at the end."""
        if self.here is not None:
            self.places.append(self.places.pop(self.at))

    @property
    def position(self) -> tuple[int, int, int, int]:
        """Place of the cell from 1, or 0; cells in the queue; cells read, and all of the smear."""
        tables = [one.result.analysis.cells for one in self.session.fields if one.result]
        read = sum(int(np.count_nonzero(table.annotations(cells) != "")) for cells in tables)
        cells = sum(int((cells["area_px"] > 0).sum()) for cells in tables)
        return self.at + 1, len(self.places), read, cells

    def _there(self, n: int, label: int) -> bool:
        result = self.session.result(n)
        return result is not None and result.analysis.cells["area_px"].iat[label] > 0

    def _word(self, n: int, label: int) -> str:
        return table.annotations(self.session.result(n).analysis.cells).iat[label]


def chosen_of(choices: Mapping[str, object]) -> tuple[QueueOrder, CellFilter]:
    """Order and filter that the panel's choices stand for."""
    diameter_um = tuple(choices["diameter_um"])
    if diameter_um[1] >= MAX_DIAMETER_UM:
        diameter_um = (diameter_um[0], np.inf)
    chosen = CellFilter(
        frozenset({choices["one_class"]} - {""}),
        tuple(choices["confidence"]),
        diameter_um,
        None if choices["reviewed"] else False,
        bool(choices["border"]),
    )
    return QueueOrder(choices["order"]), chosen
