"""A reading is the reader's own: opened again until it is finished, and blind to all others."""

import pytest

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.annotations import annotate, annotate_many
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import history, standing
from napari_all_subtype.project.readers import (
    begin_reading,
    finish_reading,
    open_apart,
    open_reading,
    reader_named,
    readings_of,
)
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.undo import redo, undo, undoable
from napari_all_subtype.workflow.spoken import finished_readings, named_readings
from project_examples import BLAST, L1, NORMAL, SMUDGE, cell, new_project, said


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path, slides=2) as project:
        reader_named(project, "Dr. B")
        yield project


def test_reader_comes_back_to_the_same_reading_until_it_is_finished(project):
    first = open_reading(project, 1, 1)
    assert open_reading(project, 1, 1) == first
    assert open_reading(project, 2, 1) != first
    assert open_reading(project, 1, 2) != first
    finish_reading(project, first.reading_id)
    finish_reading(project, first.reading_id)
    second = open_reading(project, 1, 1)
    assert second.reading_id != first.reading_id
    assert [one.finished for one in readings_of(project, 1)] == [True, False, False]


def test_reading_of_another_kind_or_from_elsewhere_is_not_gone_on_with(project):
    begin_reading(project, 1, 1, blind=False)
    begin_reading(project, 1, 1, brought_from="a packet")
    opened = open_reading(project, 1, 1)
    assert (opened.reading_id, opened.blind, opened.brought_from) == (3, True, "")
    assert open_reading(project, 1, 1, brought_from="a packet").reading_id == 2
    assert open_reading(project, 1, 1, blind=False).reading_id == 1
    assert readings_of(project, 1)[1].brought_from == "a packet"


def test_blind_reading_gives_a_window_nothing_of_what_others_said(project):
    annotate(project, 1, cell(1), BLAST)
    mine = open_reading(project, 2, 1).reading_id
    other = open_reading(project, 1, 1).reading_id
    annotate(project, 1, cell(2), L1, other)
    assert standing(project, 1, mine) == []
    assert undoable(project, Thread(1, mine)).undo_id is None
    annotate(project, 2, cell(1), SMUDGE, mine)
    (stands,) = standing(project, 1, mine)
    assert (stands.label, stands.word, stands.annotation.before) == (1, SMUDGE, None)
    assert said(project) == {(1, 1): BLAST}
    assert said(project, reading_id=other) == {(1, 2): L1}


def test_reading_goes_on_after_the_program_ended(project):
    mine = open_reading(project, 2, 1).reading_id
    annotate(project, 2, cell(1), SMUDGE, mine)
    project.close()
    with open_project(project.folder) as again:
        assert open_reading(again, 2, 1).reading_id == mine
        assert said(again, reading_id=mine) == {(1, 1): SMUDGE}
        assert undo(again, 2, Thread(1, mine)).annotations[0].word is None


def test_finished_reading_takes_no_word_and_no_undo(project):
    mine = open_reading(project, 1, 1).reading_id
    annotate(project, 1, cell(1), BLAST, mine)
    annotate(project, 1, cell(1), NORMAL, mine)
    undo(project, 1, Thread(1, mine))
    finish_reading(project, mine)
    for change in (
        lambda: annotate(project, 1, cell(1), L1, mine),
        lambda: undo(project, 1, Thread(1, mine)),
        lambda: redo(project, 1, Thread(1, mine)),
    ):
        with pytest.raises(RecordError, match=f"Reading {mine} is finished"):
            change()
    assert said(project, reading_id=mine) == {(1, 1): BLAST}
    annotate(project, 1, cell(1), L1)


def test_reading_takes_words_and_undo_of_its_own_reader_alone(project):
    mine = open_reading(project, 1, 1).reading_id
    annotate(project, 1, cell(1), BLAST, mine)
    for change in (
        lambda: annotate(project, 2, cell(1), L1, mine),
        lambda: undo(project, 2, Thread(1, mine)),
    ):
        with pytest.raises(RecordError, match=f"Reading {mine} is that of Dr. A"):
            change()
    assert [one.reader_id for one in history(project)] == [1]
    assert undo(project, 1, Thread(1, mine)).annotations[0].word is None


def test_reading_begun_after_words_of_others_were_shown_is_not_blind(project):
    first = open_apart(project, 2, 1)
    assert open_apart(project, 2, 1) == first
    finish_reading(project, first.reading_id)
    own = open_apart(project, 2, 1)
    annotate(project, 2, cell(2), L1)
    finish_reading(project, own.reading_id)
    hidden = open_apart(project, 1, 1)
    annotate(project, 1, cell(1), BLAST, hidden.reading_id)
    again = open_apart(project, 2, 1)
    finish_reading(project, again.reading_id)
    # Nobody was shown what stands in a reading that goes on, nor words of another smear.
    assert first.blind
    assert own.blind
    assert hidden.blind
    assert again.blind
    finish_reading(project, hidden.reading_id)
    seen = open_apart(project, 2, 1)
    assert not seen.blind
    assert open_apart(project, 2, 1) == seen
    assert open_apart(project, 2, 2).blind
    finish_reading(project, seen.reading_id)
    keys = [key for key, _ in named_readings(finished_readings(project, 1))]
    assert keys[-1] == "reader-2, reading 4, not blind"
    assert keys[0] == "reader-2"


@pytest.mark.parametrize(("reader", "slide", "word"), [(1, 99, "slide"), (99, 1, "reader")])
@pytest.mark.parametrize("begin", [begin_reading, open_reading])
def test_reading_of_what_is_not_there_is_refused_in_words(project, begin, reader, slide, word):
    with pytest.raises(RecordError, match=f"The project has no {word} 99"):
        begin(project, reader, slide)
    with pytest.raises(RecordError, match="The project has no reading 99"):
        finish_reading(project, 99)


def test_word_of_a_reader_who_is_not_there_is_refused_in_words(project):
    with pytest.raises(RecordError, match="The project has no reader 99"):
        annotate_many(project, 99, [cell(1)], [BLAST])
    assert standing(project) == []
