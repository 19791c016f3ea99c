"""What comes into a project: images, words and analyses."""

import cv2
import pandas as pd
import pytest

from napari_all_subtype.cli import main
from napari_all_subtype.errors import NoImagesError, RecordError
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.smears import fields_of, path_of, slides_of
from napari_all_subtype.simulate import simulate_cells
from napari_all_subtype.workflow.project_import import (
    import_cells,
    import_fields,
    rows_of_class_folders,
    rows_of_csv,
)
from project_examples import BLAST, L1


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Three pictures of one drawn cell each, and one that is none."""
    home = tmp_path_factory.mktemp("pictures")
    for n, smear in enumerate(simulate_cells(3, "l2", seed=2)):
        cv2.imwrite(str(home / f"Jane Doe {n}.png"), smear.pixels[..., ::-1])
    (home / "broken.png").write_bytes(b"nothing")
    return home


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path / "project") as project:
        yield project


def with_words(pictures, words=("blast", "L1", "")):
    words_there = pd.DataFrame(
        {
            "file": [f"Jane Doe {n}.png" for n in range(3)],
            "label": words,
            "group": ["Jane Doe", "Jane Doe", "John Roe"],
        }
    )
    words_there.to_csv(pictures / "words.csv", index=False)
    return rows_of_csv(pictures / "words.csv")


def images(pictures):
    return sorted(pictures.glob("*.png"))


def test_same_pixels_come_in_once_wherever_they_are(project, pictures, tmp_path):
    came = import_fields(project, images(pictures), identifier="Jane Doe", specimen="marrow")
    assert (came.added, came.known, len(came.failed)) == (3, 0, 1)
    moved = tmp_path / "moved.png"
    moved.write_bytes((pictures / "Jane Doe 1.png").read_bytes())
    again = import_fields(project, [moved])
    assert (again.added, again.known) == (0, 1)
    assert path_of(project, fields_of(project)[1].field_id) == moved
    (slide,) = slides_of(project)
    assert (slide.case_id, slide.specimen_kind) == ("case-1", "marrow")


def test_words_of_a_table_stand_on_cells_with_masks_and_crops(project, pictures):
    reader = reader_named(project, "Dr. Ä").reader_id
    came = import_cells(project, with_words(pictures), reader)
    assert (came.added, came.annotated) == (3, 2)
    told = standing(project)
    assert [one.word for one in told] == [BLAST, L1]
    assert [one.label for one in told] == [1, 1]
    assert all(one.annotation.seen.crop for one in told)
    # One group is one case, so that no split ever parts it.
    cases = {slide.slide_id: slide.case_id for slide in slides_of(project)}
    assert [cases[field.slide_id] for field in fields_of(project)] == ["case-1"] * 2 + ["case-2"]
    assert import_cells(project, with_words(pictures), reader).known == 3


def test_word_that_is_none_adds_nothing(project, pictures):
    with pytest.raises(RecordError, match="neither a class of FAB5"):
        import_cells(project, with_words(pictures, ("blast", "lymphoma", "")), 1)
    assert fields_of(project) == []


def test_folder_per_class_is_read_by_its_names(pictures, tmp_path):
    for name, picture in zip(("L1", "not a cell", "unlabelled"), images(pictures), strict=False):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.png").write_bytes(picture.read_bytes())
    assert rows_of_class_folders(tmp_path)["annotation"].tolist() == ["l1", "not_a_cell", ""]
    with pytest.raises(NoImagesError, match="one for each class"):
        rows_of_class_folders(tmp_path / "L1")


@pytest.mark.parametrize("columns", ["picture,annotation", "file,word"])
def test_table_without_its_columns_is_refused(tmp_path, columns):
    (tmp_path / "words.csv").write_text(columns + "\n1.png,blast\n")
    with pytest.raises(RecordError, match="expected file, annotation"):
        rows_of_csv(tmp_path / "words.csv")


def test_read_only_project_takes_nothing(project, pictures):
    project.close()
    refused = pytest.raises(PermissionError, match="Nothing can be changed")
    with open_project(project.folder, write=False) as closed, refused:
        import_fields(closed, images(pictures))


def words_of(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["project", *map(str, arguments)])
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


def test_commands_from_an_empty_folder_to_an_export(tmp_path, pictures, capsys):
    home, out = tmp_path / "p", tmp_path / "out"
    assert words_of(capsys, "create", home)[0] == 0
    status, told, errors = words_of(capsys, "add", home, pictures, "--specimen", "blood")
    assert (status, "3 images added" in told, "broken.png" in errors) == (1, True, True)
    with_words(pictures)
    other = tmp_path / "q"
    words_of(capsys, "create", other)
    words = (other, pictures / "words.csv", "--cells")
    status, _, errors = words_of(capsys, "add", *words)
    assert (status, "--reader NAME" in errors) == (2, True)
    status, told, _ = words_of(capsys, "add", *words, "--reader", "Dr. A")
    assert (status, "2 with a word" in told) == (0, True)
    assert "2 slides of 2 cases" in words_of(capsys, "status", other)[1]
    export = ("export", other, "--format", "csv, crops", "--out", out)
    assert words_of(capsys, *export)[0] == 0
    assert words_of(capsys, *export)[0] == 2
    assert words_of(capsys, *export, "--overwrite", "--identifiers")[0] == 0
    assert "Jane Doe" in (out / "annotations.csv").read_text()
    assert words_of(capsys, "status", tmp_path / "none")[0] == 2
