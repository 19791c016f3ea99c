"""A project file: made, opened, locked, brought up to date, and never half changed."""

import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from napari_all_subtype.errors import (
    ProjectDamagedError,
    ProjectExistsError,
    ProjectNotFoundError,
    ProjectReadOnlyError,
    ProjectVersionError,
    ProjectWriteError,
    RecordError,
)
from napari_all_subtype.project import connection as connections
from napari_all_subtype.project import database as databases
from napari_all_subtype.project.database import (
    DATABASE_FILE,
    create_project,
    open_lent,
    open_project,
)
from napari_all_subtype.project.migrations import MIGRATIONS, migrate, version_of
from napari_all_subtype.project.readers import reader_named

ADD_CASE = "INSERT INTO cases VALUES (?, 'now')"


@pytest.fixture
def folder(tmp_path):
    create_project(tmp_path / "project").close()
    return tmp_path / "project"


def add_case(project, name):
    with project.transaction() as connection:
        connection.execute(ADD_CASE, (name,))


def interrupted_change(project):
    with project.transaction() as connection:
        connection.execute(ADD_CASE, ("case-1",))
        raise KeyboardInterrupt


def cases(project):
    return [row["id"] for row in project.rows("SELECT id FROM cases ORDER BY id")]


def pragma(project, name):
    return project.row(f"PRAGMA {name}")[0]


def test_what_was_written_is_there_after_reopening(folder):
    with open_project(folder) as project:
        add_case(project, "case-1")
    with open_project(folder) as project:
        assert cases(project) == ["case-1"]
        assert not project.read_only


def test_every_commit_waits_for_the_disk(folder):
    with open_project(folder) as project:
        assert pragma(project, "journal_mode") == "wal"
        assert pragma(project, "synchronous") == 2  # FULL
        assert pragma(project, "foreign_keys") == 1
        assert project.notes == ()


def test_network_share_gets_a_rollback_journal_and_says_why(folder, monkeypatch):
    with open_project(folder) as project:
        add_case(project, "case-1")
    monkeypatch.setattr(connections, "network_share", lambda folder: "nfs4")
    with open_project(folder) as project:
        add_case(project, "case-2")
        assert pragma(project, "journal_mode") == "delete"
        assert pragma(project, "synchronous") == 3  # EXTRA
        (note,) = project.notes
        assert "network share (nfs4)" in note
        with open_project(folder, write=False) as other:
            assert cases(other) == ["case-1", "case-2"]


def test_creating_twice_is_refused(folder):
    with pytest.raises(ProjectExistsError, match="holds a project already"):
        create_project(folder)
    open_project(folder).close()


def test_folder_without_a_project_is_refused(tmp_path):
    with pytest.raises(ProjectNotFoundError, match="holds no project"):
        open_project(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_project_left_empty_by_a_killed_program_can_be_created_again(tmp_path):
    (tmp_path / DATABASE_FILE).touch()
    with pytest.raises(ProjectNotFoundError, match="Create it again"):
        open_project(tmp_path)
    create_project(tmp_path).close()
    open_project(tmp_path).close()


def test_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "project").touch()
    with pytest.raises(ProjectWriteError, match="Choose another place"):
        create_project(tmp_path / "project")


@pytest.mark.parametrize(
    "content", [b"a picture, surely" * 99, b"SQLite format 3\0" + b"\xff" * 500]
)
def test_file_that_is_no_database_is_refused(tmp_path, content):
    (tmp_path / DATABASE_FILE).write_bytes(content)
    with pytest.raises(ProjectDamagedError, match="damaged or no project"):
        open_project(tmp_path)


def test_database_of_another_program_is_refused_and_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = (tmp_path / DATABASE_FILE).read_bytes()
    with pytest.raises(ProjectDamagedError, match="another program"):
        open_project(tmp_path)
    assert (tmp_path / DATABASE_FILE).read_bytes() == before


def test_project_of_a_newer_program_is_refused_and_left_alone(folder):
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as other:
        other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = (folder / DATABASE_FILE).read_bytes()
    for write in (True, False):
        with pytest.raises(ProjectVersionError, match="Update napari-all-subtype"):
            open_project(folder, write)
    assert (folder / DATABASE_FILE).read_bytes() == before


def test_older_project_is_brought_up_to_date_and_kept_as_it_was(folder, monkeypatch):
    def second(connection):
        connection.execute("ALTER TABLE cases ADD COLUMN colour TEXT")

    with open_project(folder) as project:
        add_case(project, "case-1")
    newer = (*MIGRATIONS, second)
    monkeypatch.setattr(
        databases, "migrate", lambda connection, path: migrate(connection, path, newer)
    )
    with open_project(folder) as project:
        assert project.row("SELECT * FROM cases").keys() == ["id", "created_utc", "colour"]
        (note,) = project.notes
    (copy,) = folder.glob(f"project-version-{len(MIGRATIONS)}-*.sqlite")
    assert copy.name in note
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT * FROM cases").fetchall() == [("case-1", "now")]


def test_migration_that_fails_changes_nothing(folder):
    def half(connection):
        connection.execute("DROP TABLE rounds")
        raise RuntimeError("power cut")

    with closing(sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)) as connection:
        with pytest.raises(RuntimeError):
            migrate(connection, folder / DATABASE_FILE, (*MIGRATIONS, half))
        assert version_of(connection) == len(MIGRATIONS)
        assert connection.execute("SELECT * FROM rounds").fetchall() == []


def test_second_opening_reads_only_and_says_who_writes(folder):
    with open_project(folder) as first, open_project(folder) as second:
        assert "Another window of this napari" in second.read_only
        with pytest.raises(ProjectReadOnlyError, match="Another window of this napari"):
            add_case(second, "case-2")
        add_case(first, "case-1")
        assert cases(second) == ["case-1"]
    with open_project(folder) as third:
        assert not third.read_only


def test_second_program_reads_only_and_says_who_writes(folder):
    code = (
        "import sys; from pathlib import Path\n"
        "from napari_all_subtype.project.database import open_project\n"
        "print(open_project(Path(sys.argv[1])).read_only)"
    )
    with open_project(folder):
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
        )
    assert done.stdout.startswith("Another program (")
    assert f"process {os.getpid()}" in done.stdout


def test_lock_of_a_killed_program_is_free_again(folder):
    code = (
        "import os, sys; from pathlib import Path\n"
        "from napari_all_subtype.project.database import open_project\n"
        "project = open_project(Path(sys.argv[1])); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert json.loads((folder / "project.writer.json").read_text())["process"] != os.getpid()
    with open_project(folder) as project:
        assert not project.read_only


def test_failed_change_leaves_nothing(folder):
    with open_project(folder) as project:
        with pytest.raises(KeyboardInterrupt):
            interrupted_change(project)
        assert cases(project) == []


def test_change_inside_a_change_is_taken_back_alone(folder):
    with open_project(folder) as project:
        with project.transaction():
            add_case(project, "case-1")
            with pytest.raises(RecordError, match="Nothing was changed"):
                add_case(project, "case-1")
            add_case(project, "case-2")
        assert cases(project) == ["case-1", "case-2"]


def test_full_disk_is_said_and_leaves_nothing(folder):
    with open_project(folder) as project:
        project.row(f"PRAGMA max_page_count = {pragma(project, 'page_count')}")
        with pytest.raises(ProjectWriteError, match="full"), project.transaction() as connection:
            connection.executemany(ADD_CASE, [(f"case-{n}" * 99,) for n in range(999)])
        project.row("PRAGMA max_page_count = 1000000")
        assert cases(project) == []
        add_case(project, "case-1")


def test_damage_in_the_middle_is_told_when_it_is_met(folder):
    with open_project(folder) as project, project.transaction() as connection:
        connection.executemany(ADD_CASE, [(f"case-{n}",) for n in range(20000)])
    with (folder / DATABASE_FILE).open("r+b") as stream:
        stream.seek(4096 * 90)
        stream.write(b"\xff" * 4096 * 200)
    with open_project(folder) as project:
        for read in (lambda: cases(project), lambda: add_case(project, "case-9999999")):
            with pytest.raises(ProjectDamagedError, match="Put it back from a copy"):
                read()


def test_fault_of_this_program_is_not_blamed_on_the_disk(folder):
    with open_project(folder) as project:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            project.rows("SELECT * FROM absent")
        with pytest.raises(sqlite3.OperationalError), project.transaction() as connection:
            connection.execute("INSERT INTO absent VALUES (1)")


def test_program_that_minds_no_lock_is_told_of_and_nothing_is_lost(folder):
    with open_project(folder) as project:
        add_case(project, "case-1")
        other = sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        project.row("PRAGMA busy_timeout = 10")
        with pytest.raises(ProjectWriteError, match="database is locked"):
            add_case(project, "case-2")
        other.close()
        add_case(project, "case-3")
        assert cases(project) == ["case-1", "case-3"]


def _write_by_lent_right(folder, sent):
    with open_lent(folder) as database:
        sent.put((database.read_only, reader_named(database, "Dr. C").name))


def test_child_process_writes_by_the_right_that_its_parent_holds(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    sent = spawn.Queue()
    with create_project(tmp_path / "p") as project:
        child = spawn.Process(target=_write_by_lent_right, args=(tmp_path / "p", sent))
        child.start()
        assert sent.get(timeout=60) == ("", "Dr. C")
        child.join(60)
        assert reader_named(project, "Dr. D").reader_id == 2
        # Nobody lent the right to a program that is no child of the one that holds it.
        with open_lent(tmp_path / "p") as other:
            assert "is writing this project" in other.read_only or "opened at" in other.read_only
