"""What undo takes back: each step knows the tops of the undo and the redo stack after it.

The stacks are linked lists in an append-only table. A step that can be undone lies on
the one it was put on (`below_id`), and so does an undo that can be redone: neither needs
the history to be read, however long it is. Every slide has stacks of its own, and so has every
reading: an undo never changes a smear that is not on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.readers import refuse_finished, refuse_others, refuse_unknown


@dataclass(frozen=True)
class Thread:
    """Where undo goes back: one slide, in the common record or in one reading."""

    slide_id: int
    reading_id: int | None = None


@dataclass(frozen=True)
class Tops:
    """Steps that undo and redo would take next; None where there is nothing."""

    undo_id: int | None = None
    redo_id: int | None = None


def tops_of(database: Database, thread: Thread) -> Tops:
    """What can be undone and redone in `thread`: nothing from before the last lock.

    A lock is one of the common record; a reading apart from it goes on.
    """
    last = database.row(
        "SELECT undo_top_id, redo_top_id FROM steps WHERE slide_id = ? AND reading_id IS ? "
        "ORDER BY id DESC LIMIT 1",
        (thread.slide_id, thread.reading_id),
    )
    if last is None:
        return Tops()
    locked = 0
    if thread.reading_id is None:
        locked = database.row(
            "SELECT coalesce(max(last_step_id), 0) FROM locks WHERE slide_id = ?",
            (thread.slide_id,),
        )[0]
    return Tops(*(top if top is not None and top > locked else None for top in last))


def append_step(
    database: Database,
    thread: Thread,
    reader_id: int,
    kind: str,
    reverses_id: int | None = None,
) -> tuple[int, str]:
    """Id and time of a new step.

    Parameters
    ----------
    kind : str
        ``annotate``, ``edit``, ``undo`` or ``redo``.
    reverses_id : int, optional
        The step that an undo or redo takes back: a top of `tops_of`.

    Raises
    ------
    RecordError
        If there is no such reader or slide, or the reading is finished or another reader's.
    """
    refuse_unknown(database, thread.slide_id, reader_id)
    if thread.reading_id is not None:
        refuse_finished(database, thread.reading_id)
        refuse_others(database, thread.reading_id, reader_id)
    now = tops_of(database, thread)
    # Steps are never deleted, and a change is one transaction: the next id is known.
    step_id = database.row("SELECT coalesce(max(id), 0) + 1 FROM steps")[0]
    if kind == "undo":
        below = now.redo_id
        after = Tops(_below(database, reverses_id), step_id)
    else:
        below = now.undo_id
        after = Tops(step_id, _below(database, reverses_id) if kind == "redo" else None)
    at_utc = utc_now()
    place = (thread.slide_id, thread.reading_id)
    links = (reverses_id, below, after.undo_id, after.redo_id)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (step_id, at_utc, reader_id, *place, kind, *links),
        )
    return step_id, at_utc


def _below(database: Database, step_id: int | None) -> int | None:
    return database.row("SELECT below_id FROM steps WHERE id = ?", (step_id,))[0]
