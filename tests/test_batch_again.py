"""A second run into the folder of a first: what is replaced, what stays, what is said of it."""

import json

import pytest

from napari_all_subtype.commands import run
from napari_all_subtype.workflow.batch import analyse_batch
from napari_all_subtype.workflow.export import FILES
from napari_all_subtype.workflow.inputs import prepare
from test_analyse import SizeClassifier


def analyse(paths, out):
    return analyse_batch(prepare(paths), out, overwrite=True, classifier=SizeClassifier())


@pytest.fixture
def two(tmp_path, smear_file):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(smear_file.read_bytes())
    return [tmp_path / "a.png", tmp_path / "b.png"]


def test_results_of_an_earlier_run_stay_and_are_named(two, tmp_path):
    out = tmp_path / "out"
    assert analyse(two, out).left_over == ()
    assert analyse(two[:1], out).left_over == ("b",)
    assert sorted(path.name for path in (out / "b").iterdir()) == sorted(FILES)
    images = json.loads((out / "batch.json").read_text())["images"]
    assert [image["folder"] for image in images] == ["a"]


def test_results_of_an_image_that_fails_this_time_are_named(two, tmp_path):
    analyse(two, tmp_path / "out")
    two[1].write_bytes(b"")
    assert analyse(two, tmp_path / "out").left_over == ("b",)


def test_folders_of_other_programs_are_not_named(two, tmp_path):
    (tmp_path / "out" / "notes").mkdir(parents=True)
    assert analyse(two, tmp_path / "out").left_over == ()


def test_run_without_any_result_keeps_what_the_earlier_one_said(two, tmp_path):
    out = tmp_path / "out"
    analyse(two, out)
    before = (out / "batch.json").read_bytes()
    two[0].write_bytes(b"")
    assert not analyse(two[:1], out).smears
    assert (out / "batch.json").read_bytes() == before


@pytest.mark.slow
def test_left_over_results_are_one_warning(two, tmp_path, capsys):
    words = ["--out", str(tmp_path / "out"), "--pixel-size", "0.13", "--overwrite"]
    assert run(["analyse", *map(str, two), *words]) == 0
    assert "warning" not in capsys.readouterr().err
    assert run(["analyse", str(two[0]), *words]) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert "not replaced: b." in line
