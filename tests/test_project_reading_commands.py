"""Count, agreement, lock and amend on the command line."""

import pandas as pd
import pytest

from napari_all_subtype.cli import main
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.locks import locks_of
from napari_all_subtype.project.readers import (
    finish_reading,
    open_reading,
    reader_named,
    readers_of,
)
from napari_all_subtype.project.smears import path_of
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from packet_examples import MODEL, project_of, say
from project_examples import BLAST, NORMAL, new_project

RED_CELL = Word.excluded("nucleated_red_cell")


@pytest.fixture
def folder(tmp_path):
    with project_of(tmp_path / "p") as project:
        reader_named(project, "Dr. A")
        say(project, 1, BLAST)
    return tmp_path / "p"


def told_by(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["project", *map(str, arguments)])
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


def test_lock_amend_and_lock_again(folder, capsys):
    code, out, _ = told_by(capsys, "lock", folder, "--slide", 1, "--reader", "Dr. B")
    assert (code, "Locked: 1 of 12 cells were reviewed." in out) == (0, True)
    assert "by Dr. B" in out
    assert RESEARCH_USE_ONLY in out
    with open_project(folder) as project:
        assert locks_of(project, 1)[0].sha256 in out
    code, _, err = told_by(capsys, "lock", folder, "--slide", 1, "--reader", "Dr. A")
    assert (code, "was locked by Dr. B" in err) == (2, True)
    assert "locked" in told_by(capsys, "status", folder)[1]
    amended = ("amend", folder, "--slide", 1, "--reader", "Dr. A", "--reason")
    assert told_by(capsys, *amended, "a smudge")[0] == 0
    assert "being amended" in told_by(capsys, "status", folder)[1]
    code, out, _ = told_by(capsys, "lock", folder, "--slide", 1, "--reader", "Dr. A")
    assert (code, "Amended because: a smudge." in out) == (0, True)


def test_what_is_refused_enters_no_reader(folder, capsys):
    for order in (
        ("lock", folder, "--slide", 9, "--reader", "nobody"),
        ("amend", folder, "--slide", 1, "--reader", "nobody", "--reason", "why"),
    ):
        code, _, err = told_by(capsys, *order)
        assert (code, "Traceback" in err, len(err.splitlines()) <= 2) == (2, False, True)
    with open_project(folder) as project:
        assert [one.name for one in readers_of(project)] == ["Dr. A"]


def test_count_is_told_by_reader_and_model_side_by_side(folder, tmp_path, capsys):
    with open_project(folder) as project:
        reader_named(project, "Dr. B")
        say(project, 2, NORMAL)
        say(project, 3, RED_CELL)
        blind = open_reading(project, 2, 1)
        say(project, 1, NORMAL, reader_id=2, reading_id=blind.reading_id)
    order = ("count", folder, "--slide", 1, "--cells", 100, "--seed", 3)
    _, out, _ = told_by(capsys, *order)
    assert "Dr. B" not in out
    with open_project(folder) as project:
        finish_reading(project, blind.reading_id)
    path = tmp_path / "count.csv"
    code, out, err = told_by(capsys, *order, "--out", path)
    assert (code, err) == (0, "")
    assert "Dr. B" in out
    assert "12 cells drawn at random (seed 3) out of 12" in out
    assert "3 of the 12 are read: 2 leukocytes and 1 other object" in out
    assert "Dr. A, common record" in out
    assert "The smear has too few cells: 100 leukocytes were asked for." in out
    assert "Preliminary: 3 of 12 cells were reviewed." in out
    assert RESEARCH_USE_ONLY in out
    table = pd.read_csv(path)
    assert set(table["by"]) == {"common record", "reader-2", f"model {MODEL}"}
    assert "Dr. " not in path.read_text()
    rows = table.set_index(["by", "row"])
    assert rows.loc[("common record", "normal"), "fraction"] == 0.5
    assert rows.loc[("common record", "nucleated_red_cell"), "per_100_leukocytes"] == 50
    assert rows.loc[(f"model {MODEL}", "blast"), "count"] == 11
    assert set(table["notice"]) == {RESEARCH_USE_ONLY}
    assert told_by(capsys, *order, "--out", path)[0] == 2
    assert told_by(capsys, *order, "--out", path, "--overwrite")[0] == 0


def test_same_seed_counts_the_same_cells_and_bad_numbers_are_refused(folder, capsys):
    order = ("count", folder, "--slide", 1)
    assert told_by(capsys, *order)[1] == told_by(capsys, *order)[1]
    code, _, err = told_by(capsys, *order, "--cells", 150)
    assert (code, "100" in err and "500" in err) == (2, True)
    code, _, err = told_by(capsys, "count", folder, "--slide", 4)
    assert (code, "no slide 4" in err) == (2, True)


def test_count_of_a_smear_without_cells_says_what_to_do(tmp_path, capsys):
    new_project(tmp_path / "q").close()
    code, _, err = told_by(capsys, "count", tmp_path / "q", "--slide", 1)
    assert (code, "press Run in the dock" in err) == (2, True)


def test_image_that_moved_is_told_and_the_count_goes_on(folder, capsys):
    with open_project(folder) as project:
        path_of(project, 1).unlink()
    code, out, _ = told_by(capsys, "count", folder, "--slide", 1)
    assert (code, "1 image could not be read" in out) == (0, True)


def test_agreement_is_told_by_name_and_written_by_code(folder, tmp_path, capsys):
    code, out, _ = told_by(capsys, "agreement", tmp_path / "p")
    assert (code, "common record" in out) == (0, True)
    with open_project(folder) as project:
        reader_named(project, "Dr. B")
        say(project, 2, NORMAL)
        blind = open_reading(project, 2, 1)
        for label in (1, 2):
            say(project, label, NORMAL, reader_id=2, reading_id=blind.reading_id)
        finish_reading(project, blind.reading_id)
    order = ("agreement", folder, "--slide", 1)
    files = [tmp_path / name for name in ("kappa.csv", "cells.csv")]
    code, out, err = told_by(capsys, *order, "--out", files[0], "--disagreements", files[1])
    assert (code, err) == (0, "")
    assert "Dr. A, common record (rows) against Dr. B (columns):" in out
    assert RESEARCH_USE_ONLY in out
    table, cells = map(pd.read_csv, files)
    assert table["agreed"].tolist()[0] == 0.5
    assert (cells["cell"].tolist(), cells["reader-2"].tolist()) == ([1], ["normal"])
    assert all("Dr." not in path.read_text() for path in files)
    assert set(table["notice"]) == set(cells["notice"]) == {RESEARCH_USE_ONLY}
    assert told_by(capsys, *order, "--out", files[0])[0] == 2
    assert told_by(capsys, "agreement", folder, "--slide", 5)[0] == 2
