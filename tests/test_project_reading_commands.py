"""Lock and amend on the command line."""

import pytest

from napari_all_subtype.cli import main
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.locks import locks_of
from napari_all_subtype.project.readers import reader_named, readers_of
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from packet_examples import project_of, say
from project_examples import BLAST


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
