"""Outputs appear whole or not at all."""

import errno
import json

import pytest

from napari_all_subtype.errors import OutputError, OutputExistsError
from napari_all_subtype.workflow.files import new_file, new_folder, write_json


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_only_at_the_end(tmp_path):
    target = tmp_path / "a" / "table.csv"
    with new_file(target) as partial:
        partial.write_text("x")
        assert not target.exists()
    assert target.read_text() == "x"
    assert leftovers(target.parent) == ["table.csv"]


@pytest.mark.parametrize("opener", [new_file, new_folder])
def test_interrupted_writing_leaves_nothing(tmp_path, opener):
    with pytest.raises(KeyboardInterrupt), opener(tmp_path / "result"):
        raise KeyboardInterrupt
    assert leftovers(tmp_path) == []


def test_existing_folder_is_refused_then_replaced_whole(tmp_path):
    target = tmp_path / "result"
    for name in ("old", "new"):
        with new_folder(target, overwrite=True) as partial:
            (partial / name).write_text(name)
    assert leftovers(target) == ["new"]
    assert leftovers(tmp_path) == ["result"]
    with pytest.raises(OutputExistsError, match="--overwrite"), new_folder(target):
        pass
    assert leftovers(target) == ["new"]


def test_failed_replacement_keeps_the_old_result(tmp_path):
    target = tmp_path / "result"
    with new_folder(target) as partial:
        (partial / "old").write_text("old")
    with pytest.raises(ZeroDivisionError), new_folder(target, overwrite=True):
        raise ZeroDivisionError
    assert leftovers(target) == ["old"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "may not be written")],
)
def test_system_errors_say_what_to_do(tmp_path, number, words):
    with pytest.raises(OutputError, match=words), new_folder(tmp_path / "result"):
        raise OSError(number, "whatever")
    assert leftovers(tmp_path) == []


def test_folder_under_a_file_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"), new_folder(tmp_path / "file" / "result"):
        pass


def test_json_refuses_not_a_number(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"x": float("nan")})
    assert leftovers(tmp_path) == []
    write_json(tmp_path / "x.json", {"x": "ä"})
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == {"x": "ä"}
