"""The tables of a project, version 1.

Identifiers of people stand in two tables of their own (`case_identifiers`,
`field_files`), so that whatever leaves a project can leave them out as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence

_SMEARS = """
CREATE TABLE project (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE taxonomies (name TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;

CREATE TABLE cases (id TEXT PRIMARY KEY, created_utc TEXT NOT NULL) STRICT;

CREATE TABLE case_identifiers (
    case_id TEXT NOT NULL REFERENCES cases,
    identifier TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE specimens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL REFERENCES cases,
    kind TEXT NOT NULL
) STRICT;

CREATE TABLE slides (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    specimen_id INTEGER NOT NULL REFERENCES specimens
) STRICT;

CREATE TABLE fields (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slide_id INTEGER NOT NULL REFERENCES slides,
    sha256 TEXT NOT NULL,
    height_px INTEGER NOT NULL CHECK (height_px > 0),
    width_px INTEGER NOT NULL CHECK (width_px > 0),
    um_per_px REAL,
    um_origin TEXT NOT NULL,
    added_utc TEXT NOT NULL
) STRICT;
CREATE INDEX fields_of_slide ON fields (slide_id);
CREATE INDEX fields_by_pixels ON fields (sha256);

CREATE TABLE field_files (
    field_id INTEGER PRIMARY KEY REFERENCES fields,
    path BLOB NOT NULL,
    inside INTEGER NOT NULL CHECK (inside IN (0, 1))
) STRICT;

CREATE TABLE segmentations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    field_id INTEGER NOT NULL REFERENCES fields,
    at_utc TEXT NOT NULL,
    segmenter TEXT NOT NULL,
    content TEXT NOT NULL,
    masks TEXT,
    cell_table TEXT
) STRICT;
CREATE INDEX segmentations_of_field ON segmentations (field_id);

CREATE TABLE cells (
    field_id INTEGER NOT NULL REFERENCES fields,
    label INTEGER NOT NULL CHECK (label > 0),
    y_px REAL NOT NULL, x_px REAL NOT NULL,
    y0 INTEGER NOT NULL, x0 INTEGER NOT NULL, y1 INTEGER NOT NULL, x1 INTEGER NOT NULL,
    PRIMARY KEY (field_id, label)
) STRICT, WITHOUT ROWID;
"""

# A marked cell is what a person spoke of, whatever label the next segmentation gives it; a
# step is what undo takes back. The tops of both stacks stand in each step, so that neither
# undo nor redo ever reads the history. What was said in another project is known by the hash of
# its line there: it is brought here once.
_ANNOTATIONS = """
CREATE TABLE readers (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE readings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reader_id INTEGER NOT NULL REFERENCES readers,
    slide_id INTEGER NOT NULL REFERENCES slides,
    blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
    at_utc TEXT NOT NULL,
    brought_from TEXT
) STRICT;

CREATE TABLE finished_readings (
    reading_id INTEGER PRIMARY KEY REFERENCES readings,
    at_utc TEXT NOT NULL
) STRICT;

CREATE TABLE marked_cells (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    field_id INTEGER NOT NULL REFERENCES fields,
    label INTEGER,
    y_px REAL NOT NULL, x_px REAL NOT NULL,
    UNIQUE (field_id, label)
) STRICT;

CREATE TABLE steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    reader_id INTEGER NOT NULL REFERENCES readers,
    slide_id INTEGER NOT NULL REFERENCES slides,
    reading_id INTEGER REFERENCES readings,
    kind TEXT NOT NULL CHECK (kind IN ('annotate', 'edit', 'undo', 'redo')),
    reverses_id INTEGER REFERENCES steps,
    below_id INTEGER REFERENCES steps,
    undo_top_id INTEGER REFERENCES steps,
    redo_top_id INTEGER REFERENCES steps
) STRICT;
CREATE INDEX steps_of_slide ON steps (slide_id, reading_id, id);

CREATE TABLE annotations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    step_id INTEGER NOT NULL REFERENCES steps,
    at_utc TEXT NOT NULL,
    reader_id INTEGER NOT NULL REFERENCES readers,
    reading_id INTEGER REFERENCES readings,
    marked_id INTEGER NOT NULL REFERENCES marked_cells,
    field_id INTEGER NOT NULL REFERENCES fields,
    label INTEGER NOT NULL,
    y_px REAL NOT NULL, x_px REAL NOT NULL,
    crop TEXT,
    from_taxonomy TEXT, from_word TEXT,
    to_taxonomy TEXT, to_word TEXT,
    predicted_taxonomy TEXT, predicted_word TEXT,
    model_id TEXT, confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    undo_of_id INTEGER REFERENCES annotations
) STRICT;
CREATE INDEX annotations_of_step ON annotations (step_id);
CREATE INDEX annotations_of_cell ON annotations (marked_id, reading_id, id);
CREATE INDEX annotations_of_field ON annotations (field_id);

CREATE TABLE brought_annotations (
    annotation_id INTEGER PRIMARY KEY REFERENCES annotations,
    project_id TEXT NOT NULL,
    said_utc TEXT NOT NULL,
    line_sha256 TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX brought_from_project ON brought_annotations (project_id);
"""

# An edit stands as the pixels of its rectangle and the rows of its cells, before and after:
# what takes it back is the same with both sides changed over. What the model says of new
# outlines comes later than the edit, and is no step of its own.
_EDITS = """
CREATE TABLE mask_edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    step_id INTEGER NOT NULL REFERENCES steps,
    at_utc TEXT NOT NULL,
    reader_id INTEGER NOT NULL REFERENCES readers,
    field_id INTEGER NOT NULL REFERENCES fields,
    segmentation_id INTEGER NOT NULL REFERENCES segmentations,
    kind TEXT NOT NULL,
    y0 INTEGER NOT NULL, x0 INTEGER NOT NULL, y1 INTEGER NOT NULL, x1 INTEGER NOT NULL,
    before BLOB NOT NULL, after BLOB NOT NULL,
    changed TEXT NOT NULL, added TEXT NOT NULL, deleted TEXT NOT NULL,
    rows_before TEXT NOT NULL, rows_after TEXT NOT NULL,
    undo_of_id INTEGER REFERENCES mask_edits
) STRICT;
CREATE TABLE reclassifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    edit_id INTEGER NOT NULL REFERENCES mask_edits,
    rows_after TEXT NOT NULL
) STRICT;
CREATE INDEX reclassifications_of_edit ON reclassifications (edit_id);
CREATE INDEX mask_edits_of_step ON mask_edits (step_id);
CREATE INDEX mask_edits_of_segmentation ON mask_edits (segmentation_id, id);
"""

_RESULTS = """
CREATE TABLE groups (
    name TEXT PRIMARY KEY,
    split TEXT NOT NULL CHECK (split IN ('train', 'val', 'test')),
    at_utc TEXT NOT NULL
) STRICT;

CREATE TABLE models (
    id TEXT PRIMARY KEY,
    at_utc TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    card TEXT NOT NULL,
    state TEXT NOT NULL,
    released_by_id INTEGER REFERENCES readers
) STRICT;

CREATE TABLE rounds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    model_id TEXT REFERENCES models,
    content TEXT NOT NULL
) STRICT;

CREATE TABLE locks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    slide_id INTEGER NOT NULL REFERENCES slides,
    reader_id INTEGER NOT NULL REFERENCES readers,
    content TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    last_step_id INTEGER NOT NULL,
    amends_id INTEGER REFERENCES locks
) STRICT;
CREATE INDEX locks_of_slide ON locks (slide_id, id);

CREATE TABLE amendments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_utc TEXT NOT NULL,
    lock_id INTEGER NOT NULL UNIQUE REFERENCES locks,
    reader_id INTEGER NOT NULL REFERENCES readers,
    reason TEXT NOT NULL CHECK (reason <> '')
) STRICT;
"""

# Written once: nothing in these is ever changed or taken away, by any program. Each with the
# columns that tell one row from another: a row put in the place of one would take it away.
APPEND_ONLY = {
    "segmentations": ("id",),
    "readers": ("id", "name"),
    "readings": ("id",),
    "finished_readings": ("reading_id",),
    "steps": ("id",),
    "annotations": ("id",),
    "brought_annotations": ("annotation_id", "line_sha256"),
    "mask_edits": ("id",),
    "reclassifications": ("id",),
    "groups": ("name",),
    "locks": ("id",),
    "amendments": ("id", "lock_id"),
}


def statements() -> list[str]:
    """What makes the tables, one statement each, in order."""
    made = [
        statement
        for part in (_SMEARS, _ANNOTATIONS, _EDITS, _RESULTS)
        for statement in map(str.strip, part.split(";"))
        if statement
    ]
    return made + [
        trigger for table, keys in APPEND_ONLY.items() for trigger in guards(table, keys)
    ]


def guards(table: str, keys: Sequence[str]) -> list[str]:
    """Triggers that refuse to change, delete or replace a row of `table`."""
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
    same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
    # REPLACE deletes without telling a trigger unless the connection asks for it.
    taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
    return [
        f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} BEGIN {refuse}; END",
        f"CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table} BEGIN {refuse}; END",
        f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} {taken} BEGIN {refuse}; END",
    ]
