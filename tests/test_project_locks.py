"""A locked result is a version for good: hashed, signed, amended only with a reason."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.errors import LockedError, ProjectDamagedError, RecordError
from napari_all_subtype.project.annotations import annotate, annotate_many
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.locks import (
    begin_amendment,
    canonical,
    digest_of,
    lock,
    locked_by,
    locks_of,
    reasons_of,
    state_of,
)
from napari_all_subtype.project.readers import begin_reading
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.undo import redo, undo
from project_examples import BLAST, NORMAL, cell, new_project, said


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path, slides=2) as project:
        yield project


def test_states_of_a_smear_in_turn(project):
    assert state_of(project, 1) == "preliminary"
    first = lock(project, 1, 1, {"blasts": 12})
    assert state_of(project, 1) == "locked"
    assert locked_by(project, 1) == first
    begin_amendment(project, 1, 1, " smudges counted ")
    assert state_of(project, 1) == "being amended"
    assert locked_by(project, 1) is None
    second = lock(project, 1, 1, {"blasts": 10})
    assert state_of(project, 1) == "amended"
    assert second.amends_id == first.lock_id
    assert [one.result for one in locks_of(project, 1)] == [{"blasts": 12}, {"blasts": 10}]
    assert reasons_of(project, 1) == ["smudges counted"]
    assert state_of(project, 2) == "preliminary"


def test_locked_smear_takes_no_word_and_others_do(project):
    annotate(project, 1, cell(1), BLAST)
    lock(project, 1, 1, {})
    with pytest.raises(LockedError, match="begin an amendment"):
        annotate(project, 1, cell(1), NORMAL)
    for step in (undo, redo):
        with pytest.raises(LockedError, match="begin an amendment"):
            step(project, 1, Thread(1))
    annotate(project, 1, cell(1, 2), NORMAL)
    assert said(project) == {(1, 1): BLAST, (2, 1): NORMAL}


def test_blind_reading_of_a_locked_smear_goes_on_and_back(project):
    lock(project, 1, 1, {})
    reading = begin_reading(project, 1, 1).reading_id
    annotate(project, 1, cell(1), BLAST, reading)
    assert said(project, reading_id=reading) == {(1, 1): BLAST}
    assert undo(project, 1, Thread(1, reading)).annotations


def test_bulk_over_a_locked_and_an_open_smear_says_nothing_at_all(project):
    lock(project, 1, 2, {})
    with pytest.raises(LockedError):
        annotate_many(project, 1, [cell(1), cell(1, 2)], [BLAST, BLAST])
    assert said(project) == {}


def test_lock_is_not_locked_again_nor_amended_without_a_reason(project):
    with pytest.raises(RecordError, match="is not locked"):
        begin_amendment(project, 1, 1, "why not")
    lock(project, 1, 1, {})
    with pytest.raises(LockedError):
        lock(project, 1, 1, {})
    with pytest.raises(RecordError, match="needs a reason"):
        begin_amendment(project, 1, 1, "  ")
    assert len(locks_of(project, 1)) == 1


def test_lock_outlives_the_program(project):
    made = lock(project, 1, 1, {"reader": "Ärztin"})
    project.close()
    with open_project(project.folder) as again:
        assert locked_by(again, 1) == made


def test_content_that_is_not_what_was_hashed_is_told(project):
    made = lock(project, 1, 1, {"blasts": 12})
    changed = type(made)(**(vars(made) | {"content": '{"blasts":13}'}))
    with pytest.raises(ProjectDamagedError, match="is damaged"):
        _ = changed.result


@pytest.mark.parametrize(
    "change", [{"slide_id": 2}, {"reader_id": 2}, {"at_utc": "2026-01-31T12:00:00.000Z"}]
)
def test_hash_holds_whose_result_it_is_and_when_it_was_locked(project, change):
    made = lock(project, 1, 1, {"blasts": 12})
    assert made.result == {"blasts": 12}
    with pytest.raises(ProjectDamagedError, match="is damaged"):
        _ = replace(made, **change).result


def test_hash_of_an_amended_version_holds_that_of_the_one_before(project):
    first = lock(project, 1, 1, {})
    begin_amendment(project, 1, 1, "read again")
    second = lock(project, 1, 1, {})
    assert json.loads(first.content)["amends_sha256"] is None
    assert json.loads(second.content)["amends_sha256"] == first.sha256


@pytest.mark.parametrize(
    "result", [{"mean": float("nan")}, {"word": "\ud800"}, {1: "a", "b": 2}, {"cells": {1, 2}}]
)
def test_result_that_json_cannot_hold_is_not_locked(project, result):
    with pytest.raises(RecordError, match="cannot be locked"):
        lock(project, 1, 1, result)
    assert state_of(project, 1) == "preliminary"


@pytest.mark.parametrize(("reader_id", "slide_id", "word"), [(1, 99, "slide"), (99, 1, "reader")])
def test_what_the_project_has_not_is_said_in_words(project, reader_id, slide_id, word):
    with pytest.raises(RecordError, match=f"The project has no {word} 99"):
        lock(project, reader_id, slide_id, {})


@pytest.mark.parametrize("table", ["locks", "amendments"])
def test_record_of_versions_is_append_only(project, table):
    lock(project, 1, 1, {})
    begin_amendment(project, 1, 1, "read again")
    for sql in (f"UPDATE {table} SET reader_id = 2", f"DELETE FROM {table}"):
        with pytest.raises(RecordError, match="append-only"), project.transaction() as connection:
            connection.execute(sql)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=4))
def test_same_content_has_the_same_hash_in_any_order(content):
    turned = dict(reversed(list(content.items())))
    assert digest_of(canonical(content)) == digest_of(canonical(turned))
    assert json.loads(canonical(content)) == content
