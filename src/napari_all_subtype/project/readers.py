"""Who reads: people by name or code, and their readings."""

from __future__ import annotations

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.records import Reader, Reading
from napari_all_subtype.project.smears import plain_text


def reader_named(database: Database, name: str) -> Reader:
    """The reader of this name or code, entered if it is new.

    Raises
    ------
    RecordError
        If the name is empty.
    """
    name = plain_text(name)
    if not name:
        raise RecordError("The reader has no name. Give a name or a code, in any characters.")
    known = database.row("SELECT id FROM readers WHERE name = ?", (name,))
    if known is not None:
        return Reader(known["id"], name)
    with database.transaction() as connection:
        made = connection.execute("INSERT INTO readers (name) VALUES (?)", (name,))
    return Reader(made.lastrowid, name)


def readers_of(database: Database) -> list[Reader]:
    """All readers, in the order in which they came."""
    return [
        Reader(row["id"], row["name"]) for row in database.rows("SELECT * FROM readers ORDER BY id")
    ]


def begin_reading(database: Database, reader_id: int, slide_id: int, blind: bool = True) -> Reading:
    """A reading of a slide of its own: what is said in it stands beside other annotations."""
    with database.transaction() as connection:
        made = connection.execute(
            "INSERT INTO readings (reader_id, slide_id, blind, at_utc) VALUES (?, ?, ?, ?)",
            (reader_id, slide_id, int(blind), utc_now()),
        )
    return Reading(made.lastrowid, reader_id, slide_id, blind)


def readings_of(database: Database, slide_id: int) -> list[Reading]:
    """Readings of a slide, in the order in which they began."""
    rows = database.rows("SELECT * FROM readings WHERE slide_id = ? ORDER BY id", (slide_id,))
    return [
        Reading(row["id"], row["reader_id"], row["slide_id"], bool(row["blind"])) for row in rows
    ]
