"""``analyse --cells``: which mask an image gets, what is refused, and what outputs say of it."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_all_subtype import analyse, commands
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import MaskError, MaskReadError, ParameterError
from napari_all_subtype.workflow.given_masks import segmenter_for, with_masks
from napari_all_subtype.workflow.inputs import name_fields
from test_cli import run

SIZE = ("--pixel-size", 0.13)


@pytest.fixture
def masks(tmp_path):
    folder = tmp_path / "hidden"
    folder.mkdir()
    return folder


@pytest.fixture
def images(tmp_path, smear_file):
    """Two fields: the drawn one and its mirror image."""
    folder = tmp_path / "Jane Doe"
    folder.mkdir()
    pixels = cv2.imread(str(smear_file))
    for name, view in (("alma", pixels), ("wanda", pixels[:, ::-1])):
        cv2.imwrite(str(folder / f"{name}.png"), view)
    return folder


def fields_of(*names, folder):
    return name_fields([folder / name for name in names])


# Which mask


def test_mask_has_the_stem_of_its_image_and_any_ending(tmp_path, masks):
    for name in ("a.npy", "b.TIF", "c.txt", "other.png"):
        (masks / name).touch()
    fields = with_masks(fields_of("a.png", "b.png", "c.png", folder=tmp_path), masks)
    assert [field.cells.name for field in fields] == ["a.npy", "b.TIF", "hidden"]
    assert segmenter_for(fields[0], AnalysisParameters()).cells == masks / "a.npy"
    with pytest.raises(MaskReadError, match=r"no mask of cells for c\.png\. .* add one"):
        segmenter_for(fields[2], AnalysisParameters())


def test_two_masks_for_one_image_are_refused(tmp_path, masks):
    for name in ("a.npy", "a.png"):
        (masks / name).touch()
    (field,) = with_masks(fields_of("a.jpg", folder=tmp_path), masks)
    with pytest.raises(MaskReadError, match="has 2 masks of cells"):
        segmenter_for(field, AnalysisParameters())


def test_image_is_never_its_own_mask(masks):
    (masks / "a.png").touch()
    (masks / "a.npy").touch()
    (field,) = with_masks(fields_of("a.png", folder=masks), masks)
    assert field.cells.name == "a.npy"


def test_equal_stems_are_refused_with_a_folder_of_masks(tmp_path, masks):
    fields = name_fields([tmp_path / "p" / "a.png", tmp_path / "q" / "a.png"])
    with pytest.raises(ParameterError, match="same mask"):
        with_masks(fields, masks)


def test_one_mask_for_several_images_is_refused(tmp_path, masks):
    (masks / "a.png").touch()
    with pytest.raises(ParameterError, match="for 2 images"):
        with_masks(fields_of("a.png", "b.png", folder=tmp_path), masks / "a.png")


def test_nuclei_are_matched_as_cells_are(tmp_path, masks):
    inner = tmp_path / "inner"
    inner.mkdir()
    for name in ("a.npy", "b.npy"):
        (masks / name).touch()
    (inner / "a.tif").touch()
    parameters = AnalysisParameters()
    fields = with_masks(fields_of("a.png", "b.png", folder=tmp_path), masks, parameters, inner)
    given = segmenter_for(fields[0], parameters)
    assert (given.cells, given.nuclei) == (masks / "a.npy", inner / "a.tif")
    with pytest.raises(MaskReadError, match=r"no mask of nuclei for b\.png"):
        segmenter_for(fields[1], parameters)


def test_nuclei_without_cells_are_refused(smear_file, tmp_path):
    with pytest.raises(ParameterError, match="give --cells too"):
        commands.run(
            ["analyse", str(smear_file), "--out", str(tmp_path / "o"), "--nuclei", str(smear_file)]
        )


@pytest.mark.slow
def test_given_nuclei_are_those_of_the_output_and_new_numbers_are_told(
    smear, smear_file, masks, tmp_path, capsys
):
    drawn = smear.masks.labels.astype(np.int64)
    np.save(masks / "cells.npy", np.where(drawn == 1, 2_000_000_000, drawn))
    np.save(masks / "nuclei.npy", smear.masks.nuclei)
    out = tmp_path / "out"
    given = ("--cells", masks / "cells.npy", "--nuclei", masks / "nuclei.npy")
    assert run("analyse", smear_file, "--out", out, *given, *SIZE) == 0
    nuclei = tifffile.imread(out / smear_file.stem / "nuclei.tif")
    np.testing.assert_array_equal(nuclei > 0, smear.masks.nuclei > 0)
    assert "check cells renumbered: smear.png" in capsys.readouterr().out


def test_python_names_a_mask_file_without_its_folder(smear, tmp_path):
    with pytest.raises(MaskReadError, match=r"^The mask nope\.tif is not there"):
        analyse(smear.pixels, pixel_size_um=0.13, cells=tmp_path / "nope.tif")


def test_masks_and_another_program_are_refused_together(tmp_path, masks):
    parameters = AnalysisParameters.of(finding={"segmenter": "cellpose"})
    with pytest.raises(ParameterError, match="one of the two"):
        with_masks(fields_of("a.png", folder=tmp_path), masks, parameters)


def test_absent_masks_are_told_before_any_work(tmp_path):
    with pytest.raises(MaskReadError, match="no mask nowhere"):
        with_masks(fields_of("a.png", folder=tmp_path), tmp_path / "nowhere")


# The whole way


@pytest.mark.slow
def test_rows_are_the_numbers_of_the_mask_and_outputs_say_who_found_the_cells(
    smear, smear_file, masks, tmp_path
):
    drawn = (smear.masks.labels * 3).astype(np.uint16)
    tifffile.imwrite(masks / "secret name.tif", drawn)
    out = tmp_path / "out"
    assert (
        run("analyse", smear_file, "--out", out, "--cells", masks / "secret name.tif", *SIZE) == 0
    )
    folder = out / smear_file.stem
    assert list(pd.read_csv(folder / "cells.csv")["label"]) == sorted(set(np.unique(drawn)) - {0})
    np.testing.assert_array_equal(tifffile.imread(folder / "labels.tif"), drawn)
    told = json.loads((folder / "summary.json").read_text())["provenance"]
    assert told["segmenter"] == "given cells"
    assert any("sha256" in note for note in told["read"])
    batch = json.loads((out / "batch.json").read_text())
    assert batch["images"][0]["segmenter"] == "given cells"
    written = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    assert not [content for content in written if b"secret" in content or b"hidden" in content]


@pytest.mark.slow
def test_image_without_its_mask_fails_in_a_line_and_the_others_go_on(
    images, masks, smear, tmp_path, capsys
):
    np.save(masks / "alma.npy", smear.masks.labels)
    out = tmp_path / "out"
    given = ("analyse", images, "--out", out, "--cells", masks, "--anonymise", *SIZE)
    assert run(*given) == 1
    shown = capsys.readouterr()
    assert len([line for line in shown.err.splitlines() if line.startswith("error")]) == 1
    assert "The folder of masks has no mask of cells" in shown.err
    states = [image["error"] for image in json.loads((out / "batch.json").read_text())["images"]]
    assert [bool(error) for error in states] == [False, True]
    for path in (path for path in out.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not [word for word in (b"alma", b"wanda", b"Jane", b"hidden") if word in content]


@pytest.mark.slow
def test_cells_without_nuclei_go_all_the_way(smear_file, smear, masks, tmp_path):
    glass = np.zeros(smear.pixels.shape[:2], np.uint8)
    glass[200:240, 300:340] = 7
    cv2.imwrite(str(masks / "smear.png"), glass)
    blank = tmp_path / "smear.png"
    cv2.imwrite(str(blank), np.full_like(smear.pixels, (230, 215, 235)))
    out = tmp_path / "out"
    assert run("analyse", blank, "--out", out, "--cells", masks, *SIZE) == 0
    rows = pd.read_csv(out / "smear" / "cells.csv")
    assert list(rows["label"]) == [7]
    assert rows["nc_ratio"][0] == 0
    assert rows["subtype"][0] == "unknown"
    assert np.isnan(rows["confidence"][0])
    summary = json.loads((out / "smear" / "summary.json").read_text())
    assert summary["mean_confidence"] is None
    assert "cells without a nucleus" in summary["flags"]["smear.png"]
    assert np.isnan(rows["nucleus_solidity"][0])
    assert json.loads((out / "smear" / "cells.geojson").read_text())["features"]


@pytest.mark.slow
def test_default_names_the_package_s_own_way(smear_file, tmp_path):
    out = tmp_path / "out"
    assert run("analyse", smear_file, "--out", out, *SIZE) == 0
    batch = json.loads((out / "batch.json").read_text())
    assert batch["images"][0]["segmenter"].startswith("classical ")


@pytest.mark.slow
def test_python_takes_cells_and_nuclei(smear):
    labels = smear.masks.labels
    found = analyse(smear.pixels, pixel_size_um=0.13, cells=labels, nuclei=smear.masks.nuclei)
    np.testing.assert_array_equal(found.masks.labels, labels)
    np.testing.assert_array_equal(found.masks.nuclei, smear.masks.nuclei)
    assert found.segmenter == "given cells"


@pytest.mark.slow
def test_python_refuses_nuclei_alone_and_masks_of_another_image(smear):
    with pytest.raises(ParameterError, match="give cells as well"):
        analyse(smear.pixels, nuclei=smear.masks.nuclei)
    with pytest.raises(MaskError, match="10 × 10 pixels"):
        analyse(smear.pixels, pixel_size_um=0.13, cells=np.ones((10, 10), int))
