"""What version 2 of a project adds: models, and the rounds that made them, all written once."""

from __future__ import annotations

from napari_all_subtype.project.schema import guards

# Version 1 had a table of each name, which nothing ever wrote to.
_TABLES = """
DROP TABLE rounds;
DROP TABLE models;

CREATE TABLE models (
    id TEXT PRIMARY KEY,
    at_utc TEXT NOT NULL,
    parent TEXT NOT NULL,
    folder TEXT NOT NULL UNIQUE,
    card_sha256 TEXT NOT NULL,
    split_sha256 TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;

CREATE TABLE releases (
    model_id TEXT PRIMARY KEY REFERENCES models,
    at_utc TEXT NOT NULL,
    reader_id INTEGER NOT NULL REFERENCES readers,
    content TEXT NOT NULL
) STRICT;

CREATE TABLE removals (
    model_id TEXT PRIMARY KEY REFERENCES models,
    at_utc TEXT NOT NULL,
    reader_id INTEGER REFERENCES readers
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('train', 'feedback', 'self-train')),
    settings TEXT NOT NULL
) STRICT;

CREATE TABLE ended_runs (
    run_id INTEGER PRIMARY KEY REFERENCES runs,
    at_utc TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;

CREATE TABLE rounds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs,
    number INTEGER NOT NULL,
    model_id TEXT REFERENCES models,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX rounds_of_run ON rounds (run_id, id);

CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    round_id INTEGER NOT NULL REFERENCES rounds,
    state TEXT NOT NULL CHECK (state IN ('accepted', 'rejected', 'rolled back')),
    reader_id INTEGER REFERENCES readers,
    why TEXT NOT NULL CHECK (why <> '')
) STRICT;
CREATE INDEX verdicts_of_round ON verdicts (round_id, id)
"""

# As `schema.APPEND_ONLY`.
APPEND_ONLY_LEARNING = {
    "models": ("id", "folder"),
    "releases": ("model_id",),
    "removals": ("model_id",),
    "runs": ("id",),
    "ended_runs": ("run_id",),
    "rounds": ("id",),
    "verdicts": ("id",),
}


def learning_statements() -> list[str]:
    """What version 2 does, one statement each, in order."""
    made = [statement for statement in map(str.strip, _TABLES.split(";")) if statement]
    return made + [
        trigger for table, keys in APPEND_ONLY_LEARNING.items() for trigger in guards(table, keys)
    ]
