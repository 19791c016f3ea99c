"""Who said what, side by side: what is compared, what is hidden, and where readers differ."""

import numpy as np
import pytest

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.readers import begin_reading, finish_reading, reader_named
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.agreement import (
    COLUMNS,
    agreement,
    agreement_rows,
    confusion_table,
    disagreements,
    side_of,
)
from napari_all_subtype.workflow.project_analyses import keep_analysis
from napari_all_subtype.workflow.spoken import MODEL, RECORD, spoken_in
from packet_examples import CENTRES, analysed, discs, project_of, say
from project_examples import BLAST, L1, NORMAL, SMUDGE

NAMES = {1: "Dr. A", 2: "Dr. B", 3: "Dr. C"}


@pytest.fixture
def project(tmp_path):
    """Reader 1 read cells 1–4 of field 1; reader 2 read them blind and finished."""
    with project_of(tmp_path / "p") as project:
        for name in NAMES.values():
            reader_named(project, name)
        for label, word in enumerate((NORMAL, BLAST, L1, SMUDGE), 1):
            say(project, label, word)
        second = begin_reading(project, 2, 1).reading_id
        for label, word in enumerate((NORMAL, L1, NORMAL, SMUDGE, BLAST), 1):
            say(project, label, word, reader_id=2, reading_id=second)
        finish_reading(project, second)
        yield project


def test_readers_readings_and_model_stand_side_by_side(project):
    spoken = spoken_in(project)
    assert [one.key for one in spoken.raters] == [RECORD, "reader-2", MODEL]
    assert [one.title(NAMES) for one in spoken.raters] == ["Dr. A, common record", "Dr. B", MODEL]
    assert spoken.said(spoken.readers).tolist() == [
        ["normal", "normal"],
        ["blast", "l1"],
        ["l1", "normal"],
        ["smudge", "smudge"],
        ["", "blast"],
    ]
    assert set(spoken.cells[MODEL]) == {"blast"}
    assert (spoken.cells["case"].unique().tolist(), spoken.unfinished) == (["case-1"], 0)


def test_pairs_agree_on_classes_and_on_sides(project):
    found = agreement(spoken_in(project))
    (pair,) = [one for one in found.pairs if one.raters[1].key == "reader-2"]
    assert (pair.classes.n_cells, pair.classes_agreed) == (4, 0.5)
    # Cell 4 is no leukocyte, so that three cells have a side; of cell 3 they differ.
    assert (pair.side.n_cells, pair.side_agreed) == (3, pytest.approx(2 / 3))
    assert pair.side.value == pytest.approx(0.4)
    assert found.readers is None
    rows = agreement_rows(found, NAMES)
    assert tuple(rows.columns) == COLUMNS
    assert rows["first"].tolist() == ["Dr. A, common record"] * 2 + ["Dr. B"]
    assert "Dr." not in agreement_rows(found, {}).to_string()


def test_confusion_of_two_counts_each_pair_of_words(project):
    spoken = spoken_in(project)
    table = confusion_table(spoken, *spoken.readers)
    assert list(table.index) == ["normal", "blast", "l1", "smudge"]
    assert table.loc["l1", "normal"] == table.loc["blast", "l1"] == 1
    assert table.to_numpy().sum() == 4


def test_disagreements_on_the_side_come_first_and_agreed_cells_never(project):
    found = disagreements(spoken_in(project))
    assert found["cell"].tolist() == [3, 2]
    assert found["sides"].tolist() == [True, False]
    assert (found["y_px"].iloc[0], found["x_px"].iloc[0]) == CENTRES[2]


def test_nothing_of_a_reading_that_goes_on_is_shown(project):
    third = begin_reading(project, 3, 1)
    say(project, 1, BLAST, reader_id=3, reading_id=third.reading_id)
    found = agreement(spoken_in(project))
    assert "reader-3" not in [one.key for one in found.spoken.raters]
    assert any(
        "Not finished, and so not shown: 1 blind reading." in line for line in found.lines(NAMES)
    )
    finish_reading(project, third.reading_id)
    found = agreement(spoken_in(project))
    assert found.readers.classes.n_cells == 1
    assert any("Dr. C" in line for line in found.lines(NAMES))


def test_reading_that_came_back_from_elsewhere_counts_as_finished(project):
    came = begin_reading(project, 3, 1, brought_from="a packet")
    say(project, 1, BLAST, reader_id=3, reading_id=came.reading_id)
    assert "reader-3" in [one.key for one in spoken_in(project).raters]


def test_second_reading_of_one_reader_is_another_rater(project):
    again = begin_reading(project, 2, 1)
    say(project, 1, BLAST, reader_id=2, reading_id=again.reading_id)
    finish_reading(project, again.reading_id)
    spoken = spoken_in(project)
    assert [one.title(NAMES) for one in spoken.raters][1:3] == ["Dr. B", "Dr. B, reading 2"]


def test_model_that_knows_nothing_of_a_cell_says_nothing(project):
    lost = analysed(discs(CENTRES[:2]))
    keep_analysis(project, 1, lost)
    said = spoken_in(project).cells
    # Cells 3 to 5 are gone: what the model had said when people spoke of them stays.
    assert said["cell"].isna().tolist() == [False, False, True, True, True]
    assert set(said[MODEL]) == {"blast"}
    lost.cells.loc[1, "subtype"] = "unknown"
    keep_analysis(project, 1, lost)
    assert spoken_in(project).cells[MODEL].tolist()[0] == ""


def test_slides_are_compared_alone_or_together(project, tmp_path):
    with project_of(tmp_path / "q", ((5,), (6,))) as two:
        for name in NAMES.values():
            reader_named(two, name)
        for slide, field in ((1, 1), (2, 2)):
            say(two, 1, BLAST, field_id=field)
            reading = begin_reading(two, 2, slide).reading_id
            say(two, 1, NORMAL, field_id=field, reader_id=2, reading_id=reading)
            finish_reading(two, reading)
        assert spoken_in(two, (2,)).cells["field"].tolist() == [2]
        both = spoken_in(two)
        assert [one.key for one in both.raters] == [RECORD, "reader-2", MODEL]
        assert len(both.cells) == 2
        with pytest.raises(RecordError, match="no slide 9"):
            spoken_in(two, (9,))


def test_nothing_to_compare_says_what_it_takes(tmp_path):
    with project_of(tmp_path / "q") as empty:
        found = agreement(spoken_in(empty))
        assert found.pairs == ()
        assert "It takes two readings" in found.lines({})[0].replace("it takes", "It takes")
        assert agreement_rows(found, {}).empty
        assert disagreements(found.spoken).empty


def test_sides_are_of_leukocytes_only():
    said = np.array([["normal", "l3"], ["smudge", "unknown"], ["", "blast"]], object)
    assert side_of(said, FAB5).tolist() == [["normal", "blast"], ["", ""], ["", "blast"]]


def test_words_of_other_classes_have_no_side(project):
    say(project, 6, Word("Other", "mast_cell"))
    spoken = spoken_in(project)
    assert "mast_cell" in spoken.cells[RECORD].tolist()
    assert agreement(spoken).pairs
