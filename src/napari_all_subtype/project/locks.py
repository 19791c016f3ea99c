"""Locked results: immutable, hashed versions of what was found and said of a smear."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass

from napari_all_subtype.errors import LockedError, ProjectDamagedError, RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.readers import refuse_unknown
from napari_all_subtype.project.smears import plain_text

PRELIMINARY, LOCKED, AMENDED, AMENDING = "preliminary", "locked", "amended", "being amended"


@dataclass(frozen=True)
class Lock:
    """One version of the result of a smear.

    Parameters
    ----------
    lock_id : int
    at_utc : str
    slide_id, reader_id : int
    content : str
        Canonical JSON: the result, and of which slide, by whom, when, and instead of what (the
        hash of the version it amends).
    sha256 : str
        Of `content` as UTF-8, in hexadecimal digits.
    last_step_id : int
        No undo goes back to this step or one before it.
    amends_id : int or None
        The version that this one takes the place of.
    """

    lock_id: int
    at_utc: str
    slide_id: int
    reader_id: int
    content: str
    sha256: str
    last_step_id: int
    amends_id: int | None = None

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> Lock:
        """The lock in a row of the table."""
        return cls(*(row[name] for name in _COLUMNS))

    @property
    def result(self) -> dict:
        """What was locked.

        Raises
        ------
        ProjectDamagedError
            If it, or whose it is, is not what the hash was taken of.
        """
        return self._signed["result"]

    @property
    def amends_sha256(self) -> str | None:
        """Hash of the version that it says it takes the place of; raises as `result` does."""
        return self._signed["amends_sha256"]

    @property
    def _signed(self) -> dict:
        """All that the hash was taken of."""
        try:
            whole = json.loads(self.content)
            signed = {name: whole[name] for name in _SIGNED}
        except (ValueError, LookupError, TypeError):
            signed = {}
        own = all(signed.get(name) == getattr(self, name) for name in _SIGNED[:3])
        if not own or digest_of(self.content) != self.sha256:
            raise damaged(self, "it is not what its hash was taken of")
        return signed


_COLUMNS = (
    "id",
    "at_utc",
    "slide_id",
    "reader_id",
    "content",
    "sha256",
    "last_step_id",
    "amends_id",
)


_SIGNED = ("at_utc", "slide_id", "reader_id", "amends_sha256", "result")


def damaged(version: Lock, why: str) -> ProjectDamagedError:
    """The error that says so of one version."""
    return ProjectDamagedError(
        f"Version {version.lock_id} of the result of slide {version.slide_id} is damaged: {why}. "
        "Take the project from a copy."
    )


def canonical(result: dict) -> str:
    """`result` as JSON that is the same for the same content.

    Raises
    ------
    RecordError
        If JSON cannot hold it: a number that is none, half a character, keys of several kinds.

    Examples
    --------
    >>> canonical({"b": [1.0], "a": "\u00e4"})
    '{"a":"ä","b":[1.0]}'
    """
    try:
        content = json.dumps(
            result, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        content.encode()
    except (TypeError, ValueError) as error:
        raise RecordError(
            f"This result cannot be locked ({error}). Give text, numbers that are numbers, lists "
            "and mappings with text as keys."
        ) from error
    return content


def digest_of(content: str) -> str:
    """SHA-256 of a text as UTF-8, in hexadecimal digits."""
    return hashlib.sha256(content.encode()).hexdigest()


def lock(database: Database, reader_id: int, slide_id: int, result: dict) -> Lock:
    """The new version of a slide's result: nothing in it can be changed from now on.

    Parameters
    ----------
    result : dict
        Ready for JSON; without identifiers of a person.

    Raises
    ------
    LockedError
        If the last version is not being amended.
    RecordError
        If there is no such slide or reader, or JSON cannot hold the result.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    with database.transaction() as connection:
        refuse_unknown(database, slide_id, reader_id)
        refuse_locked(database, slide_id)
        before = next(reversed(locks_of(database, slide_id)), None)
        at_utc = utc_now()
        content = canonical(
            {
                "at_utc": at_utc,
                "slide_id": slide_id,
                "reader_id": reader_id,
                "amends_sha256": before and before.sha256,
                "result": result,
            }
        )
        made = connection.execute(
            "INSERT INTO locks "
            "(at_utc, slide_id, reader_id, content, sha256, last_step_id, amends_id) "
            "SELECT ?, ?, ?, ?, ?, coalesce(max(id), 0), ? FROM steps",
            (at_utc, slide_id, reader_id, content, digest_of(content), before and before.lock_id),
        )
        row = connection.execute("SELECT * FROM locks WHERE id = ?", (made.lastrowid,))
        return Lock.of_row(row.fetchone())


def begin_amendment(database: Database, reader_id: int, slide_id: int, reason: str) -> None:
    """Let a locked smear be changed again, for a reason that stays in the record.

    Raises
    ------
    RecordError
        If the slide is not locked, or there is no reason.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    reason = plain_text(reason)
    if not reason:
        raise RecordError("An amendment needs a reason. Say why the result is changed.")
    with database.transaction() as connection:
        held = locked_by(database, slide_id)
        if held is None:
            raise RecordError(f"Slide {slide_id} is not locked: it can be changed as it is.")
        connection.execute(
            "INSERT INTO amendments (at_utc, lock_id, reader_id, reason) VALUES (?, ?, ?, ?)",
            (utc_now(), held.lock_id, reader_id, reason),
        )


def locks_of(database: Database, slide_id: int) -> list[Lock]:
    """All versions of a slide's result, the last one last."""
    rows = database.rows("SELECT * FROM locks WHERE slide_id = ? ORDER BY id", (slide_id,))
    return [Lock.of_row(row) for row in rows]


def locked_by(database: Database, slide_id: int) -> Lock | None:
    """The version that a slide is locked at; None if it can be changed."""
    row = database.row(
        "SELECT * FROM locks WHERE slide_id = ? ORDER BY id DESC LIMIT 1", (slide_id,)
    )
    if row is None:
        return None
    amended = database.row("SELECT 1 FROM amendments WHERE lock_id = ?", (row["id"],))
    return None if amended else Lock.of_row(row)


def state_of(database: Database, slide_id: int) -> str:
    """``preliminary``, ``locked``, ``being amended`` or ``amended``."""
    held = locked_by(database, slide_id)
    if held is not None:
        return LOCKED if held.amends_id is None else AMENDED
    return AMENDING if locks_of(database, slide_id) else PRELIMINARY


def reasons_of(database: Database, slide_id: int) -> list[str]:
    """Reasons of all amendments of a slide, in order."""
    rows = database.rows(
        "SELECT reason FROM amendments JOIN locks ON locks.id = lock_id "
        "WHERE slide_id = ? ORDER BY amendments.id",
        (slide_id,),
    )
    return [row["reason"] for row in rows]


def refuse_locked(database: Database, slide_id: int) -> None:
    """Raise if the result of a slide is locked.

    Raises
    ------
    LockedError
    """
    held = locked_by(database, slide_id)
    if held is None:
        return
    name = database.row("SELECT name FROM readers WHERE id = ?", (held.reader_id,))[0]
    raise LockedError(
        f"The result of this smear was locked by {name} at {held.at_utc}. Nothing was changed: "
        "begin an amendment, with its reason, to change it."
    )
