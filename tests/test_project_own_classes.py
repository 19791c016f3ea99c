"""Classes of a person's own, and pictures that come in by a table or by folders."""

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.cli import main
from napari_all_subtype.errors import ImageReadError, RecordError
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.simulate import simulate_cells
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN
from napari_all_subtype.workflow.cell_rows import rows_of_csv, words_in
from napari_all_subtype.workflow.told_scale import told_scale


def words_of(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["project", *map(str, arguments)])
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two pictures of one drawn cell each in a folder per class."""
    home = tmp_path_factory.mktemp("pictures")
    for name, smear in zip(("lymphocyte", "blast"), simulate_cells(2, "l1", seed=3), strict=True):
        (home / name).mkdir()
        cv2.imwrite(str(home / name / "a.png"), smear.pixels[..., ::-1])
    return home


names = st.lists(st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True), unique=True, min_size=2)
_TAKEN = {"unlabelled", "unknown", "con", "prn", "aux", "nul", *(one.name for one in EXCLUSIONS)}


@given(names.filter(lambda some: not _TAKEN & set(some) and len(some) < 40))
def test_no_two_classes_share_a_colour_or_a_key(some):
    some = [name for name in some if name.strip("_")]
    if len(some) < 2 or any(name[:3] in ("com", "lpt") for name in some):
        return
    made = taxonomy_of_names(some)
    colours = [one.colour for one in (*made.classes, *EXCLUSIONS, UNKNOWN)]
    keys = [one.key for one in made.classes if one.key]
    assert len(set(colours)) == len(colours)
    assert len(set(keys)) == len(keys) == min(9, len(some))
    assert all(1 <= len(one.letter) <= 2 for one in made.classes)


def test_classes_that_are_known_look_as_they_do_everywhere():
    made = taxonomy_of_names(["blast", "L1", "other cell"])
    assert made["l1"].colour == FAB5["l1"].colour
    assert made.family("blast") == ("blast", "l1")
    assert taxonomy_of_names(["l1", "l2"])["l1"].parent == ""
    assert taxonomy_of_names(FAB5.names) == FAB5


@pytest.mark.parametrize(
    ("classes", "why"),
    [("blast", "two or more"), ("a,b,a", "a twice"), ("blast,smudge", "in every project"),
     ("blast,../away", "cannot be the name"), (",", "none")],
)  # fmt: skip
def test_classes_that_are_none_make_no_project(tmp_path, capsys, classes, why):
    status, _, errors = words_of(capsys, "create", tmp_path / "p", "--classes", classes)
    assert (status, why in errors) == (2, True)
    assert not (tmp_path / "p").exists()


def test_table_and_folder_come_in_under_the_importer(tmp_path, pictures, capsys):
    home = tmp_path / "p"
    assert words_of(capsys, "create", home, "--classes", "blast,lymphocyte")[0] == 0
    told = words_of(capsys, "add", home, "--folder", pictures)
    assert (told[0], "2 images added, 2 with a word" in told[1]) == (0, True)
    table = pictures / "words.csv"
    table.write_text("file,label,group\nblast/a.png,blast,p1\nlymphocyte/a.png,,p2\n")
    told = words_of(capsys, "add", home, "--table", table)
    assert (told[0], "2 were there already" in told[1]) == (0, True)
    assert "another pixel size" not in told[2]
    told = words_of(capsys, "add", home, "--table", table, "--pixel-size", "0.1")
    assert "2 pictures there already at another pixel size than is stated now" in told[2]
    with open_project(home, write=False) as project:
        assert 0.1 not in {round(field.um_per_px, 3) for field in fields_of(project)}
        assert told_scale(project).pixel_size_um is None  # nobody stated what the pictures have
        assert taxonomy_of(project).names == ("blast", "lymphocyte")
        assert sorted(one.word.name for one in standing(project)) == ["blast", "lymphocyte"]
        assert [reader.name for reader in readers_of(project)] == ["importer"]
    both = words_of(capsys, "add", home, pictures, "--table", table)
    assert (both[0], "second call" in both[2]) == (2, True)
    cased = words_of(capsys, "add", home, "--table", table, "--case", "fox")
    assert (cased[0], "'group'" in cased[2]) == (2, True)


def test_word_that_is_none_is_told_by_its_row_or_folder(tmp_path, pictures, capsys):
    home, table = tmp_path / "p", tmp_path / "words.csv"
    words_of(capsys, "create", home, "--classes", "blast,lymphocyte")
    table.write_text("file,annotation\na.png,blast\n\nb.png,blasst\n")
    both = words_of(capsys, "add", home, "--folder", pictures, "--table", table)
    assert "words.csv: Row 3 below the heading of the table: 'blasst' is neither" in both[2]
    (tmp_path / "cells" / "lymfocyte").mkdir(parents=True)
    (tmp_path / "cells" / "lymfocyte" / "a.png").touch()
    table.write_text("file,annotation\na.png,blast\n")
    both = words_of(capsys, "add", home, "--table", table, "--folder", tmp_path / "cells")
    assert "cells: 'lymfocyte' is neither" in both[2]
    with open_project(home, write=False) as project:
        assert readers_of(project) == []


def test_table_of_a_spreadsheet_is_read_as_it_is_saved(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\ufeffFile; Label ;Group\r\nsub/a.png;Not a cell;x\r\nb.png;;\r\n", "utf-8")
    rows = rows_of_csv(path)
    assert rows["file"].tolist() == [tmp_path / "sub" / "a.png", tmp_path / "b.png"]
    assert rows["annotation"].tolist() == ["not_a_cell", ""]
    assert rows["group"].tolist() == ["x", str(tmp_path)]


@pytest.mark.parametrize("above", ["\n", "\r\n\r\n", " \n", "; ;\r\n\n", "\ufeff\n"])
def test_lines_of_nothing_above_the_heading_are_passed_over(tmp_path, above):
    path = tmp_path / "t.csv"
    path.write_text(
        f"{above}file;annotation;group\na.png;l1;x\n\nb.png;l2;y\n", "utf-8", newline=""
    )
    rows = rows_of_csv(path)
    assert rows["annotation"].tolist() == ["l1", "l2"]
    assert rows["row"].tolist() == [1, 3]  # below the heading, as messages say


def test_row_that_is_there_twice_counts_once(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("file,annotation\na.png,l1\n\na.png,L1\nb.png,unlabelled\n,\n")
    rows = rows_of_csv(path)
    assert rows["annotation"].tolist() == ["l1", ""]
    # They keep the numbers that an editor shows.
    assert rows["row"].tolist() == [1, 4]
    with pytest.raises(RecordError, match="Row 1 below the heading of the table: 'l1' is neither"):
        words_in(rows, taxonomy_of_names(["a", "b"]))


@pytest.mark.parametrize(
    ("content", "error", "why"),
    [
        (b"", ImageReadError, "cannot be read as CSV"),
        (b"\n;;\n", ImageReadError, "No columns"),
        (b"file,annotation\n,l1\n", RecordError, "no file in row 1"),
        (b"file,annotation\n\xe4.png,l1\n", ImageReadError, "save it as CSV UTF-8"),
        (b"file,annotation\na.png,l1,x\n", ImageReadError, "cannot be read as CSV"),
    ],
)
def test_table_that_is_none_says_what_is_amiss(tmp_path, content, error, why):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(error, match=why):
        rows_of_csv(tmp_path / "t.csv")


def test_missing_file_is_told_and_the_others_come_in(tmp_path, pictures, capsys):
    home, table = tmp_path / "p", pictures / "some.csv"
    words_of(capsys, "create", home)
    table.write_text("file,annotation\nblast/a.png,blast\nblast/gone.png,blast\n")
    status, told, errors = words_of(capsys, "add", home, "--table", table)
    assert (status, "1 image added" in told, "gone.png" in errors) == (1, True, True)
