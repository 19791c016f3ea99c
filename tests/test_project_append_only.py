"""What was said stays, whatever program writes to the file and whatever it leaves out."""

import sqlite3
from contextlib import closing

import pytest

from napari_all_subtype.project.database import DATABASE_FILE, create_project, open_project
from napari_all_subtype.project.schema import APPEND_ONLY


@pytest.fixture
def folder(tmp_path):
    create_project(tmp_path / "project").close()
    return tmp_path / "project"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_nothing_confirmed_is_changed_deleted_or_replaced(folder, table):
    with open_project(folder) as project, project.transaction() as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
        ).fetchall()
        assert len(triggers) == 3


RECORD = """
INSERT INTO readers VALUES (1, 'Dr. A');
INSERT INTO segmentations VALUES (1, 1, 'now', 'drawn', '{}', NULL, NULL);
INSERT INTO readings VALUES (1, 1, 1, 1, 'now', NULL);
INSERT INTO finished_readings VALUES (1, 'now');
INSERT INTO steps VALUES (1, 'now', 1, 1, NULL, 'annotate', NULL, NULL, 1, NULL);
INSERT INTO annotations (id, step_id, at_utc, reader_id, marked_id, field_id, label, y_px, x_px)
    VALUES (1, 1, 'now', 1, 1, 1, 1, 1, 1);
INSERT INTO brought_annotations VALUES (1, 'p', 'now', 'ab');
INSERT INTO mask_edits VALUES
    (1, 1, 'now', 1, 1, 1, 'add', 0, 0, 1, 1, x'00', x'00', '', '', '', '', '', NULL);
INSERT INTO reclassifications VALUES (1, 'now', 1, '{}');
INSERT INTO groups VALUES ('g', 'train', 'now');
INSERT INTO locks VALUES (1, 'now', 1, 1, '{}', '', 1, NULL);
INSERT INTO amendments VALUES (1, 'now', 1, 1, 'read again');
"""


@pytest.mark.parametrize(
    ("table", "key"), [(t, k) for t, keys in APPEND_ONLY.items() for k in keys]
)
def test_record_holds_against_a_program_that_sets_no_pragma(folder, table, key):
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as other:
        other.executescript(RECORD)
        before = other.execute(f"SELECT * FROM {table}").fetchall()
        names = [row[1] for row in other.execute(f"PRAGMA table_info({table})")]
        others = set(APPEND_ONLY[table]) - {key}
        values = ", ".join("99" if name in others else name for name in names)
        for sql in (
            f"UPDATE {table} SET {names[-1]} = {names[-1]}",
            f"DELETE FROM {table}",
            f"INSERT OR REPLACE INTO {table} SELECT {values} FROM {table}",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(sql)
        assert len(before) == 1
        assert other.execute(f"SELECT * FROM {table}").fetchall() == before


def test_keys_that_are_guarded_are_all_the_keys_there_are(folder):
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as other:
        for table, keys in APPEND_ONLY.items():
            indices = [row[1] for row in other.execute(f"PRAGMA index_list({table})") if row[2]]
            columns = {
                row[2] for index in indices for row in other.execute(f"PRAGMA index_info({index})")
            }
            whole = {row[1] for row in other.execute(f"PRAGMA table_info({table})") if row[5]}
            assert columns | whole == set(keys)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE groups SET split = 'test'",
        "DELETE FROM groups",
        "REPLACE INTO groups VALUES ('g', 'test', 'now')",
        "INSERT INTO groups VALUES ('g', 'test', 'now') "
        "ON CONFLICT (name) DO UPDATE SET split = 'test'",
    ],
)
def test_group_keeps_its_split_against_any_program(folder, sql):
    with open_project(folder) as project, project.transaction() as connection:
        connection.execute("INSERT INTO groups VALUES ('g', 'train', 'now')")
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as other:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(sql)
        assert other.execute("SELECT split FROM groups").fetchall() == [("train",)]
