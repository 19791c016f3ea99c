"""The cells that a person selected: one thing for canvas, table, gallery and Cell panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from psygnal import Signal

Place = tuple[int, int]


class Selection:
    """Places of cells, each a number of a field and a label, in the order of their choice.

    Signals
    -------
    changed
        Other cells are selected than before.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._places: dict[Place, None] = {}

    @property
    def places(self) -> tuple[Place, ...]:
        """The selected cells; each stands there once."""
        return tuple(self._places)

    def __contains__(self, place: object) -> bool:
        return place in self._places

    def __len__(self) -> int:
        return len(self._places)

    def labels(self, field: int) -> list[int]:
        """Labels of the selected cells of field number `field`."""
        return [label for n, label in self._places if n == field]

    def by_field(self) -> dict[int, list[int]]:
        """Labels of the selected cells, by numbers of their fields."""
        return {n: self.labels(n) for n in dict.fromkeys(n for n, _ in self._places)}

    def set(self, places: Iterable[Place]) -> None:
        """Select `places`, and no others."""
        wanted = {(int(n), int(label)): None for n, label in places}
        if list(wanted) != list(self._places):
            self._places = wanted
            self.changed.emit()

    def add(self, places: Iterable[Place]) -> None:
        """Select `places` beside those that are selected."""
        self.set([*self._places, *places])

    def toggle(self, place: Place) -> None:
        """Select a cell that is not selected; let one that is go."""
        rest = [one for one in self._places if one != place]
        self.set(rest if len(rest) < len(self._places) else [*rest, place])

    def keep(self, there: Callable[[Place], bool]) -> None:
        """Let go of cells that are not `there` any more."""
        self.set([place for place in self._places if there(place)])

    def clear(self) -> None:
        """Select nothing."""
        self.set(())
