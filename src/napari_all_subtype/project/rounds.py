"""Runs of training, feedback and self-training, their rounds, and what was decided of each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.models import StoredModel, model_of

TRAINING, FEEDBACK, SELF_TRAINING = RUN_KINDS = ("train", "feedback", "self-train")
PROPOSED, ACCEPTED, REJECTED, ROLLED_BACK = ("proposed", "accepted", "rejected", "rolled back")
# What may follow on what.
_FOLLOWS = {
    PROPOSED: (ACCEPTED, REJECTED),
    ACCEPTED: (ROLLED_BACK,),
    ROLLED_BACK: (ACCEPTED,),
    REJECTED: (ACCEPTED,),
}
_LISTED = """
SELECT rounds.*, runs.kind, verdicts.state, verdicts.why, readers.name AS decided_by,
    verdicts.id AS verdict_id
FROM rounds JOIN runs ON runs.id = run_id
LEFT JOIN verdicts ON verdicts.id = (
    SELECT max(id) FROM verdicts AS said WHERE said.round_id = rounds.id
)
LEFT JOIN readers ON readers.id = verdicts.reader_id
"""


@dataclass(frozen=True)
class Run:
    """One call of a verb, of one or more rounds.

    Parameters
    ----------
    run_id : int
    at_utc : str
    kind : str
        ``train``, ``feedback`` or ``self-train``.
    settings : dict
        All that it depends on besides the project: with the same, it goes on where it was killed.
    ended : str
        Why it ended; empty while it has not.
    """

    run_id: int
    at_utc: str
    kind: str
    settings: dict
    ended: str = ""


@dataclass(frozen=True)
class Round:
    """One turn, and what was decided of it last.

    Parameters
    ----------
    round_id, run_id : int
    number : int
        In its run; from 0.
    at_utc : str
    kind : str
        Of its run.
    model_id : str
        What it made; empty where it made none.
    content : dict
        What was used, and the scores.
    state : str
        ``proposed``, ``accepted``, ``rejected`` or ``rolled back``.
    decided_by : str
        Name of the person; empty where a rule decided, or nobody has.
    why : str
        What the person or the rule said.
    """

    round_id: int
    run_id: int
    number: int
    at_utc: str
    kind: str
    model_id: str
    content: dict
    state: str
    decided_by: str = ""
    why: str = ""

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> Round:
        """The round in a row of the table."""
        return cls(
            row["id"],
            row["run_id"],
            row["number"],
            row["at_utc"],
            row["kind"],
            row["model_id"] or "",
            json.loads(row["content"]),
            row["state"] or PROPOSED,
            row["decided_by"] or "",
            row["why"] or "",
        )


def begin_run(database: Database, kind: str, settings: Mapping[str, object]) -> Run:
    """A new run.

    Raises
    ------
    RecordError
        If it is of no known kind.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    if kind not in RUN_KINDS:
        raise RecordError(f"{kind!r} is no kind of run: expected {', '.join(RUN_KINDS)}.")
    with database.transaction() as connection:
        made = connection.execute(
            "INSERT INTO runs (at_utc, kind, settings) VALUES (?, ?, ?)",
            (utc_now(), kind, _json(settings)),
        )
    return runs_of(database)[made.lastrowid - 1]


def unfinished_run(database: Database, kind: str, settings: Mapping[str, object]) -> Run | None:
    """The last run of `kind`, if it was not ended and had the same settings."""
    last = next((one for one in reversed(runs_of(database)) if one.kind == kind), None)
    if last is None or last.ended or _json(last.settings) != _json(settings):
        return None
    return last


def end_run(database: Database, run_id: int, why: str) -> None:
    """Note that a run is over, and why; one that is over stays so.

    Raises
    ------
    RecordError
        If there is no such run.
    """
    with database.transaction() as connection:
        if database.row("SELECT 1 FROM ended_runs WHERE run_id = ?", (run_id,)) is None:
            connection.execute("INSERT INTO ended_runs VALUES (?, ?, ?)", (run_id, utc_now(), why))


def runs_of(database: Database) -> list[Run]:
    """All runs, in order."""
    rows = database.rows(
        "SELECT runs.*, why FROM runs LEFT JOIN ended_runs ON run_id = id ORDER BY id"
    )
    return [
        Run(row["id"], row["at_utc"], row["kind"], json.loads(row["settings"]), row["why"] or "")
        for row in rows
    ]


def add_round(
    database: Database,
    run_id: int,
    number: int,
    model_id: str | None,
    content: Mapping[str, object],
) -> Round:
    """Record a round that is whole; it is proposed until it is decided.

    Raises
    ------
    RecordError
        If there is no such run or model, or the run has this round already.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    with database.transaction() as connection:
        if any(one.number == number for one in rounds_of(database, run_id)):
            raise RecordError(f"Run {run_id} has a round {number} already. Nothing was changed.")
        made = connection.execute(
            "INSERT INTO rounds (at_utc, run_id, number, model_id, content) VALUES (?, ?, ?, ?, ?)",
            (utc_now(), run_id, number, model_id, _json(content)),
        )
    return round_of(database, made.lastrowid)


def decide_round(
    database: Database, round_id: int, state: str, why: str, reader_id: int | None = None
) -> Round:
    """Accept, reject or roll back a round; what was decided before stays in the record.

    Parameters
    ----------
    state : str
        ``accepted``, ``rejected`` or ``rolled back``.
    why : str
        In words: the rule, or what the person said.
    reader_id : int, optional
        The person; None for a rule.

    Raises
    ------
    RecordError
        If there is no such round, or it cannot come to this state from where it is.
    """
    now = round_of(database, round_id)
    if state not in _FOLLOWS[now.state]:
        raise RecordError(
            f"Round {round_id} is {now.state} and cannot become {state!r}: expected "
            f"{' or '.join(_FOLLOWS[now.state])}."
        )
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO verdicts (at_utc, round_id, state, reader_id, why) VALUES (?, ?, ?, ?, ?)",
            (utc_now(), round_id, state, reader_id, why),
        )
    return round_of(database, round_id)


def round_of(database: Database, round_id: int) -> Round:
    """The round with this id.

    Raises
    ------
    RecordError
        If there is none.
    """
    row = database.row(f"{_LISTED} WHERE rounds.id = ?", (round_id,))
    if row is None:
        raise RecordError(f"The project has no round {round_id}. Use one that it has.")
    return Round.of_row(row)


def round_numbered(database: Database, number: int) -> Round:
    """The round with this number in the last run of self-training, as a person counts them.

    Raises
    ------
    RecordError
        If there is none.
    """
    done = [one for one in rounds_of(database) if one.kind == SELF_TRAINING]
    last = [one for one in done if one.run_id == done[-1].run_id]
    for one in last:
        if one.number == number:
            return one
    there = f"rounds 0 to {last[-1].number}" if last else "no round"
    raise RecordError(
        f"The last run of self-training has {there}, not round {number}. Use one that it has; 0 is "
        "its start."
    )


def rounds_of(database: Database, run_id: int | None = None) -> list[Round]:
    """Rounds of one run, or of the whole project, in order."""
    where, values = ("", ()) if run_id is None else ("WHERE run_id = ?", (run_id,))
    rows = database.rows(f"{_LISTED} {where} ORDER BY rounds.id", values)
    return [Round.of_row(row) for row in rows]


def record_training(
    database: Database,
    settings: Mapping[str, object],
    model_id: str,
    content: Mapping[str, object],
) -> Round:
    """A training that came to its end, accepted as what a person asked for."""
    with database.transaction():
        run = begin_run(database, TRAINING, settings)
        made = add_round(database, run.run_id, 0, model_id, content)
        made = decide_round(database, made.round_id, ACCEPTED, "trained as asked for")
        end_run(database, run.run_id, "trained")
    return made


def running_model(database: Database) -> StoredModel | None:
    """The model last trained or accepted, draft or released; None where there is none.

    One whose round was rolled back, or whose files were removed, is passed over.
    """
    row = database.row(
        f"{_LISTED} WHERE verdicts.state = 'accepted' AND model_id IS NOT NULL "
        "AND model_id NOT IN (SELECT model_id FROM removals) ORDER BY verdicts.id DESC LIMIT 1"
    )
    return None if row is None else model_of(database, row["model_id"])


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True)
