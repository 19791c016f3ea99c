"""Small pictures in sections by class, and a model that touches only what changed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from qtpy.QtCore import QAbstractListModel, QModelIndex, Qt

from napari_all_subtype._widgets.thumbnail_pictures import ThumbnailPictures
from napari_all_subtype.taxonomy import CellClass

ROW = int(Qt.ItemDataRole.UserRole)
FLAGS = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)
# Above it rows are laid out anew at once, instead of one after the other.
MANY_CHANGES = 200


class Thumbnail(NamedTuple):
    """One small picture.

    Parameters
    ----------
    key : hashable
        What its picture is asked for by; no two are the same.
    cell_class : CellClass
        Gives frame, letter and section.
    caption : str
        A few characters below the picture.
    marked : bool
        Whether a person has spoken of it.
    tip : str
        What is said when the mouse rests on it.
    """

    key: Hashable
    cell_class: CellClass
    caption: str = ""
    marked: bool = False
    tip: str = ""


class Section(NamedTuple):
    """The line above all thumbnails of one class.

    Parameters
    ----------
    key : CellClass
        The class.
    count : int
        Thumbnails below it.
    """

    key: CellClass
    count: int

    @property
    def cell_class(self) -> CellClass:
        """The class, as a thumbnail has one."""
        return self.key


Row = Thumbnail | Section


class ThumbnailModel(QAbstractListModel):
    """Thumbnails in the order they are given in; a section begins wherever the class changes.

    Parameters
    ----------
    pictures : ThumbnailPictures
        Has the pictures, or gets them.
    """

    def __init__(self, pictures: ThumbnailPictures, parent=None):
        super().__init__(parent)
        self.pictures = pictures
        self.rows: list[Row] = []
        self._places: dict[Hashable, int] | None = None
        pictures.arrived.connect(self._on_arrived)

    def show(self, thumbnails: Iterable[Thumbnail]) -> None:
        """Have these thumbnails, and touch only the rows that are others than before."""
        rows = _with_sections(thumbnails)
        moved = _moved(self.rows, rows)
        if moved is None:
            self.beginResetModel()
            self.rows, self._places = rows, None
            self.endResetModel()
            return
        kept = {row.key for row in self.rows}.intersection(row.key for row in rows) - moved
        self._take_out([n for n, row in enumerate(self.rows) if row.key not in kept])
        self._renew([row for row in rows if row.key in kept])
        self._put_in([(n, row) for n, row in enumerate(rows) if row.key not in kept])

    def _take_out(self, numbers: Sequence[int]) -> None:
        for first, last in reversed(runs(numbers)):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self.rows[first : last + 1]
            self._places = None
            self.endRemoveRows()

    def _renew(self, rows: list[Row]) -> None:
        changed = [n for n, row in enumerate(rows) if row != self.rows[n]]
        for n in changed:
            self.rows[n] = rows[n]
        for first, last in runs(changed):
            self.dataChanged.emit(self.index(first), self.index(last))

    def _put_in(self, rows: Sequence[tuple[int, Row]]) -> None:
        by_number = dict(rows)
        for first, last in runs([n for n, _ in rows]):
            self.beginInsertRows(QModelIndex(), first, last)
            self.rows[first:first] = [by_number[n] for n in range(first, last + 1)]
            self._places = None
            self.endInsertRows()

    def row_of(self, key: Hashable) -> int:
        """Row of the thumbnail `key`; −1 if there is none."""
        if self._places is None:
            self._places = {row.key: n for n, row in enumerate(self.rows)}
        return self._places.get(key, -1)

    def is_section(self, n: int) -> bool:
        """Whether row `n` is the line above a class."""
        return isinstance(self.rows[n], Section)

    def sections(self) -> list[tuple[int, Section]]:
        """Every section, with its row."""
        found, n = [], 0
        while n < len(self.rows):
            found.append((n, self.rows[n]))
            n += 1 + self.rows[n].count
        return found

    @property
    def keys(self) -> list[Hashable]:
        """Keys of all thumbnails, in their order."""
        return [row.key for row in self.rows if isinstance(row, Thumbnail)]

    def _on_arrived(self, keys: Iterable[Hashable]) -> None:
        for key in keys:
            if (n := self.row_of(key)) >= 0:
                here = self.index(n)
                self.dataChanged.emit(here, here, [int(Qt.ItemDataRole.DecorationRole)])

    # As Qt asks for it

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Thumbnails and sections."""
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """A section can be neither chosen nor stood on: arrow keys pass over it."""
        if not index.isValid() or self.is_section(index.row()):
            return Qt.ItemFlag.NoItemFlags
        return FLAGS

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row itself, its picture, and words for those who hear the screen."""
        if not index.isValid():
            return None
        row, role = self.rows[index.row()], int(role)
        if role == ROW:
            return row
        if isinstance(row, Section):
            spoken = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return section_text(row) if role in map(int, spoken) else None
        match Qt.ItemDataRole(role):
            case Qt.ItemDataRole.DecorationRole:
                return self.pictures.get(row.key)
            case Qt.ItemDataRole.DisplayRole:
                return row.caption
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return row.tip or row.cell_class.title
        return None


def section_text(section: Section) -> str:
    """What stands above a class."""
    return f"{section.key.title}: {section.count}"


def _with_sections(thumbnails: Iterable[Thumbnail]) -> list[Row]:
    rows: list[Row] = []
    for one, group in groupby(thumbnails, lambda each: each.cell_class):
        members = list(group)
        rows += [Section(one, len(members)), *members]
    return rows


def _moved(before: list[Row], after: list[Row]) -> set[Hashable] | None:
    """Keys of rows that are elsewhere now; None where laying out all is the shorter way."""
    old, new = ({row.key: row for row in rows} for rows in (before, after))
    if len(new) < len(after) or not before:
        return None
    others = {key for key, row in old.items() if key in new and new[key] != row}
    classes = {key for key in others if old[key].cell_class != new[key].cell_class}
    come_and_gone = len(old.keys() ^ new.keys())
    for moved in (classes, others - {row.key for row in after if isinstance(row, Section)}):
        if come_and_gone + len(moved) > MANY_CHANGES:
            return None
        stay = [key for key in old if key in new and key not in moved]
        if stay == [key for key in new if key in old and key not in moved]:
            return moved
    return None


def runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers without a gap.

    Examples
    --------
    >>> runs([1, 2, 5])
    [(1, 2), (5, 5)]
    """
    runs: list[tuple[int, int]] = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1] = (runs[-1][0], n)
        else:
            runs.append((n, n))
    return runs
