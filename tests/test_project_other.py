"""Another project comes in: same pixels are the same field, and nothing of ours is moved."""

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project import current
from napari_all_subtype.project.annotation import SeenCell
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.groups import assign_groups, splits_of
from napari_all_subtype.project.history import history
from napari_all_subtype.project.locks import lock
from napari_all_subtype.project.readers import begin_reading, reader_named, readings_of
from napari_all_subtype.project.smears import (
    add_case,
    add_slide,
    add_specimen,
    fields_of,
    move_field,
    path_of,
    slides_of,
)
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.taxonomies import take_taxonomies, taxonomy_of, use_taxonomy
from napari_all_subtype.project.undo import undo
from napari_all_subtype.taxonomy import FAB5, Taxonomy
from napari_all_subtype.workflow.project_analyses import keep_analysis
from napari_all_subtype.workflow.project_fields import import_fields
from napari_all_subtype.workflow.project_other import import_project
from napari_all_subtype.workflow.project_packet import write_packet
from napari_all_subtype.workflow.project_tables import history_table
from packet_examples import CENTRES, analysed, discs, names_of_speakers, project_of, say, words
from project_examples import BLAST, L1, NORMAL, SMUDGE, delete


@pytest.fixture
def project(tmp_path):
    """Slide 1 of case-1 with field 1; Dr. A reads."""
    with project_of(tmp_path / "p", ((1,),)) as project:
        reader_named(project, "Dr. A")
        yield project


@pytest.fixture
def other(tmp_path):
    """Slide 1 of case-1 with fields 2 and 3, slide 2 of case-2 with field 4; Dr. B reads."""
    with project_of(tmp_path / "q", ((2, 3), (4,))) as other:
        reader_named(other, "Dr. B")
        yield other


def cases(project):
    return [slide.case_id for slide in slides_of(project)]


def test_smears_cells_and_words_come_in_with_their_readers(project, other):
    say(project, 1, BLAST)
    say(other, 1, L1, 2)
    say(other, 2, SMUDGE, 3)
    undoes = reader_named(other, "Dr. C").reader_id
    say(other, 2, L1, 3, undoes)
    undo(other, undoes, Thread(2))
    delete(other, 6)
    came = import_project(project, other)
    assert (came.cases, came.slides, came.fields, came.known) == (2, 2, 3, 0)
    assert (came.segmentations, came.words.added, came.refused) == (3, 2, ())
    assert words(project) == {(1, 1): "blast", (3, 1): "l1", (4, 2): "smudge"}
    assert names_of_speakers(project) == {"Dr. A", "Dr. B"}
    for n in (1, 2, 3):
        masks = [current.masks_now(*one) for one in ((other, n), (project, n + 1))]
        np.testing.assert_array_equal(masks[0].labels, masks[1].labels)
        tables = [current.table_now(*one) for one in ((other, n), (project, n + 1))]
        pd.testing.assert_frame_equal(*tables, check_dtype=False)
        assert path_of(project, n + 1) == path_of(other, n)
    rows = history_table(project)
    assert (rows["brought_from"] != "").tolist() == [False, True, True]
    assert rows["said_utc"].tolist()[1:] == [one.at_utc for one in history(other)[:2]]


def test_second_import_brings_only_what_is_new_since(project, other):
    say(other, 1, L1)
    import_project(project, other)
    before, places = history(project), slides_of(project)
    came = import_project(project, other)
    assert (came.fields, came.known, came.segmentations, came.words.added) == (0, 3, 0, 0)
    assert came.words.known == 1
    assert (history(project), slides_of(project)) == (before, places)
    say(other, 1, BLAST)
    say(other, 2, BLAST)
    assert import_project(project, other).words.added == 2
    assert words(project) == {(2, 1): "blast", (2, 2): "blast"}
    undo(other, 1, Thread(1))
    assert import_project(project, other).words.taken_back == 1
    assert words(project) == {(2, 1): "blast"}


def test_word_of_our_own_reader_stays_on_its_cell(project, other, tmp_path):
    import_project(project, other)
    say(project, 1, NORMAL, 2)
    say(project, 2, BLAST, 2)
    say(other, 1, L1)
    say(other, 2, BLAST)
    came = import_project(project, other).words
    assert (came.added, came.outvoted, came.known) == (0, 1, 1)
    assert words(project) == {(2, 1): "normal", (2, 2): "blast"}


def test_same_pseudonym_of_other_pixels_is_another_case(project, other):
    import_project(project, other)
    assert cases(project) == ["case-1", "case-2", "case-3"]


def test_pseudonym_that_is_free_is_kept(project, tmp_path):
    with project_of(tmp_path / "q", ((2,), (3,)), "K-17") as other:
        import_project(project, other)
    assert cases(project) == ["case-1", "K-17", "case-2"]


def test_same_identifier_is_the_same_patient_under_any_pseudonym(tmp_path):
    with (
        project_of(tmp_path / "p", ((1,),), "", "Jane Doe") as project,
        project_of(tmp_path / "q", ((2,),), "K-17", "Jane Doe") as other,
    ):
        assert import_project(project, other).cases == 0
        assert cases(project) == ["case-1", "case-1"]
        assert len(project.rows("SELECT * FROM case_identifiers")) == 1


def test_new_slides_and_fields_of_a_known_case_go_to_it(project, tmp_path):
    with project_of(tmp_path / "q", ((1, 2),), "K-17") as other:
        specimen = slides_of(other)[0].specimen_id
        again = add_slide(other, specimen)
        add_slide(other, add_specimen(other, add_case(other, "empty")))
        with project_of(tmp_path / "r", ((5,),)) as more:
            path = path_of(more, 1)
        import_fields(other, [path])
        with other.transaction() as connection:
            connection.execute("UPDATE fields SET slide_id = ? WHERE id = 3", (again,))
        came = import_project(project, other)
    assert (came.cases, came.slides, came.fields, came.known) == (0, 1, 2, 1)
    assert cases(project) == ["case-1", "case-1"]
    assert [field.slide_id for field in fields_of(project)] == [1, 1, 2]
    assert len({slide.specimen_id for slide in slides_of(project)}) == 1


def test_cells_that_were_found_here_stay_and_words_find_them(project, tmp_path):
    with project_of(tmp_path / "q", ((1,),)) as other:
        reader_named(other, "Dr. B")
        say(other, 6, L1)
        say(other, 3, SMUDGE)
        moved = discs([(y + 2, x) for y, x in reversed(CENTRES[1:])])
        keep_analysis(other, 1, analysed(discs()))
        keep_analysis(project, 1, analysed(moved))
        came = import_project(project, other)
    assert came.segmentations == 0
    np.testing.assert_array_equal(current.masks_now(project, 1).labels, moved.labels)
    assert words(project) == {(1, 1): "l1", (1, 4): "smudge"}


def test_known_field_without_cells_takes_them(tmp_path):
    with (
        project_of(tmp_path / "q", ((1,),)) as other,
        create_project(tmp_path / "p") as project,
    ):
        import_fields(project, [path_of(other, 1)])
        ours = reader_named(project, "Dr. A").reader_id
        annotate(project, ours, SeenCell(1, 1, CENTRES[2]), SMUDGE)
        reader_named(other, "Dr. B")
        say(other, 6, L1)
        came = import_project(project, other)
        assert (came.known, came.segmentations, came.words.orphans) == (1, 1, ())
        assert words(project) == {(1, 3): "smudge", (1, 6): "l1"}


def test_readings_apart_stay_apart(project, other):
    reading = begin_reading(other, 1, 1).reading_id
    say(other, 1, L1, reading_id=reading)
    say(other, 1, BLAST)
    open_one = begin_reading(other, 1, 1, blind=False).reading_id
    say(other, 2, L1, reading_id=open_one)
    import_project(project, other)
    import_project(project, other)
    assert words(project) == {(2, 1): "blast"}
    told = [(one.blind, words(project, one.reading_id)) for one in readings_of(project, 2)]
    assert told == [(True, {(2, 1): "l1"}), (False, {(2, 2): "l1"})]


def test_splits_come_in_where_there_is_none_and_never_move(project, other):
    import_project(project, other)
    assign_groups(project, {"case-2": "train"})
    assign_groups(other, {"case-1": "test", "case-2": "val", "nobody": "val"})
    came = import_project(project, other)
    assert splits_of(project) == {"case-2": "train", "case-3": "val"}
    assert came.splits == 1
    assert came.refused == (
        "case-1 is in test there and, as case-2, in train here, where it stays: what was trained "
        "on may never be tested on.",
    )


def test_two_cases_there_that_are_one_here_bring_one_split(tmp_path):
    with (
        project_of(tmp_path / "q", ((1,), (2,))) as other,
        project_of(tmp_path / "p", ((1, 2),)) as project,
    ):
        assign_groups(other, {"case-1": "train", "case-2": "test"})
        came = import_project(project, other)
        assert splits_of(project) == {"case-1": "train"}
        assert came.splits == 1
        assert [one[:17] for one in came.refused] == ["case-2 is in test"]


def test_locked_smear_takes_readings_alone_and_the_others_come(project, other):
    import_project(project, other)
    lock(project, 1, 2, {})
    say(other, 1, L1)
    say(other, 2, L1, reading_id=begin_reading(other, 1, 1).reading_id)
    say(other, 1, L1, 3)
    came = import_project(project, other)
    (line,) = came.refused
    assert line.startswith("Slide 1 of case-1: The result of this smear was locked by Dr. A")
    assert words(project) == {(4, 1): "l1"}
    assert words(project, 1) == {(2, 2): "l1"}


def test_locked_smear_takes_no_new_field(project, tmp_path):
    lock(project, 1, 1, {})
    with (
        project_of(tmp_path / "q", ((1, 2),)) as whole,
        create_project(tmp_path / "without-cells") as other,
    ):
        import_fields(other, [path_of(whole, n) for n in (1, 2)])
        (line,) = import_project(project, other).refused
    assert "was locked by Dr. A" in line
    assert len(fields_of(project)) == 1


def test_fields_of_one_slide_that_are_on_two_here_add_nothing_to_it(tmp_path):
    with (
        project_of(tmp_path / "p", ((1,), (2,))) as project,
        project_of(tmp_path / "q", ((1, 2, 3), (4,))) as other,
    ):
        came = import_project(project, other)
        (line,) = came.refused
        assert "its fields are on slides 1, 2 here" in line
        assert (came.fields, len(fields_of(project)), cases(project)[2]) == (1, 3, "case-3")


def test_itself_a_copy_of_it_and_a_packet_of_it_are_refused(project, tmp_path):
    with pytest.raises(RecordError, match="this project itself"):
        import_project(project, project)
    write_packet(project, tmp_path / "packet")
    refused = pytest.raises(RecordError, match=r"packet of this project.* project merge")
    with open_project(tmp_path / "packet") as packet, refused:
        import_project(project, packet)


def test_words_of_another_taxonomy_keep_it_and_ours_stays(project, other):
    mine = Taxonomy("mine", FAB5.classes[:2])
    use_taxonomy(other, mine)
    import_project(project, other)
    assert taxonomy_of(project) == FAB5
    use_taxonomy(project, mine)
    use_taxonomy(other, Taxonomy("theirs", FAB5.classes[:3]))
    take_taxonomies(project, other)
    assert taxonomy_of(project) == mine
    with pytest.raises(RecordError, match="taxonomy theirs with other classes"):
        use_taxonomy(project, Taxonomy("theirs", FAB5.classes[:1]))


def test_image_that_is_missing_there_is_a_field_here_all_the_same(project, other, tmp_path):
    move_field(other, 1, tmp_path / "gone.png")
    assert import_project(project, other).fields == 3
    assert path_of(project, 2) == tmp_path / "gone.png"
