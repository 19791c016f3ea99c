"""Versions of a result are checked one after another: the first that was tampered with is told."""

import json
import sqlite3
from contextlib import closing

import pytest

from napari_all_subtype.cli import main
from napari_all_subtype.project.database import DATABASE_FILE, open_project
from napari_all_subtype.project.locks import begin_amendment, canonical, digest_of, lock, locks_of
from napari_all_subtype.project.versions import damage_of
from napari_all_subtype.workflow.project_status import damages, status_of
from project_examples import new_project


@pytest.fixture
def folder(tmp_path):
    """Slide 1 with three versions, slide 2 with one, slide 3 with none."""
    with new_project(tmp_path, slides=3) as project:
        for blasts in (12, 10, 9):
            lock(project, 1, 1, {"blasts": blasts})
            if blasts != 9:
                begin_amendment(project, 1, 1, "read again")
        lock(project, 1, 2, {"blasts": 1})
    return tmp_path


def tamper(folder, *statements):
    """What somebody does who takes the guards of the record away first."""
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as other, other:
        for (name,) in other.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            other.execute(f"DROP TRIGGER {name}")
        for sql, *values in statements:
            other.execute(sql, values)


def forged(version, **changes):
    """Content and hash of a version that says something else, and has the hash of that."""
    content = canonical(json.loads(version.content) | changes)
    return content, digest_of(content)


def test_whole_versions_have_no_damage(folder):
    with open_project(folder) as project:
        assert [damage_of(project, slide) for slide in (1, 2, 3)] == ["", "", ""]
        assert status_of(project)["state"].tolist() == ["amended", "locked", "preliminary"]


@pytest.mark.parametrize("lock_id", [1, 2, 3])
def test_first_version_that_is_not_what_was_hashed_is_told(folder, lock_id):
    tamper(folder, ("UPDATE locks SET content = '{}' WHERE id BETWEEN ? AND 3", lock_id))
    with open_project(folder) as project:
        assert f"Version {lock_id} of the result of slide 1 is damaged" in damage_of(project, 1)
        assert damage_of(project, 2) == ""


@pytest.mark.parametrize("content", ["[]", "null", "7", '"text"', "{}", '{"at_utc": 1}', "no JSON"])
def test_content_of_another_form_with_a_hash_of_its_own_is_told(folder, content):
    sql = "UPDATE locks SET content = ?, sha256 = ? WHERE id = 4"
    tamper(folder, (sql, content, digest_of(content)))
    with open_project(folder) as project:
        assert "Version 4 of the result of slide 2 is damaged" in damage_of(project, 2)


def test_version_that_was_rewritten_with_its_hash_is_told_by_the_one_that_amends_it(folder):
    with open_project(folder) as project:
        first = locks_of(project, 1)[0]
    content, sha256 = forged(first, result={"blasts": 99})
    tamper(folder, ("UPDATE locks SET content = ?, sha256 = ? WHERE id = 1", content, sha256))
    with open_project(folder) as project:
        assert locks_of(project, 1)[0].result == {"blasts": 99}
        told = damage_of(project, 1)
    assert "Version 2 of the result of slide 1 is damaged" in told
    assert "does not amend version 1" in told


@pytest.mark.parametrize(
    ("sql", "lock_id"),
    [
        ("DELETE FROM locks WHERE id = 2", 3),
        ("UPDATE locks SET amends_id = 1 WHERE id = 3", 3),
        ("UPDATE locks SET amends_id = NULL WHERE id = 2", 2),
        ("DELETE FROM amendments WHERE lock_id = 2", 3),
        ("UPDATE locks SET last_step_id = -1 WHERE id = 3", 3),
    ],
)
def test_chain_with_a_link_missing_is_told(folder, sql, lock_id):
    tamper(folder, (sql,))
    with open_project(folder) as project:
        assert f"Version {lock_id} of the result of slide 1 is damaged" in damage_of(project, 1)


def test_status_mentions_a_damaged_version(folder, capsys):
    tamper(folder, ("UPDATE locks SET content = '{}' WHERE id = 2",))
    with open_project(folder) as project:
        assert status_of(project)["state"].tolist() == ["damaged", "locked", "preliminary"]
        assert [line[:34] for line in damages(project)] == ["Version 2 of the result of slide 1"]
    with pytest.raises(SystemExit) as ended:
        main(["project", "status", str(folder)])
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert "damaged" in told.out
    assert "error: Version 2 of the result of slide 1 is damaged" in told.err
