"""Words that came from another project, recorded in this one: each line of that record once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate_many, mark_lost
from napari_all_subtype.project.brought import brought_from, note_brought
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.readers import open_reading, reader_named


@dataclass(frozen=True)
class Aim:
    """Where words go: into a reading of their reader's own, or into the common record.

    Parameters
    ----------
    origin : str
        What the reading is known by (`Reading.brought_from`); empty for the common record.
    blind : bool
    """

    origin: str = ""
    blind: bool = True


COMMON = Aim("", False)


@dataclass(frozen=True)
class Orphan:
    """A word whose cell is not among those of the field here."""

    field_id: int
    word: Word
    centroid_yx_px: tuple[float, float]


@dataclass(frozen=True)
class Carried:
    """What became of words that were to come over.

    Parameters
    ----------
    added, taken_back : int
        Words that stand here now, and those that their reader has taken back since.
    known : int
        Words that were brought already, or stand here anyway.
    outvoted : int
        Words on cells that a reader here called something else, which stays.
    on_deleted : int
        Words on cells that their reader took away afterwards: left out.
    lost_crops : int
        Words that came without their picture, which is missing or damaged there.
    orphans : tuple of Orphan
        Those of the added ones that have no cell here; they are kept by their position.
    """

    added: int = 0
    taken_back: int = 0
    known: int = 0
    outvoted: int = 0
    on_deleted: int = 0
    lost_crops: int = 0
    orphans: tuple[Orphan, ...] = ()

    def __add__(self, other: Carried) -> Carried:
        return Carried(*(getattr(self, name) + getattr(other, name) for name in vars(self)))


@dataclass(frozen=True)
class Arrival:
    """One line of the other record, and the cell that it is of here.

    Parameters
    ----------
    slide_id : int
    reader : str
    aim : Aim
    seen : SeenCell
        The cell of this project; where it was not found, as it was there.
    word : Word or None
    marked_id : int or None
        Of a cell that a line came for before; else the label of `seen` tells it.
    lost : bool
        It was not found.
    said_utc, line : str
        When it was said, and the hash it is known by.
    """

    slide_id: int
    reader: str
    aim: Aim
    seen: SeenCell
    word: Word | None
    marked_id: int | None
    lost: bool
    said_utc: str
    line: str


def deliver(database: Database, project_id: str, arrivals: Sequence[Arrival]) -> Carried:
    """Record `arrivals`: all of them or none, one step of undo for each reader and slide.

    In the common record what people here said stays; only a word that came from the same
    project before gives way to what its reader says there now.

    Parameters
    ----------
    project_id : str
        The project that they are from.

    Raises
    ------
    LockedError
        If words go into the common record of a smear whose result is locked.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    told = Carried()
    with database.transaction():
        for (slide_id, reader, *aim), group in groupby(sorted(arrivals, key=_bundle), key=_bundle):
            reader_id = reader_named(database, reader).reader_id
            reading_id = None
            if Aim(*aim) != COMMON:
                origin, blind = aim
                reading_id = open_reading(database, reader_id, slide_id, blind, origin).reading_id
            told += _say(database, project_id, list(group), reader_id, reading_id)
    return told


def _say(
    database: Database,
    project_id: str,
    group: list[Arrival],
    reader_id: int,
    reading_id: int | None,
) -> Carried:
    """Record lines of one reader on one slide that change what stands."""
    own = {one.annotation_id for one in brought_from(database, project_id).values()}
    stands = {
        one.annotation.marked_id: one.annotation
        for field_id in {one.seen.field_id for one in group}
        for one in standing(database, field_id, reading_id)
    }
    told, taken, marked = Carried(), [], []
    for one in group:
        marked_id = _marked(database, one)
        before = stands.get(marked_id)
        ours = reading_id is None and before is not None and before.annotation_id not in own
        if before is not None and reading_id is None and before.word == one.word:
            told += Carried(known=1)
        elif ours and one.word is not None:
            told += Carried(outvoted=1)
        elif not ours and (one.word, before) != (None, None):
            taken.append(one)
            marked.append(marked_id)
            told += _counted(one)
    seen, words = [one.seen for one in taken], [one.word for one in taken]
    made = annotate_many(database, reader_id, seen, words, reading_id, marked)
    for line, one in zip(made, taken, strict=True):
        note_brought(database, line.annotation_id, project_id, one.said_utc, one.line)
    return told


def _marked(database: Database, one: Arrival) -> int | None:
    """The marked cell that a line is of; None where nobody spoke of the cell before."""
    if one.marked_id is not None:
        return one.marked_id
    if one.lost:
        return mark_lost(database, one.seen.field_id, one.seen.centroid_yx_px)
    sql = "SELECT id FROM marked_cells WHERE field_id = ? AND label = ?"
    row = database.row(sql, (one.seen.field_id, one.seen.label))
    return None if row is None else row["id"]


def _bundle(one: Arrival) -> tuple[int, str, str, bool]:
    return one.slide_id, one.reader, one.aim.origin, one.aim.blind


def _counted(one: Arrival) -> Carried:
    if one.word is None:
        return Carried(taken_back=1)
    lost = (Orphan(one.seen.field_id, one.word, one.seen.centroid_yx_px),) if one.lost else ()
    return Carried(added=1, orphans=lost)
