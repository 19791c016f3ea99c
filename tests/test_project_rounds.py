"""Models and rounds: written once, decided in the open, and what runs is what was last accepted."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.errors import ModelNotFoundError, RecordError
from napari_all_subtype.project.database import DATABASE_FILE, create_project, open_project
from napari_all_subtype.project.leftovers import sweep
from napari_all_subtype.project.models import (
    add_model,
    folder_of,
    model_of,
    models_folder,
    models_of,
    next_model_id,
    release_model,
    remove_model,
    unrecorded,
)
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.rounds import (
    ACCEPTED,
    REJECTED,
    ROLLED_BACK,
    add_round,
    begin_run,
    decide_round,
    end_run,
    record_training,
    rounds_of,
    running_model,
    unfinished_run,
)
from napari_all_subtype.project.schema import statements
from napari_all_subtype.project.schema_learning import APPEND_ONLY_LEARNING
from napari_all_subtype.workflow.models import known_models


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path / "project") as database:
        yield database


def stored(project, model_id=None, **changes):
    name = model_id or next_model_id(project)
    (models_folder(project) / name).mkdir(parents=True)
    facts = {"parent": "bundled", "card_sha256": "c", "split_sha256": "s", "content": {"seed": 1}}
    return add_model(project, name, **(facts | changes))


def proposed(project, number=1, run=None):
    run = run or begin_run(project, "self-train", {"seed": 1})
    return add_round(project, run.run_id, number, stored(project).model_id, {"kappa": 0.5})


def test_model_is_a_draft_until_a_named_person_releases_it(project):
    model = stored(project, content={"macro_f1": 0.9})
    assert (model.kind, model.content) == ("draft", {"macro_f1": 0.9})
    assert folder_of(project, model).is_dir()
    reader = reader_named(project, "Dr. B").reader_id
    released = release_model(project, model.model_id, reader, {"cells": 200})
    assert (released.kind, released.released_by) == ("released", "Dr. B")
    assert released.control == {"cells": 200}
    with pytest.raises(RecordError, match="released already"):
        release_model(project, model.model_id, reader, {})
    with pytest.raises(RecordError, match="Remove drafts only"):
        remove_model(project, model.model_id)


def test_model_ids_are_never_used_twice(project):
    one = stored(project)
    two = stored(project)
    remove_model(project, two.model_id)
    (models_folder(project) / one.model_id).rmdir()
    (models_folder(project) / next_model_id(project)).mkdir()  # of a training that was killed
    assert next_model_id(project) not in {one.model_id, two.model_id}
    assert not (models_folder(project) / next_model_id(project)).exists()
    (models_folder(project) / one.model_id).mkdir()
    facts = {"parent": "", "card_sha256": "", "split_sha256": "", "content": {}}
    with pytest.raises(RecordError, match="already"):
        add_model(project, one.model_id, **facts)


def test_model_that_was_written_in_half_is_swept_away_and_no_other(project):
    whole = stored(project)
    (models_folder(project) / ".partial-x").mkdir()
    assert sweep(project) == 1
    assert folder_of(project, whole).is_dir()
    assert not (models_folder(project) / ".partial-x").exists()


def test_unknown_and_removed_models_are_told_apart(project):
    model = stored(project)
    with pytest.raises(
        ModelNotFoundError, match=f"is not in this project. It has: {model.model_id}"
    ):
        model_of(project, "other")
    remove_model(project, model.model_id)
    with pytest.raises(ModelNotFoundError, match="was removed"):
        model_of(project, model.model_id)
    assert [one.removed for one in models_of(project)] == [True]


@pytest.mark.parametrize("name", ["../out", "A", "", "a/b", "a b"])
def test_model_outside_of_its_folder_is_refused(project, name):
    with pytest.raises(RecordError, match=r"cannot be the id|has no folder"):
        add_model(
            project,
            "fine",
            folder=name or "..",
            parent="",
            card_sha256="",
            split_sha256="",
            content={},
        )


def test_model_without_files_is_not_recorded(project):
    with pytest.raises(RecordError, match="no folder"):
        add_model(project, "m-1", parent="", card_sha256="", split_sha256="", content={})


def test_training_runs_at_once_and_a_proposed_round_does_not(project):
    assert running_model(project) is None
    first = stored(project)
    record_training(project, {"seed": 1}, first.model_id, {})
    made = proposed(project)
    assert running_model(project).model_id == first.model_id
    decide_round(project, made.round_id, ACCEPTED, "better")
    assert running_model(project).model_id == made.model_id
    decide_round(project, made.round_id, ROLLED_BACK, "looks wrong")
    assert running_model(project).model_id == first.model_id
    decide_round(project, made.round_id, ACCEPTED, "on second thought")
    assert running_model(project).model_id == made.model_id
    remove_model(project, made.model_id)
    assert running_model(project).model_id == first.model_id


def test_verdict_names_its_person_and_its_reason(project):
    reader = reader_named(project, "Dr. B").reader_id
    made = decide_round(project, proposed(project).round_id, REJECTED, "too many", reader)
    assert (made.state, made.decided_by, made.why) == (REJECTED, "Dr. B", "too many")
    with pytest.raises(RecordError, match="is rejected and cannot become 'rolled back'"):
        decide_round(project, made.round_id, ROLLED_BACK, "again")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([ACCEPTED, REJECTED, ROLLED_BACK]), max_size=8))
def test_record_of_verdicts_only_grows(tmp_path_factory, states):
    with create_project(tmp_path_factory.mktemp("p") / "project") as project:
        made, said = proposed(project), 0
        for state in states:
            before = made.state
            try:
                made = decide_round(project, made.round_id, state, "so it is")
                said += 1
                assert made.state == state
            except RecordError:
                assert rounds_of(project)[0].state == before
            assert project.row("SELECT count(*) AS n FROM verdicts")["n"] == said


def test_run_goes_on_only_with_the_same_settings_and_while_it_is_not_ended(project):
    run = begin_run(project, "self-train", {"seed": 1, "rounds": 3})
    assert unfinished_run(project, "self-train", {"rounds": 3, "seed": 1}) == run
    assert unfinished_run(project, "self-train", {"rounds": 3, "seed": 2}) is None
    assert unfinished_run(project, "feedback", {"rounds": 3, "seed": 1}) is None
    end_run(project, run.run_id, "all rounds done")
    assert unfinished_run(project, "self-train", {"rounds": 3, "seed": 1}) is None


def test_round_of_a_run_is_recorded_once(project):
    run = begin_run(project, "self-train", {})
    proposed(project, 1, run)
    with pytest.raises(RecordError, match="round 1 already"):
        proposed(project, 1, run)
    assert [one.number for one in rounds_of(project, run.run_id)] == [1]


@pytest.mark.parametrize("table", APPEND_ONLY_LEARNING)
def test_record_of_learning_holds_against_any_program(project, table):
    made = decide_round(project, proposed(project).round_id, ACCEPTED, "better")
    reader = reader_named(project, "Dr. B").reader_id
    release_model(project, made.model_id, reader, {})
    remove_model(project, stored(project).model_id, reader)
    end_run(project, made.run_id, "done")
    file = project.folder / DATABASE_FILE
    project.close()
    with closing(sqlite3.connect(file)) as other:
        names = [row[1] for row in other.execute(f"PRAGMA table_info({table})")]
        before = other.execute(f"SELECT * FROM {table}").fetchall()
        assert before
        for sql in (
            f"UPDATE {table} SET {names[-1]} = {names[-1]}",
            f"DELETE FROM {table}",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(sql)
        assert other.execute(f"SELECT * FROM {table}").fetchall() == before


def test_keys_of_learning_that_are_guarded_are_all_there_are(project):
    for table, keys in APPEND_ONLY_LEARNING.items():
        indices = [r[1] for r in project.rows(f"PRAGMA index_list({table})") if r[2]]
        columns = {r[2] for i in indices for r in project.rows(f"PRAGMA index_info({i})")}
        whole = {r[1] for r in project.rows(f"PRAGMA table_info({table})") if r[5]}
        assert columns | whole == set(keys)


def test_project_of_version_1_takes_the_record_of_learning(tmp_path):
    folder = tmp_path / "old"
    create_project(folder).close()
    (folder / DATABASE_FILE).unlink()
    with closing(sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)) as old:
        for statement in statements():
            old.execute(statement)
        old.execute(f"PRAGMA application_id = {0x6E617041}")
        old.execute("INSERT INTO project VALUES ('id', 'abcdef99')")
        old.execute("INSERT INTO groups VALUES ('case-1', 'val', 'now')")
        old.execute("PRAGMA user_version = 1")
    with open_project(folder) as project:
        assert stored(project).model_id == "abcdef-1"
        assert project.row("SELECT split FROM groups")["split"] == "val"
        assert list(folder.glob("project-version-1-*.sqlite"))


def test_model_that_was_never_recorded_is_swept_and_is_none_of_the_project(project):
    kept = stored(project)
    home = models_folder(project)
    orphan, theirs = home / next_model_id(project), home / "from-a-colleague"
    for folder in (orphan, theirs):
        folder.mkdir()
        (folder / "card.json").write_text("{}")
    assert unrecorded(project) == [orphan]
    listed = {one.id for one in known_models(project.folder) if one.place == "project"}
    assert orphan.name not in listed
    assert theirs.name in listed
    assert sweep(project) == 1
    assert not orphan.exists()
    assert theirs.is_dir()
    assert folder_of(project, kept).is_dir()
