"""Outputs appear whole or not at all."""

import errno
import json
import os
from pathlib import Path

import pytest

from napari_all_subtype.errors import NotColourError, OutputError, OutputExistsError
from napari_all_subtype.files import folder_to_disk, new_file, new_folder, write_json

OWN = ("old", "new")


def open_folder(path):
    return new_folder(path, OWN)


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_only_at_the_end(tmp_path):
    target = tmp_path / "a" / "table.csv"
    with new_file(target) as partial:
        partial.write_text("x")
        assert not target.exists()
    assert target.read_text() == "x"
    assert leftovers(target.parent) == ["table.csv"]


@pytest.mark.parametrize("opener", [new_file, open_folder])
def test_interrupted_writing_leaves_nothing(tmp_path, opener):
    with pytest.raises(KeyboardInterrupt), opener(tmp_path / "result"):
        raise KeyboardInterrupt
    assert leftovers(tmp_path) == []


def test_existing_folder_is_refused_then_replaced_whole(tmp_path):
    target = tmp_path / "result"
    for name in ("old", "new"):
        with new_folder(target, OWN, overwrite=True) as partial:
            (partial / name).write_text(name)
    assert leftovers(target) == ["new"]
    assert leftovers(tmp_path) == ["result"]
    with pytest.raises(OutputExistsError, match="--overwrite"), new_folder(target, OWN):
        pass
    assert leftovers(target) == ["new"]


def test_failed_replacement_keeps_the_old_result(tmp_path):
    target = tmp_path / "result"
    with new_folder(target, OWN) as partial:
        (partial / "old").write_text("old")
    with pytest.raises(ZeroDivisionError), new_folder(target, OWN, overwrite=True):
        raise ZeroDivisionError
    assert leftovers(target) == ["old"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "may not be written")],
)
def test_system_errors_say_what_to_do(tmp_path, number, words):
    with pytest.raises(OutputError, match=words), new_folder(tmp_path / "result", OWN):
        raise OSError(number, "whatever")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("opener", [new_file, open_folder])
def test_output_folder_that_cannot_be_made_is_the_one_that_is_named(tmp_path, opener):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match=r"make the output folder out: .* Choose") as caught,
        opener(tmp_path / "file" / "out" / "result"),
    ):
        pass
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only Linux has /proc")
@pytest.mark.parametrize(
    ("target", "words"),
    [("/proc/out/result", "make the output folder out:"), ("/proc/x", "into the output folder")],
)
@pytest.mark.parametrize("opener", [new_file, open_folder])
def test_folder_that_takes_no_file_is_the_one_that_is_named(opener, target, words):
    with pytest.raises(OutputError, match=words), opener(Path(target)):
        pass


def test_json_refuses_not_a_number(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"x": float("nan")})
    assert leftovers(tmp_path) == []
    write_json(tmp_path / "x.json", {"x": "ä"})
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == {"x": "ä"}


def test_folder_that_holds_somebody_elses_files_is_never_replaced(tmp_path):
    target = tmp_path / "result"
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    with (
        pytest.raises(OutputExistsError, match=r"notes\.txt"),
        new_folder(target, OWN, overwrite=True) as partial,
    ):
        (partial / "new").write_text("new")
    assert (target / "notes.txt").read_text() == "mine"


def test_error_of_the_caller_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(NotColourError), new_folder(tmp_path / "result", OWN):
        raise NotColourError("grey.png is grey.")


def test_names_in_a_folder_wait_for_the_disk_or_say_why_not(tmp_path):
    folder_to_disk(tmp_path)
    if os.name != "nt":
        with pytest.raises(OutputError, match="Cannot write gone"):
            folder_to_disk(tmp_path / "gone")
