"""Packet, merge and add --from-project on the command line, as two readers use them."""

import pytest

from napari_all_subtype.cli import main
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.readers import reader_named, readings_of
from napari_all_subtype.workflow.project_analyses import keep_analysis
from packet_examples import CENTRES, analysed, discs, project_of, say, words
from project_examples import BLAST, L1, NORMAL


@pytest.fixture
def folder(tmp_path):
    with project_of(tmp_path / "p", ((1,), (2,))) as project:
        reader_named(project, "Dr. A")
        say(project, 1, BLAST)
    return tmp_path / "p"


def words_of(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["project", *map(str, arguments)])
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


def test_packet_goes_out_is_read_and_comes_back(folder, tmp_path, capsys):
    out = tmp_path / "for-b"
    ordered = ("packet", folder, "--slide", 1, "--reader", "B", "--hide-model", "--out", out)
    status, told, _ = words_of(capsys, *ordered)
    assert (status, "project merge --help" in told) == (0, True)
    status, _, refused = words_of(capsys, *ordered)
    assert (status, "Choose another folder" in refused) == (2, True)
    assert "--overwrite" not in refused
    status, told, _ = words_of(capsys, "status", out)
    assert (status, "1 slide of 1 case, 1 field, 6 cells found" in told) == (0, True)
    assert "readers: B" in told
    assert "to be read blind by B, without what a model said." in told
    with open_project(out) as packet:
        say(packet, 1, NORMAL)
    status, told, _ = words_of(capsys, "merge", folder, out)
    assert (status, "1 word added, 0 taken back; 0 were there already." in told) == (0, True)
    assert "0 words added, 0 taken back; 1 was" in words_of(capsys, "merge", folder, out)[1]
    with open_project(folder) as project:
        (reading,) = readings_of(project, 1)
        assert words(project, reading.reading_id) == {(1, 1): "normal"}
        assert words(project) == {(1, 1): "blast"}


def test_what_could_not_come_over_is_told(folder, tmp_path, capsys):
    out = tmp_path / "for-b"
    words_of(capsys, "packet", folder, "--reader", "B", "--out", out)
    with open_project(folder) as project:
        keep_analysis(project, 1, analysed(discs(CENTRES[:2])))
    with open_project(out) as packet:
        say(packet, 5, L1)
    status, _, errors = words_of(capsys, "merge", folder, out)
    assert (status, "orphaned: l1 at y 110, x 100 px of field 1" in errors) == (0, True)
    with project_of(tmp_path / "q", ((1, 7),)) as other:
        words_of(capsys, "packet", other.folder, "--out", tmp_path / "foreign")
    with open_project(tmp_path / "foreign") as packet:
        reader_named(packet, "C")
        say(packet, 1, L1, 2)
    status, _, errors = words_of(capsys, "merge", folder, tmp_path / "foreign")
    assert (status, "error: Field 2 of the packet is not in this project" in errors) == (1, True)
    status, _, errors = words_of(capsys, "merge", folder, tmp_path / "q")
    assert (status, "is a project and no packet" in errors) == (2, True)


def test_another_project_is_added_without_other_options(folder, tmp_path, capsys):
    with project_of(tmp_path / "q", ((1,), (3,))) as other:
        reader_named(other, "Dr. B")
        say(other, 1, NORMAL)
        say(other, 2, L1, 2)
    status, told, errors = words_of(capsys, "add", folder, "--from-project", tmp_path / "q")
    assert (status, "1 image of 1 new slide and 1 new case added; 1 was" in told) == (0, True)
    assert "1 word added" in told
    assert "1 word on cells that are called something else here, which stays." in errors
    refused = ("add", folder, tmp_path / "a.png", "--from-project", tmp_path / "q")
    status, _, errors = words_of(capsys, *refused)
    assert (status, "--from-project goes without images" in errors) == (2, True)
    status, _, errors = words_of(capsys, "add", folder)
    assert (status, "No image was named" in errors) == (2, True)
    assert words_of(capsys, "add", folder, "--from-project", folder)[0] == 2
