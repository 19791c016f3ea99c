"""Brings cells of a project to a reader: opens their smear, and has the dock Review walk them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.session import Session
from napari_all_subtype.amounts import amount
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.smears import fields_of

PLUGIN = "napari-all-subtype"
NOTHING_LEFT = "All of these cells were read."
LOOK_EVERY_MS = 150
Cell = tuple[int, int]


class QueueReader:
    """Reads a list of cells smear by smear.

    Parameters
    ----------
    session : Session
        Whose project, docks and fields are meant.
    """

    def __init__(self, session: Session):
        self.session, self.record = session, session.record
        self._wanted: list[Cell] = []
        self._again = False
        self._read: tuple[list[Cell], set[int]] = ([], set())
        # What was never analysed leaves the smear without a signal.
        self._timer = QTimer()
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._give)

    def close(self) -> None:
        """Wait for nothing more."""
        # At the end of the program Qt may have deleted the timer before the dock.
        with suppress(RuntimeError):
            self._timer.stop()

    def single(self, cells: Sequence[Cell], again: bool) -> list[Cell]:
        """Those of `cells` that `read` cannot show: pictures of one cell are no smear.

        Raises
        ------
        RecordError
            If no project is open.
        """
        database = self.record.opened_database()
        return _parted(database, cells if again else _unread(database, cells))[1]

    def read(self, cells: Sequence[Cell], again: bool) -> str:
        """Read the next smear of `cells`; what to tell a person, nothing if there is none.

        Parameters
        ----------
        cells : sequence of (int, int)
            Field and label of each.
        again : bool
            Those that have a word already, too.

        Raises
        ------
        RecordError
            If no project is open.
        """
        database = self.record.opened_database()
        shown, single = _parted(database, cells if again else _unread(database, cells))
        slide_of = {field.field_id: field.slide_id for field in fields_of(database)}
        slides = list(dict.fromkeys(slide_of[field] for field, _ in shown))
        if not slides:
            return "" if single else NOTHING_LEFT
        slide = self._next(slides, list(cells))
        self._again = again
        self._wanted = [cell for cell in shown if slide_of[cell[0]] == slide]
        n = len(self._wanted)
        self._open_docks()
        self._open(slide)
        told = f"{amount(n, 'cell')} of this smear are in the dock Review."
        if len(slides) > 1:
            told += f" Press again for the next of {len(slides)} smears."
        return told

    def _next(self, slides: Sequence[int], cells: list[Cell]) -> int:
        """The first of `slides` that was not read of this list; from the first on, after all."""
        of, seen = self._read
        seen = seen if of == cells else set()
        fresh = [slide for slide in slides if slide not in seen]
        slide, seen = (fresh[0], seen) if fresh else (slides[0], set())
        self._read = (cells, seen | {slide})
        return slide

    def _open_docks(self) -> None:
        """Have the docks that show a smear and that read its cells."""
        needed = {
            "Analyse smear": self.record.keeper.smear_opened,
            "Review": self.session.queue_wanted,
        }
        for name, signal in needed.items():
            if not len(signal):
                self.session.viewer.window.add_plugin_dock_widget(PLUGIN, name)

    def _open(self, slide_id: int) -> None:
        """Show the smear, unless its fields are shown already."""
        if not {field for field, _ in self._wanted} <= self._numbers.keys():
            smears = self.record.keeper.smears()
            smear = next(one for one in smears if one.slide_id == slide_id)
            self.record.keeper.open_smear(smear)
        self._timer.start()
        self._give()

    @property
    def _numbers(self) -> dict[int, int]:
        """Number of each field of the smear that is kept in the project, by its id."""
        fields = enumerate(self.session.fields)
        return {field.kept.field_id: n for n, field in fields if field.kept is not None}

    def _give(self) -> None:
        """Hand the cells over as soon as the results of all their fields are there."""
        fields, numbers = self.session.fields, self._numbers
        mine = [cell for cell in self._wanted if cell[0] in numbers]
        if any(
            fields[n].result is None and not fields[n].error for n in map(numbers.get, _of(mine))
        ):
            return
        self._timer.stop()
        self._wanted = []
        if mine:
            self.session.queue_wanted.emit([(numbers[f], label) for f, label in mine], self._again)


def _of(cells: Sequence[Cell]) -> set[int]:
    return {field for field, _ in cells}


def _unread(database: Database, cells: Sequence[Cell]) -> list[Cell]:
    said = {(one.annotation.seen.field_id, one.label) for one in standing(database)}
    return [tuple(cell) for cell in cells if tuple(cell) not in said]


def _parted(database: Database, cells: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """Cells of analysed fields, and those of pictures of one cell."""
    made = {field: last_segmentation(database, field) for field in _of(cells)}
    analysed = {field for field, one in made.items() if one is not None and one.content}
    shown = [tuple(cell) for cell in cells if cell[0] in analysed]
    return shown, [tuple(cell) for cell in cells if cell[0] not in analysed]
