"""Cases, specimens, slides and fields: entered once, found again without a person's name."""

from __future__ import annotations

import os
import re
import sqlite3
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.records import Field, Slide

# Inside the project: copies of images that were no files.
IMAGES_FOLDER = "images"

# Control characters, and those that override or isolate the direction of writing.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def plain_text(text: str) -> str:
    r"""`text` as every file and message can hold it: one composed line without spaces around.

    Half characters are written out; what turns the direction of all that follows is left out.

    Examples
    --------
    >>> plain_text(" Dr. A\u0308rztin ") == "Dr. \u00c4rztin"
    True
    >>> plain_text("Dr.\tA\u202e")
    'Dr. A'
    """
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    line = _TURNS.sub("", _CONTROLS.sub(" ", whole))
    return unicodedata.normalize("NFC", line).strip()


def add_case(database: Database, case_id: str = "", identifier: str = "") -> str:
    """Pseudonym of a case: the one that is meant if it is there, else a new one.

    Parameters
    ----------
    database : Database
    case_id : str
        Of a case that is there, or of a new one; by default that of the case with
        `identifier`, else the next of ``case-1``, ``case-2`` …
    identifier : str
        What tells the patient: kept apart, and never exported unless asked for. A case that
        has none takes it.

    Raises
    ------
    RecordError
        If the identifier belongs to another case, or the case to another identifier.
    """
    case_id, identifier = plain_text(case_id), plain_text(identifier)
    with database.transaction() as connection:
        known = connection.execute(
            "SELECT case_id FROM case_identifiers WHERE identifier = ?", (identifier,)
        ).fetchone()
        if known is not None and case_id in ("", known[0]):
            return known[0]
        if known is not None:
            raise RecordError(
                f"The identifier given for {case_id} belongs to {known[0]} already. Use that "
                "case, or another identifier."
            )
        case_id = case_id or _next_case(connection)
        _refuse_other_identifier(connection, case_id, identifier)
        connection.execute("INSERT OR IGNORE INTO cases VALUES (?, ?)", (case_id, utc_now()))
        if identifier:
            connection.execute("INSERT INTO case_identifiers VALUES (?, ?)", (case_id, identifier))
    return case_id


def case_names(database: Database) -> dict[str, str]:
    """What a person called each case, by pseudonym, as far as they did: for their own eyes alone.

    What a terminal and a dock say may have it. No list or report, kept in the project or taken
    out of it, has it unless identifiers are asked for.
    """
    return {
        row["case_id"]: _without_folder(row["identifier"])
        for row in database.rows("SELECT * FROM case_identifiers")
    }


def add_specimen(database: Database, case_id: str, kind: str = "") -> int:
    """Id of a new specimen of a case; `kind` is ``blood``, ``marrow`` and the like."""
    return _insert(database, "specimens", case_id=case_id, kind=plain_text(kind))


def add_slide(database: Database, specimen_id: int) -> int:
    """Id of a new slide of a specimen."""
    return _insert(database, "slides", specimen_id=specimen_id)


def add_field(
    database: Database,
    slide_id: int,
    path: Path,
    sha256: str,
    shape_yx_px: tuple[int, int],
    um_per_px: float | None = None,
    um_origin: str = "",
) -> int:
    """Id of a new field of a slide.

    Parameters
    ----------
    path : Path
        Its file; inside the project folder the path is kept relative to it, so that the
        project can be moved.
    sha256 : str
        Of its pixels, by `pixels.pixels_sha256`.
    shape_yx_px : tuple of int
    um_per_px : float, optional
    um_origin : str
        As in `PixelSize.origin`.

    Raises
    ------
    RecordError
        If there is no such slide.
    """
    with database.transaction() as connection:
        height, width = shape_yx_px
        field_id = _insert(
            database,
            "fields",
            slide_id=slide_id,
            sha256=sha256,
            height_px=height,
            width_px=width,
            um_per_px=um_per_px,
            um_origin=um_origin,
            added_utc=utc_now(),
        )
        connection.execute(
            "INSERT INTO field_files VALUES (?, ?, ?)", (field_id, *_kept(database, path))
        )
    return field_id


def move_field(database: Database, field_id: int, path: Path) -> None:
    """Note that the file of a field is at `path` now."""
    with database.transaction() as connection:
        connection.execute(
            "UPDATE field_files SET path = ?, inside = ? WHERE field_id = ?",
            (*_kept(database, path), field_id),
        )


def path_of(database: Database, field_id: int) -> Path:
    """Where the file of a field is. It may tell a person's name: for reading it only."""
    row = database.row("SELECT path, inside FROM field_files WHERE field_id = ?", (field_id,))
    if row is None:
        raise _no_field(field_id)
    path = Path(os.fsdecode(row["path"]))
    return database.folder / path if row["inside"] else path


def name_of(database: Database, field_id: int) -> str:
    """What a person calls an image: its file, or the layer it was. For their own eyes alone."""
    path = path_of(database, field_id)
    copied = path.parent.parent == database.folder / IMAGES_FOLDER
    return path.stem if copied else path.name


def field_of(database: Database, field_id: int) -> Field:
    """The field with this id.

    Raises
    ------
    RecordError
        If there is none.
    """
    row = database.row("SELECT * FROM fields WHERE id = ?", (field_id,))
    if row is None:
        raise _no_field(field_id)
    return _field(row)


def field_with(database: Database, sha256: str) -> Field | None:
    """The first field whose pixels have this digest, if the project has one."""
    row = database.row("SELECT * FROM fields WHERE sha256 = ? ORDER BY id LIMIT 1", (sha256,))
    return None if row is None else _field(row)


def fields_of(database: Database, slide_id: int | None = None) -> list[Field]:
    """Fields of one slide, or of the whole project, in the order in which they were added."""
    where, values = ("", ()) if slide_id is None else ("WHERE slide_id = ?", (slide_id,))
    rows = database.rows(f"SELECT * FROM fields {where} ORDER BY id", values)
    return [_field(row) for row in rows]


def slides_of(database: Database) -> list[Slide]:
    """All slides, in the order in which they were added."""
    rows = database.rows(
        "SELECT slides.id AS slide_id, specimen_id, case_id, kind AS specimen_kind "
        "FROM slides JOIN specimens ON specimens.id = specimen_id ORDER BY slides.id"
    )
    return [Slide(**row) for row in rows]


def _field(row: sqlite3.Row) -> Field:
    shape = (row["height_px"], row["width_px"])
    return Field(
        row["id"], row["slide_id"], row["sha256"], shape, row["um_per_px"], row["um_origin"]
    )


def _no_field(field_id: int) -> RecordError:
    return RecordError(
        f"The project has no field {field_id}. Add the image to the project first, and use the "
        "number it was given."
    )


def _refuse_other_identifier(connection: sqlite3.Connection, case_id: str, identifier: str) -> None:
    """Raise if a case has an identifier, and the one that is given, unknown so far, is another."""
    told = connection.execute("SELECT 1 FROM case_identifiers WHERE case_id = ?", (case_id,))
    if identifier and told.fetchone() is not None:
        raise RecordError(
            f"There is a case {case_id} already, with another identifier than the one given. "
            "Use its own, or another pseudonym."
        )


def _next_case(connection: sqlite3.Connection) -> str:
    """The first of ``case-1``, ``case-2`` … that is free."""
    taken = {row[0] for row in connection.execute("SELECT id FROM cases WHERE id LIKE 'case-%'")}
    number = len(taken) + 1
    while f"case-{number}" in taken:
        number += 1
    return f"case-{number}"


def _kept(database: Database, path: Path) -> tuple[bytes, int]:
    """`path` as bytes, as it may be no text, and whether it is relative to the project folder."""
    # Not resolved: a link is followed where it is read, and its name is the one that was given.
    absolute, home = Path(os.path.abspath(path)), Path(os.path.abspath(database.folder))
    inside = absolute.is_relative_to(home)
    kept = absolute.relative_to(home).as_posix() if inside else str(absolute)
    return os.fsencode(kept), int(inside)


def _insert(database: Database, table: str, **values: object) -> int:
    """Id of a new row of `table`."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    with database.transaction() as connection:
        return connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())
        ).lastrowid


def _without_folder(identifier: str) -> str:
    """`identifier`; of a whole path, which is what a group from a folder has, its last name."""
    for path in (PurePosixPath(identifier), PureWindowsPath(identifier)):
        if path.is_absolute():
            return path.name
    return identifier
