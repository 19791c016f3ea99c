"""Who reads: people by name or code, and their readings."""

from __future__ import annotations

from collections.abc import Callable

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.records import Reader, Reading
from napari_all_subtype.project.smears import plain_text

# A word of somebody else that a window shows to whoever does not read apart.
_SHOWN = """
SELECT 1 FROM steps JOIN annotations ON step_id = steps.id
WHERE steps.slide_id = ? AND annotations.reader_id <> ? AND (
    steps.reading_id IS NULL
    OR steps.reading_id IN (SELECT reading_id FROM finished_readings)
    OR steps.reading_id IN (SELECT id FROM readings WHERE brought_from IS NOT NULL)
) LIMIT 1
"""


def reader_named(database: Database, name: str) -> Reader:
    """The reader of this name or code, entered if it is new.

    Raises
    ------
    RecordError
        If the name is empty.
    """
    name = _plain_name(name)
    known = database.row("SELECT id FROM readers WHERE name = ?", (name,))
    if known is not None:
        return Reader(known["id"], name)
    with database.transaction() as connection:
        made = connection.execute("INSERT INTO readers (name) VALUES (?)", (name,))
    return Reader(made.lastrowid, name)


def reader_when_needed(database: Database, name: str) -> Callable[[], int]:
    """What gives the id of the reader of this name or code, who is entered at the first call.

    For a person whose turn comes late, or never: a run may end before.

    Raises
    ------
    RecordError
        If the name is empty; at once.
    """
    name = _plain_name(name)
    return lambda: reader_named(database, name).reader_id


def readers_of(database: Database) -> list[Reader]:
    """All readers, in the order in which they came."""
    return [
        Reader(row["id"], row["name"]) for row in database.rows("SELECT * FROM readers ORDER BY id")
    ]


def begin_reading(
    database: Database, reader_id: int, slide_id: int, blind: bool = True, brought_from: str = ""
) -> Reading:
    """A reading of a slide of its own: what is said in it stands beside other annotations.

    Parameters
    ----------
    brought_from : str
        Id of the packet or project that it came from.

    Raises
    ------
    RecordError
        If there is no such slide or reader.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    with database.transaction() as connection:
        refuse_unknown(database, slide_id, reader_id)
        made = connection.execute(
            "INSERT INTO readings (reader_id, slide_id, blind, at_utc, brought_from) "
            "VALUES (?, ?, ?, ?, ?)",
            (reader_id, slide_id, int(blind), utc_now(), brought_from or None),
        )
    return Reading(made.lastrowid, reader_id, slide_id, blind, brought_from)


def open_reading(
    database: Database, reader_id: int, slide_id: int, blind: bool = True, brought_from: str = ""
) -> Reading:
    """The reader's unfinished reading of a slide, begun if there is none.

    What stands in it is `history.standing(..., reading_id=...)`, and its undo goes through
    `Thread(slide_id, reading_id)`; nothing of what others said is in either.

    Raises
    ------
    RecordError
        If there is no such slide or reader.
    ProjectReadOnlyError, ProjectWriteError
        If one has to be begun and could not be recorded.
    """
    refuse_unknown(database, slide_id, reader_id)
    wanted = (reader_id, blind, brought_from, False)
    for one in reversed(readings_of(database, slide_id)):
        if (one.reader_id, one.blind, one.brought_from, one.finished) == wanted:
            return one
    return begin_reading(database, reader_id, slide_id, blind, brought_from)


def open_apart(database: Database, reader_id: int, slide_id: int) -> Reading:
    """The reader's own reading here: the unfinished one, else a new one.

    A new one is blind unless the reader has seen what others say: whoever finishes a reading is
    shown all of it.

    Raises
    ------
    RecordError
        If there is no such slide or reader.
    ProjectReadOnlyError, ProjectWriteError
        If one has to be begun and could not be recorded.
    """
    refuse_unknown(database, slide_id, reader_id)
    own = [
        one
        for one in readings_of(database, slide_id)
        if one.reader_id == reader_id and not one.brought_from
    ]
    if own and not own[-1].finished:
        return own[-1]
    shown = bool(own) and database.row(_SHOWN, (slide_id, reader_id)) is not None
    return begin_reading(database, reader_id, slide_id, blind=not shown)


def finish_reading(database: Database, reading_id: int) -> None:
    """Note that a reading takes no more words; one that is finished stays so.

    Raises
    ------
    RecordError
        If there is no such reading.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    with database.transaction() as connection:
        if database.row("SELECT 1 FROM readings WHERE id = ?", (reading_id,)) is None:
            raise RecordError(f"The project has no reading {reading_id}. Use one that it has.")
        if not _is_finished(database, reading_id):
            connection.execute(
                "INSERT INTO finished_readings VALUES (?, ?)", (reading_id, utc_now())
            )


def readings_of(database: Database, slide_id: int) -> list[Reading]:
    """Readings of a slide, in the order in which they began."""
    rows = database.rows(
        "SELECT readings.*, finished_readings.at_utc AS finished_utc FROM readings "
        "LEFT JOIN finished_readings ON reading_id = id WHERE slide_id = ? ORDER BY id",
        (slide_id,),
    )
    return [
        Reading(
            row["id"],
            row["reader_id"],
            row["slide_id"],
            bool(row["blind"]),
            row["brought_from"] or "",
            row["finished_utc"] is not None,
        )
        for row in rows
    ]


def refuse_finished(database: Database, reading_id: int) -> None:
    """Raise if a reading takes no more words.

    Raises
    ------
    RecordError
    """
    if _is_finished(database, reading_id):
        raise RecordError(
            f"Reading {reading_id} is finished and takes no more words. Nothing was changed: begin "
            "another reading of this slide."
        )


def refuse_others(database: Database, reading_id: int, reader_id: int) -> None:
    """Raise if a reading is not that of this reader.

    Raises
    ------
    RecordError
    """
    sql = "SELECT reader_id, name FROM readings JOIN readers ON readers.id = reader_id "
    own = database.row(f"{sql} WHERE readings.id = ?", (reading_id,))
    if own is not None and own["reader_id"] != reader_id:
        raise RecordError(
            f"Reading {reading_id} is that of {own['name']}, and nobody else says a word in it. "
            "Nothing was changed: end it, and begin a reading of your own."
        )


def refuse_unknown(database: Database, slide_id: int, reader_id: int) -> None:
    """Raise if there is no such slide or reader.

    Raises
    ------
    RecordError
    """
    for word, table, key in (("slide", "slides", slide_id), ("reader", "readers", reader_id)):
        if database.row(f"SELECT 1 FROM {table} WHERE id = ?", (key,)) is None:
            raise RecordError(
                f"The project has no {word} {key}. Nothing was changed: use one that it has."
            )


def _plain_name(name: str) -> str:
    name = plain_text(name)
    if not name:
        raise RecordError("The reader has no name. Give a name or a code, in any characters.")
    return name


def _is_finished(database: Database, reading_id: int) -> bool:
    sql = "SELECT 1 FROM finished_readings WHERE reading_id = ?"
    return database.row(sql, (reading_id,)) is not None
