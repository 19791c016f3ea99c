"""What the command line says: help, warnings and hints, without running the main job."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from napari_all_subtype.cells.folders import list_images
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cli import main
from napari_all_subtype.config import AnalysisParameters, ReadingParameters
from napari_all_subtype.errors import ImageTooLargeError, NoImagesError
from napari_all_subtype.taxonomy import CellClass, Taxonomy
from napari_all_subtype.workflow.classify import classify_batch
from napari_all_subtype.workflow.inputs import prepare, unread_images
from test_analyse import SizeClassifier

COMMANDS = ("analyse", "classify", "demo", "info")


def shown(capsys, *words):
    with pytest.raises(SystemExit) as stop:
        main(list(words))
    assert stop.value.code == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_shows_debug(command, capsys):
    assert "--debug" in shown(capsys, command, "--help")


def test_help_names_every_command_and_what_the_status_means(capsys):
    text = shown(capsys, "--help")
    for word in (*COMMANDS, "130", "--help"):
        assert word in text


def test_every_length_on_the_command_line_has_its_unit():
    for name, info in AnalysisParameters.model_fields.items():
        for field, found in info.annotation.model_fields.items():
            assert found.description, f"{name}.{field}"
            if "_um" in field:
                assert "micrometres" in found.description, field
            if field.endswith("_px") and "um_per" not in field:
                assert "pixels" in found.description, field


def test_too_large_image_names_what_raises_the_limit(tmp_path):
    Image.new("RGB", (200, 200), "pink").save(tmp_path / "a.png")
    with pytest.raises(ImageTooLargeError, match=r"--max-megapixels.*max_megapixels"):
        open_image(tmp_path / "a.png", ReadingParameters(max_megapixels=0.01))


def save(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((32, 32, 3), (200, 180, 220), np.uint8))
    return path


@pytest.fixture
def nested(tmp_path):
    """A folder of one field, with two subfolders of three more."""
    folder = tmp_path / "case"
    for name in ("a.png", "left/b.png", "left/c.png", "right/deep/d.png", ".hidden/e.png"):
        save(folder / name)
    return folder


def test_images_in_subfolders_are_counted_as_unread(nested):
    assert unread_images([nested]) == (3, 2)


def test_named_subfolder_is_read(nested):
    assert unread_images([nested, nested / "left"]) == (1, 1)
    assert unread_images([nested / "a.png"]) == (0, 0)


def test_earlier_results_are_no_unread_images(nested):
    save(nested / "results" / "a" / "overlay.png")
    (nested / "results" / "a" / "summary.json").write_text("{}")
    assert unread_images([nested]) == (3, 2)


def test_folders_linked_in_a_circle_are_walked_once(nested):
    (nested / "left" / "again").symlink_to(nested)
    assert unread_images([nested]) == (3, 2)


def test_unread_images_are_one_warning(nested, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["classify", str(nested), "--out", str(tmp_path / "no" / "\0"), "--model", "none"])
    lines = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(lines) == 1
    assert "3 images in 2 subfolders" in lines[0]


def test_folder_with_images_in_subfolders_only_says_so(nested):
    with pytest.raises(NoImagesError, match=r"1 image in 1 subfolder.*[Nn]ame"):
        list_images(nested / "right")


def test_nothing_classified_leaves_no_file(tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    result = classify_batch(
        prepare([tmp_path / "bad.png"]), tmp_path / "new" / "a.csv", classifier=SizeClassifier()
    )
    assert result.failed
    assert not (tmp_path / "new").exists()


def test_scores_of_subtypes_are_explained_where_there_are_any(tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    fields, out = prepare([tmp_path / "bad.png"]), tmp_path / "a.csv"
    fab = classify_batch(fields, out, classifier=SizeClassifier())
    assert fab.subtype_note.startswith("L1, L2 and L3 are scores")
    other = SizeClassifier()
    other.taxonomy = Taxonomy(
        "mine",
        (
            CellClass("granulocyte", "Granulocyte", "G", "#009E73"),
            CellClass("lymphocyte", "Lymphocyte", "L", "#0072B2"),
        ),
    )
    assert classify_batch(fields, out, classifier=other).subtype_note == ""


def test_nothing_classified_keeps_the_earlier_table(tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    (tmp_path / "a.csv").write_text("earlier")
    classify_batch(
        prepare([tmp_path / "bad.png"]),
        tmp_path / "a.csv",
        overwrite=True,
        classifier=SizeClassifier(),
    )
    assert (tmp_path / "a.csv").read_text() == "earlier"
