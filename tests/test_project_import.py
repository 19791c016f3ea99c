"""What comes into a project: images, words and analyses."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cli import main
from napari_all_subtype.errors import (
    ImageReadError,
    LockedError,
    NoImagesError,
    RecordError,
    Stopped,
)
from napari_all_subtype.files import PARTIAL
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.history import history, standing
from napari_all_subtype.project.locks import lock
from napari_all_subtype.project.readers import reader_named, readers_of
from napari_all_subtype.project.segmentations import (
    Segmentation,
    last_segmentation,
    store_segmentation,
)
from napari_all_subtype.project.smears import fields_of, path_of, slides_of
from napari_all_subtype.simulate import simulate_cells
from napari_all_subtype.workflow.cell_rows import rows_of_class_folders, rows_of_csv
from napari_all_subtype.workflow.project_cells import ONE_CELL, import_cells
from napari_all_subtype.workflow.project_fields import import_fields
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
    reader = reader_named(project, "Dr. A").reader_id
    with pytest.raises(RecordError, match="neither a class of FAB5"):
        import_cells(project, with_words(pictures, ("blast", "lymphoma", "")), reader)
    assert fields_of(project) == []


def test_folder_per_class_is_read_by_its_names(pictures, tmp_path):
    for name, picture in zip(("L1", "not a cell", "Unlabelled"), images(pictures), strict=False):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.png").write_bytes(picture.read_bytes())
    assert rows_of_class_folders(tmp_path)["annotation"].tolist() == ["l1", "", "not_a_cell"]
    with pytest.raises(NoImagesError, match="one for each class"):
        rows_of_class_folders(tmp_path / "L1")


def test_folders_in_that_of_a_class_are_the_groups(pictures, tmp_path):
    picture = images(pictures)[0].read_bytes()
    for name in (
        "L1/one.png",
        "L1/fox/a.png",
        "normal/fox/b.png",
        "normal/@eaDir/b.png",
        "_L2/c.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(picture)
    rows = rows_of_class_folders(tmp_path)
    told = list(zip(rows["annotation"], rows["group"], strict=True))
    # What is no class is refused by its name, later: it is not passed over in silence.
    strange = ("_l2", str(tmp_path))
    assert told == [("l1", str(tmp_path)), ("l1", "fox"), strange, ("normal", "fox")]


@pytest.mark.parametrize("columns", ["picture,annotation", "file,word"])
def test_table_without_its_columns_is_refused(tmp_path, columns):
    (tmp_path / "words.csv").write_text(columns + "\n1.png,blast\n")
    with pytest.raises(RecordError, match="expected file, annotation"):
        rows_of_csv(tmp_path / "words.csv")


def test_second_run_adds_the_rest_to_the_same_slide(project, pictures):
    first, *rest = images(pictures)[:3]
    import_fields(project, [first], "fox", specimen="blood")
    came = import_fields(project, [*rest, first])
    assert (came.added, came.known) == (2, 1)
    (slide,) = slides_of(project)
    assert len(fields_of(project, slide.slide_id)) == 3
    assert import_fields(project, images(pictures), "fox").known == 3


def test_case_that_is_there_takes_another_slide(project, pictures):
    for picture in images(pictures)[:2]:
        import_fields(project, [picture], "fox")
    assert [slide.case_id for slide in slides_of(project)] == ["fox", "fox"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"case_id": "hare"}, "belong to fox"),
        ({"specimen": "marrow"}, "called 'blood'"),
        ({"identifier": "John Roe"}, "another identifier"),
    ],
)
def test_rest_of_a_slide_is_refused_under_other_words(project, pictures, asked, why):
    import_fields(project, images(pictures)[:1], "fox", "Jane Doe", "blood")
    with pytest.raises(RecordError, match=why):
        import_fields(project, images(pictures), **asked)
    assert len(fields_of(project)) == 1


def test_new_image_among_those_of_several_slides_is_refused_and_moved_ones_are_not(
    project, pictures
):
    first, second, third = images(pictures)[:3]
    for picture in (first, second):
        import_fields(project, [picture])
    with pytest.raises(RecordError, match="on slides 1, 2, and some are new"):
        import_fields(project, [first, second, third])
    assert len(fields_of(project)) == 2
    assert import_fields(project, [first, second]).known == 2


def test_locked_smear_takes_no_further_field(project, pictures):
    import_fields(project, images(pictures)[:1])
    lock(project, reader_named(project, "Dr. A").reader_id, 1, {})
    with pytest.raises(LockedError):
        import_fields(project, images(pictures))
    assert len(fields_of(project)) == 1


class StopsAtTheSecond:
    stop_requested = False

    def report(self, progress):
        self.stop_requested = progress.done == 1


def test_import_that_was_stopped_leaves_no_empty_case(project, pictures):
    with pytest.raises(Stopped):
        import_fields(project, images(pictures), monitor=StopsAtTheSecond())
    assert project.rows("SELECT * FROM cases") == []


def test_pictures_without_a_group_belong_to_the_whole_path_of_their_folder(
    pictures, tmp_path, monkeypatch
):
    groups = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "words.csv").write_text("file,annotation\n1.png,blast\n")
        monkeypatch.chdir(tmp_path / name)
        groups += rows_of_csv(Path("words.csv"))["group"].tolist()
    assert groups == [str(tmp_path / "one"), str(tmp_path / "two")]


def test_blanks_make_no_group(tmp_path):
    (tmp_path / "words.csv").write_text("file,annotation,group\n1.png,blast, a \n2.png,l1,  \n")
    assert rows_of_csv(tmp_path / "words.csv")["group"].tolist() == ["a", str(tmp_path)]


def test_unreadable_table_is_refused_without_its_folder(tmp_path):
    with pytest.raises(ImageReadError, match="No such file") as caught:
        rows_of_csv(tmp_path / "words.csv")
    assert str(tmp_path) not in str(caught.value)


def test_word_of_a_known_picture_is_taken_if_it_is_another(project, pictures):
    reader = reader_named(project, "Dr. A").reader_id
    import_cells(project, with_words(pictures), reader)
    came = import_cells(project, with_words(pictures, ("blast", "blast", "")), reader)
    assert (came.added, came.known, came.annotated) == (0, 3, 1)
    assert [(one.label, one.word) for one in standing(project)] == [(1, BLAST), (1, BLAST)]
    first, last = (one for one in history(project, 2))
    assert (first.word, last.before, last.word) == (L1, L1, BLAST)
    assert last.seen == first.seen


def test_word_is_refused_where_nobody_knows_which_cell_is_meant(project, pictures):
    reader = reader_named(project, "Dr. A").reader_id
    import_cells(project, with_words(pictures), reader)
    assert last_segmentation(project, 1).segmenter == ONE_CELL
    store_segmentation(project, 1, Segmentation("another"), [], {})
    came = import_cells(project, with_words(pictures, ("l1", "", "")), reader)
    (failed,) = came.failed
    assert "which of its cells" in failed.error
    assert [one.word for one in standing(project)] == [BLAST, L1]


def test_rest_of_a_group_goes_to_its_slide(project, pictures):
    reader = reader_named(project, "Dr. A").reader_id
    rows = with_words(pictures)
    import_cells(project, rows[1:], reader)
    import_cells(project, rows, reader)
    cases = {slide.slide_id: slide.case_id for slide in slides_of(project)}
    assert len(cases) == 2
    assert [field.slide_id for field in fields_of(project)] == [1, 2, 1]


def test_contradicting_words_of_the_same_pixels_add_nothing(project, pictures, tmp_path):
    (tmp_path / "same.png").write_bytes((pictures / "Jane Doe 0.png").read_bytes())
    other = {"file": [tmp_path / "same.png"], "annotation": ["l1"], "group": ["a"]}
    rows = pd.concat([with_words(pictures), pd.DataFrame(other)])
    with pytest.raises(RecordError, match="called blast and l1"):
        import_cells(project, rows, reader_named(project, "Dr. A").reader_id)
    assert fields_of(project) == []


def test_reader_who_is_not_there_adds_nothing(project, pictures):
    with pytest.raises(RecordError, match="no reader 7"):
        import_cells(project, with_words(pictures), 7)
    assert fields_of(project) == []


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
    status, told, errors = words_of(capsys, "add", *words, "--reader", "Dr. A")
    assert "No cell was found" not in errors
    assert (status, "2 with a word" in told) == (0, True)
    cv2.imwrite(str(pictures / "empty.png"), np.full((90, 90, 3), 250, np.uint8))
    (pictures / "more.csv").write_text("file,annotation\nempty.png,\n")
    _, _, errors = words_of(capsys, "add", other, "--table", pictures / "more.csv")
    assert "No cell was found in 1 of 1 new picture" in errors
    assert "3 slides of 3 cases" in words_of(capsys, "status", other)[1]
    export = ("export", other, "--format", "csv, crops", "--out", out)
    assert words_of(capsys, *export)[0] == 0
    assert words_of(capsys, *export)[0] == 2
    assert words_of(capsys, *export, "--overwrite", "--identifiers")[0] == 0
    assert "Jane Doe" in (out / "annotations.csv").read_text()
    assert words_of(capsys, "status", tmp_path / "none")[0] == 2


def test_reader_whose_words_are_none_is_not_entered(tmp_path, capsys):
    (tmp_path / "words.csv").write_text("file,annotation\n1.png,lymphoma\n")
    words_of(capsys, "create", tmp_path / "p")
    add = ("add", tmp_path / "p", tmp_path / "words.csv", "--cells", "--reader", "Dr. A")
    assert "neither a class" in words_of(capsys, *add)[2]
    with open_project(tmp_path / "p", write=False) as project:
        assert readers_of(project) == []


def test_half_written_files_are_swept_when_images_are_added(tmp_path, pictures, capsys):
    words_of(capsys, "create", tmp_path / "p")
    left = [tmp_path / "p" / kind / "ab" / f"{PARTIAL}1" for kind in ("crops", "masks", "tables")]
    for path in left:
        path.parent.mkdir(parents=True)
        path.touch()
    words_of(capsys, "add", tmp_path / "p", pictures)
    assert not any(path.exists() for path in left)
