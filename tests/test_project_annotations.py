"""What people say of cells is recorded for good, and undone by saying the reverse."""

import gc
import sqlite3
import time
from contextlib import closing
from dataclasses import replace

import pytest

from napari_all_subtype.errors import ProjectReadOnlyError, RecordError
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.annotations import annotate, annotate_many
from napari_all_subtype.project.brought import last_lines
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import (
    history,
    readers_heard,
    standing,
    word_on,
    words_of_step,
)
from napari_all_subtype.project.readers import begin_reading, reader_named
from napari_all_subtype.project.steps import Thread, Tops
from napari_all_subtype.project.undo import redo, undo, undoable
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.project_tables import history_table, standing_table
from project_examples import BLAST, L1, NORMAL, SMUDGE, cell, locked_and_amended, new_project, said

SLIDE = Thread(1)


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path, slides=2) as project:
        yield project


def test_annotation_is_recorded_with_all_that_was_known(project):
    made = annotate(project, 1, replace(cell(3), crop="ab.png"), BLAST)
    assert (made.before, made.word, made.reader_id, made.undo_of_id) == (None, BLAST, 1, None)
    assert made.seen == replace(cell(3), crop="ab.png")
    assert history(project) == [made]
    assert word_on(project, 1, 3) == BLAST
    assert word_on(project, 1, 4) is None
    assert made.at_utc.endswith("Z")
    assert len(made.at_utc) == 24


def test_second_word_on_a_cell_tells_the_first(project):
    annotate(project, 1, cell(3), BLAST)
    second = annotate(project, reader_named(project, "B").reader_id, cell(3), SMUDGE)
    assert (second.before, second.word) == (BLAST, SMUDGE)
    assert [a.word for a in history(project, 1, 3)] == [BLAST, SMUDGE]


def test_word_taken_back_stands_no_more(project):
    annotate(project, 1, cell(3), BLAST)
    assert annotate(project, 1, cell(3), None).before == BLAST
    assert said(project) == {}


def test_undo_appends_the_reverse_and_redo_its_reverse(project):
    first = annotate(project, 1, cell(3), BLAST)
    annotate(project, 1, cell(3), L1)
    (undone,) = undo(project, 1, SLIDE).annotations
    assert (undone.before, undone.word, undone.undo_of_id) == (L1, BLAST, 2)
    assert undo(project, 1, SLIDE).annotations[0].undo_of_id == first.annotation_id
    assert not undo(project, 1, SLIDE)
    assert said(project) == {}
    assert [redo(project, 1, SLIDE).annotations[0].word for _ in range(2)] == [BLAST, L1]
    assert not redo(project, 1, SLIDE)
    assert len(history(project)) == 6


def test_who_undoes_stands_in_the_record(project):
    other = reader_named(project, "B").reader_id
    annotate(project, 1, cell(3), BLAST)
    (undone,) = undo(project, other, SLIDE).annotations
    assert undone.reader_id == other


def test_word_that_another_reader_brings_back_is_of_who_said_it(project):
    other = reader_named(project, "B").reader_id
    first = annotate(project, 1, cell(3), BLAST)
    time.sleep(0.002)  # times have milliseconds
    second, third = annotate_many(project, other, [cell(3, predicted=False)] * 2, [L1, SMUDGE])

    def stands():
        (one,) = standing(project, 1)
        (line,) = last_lines(project, 1)
        assert (line.said_by_id, line.said_utc) == (one.annotation.reader_id, one.annotation.at_utc)
        assert line.annotation == history(project)[-1]
        return one.annotation

    assert stands() == third
    undo(project, other, SLIDE)
    assert stands() == first
    assert readers_heard(project, 1) == {1}
    redo(project, 1, SLIDE)
    assert stands() == third
    for _ in range(3):
        undo(project, other, SLIDE)
        assert stands() == first
        undo(project, other, SLIDE)
        assert standing(project, 1) == []
        redo(project, other, SLIDE)
        assert stands() == first
        redo(project, 1, SLIDE)
        assert stands() == third
    undo(project, other, SLIDE)
    assert stands() == first
    assert standing_table(project, identifiers=True)["reader"].tolist() == ["Dr. A"]
    assert history_table(project, identifiers=True)["reader"].iloc[-1] == "B"
    assert [one.reader_id for one in history(project)][:7] == [1, other, other, other, other, 1, 1]
    assert (second.before, second.word) == (BLAST, L1)


def test_new_word_ends_redo(project):
    annotate(project, 1, cell(3), BLAST)
    undo(project, 1, SLIDE)
    annotate(project, 1, cell(4), L1)
    assert not redo(project, 1, SLIDE)
    assert said(project) == {(1, 4): L1}


def test_bulk_is_one_step_and_one_time(project):
    made = annotate_many(project, 1, [cell(n) for n in range(1, 1001)], [BLAST] * 1000)
    assert len({(a.step_id, a.at_utc) for a in made}) == 1
    assert [a.seen.label for a in made] == list(range(1, 1001))
    assert len(undo(project, 1, SLIDE).annotations) == 1000
    assert said(project) == {}


def test_undo_of_a_bulk_leaves_the_garbage_collector_alone(project):
    """It went through all of the program, a quarter of a second, for what a thousand cells made."""
    annotate_many(project, 1, [cell(n) for n in range(1, 1001)], [BLAST] * 1000)
    begun = []
    gc.callbacks.append(lambda phase, _told: begun.append(phase))
    try:
        undone = undo(project, 1, SLIDE)
    finally:
        gc.callbacks.pop()
    assert begun.count("start") * gc.get_threshold()[0] <= 3 * len(undone.annotations)
    assert words_of_step(project, undone.annotations[0].step_id)[1] == dict.fromkeys(
        range(1, 1001), ""
    )


def test_bulk_over_slides_is_undone_slide_by_slide(project):
    annotate_many(project, 1, [cell(1, 2), cell(1, 1), cell(2, 2)], [BLAST, L1, NORMAL])
    undo(project, 1, Thread(2))
    assert said(project) == {(1, 1): L1}
    redo(project, 1, Thread(2))
    assert said(project) == {(1, 1): L1, (2, 1): BLAST, (2, 2): NORMAL}


def test_bulk_that_fails_records_nothing(project):
    with pytest.raises(RecordError, match="no field 99"):
        annotate_many(project, 1, [cell(1), cell(1, 99)], [BLAST, BLAST])
    with pytest.raises(RecordError, match="Nothing was changed"):
        annotate_many(project, 77, [cell(1), cell(2)], [BLAST, BLAST])
    with pytest.raises(RecordError, match="1 words were given for 2 cells"):
        annotate_many(project, 1, [cell(1), cell(2)], [BLAST])
    assert history(project) == []
    assert undoable(project, SLIDE) == Tops()


def test_nothing_to_annotate_is_no_step(project):
    assert annotate_many(project, 1, [], []) == []
    assert undoable(project, SLIDE) == Tops()


def test_cell_twice_in_one_bulk_ends_with_its_last_word_and_is_undone_whole(project):
    annotate(project, 1, cell(1), NORMAL)
    annotate_many(project, 1, [cell(1), cell(1)], [BLAST, L1])
    assert said(project) == {(1, 1): L1}
    undo(project, 1, SLIDE)
    assert said(project) == {(1, 1): NORMAL}


def test_undo_ends_at_the_last_lock_of_its_slide(project):
    annotate(project, 1, cell(1), BLAST)
    annotate(project, 1, cell(2), L1)
    annotate(project, 1, cell(1, 2), L1)
    undo(project, 1, SLIDE)
    locked_and_amended(project, 1)
    assert not undo(project, 1, SLIDE)
    assert not redo(project, 1, SLIDE)
    annotate(project, 1, cell(1), NORMAL)
    assert len(undo(project, 1, SLIDE).annotations) == 1
    assert not undo(project, 1, SLIDE)
    assert len(undo(project, 1, Thread(2)).annotations) == 1
    assert said(project) == {(1, 1): BLAST}


def test_reading_stands_apart_and_has_its_own_undo(project):
    reader = reader_named(project, "B").reader_id
    reading = begin_reading(project, reader, 1).reading_id
    annotate(project, 1, cell(1), BLAST)
    blind = annotate(project, reader, cell(1), NORMAL, reading)
    assert blind.before is None
    assert said(project) == {(1, 1): BLAST}
    assert said(project, reading_id=reading) == {(1, 1): NORMAL}
    assert len(undo(project, 1, SLIDE).annotations) == 1
    assert said(project, reading_id=reading) == {(1, 1): NORMAL}
    with pytest.raises(RecordError, match="is not that of reading"):
        annotate(project, reader, cell(1, 2), NORMAL, reading)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE annotations SET to_word = 'l3'",
        "DELETE FROM annotations",
        "INSERT OR REPLACE INTO annotations SELECT * FROM annotations",
        "UPDATE steps SET undo_top_id = NULL",
    ],
)
def test_no_program_changes_what_was_said(project, sql):
    annotate(project, 1, cell(1), BLAST)
    before = history(project)
    with (
        closing(sqlite3.connect(project.folder / "project.sqlite")) as other,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        other.execute(sql)
    assert history(project) == before


def test_read_only_project_says_so_and_shows_everything(project):
    annotate(project, 1, cell(1), BLAST)
    with open_project(project.folder, write=False) as other:
        assert said(other) == {(1, 1): BLAST}
        assert undoable(other, SLIDE) == Tops(1, None)
        for change in (lambda: annotate(other, 1, cell(1), L1), lambda: undo(other, 1, SLIDE)):
            with pytest.raises(ProjectReadOnlyError, match="opened for reading only"):
                change()


def test_word_is_a_class_or_an_exclusion():
    assert Word.of(FAB5, "l2") == Word("FAB5", "l2")
    assert Word.of(FAB5, "smudge") == Word("", "smudge")
    with pytest.raises(RecordError, match="neither a class of FAB5"):
        Word.of(FAB5, "unknown")
    with pytest.raises(RecordError, match="no exclusion"):
        Word.excluded("blast")
