"""A patient's name goes in everywhere it can hide, and must not come out."""

import json

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from napari_all_subtype.cli import main

pytestmark = pytest.mark.slow

NAME = "Mustermann"


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


@pytest.fixture
def planted(tmp_path, smear_file):
    """Three fields with the name in EXIF, PNG text and OME tags; the folder bears it too."""
    folder = tmp_path / f"case {NAME}"
    folder.mkdir()
    pixels = cv2.cvtColor(cv2.imread(str(smear_file)), cv2.COLOR_BGR2RGB)
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = f"patient {NAME}", NAME
    Image.fromarray(pixels).save(folder / "one.jpg", exif=exif, quality=95, comment=NAME)
    text = PngInfo()
    text.add_text("Patient", NAME)
    Image.fromarray(pixels).save(folder / "second-field.png", pnginfo=text)
    tifffile.imwrite(
        folder / "three.ome.tif",
        pixels,
        photometric="rgb",
        metadata={"axes": "YXS", "Name": NAME, "Description": NAME},
    )
    return folder


def traces(root, *names):
    """Files under `root` whose name or bytes hold one of `names`."""
    needles = [name.lower() for name in names]
    found = []
    for path in root.rglob("*"):
        content = path.read_bytes().lower() if path.is_file() else b""
        place = str(path.relative_to(root)).lower()
        found += [place for n in needles if n in place or n.encode() in content]
    return found


def test_traces_are_found_where_they_are(planted):
    """The search itself works: it finds the name in every planted file."""
    assert len(traces(planted, NAME)) == 3


def test_metadata_and_folder_stay_out_of_every_output(planted, tmp_path, capfd, caplog):
    out = tmp_path / "out"
    assert run("analyse", planted, "--out", out, "--pixel-size", 0.13) == 0
    assert traces(out, NAME, str(tmp_path)) == []
    shown = capfd.readouterr()
    assert NAME not in shown.out + shown.err + caplog.text
    batch = json.loads((out / "batch.json").read_text())
    assert {image["file"] for image in batch["images"]} == {
        "one.jpg",
        "second-field.png",
        "three.ome.tif",
    }


def test_anonymise_keeps_names_out_of_everything_but_the_key(planted, tmp_path, capfd, caplog):
    (planted / "one.jpg").rename(planted / f"{NAME} 1.jpg")
    (planted / f"{NAME}  twice  broken.png").write_text("no image")
    (planted / f"line\n{NAME}.png").write_text("no image")
    out = tmp_path / "out"
    assert run("analyse", planted, "--out", out, "--anonymise", "--pixel-size", 0.13) == 1
    assert traces(out, NAME, "second-field", "three.ome", str(tmp_path)) == []
    shown = capfd.readouterr()
    assert NAME not in shown.out + shown.err + caplog.text
    assert NAME in (tmp_path / "out-key.json").read_text()


def test_anonymised_classification_is_as_silent(cell_files, tmp_path, capfd):
    image = tmp_path / f"{NAME}.png"
    image.write_bytes(cell_files[0].read_bytes())
    folder = tmp_path / "tables"
    assert run("classify", image, "--out", folder / "cells.csv", "--anonymise") == 0
    assert NAME not in (folder / "cells.csv").read_text()
    assert NAME in (folder / "cells-key.json").read_text()
    assert NAME not in capfd.readouterr().out


@pytest.mark.parametrize("key", [[], ["--key-file", "key.json"]], ids=["users", "own"])
def test_pseudonyms_are_the_same_in_the_next_run(key, cell_files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for n in range(2):
        assert run("classify", cell_files[0], "--out", f"{n}.csv", "--anonymise", *key) == 0
    assert (tmp_path / "0.csv").read_text() == (tmp_path / "1.csv").read_text()


def test_masks_carry_no_foreign_text(planted, tmp_path):
    assert run("analyse", planted, "--out", tmp_path / "out") == 0
    for path in (tmp_path / "out").rglob("*.tif"):
        with tifffile.TiffFile(path) as tiff:
            assert "ImageDescription" not in tiff.pages[0].tags
            assert tiff.asarray().dtype == np.int32
