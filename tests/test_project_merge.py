"""Words that were said in a packet come back whole, once, to the cells they were said of."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.cells import edits
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import ProjectReadOnlyError, RecordError
from napari_all_subtype.project import current
from napari_all_subtype.project.annotation import Predicted, SeenCell, Word
from napari_all_subtype.project.annotations import COLUMNS, annotate
from napari_all_subtype.project.crops import CROPS, keep_crop
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import history, orphaned, standing
from napari_all_subtype.project.locks import lock, locked_by
from napari_all_subtype.project.readers import (
    begin_reading,
    finish_reading,
    reader_named,
    readers_of,
    readings_of,
)
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.taxonomies import use_taxonomy
from napari_all_subtype.project.undo import undo
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, Taxonomy
from napari_all_subtype.workflow.project_analyses import keep_analysis
from napari_all_subtype.workflow.project_merge import merge_packet
from napari_all_subtype.workflow.project_packet import write_packet
from napari_all_subtype.workflow.project_tables import history_table
from napari_all_subtype.workflow.spoken import MODEL as SAID_BY_MODEL
from napari_all_subtype.workflow.spoken import spoken_in
from packet_examples import CENTRES, MODEL, analysed, discs, project_of, say, words
from project_examples import BLAST, L1, NORMAL, SMUDGE, edited


@pytest.fixture
def project(tmp_path):
    """Slides 1 and 2 with a field each; Dr. A called two cells blasts."""
    with project_of(tmp_path / "p", ((1,), (2,))) as project:
        reader_named(project, "Dr. A")
        say(project, 1, BLAST)
        say(project, 2, BLAST)
        yield project


@pytest.fixture
def packet(project, tmp_path):
    """A packet for B, open for writing."""
    write_packet(project, tmp_path / "packet", reader="B")
    with open_project(tmp_path / "packet") as packet:
        yield packet


def readings(project, slide=1):
    """Words of each reading of a slide, by its reader's name."""
    names = {reader.reader_id: reader.name for reader in readers_of(project)}
    return [
        (names[one.reader_id], words(project, one.reading_id))
        for one in readings_of(project, slide)
    ]


def found_in(project):
    """Masks and table of field 1."""
    return current.masks_now(project, 1), current.table_now(project, 1)


def new_cell(project, centre):
    """The edit that adds a disc of radius 6 px to field 1."""
    y, x = centre
    rows, columns = np.indices((13, 13)) - 6
    region = Region(y - 6, x - 6, y + 7, x + 7)
    return edits.add(*found_in(project), region, np.hypot(rows, columns) <= 6)


def test_words_come_back_as_a_blind_reading_beside_the_common_record(project, packet):
    say(packet, 1, NORMAL)
    say(packet, 5, SMUDGE)
    say(packet, 3, L1, 2)
    came = merge_packet(project, packet)
    assert (came.words.added, came.words.known, came.refused) == (3, 0, ())
    assert words(project) == {(1, 1): "blast", (1, 2): "blast"}
    assert readings(project, 1) == [("B", {(1, 1): "normal", (1, 5): "smudge"})]
    assert readings(project, 2) == [("B", {(2, 3): "l1"})]
    assert all(one.blind and one.brought_from for n in (1, 2) for one in readings_of(project, n))


def test_merging_again_adds_only_what_was_said_since(project, packet):
    say(packet, 1, NORMAL)
    say(packet, 2, L1)
    assert merge_packet(project, packet).words.added == 2
    before = history(project)
    again = merge_packet(project, packet).words
    assert (again.added, again.taken_back, again.known) == (0, 0, 2)
    assert history(project) == before
    say(packet, 2, SMUDGE)
    say(packet, 4, BLAST)
    undo(packet, 1, Thread(1))
    say(packet, 6, BLAST)
    later = merge_packet(project, packet).words
    assert (later.added, later.known) == (2, 1)
    assert readings(project) == [("B", {(1, 1): "normal", (1, 2): "smudge", (1, 6): "blast"})]


def test_word_taken_back_in_the_packet_is_taken_back_here(project, packet):
    say(packet, 1, NORMAL)
    merge_packet(project, packet)
    undo(packet, 1, Thread(1))
    assert merge_packet(project, packet).words.taken_back == 1
    assert readings(project) == [("B", {})]
    assert merge_packet(project, packet).words.taken_back == 0
    assert words(project) == {(1, 1): "blast", (1, 2): "blast"}


def test_two_readers_of_copies_of_one_packet_have_readings_of_their_own(project, tmp_path):
    write_packet(project, tmp_path / "B")
    shutil.copytree(tmp_path / "B", tmp_path / "C")
    for name in ("B", "C"):
        with open_project(tmp_path / name) as packet:
            say(packet, 1, L1, reader_id=reader_named(packet, name).reader_id)
            assert merge_packet(project, packet).words.added == 1
    assert readings(project) == [("B", {(1, 1): "l1"}), ("C", {(1, 1): "l1"})]


def test_word_that_was_taken_back_on_both_sides_leaves_no_line(project, packet):
    say(packet, 1, NORMAL)
    merge_packet(project, packet)
    undo(packet, 1, Thread(1))
    undo(project, reader_named(project, "B").reader_id, Thread(1, 1))
    before = history(project)
    assert merge_packet(project, packet).words.taken_back == 0
    assert history(project) == before


def test_time_and_picture_of_a_word_come_along(project, packet):
    crop = keep_crop(packet, np.full((8, 8, 3), 77, np.uint8))
    say(packet, 1, NORMAL, crop=crop)
    merge_packet(project, packet)
    (one,) = standing(project, reading_id=1)
    assert one.annotation.seen.crop == crop
    assert CROPS.read(project, crop) == CROPS.read(packet, crop)
    row = history_table(project).iloc[-1]
    assert row["said_utc"] == history(packet)[0].at_utc
    assert row["blind"]


def test_word_whose_picture_is_lost_comes_without_it(project, packet):
    crop = keep_crop(packet, np.full((8, 8, 3), 77, np.uint8))
    say(packet, 1, NORMAL, crop=crop)
    CROPS.place(packet, crop).unlink()
    came = merge_packet(project, packet).words
    assert (came.added, came.lost_crops) == (1, 1)
    assert standing(project, reading_id=1)[0].annotation.seen.crop is None


def test_word_of_a_cell_that_the_model_did_not_know_comes_back_with_that(project, packet):
    unknown = Predicted(Word(FAB5.name, "unknown"), MODEL, float("nan"))
    annotate(packet, 1, SeenCell(1, 1, CENTRES[0], None, unknown), L1)
    assert merge_packet(project, packet).words.added == 1
    told = standing(project, reading_id=1)[0].annotation.seen.predicted
    assert told == Predicted(unknown.word, MODEL, None)
    assert history_table(project)[["predicted", "model"]].iloc[-1].tolist() == ["unknown", MODEL]


@pytest.mark.parametrize("earlier", [False, True])
def test_reader_who_did_not_see_the_model_has_seen_nothing_of_it(project, tmp_path, earlier):
    write_packet(project, tmp_path / "hidden", reader="B", hide_model=True)
    with open_project(tmp_path / "hidden") as packet:
        nothing = Predicted(Word(FAB5.name, "unknown"), "", float("nan"))
        annotate(packet, 1, SeenCell(1, 1, CENTRES[0], None, nothing), L1)
        if earlier:
            said_as_once(packet)
        assert all(one.seen.predicted is None for one in history(packet))
        assert merge_packet(project, packet).words.added == 1
    assert readings(project) == [("B", {(1, 1): "l1"})]
    (stands,) = standing(project, reading_id=1)
    assert stands.annotation.seen.predicted is None
    row = history_table(project).iloc[-1]
    assert (row["predicted"], row["model"], np.isnan(row["confidence"])) == ("", "", True)
    spoken = spoken_in(project)
    assert spoken.cells.set_index("cell").loc[1, [SAID_BY_MODEL, "reader-2"]].tolist() == [
        "blast",
        "l1",
    ]


def said_as_once(packet):
    """Record the last line of a packet again, as programs did that told no model from none."""
    columns = ", ".join(COLUMNS)
    told = columns.replace("predicted_taxonomy, predicted_word, model_id", "'fab5', 'unknown', ''")
    with packet.transaction() as connection:
        connection.execute(
            f"INSERT INTO annotations ({columns}) SELECT {told} FROM annotations "
            "ORDER BY id DESC LIMIT 1"
        )


def test_locked_smear_takes_a_reading_and_stays_locked(project, packet):
    say(packet, 1, NORMAL)
    version = lock(project, 1, 1, {"blasts": 2})
    assert merge_packet(project, packet).words.added == 1
    assert locked_by(project, 1) == version
    assert words(project) == {(1, 1): "blast", (1, 2): "blast"}


def test_readings_in_a_packet_come_back_as_well(project, packet):
    reading = begin_reading(packet, 1, 1).reading_id
    say(packet, 4, L1, reading_id=reading)
    merge_packet(project, packet)
    assert readings(project) == [("B", {(1, 4): "l1"})]


def test_reading_that_was_finished_here_is_followed_by_another(project, packet):
    say(packet, 1, NORMAL)
    merge_packet(project, packet)
    finish_reading(project, 1)
    say(packet, 2, NORMAL)
    merge_packet(project, packet)
    assert readings(project) == [("B", {(1, 1): "normal"}), ("B", {(1, 2): "normal"})]


def test_cells_that_were_found_anew_here_are_found_by_their_masks(project, packet):
    say(packet, 1, NORMAL)
    say(packet, 6, L1)
    keep_analysis(project, 1, analysed(discs([(y + 2, x) for y, x in reversed(CENTRES)], 11)))
    came = merge_packet(project, packet).words
    assert (came.added, came.orphans) == (2, ())
    assert readings(project) == [("B", {(1, 6): "normal", (1, 1): "l1"})]
    assert words(project) == {(1, 6): "blast", (1, 5): "blast"}


def test_word_without_its_cell_is_listed_kept_and_found_by_a_later_segmentation(project, packet):
    say(packet, 3, SMUDGE)
    keep_analysis(project, 1, analysed(discs(CENTRES[:2])))
    came = merge_packet(project, packet).words
    ((orphan),) = came.orphans
    assert (orphan.field_id, orphan.word, orphan.centroid_yx_px) == (1, SMUDGE, (40, 160))
    assert [one.word for one in orphaned(project, reading_id=1)] == [SMUDGE]
    assert merge_packet(project, packet).words.added == 0
    keep_analysis(project, 1, analysed(discs()))
    assert readings(project) == [("B", {(1, 3): "smudge"})]
    say(packet, 3, L1)
    merge_packet(project, packet)
    assert readings(project) == [("B", {(1, 3): "l1"})]


def test_same_lost_cell_of_two_packets_is_one_cell(project, packet, tmp_path):
    write_packet(project, tmp_path / "second", reader="C")
    keep_analysis(project, 1, analysed(discs(CENTRES[:2])))
    with open_project(tmp_path / "second") as second:
        for one, word in ((packet, SMUDGE), (second, L1)):
            say(one, 3, word)
            merge_packet(project, one)
    keep_analysis(project, 1, analysed(discs()))
    assert readings(project) == [("B", {(1, 3): "smudge"}), ("C", {(1, 3): "l1"})]


def test_edits_in_the_packet_stay_there_and_are_counted(project, packet):
    edited(packet, edits.delete(*found_in(packet), 6))
    say(packet, 5, NORMAL)
    here = current.masks_now(project, 1).labels.copy()
    edited(packet, new_cell(packet, (75, 70)))
    say(packet, 7, L1)
    undo(packet, 1, Thread(1))
    undo(packet, 1, Thread(1))
    came = merge_packet(project, packet)
    assert (came.edits, came.words.added) == (1, 1)
    np.testing.assert_array_equal(current.masks_now(project, 1).labels, here)


def test_added_cell_is_no_cell_here_even_where_its_number_is_one(project, packet):
    for place, one in (((75, 70), packet), ((75, 130), project)):
        edit = new_cell(one, place)
        edited(one, edit)
        assert edit.added == (7,)
    say(packet, 7, L1)
    came = merge_packet(project, packet).words
    assert [one.word for one in came.orphans] == [L1]
    assert readings(project) == [("B", {(1, None): "l1"})]


def test_half_of_a_split_cell_keeps_its_word_and_no_cell_has_two(project, packet):
    line = [(25.0, 41.0), (55.0, 41.0)]
    edited(packet, edits.split(*found_in(packet), 1, line))
    say(packet, 1, NORMAL)
    say(packet, 7, L1)
    came = merge_packet(project, packet).words
    assert (came.added, len(came.orphans)) == (2, 1)
    ((_, told),) = readings(project)
    assert set(told) == {(1, 1), (1, None)}


def test_word_on_a_cell_that_the_reader_took_away_is_left_out(project, packet):
    say(packet, 1, NORMAL)
    edited(packet, edits.delete(*found_in(packet), 1))
    came = merge_packet(project, packet).words
    assert (came.added, came.on_deleted) == (0, 1)
    undo(packet, 1, Thread(1))
    assert merge_packet(project, packet).words.added == 1


def test_cell_that_was_drawn_again_in_the_packet_takes_the_word_of_the_one_it_replaced(
    project, packet
):
    say(packet, 1, NORMAL)
    merge_packet(project, packet)
    edited(packet, edits.delete(*found_in(packet), 1))
    edited(packet, new_cell(packet, CENTRES[0]))
    say(packet, 7, L1)
    came = merge_packet(project, packet).words
    assert (came.added, came.orphans) == (1, ())
    assert readings(project) == [("B", {(1, 1): "l1"})]


def test_cell_that_has_a_word_of_the_packet_takes_no_other_cells_word(project, packet):
    say(packet, 4, NORMAL)
    merge_packet(project, packet)
    both = discs([CENTRES[3]], 8).labels | discs([CENTRES[4]]).labels
    keep_analysis(project, 1, analysed(CellMasks(both, both.copy())))
    assert readings(project) == [("B", {(1, 1): "normal"})]
    say(packet, 5, L1)
    came = merge_packet(project, packet).words
    assert [one.word for one in came.orphans] == [L1]
    assert readings(project) == [("B", {(1, 1): "normal", (1, None): "l1"})]


def test_field_that_is_not_there_is_named_and_the_others_come(project, tmp_path):
    with project_of(tmp_path / "q", ((2, 9),)) as other:
        write_packet(other, tmp_path / "foreign", reader="B")
    with open_project(tmp_path / "foreign") as packet:
        say(packet, 1, NORMAL)
        say(packet, 2, L1, 2)
        say(packet, 3, L1, 2)
        came = merge_packet(project, packet)
    assert came.words.added == 1
    (line,) = came.refused
    assert "Field 2 of the packet is not in this project, and its 2 words were not taken" in line
    assert readings(project, 2) == [("B", {(2, 1): "normal"})]


def test_what_is_no_packet_of_these_images_is_refused(project, tmp_path):
    with project_of(tmp_path / "q", ((9,),)) as other:
        with pytest.raises(RecordError, match="is a project and no packet"):
            merge_packet(project, other)
        write_packet(other, tmp_path / "foreign")
    refused = pytest.raises(RecordError, match="None of the 1 images")
    with open_project(tmp_path / "foreign") as packet, refused:
        merge_packet(project, packet)
    assert readings_of(project, 1) == []


def test_packet_with_other_classes_of_the_same_name_changes_nothing(project, packet):
    use_taxonomy(project, Taxonomy("mine", FAB5.classes[:2]))
    use_taxonomy(packet, Taxonomy("mine", FAB5.classes[:3]))
    say(packet, 1, Word("mine", "l1"))
    with pytest.raises(RecordError, match="taxonomy mine with other classes"):
        merge_packet(project, packet)
    assert readings_of(project, 1) == []


def test_read_only_project_takes_no_packet_and_a_read_only_packet_is_merged(project, packet):
    say(packet, 1, NORMAL)
    with open_project(project.folder, write=False) as closed, pytest.raises(ProjectReadOnlyError):
        merge_packet(closed, packet)
    with open_project(packet.folder, write=False) as closed:
        assert merge_packet(project, closed).words.added == 1


WORDS = st.sampled_from([Word.of(FAB5, c.name) for c in (*FAB5.classes, *EXCLUSIONS)])
SAID = st.lists(st.tuples(st.integers(1, 6), WORDS | st.none(), st.booleans()), max_size=12)


@settings(max_examples=25, deadline=None)
@given(SAID)
def test_after_any_reading_merged_at_any_moments_both_say_the_same(said):
    with TemporaryDirectory() as home, project_of(Path(home) / "p", ((1,),)) as project:
        write_packet(project, Path(home) / "packet", reader="B")
        with open_project(Path(home) / "packet") as packet:
            for label, word, merged in said:
                say(packet, label, word)
                if merged:
                    merge_packet(project, packet)
            merge_packet(project, packet)
            there = words(packet)
        told = [words(project, one.reading_id) for one in readings_of(project, 1)]
        assert (told or [{}]) == [there]
        assert words(project) == {}
