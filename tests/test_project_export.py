"""What leaves a project: words, history and crops, and nothing that tells a person."""

import json
import os
import sys

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.errors import OutputExistsError, ParameterError, ProjectDamagedError
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.crops import keep_crop
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.locks import begin_amendment, lock
from napari_all_subtype.project.readers import begin_reading
from napari_all_subtype.project.smears import (
    add_case,
    add_field,
    add_slide,
    add_specimen,
    fields_of,
    move_field,
)
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.project_export import export_project
from napari_all_subtype.workflow.project_status import status_lines, status_of
from napari_all_subtype.workflow.project_tables import history_table, standing_table
from project_examples import BLAST, L1, SMUDGE, cell, delete, found, new_project


@pytest.fixture
def project(tmp_path):
    """One slide with one field."""
    with new_project(tmp_path / "project") as project:
        yield project


@pytest.fixture
def named(tmp_path):
    """Two cells of Jane Doe, each with a word and a crop, in a project of their own."""
    with new_project(tmp_path / "named", slides=0) as project:
        slide = add_slide(project, add_specimen(project, add_case(project, "", "Jane Doe")))
        for n, word in enumerate((BLAST, L1)):
            path = tmp_path / f"Jane Doe {n}.png"
            path.touch()
            field = add_field(project, slide, path, "ab" * 32, (480, 640), 0.1, "user")
            crop = keep_crop(project, np.full((8, 8, 3), 50 * n, np.uint8))
            annotate(project, 1, SeenCell(field, 1, (4.0, 4.0), crop), word)
        yield project


def with_masks(project):
    """Two cells in field 1."""
    labels = np.zeros((480, 640), np.int32)
    labels[5:15, 5:15], labels[30:45, 30:45] = 1, 2
    found(project, CellMasks(labels, labels.copy()))


def test_status_tells_of_every_slide(project, tmp_path):
    with_masks(project)
    annotate(project, 1, cell(1), BLAST)
    lock(project, 1, 1, {})
    (row,) = status_of(project).to_dict("records")
    assert (row["fields"], row["cells"], row["annotated"]) == (1, 2, 1)
    assert row["state"] == "locked"
    assert row["missing_files"] == 1
    (tmp_path / "smear.png").touch()
    move_field(project, 1, tmp_path / "smear.png")
    assert status_of(project)["missing_files"].tolist() == [0]


def test_empty_project_says_what_comes_next(tmp_path):
    with create_project(tmp_path / "empty") as project:
        assert "project add --help" in status_lines(project)[-1]


def test_status_says_what_to_do_about_missing_images(project):
    assert any("Add them again" in line for line in status_lines(project))


def test_export_tells_no_name_unless_asked(named, tmp_path):
    out = export_project(named, tmp_path / "out", ["csv", "parquet", "crops"])
    written = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert b"Jane" not in written
    assert b"Dr. A" not in written
    assert str(tmp_path).encode() not in written
    assert sorted(path.parent.name for path in out.rglob("*.png")) == ["blast", "l1"]
    written = pd.read_csv(out / "annotations.csv")
    same = ["case", "field", "cell", "annotation", "crop", "pixels_sha256"]
    parquet = pd.read_parquet(out / "annotations.parquet")
    pd.testing.assert_frame_equal(written[same], parquet[same], check_dtype=False)
    told = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert parquet.attrs["provenance"].items() <= told.items()
    assert parquet.attrs["provenance"]["notice"] == RESEARCH_USE_ONLY
    assert written["reader"].tolist() == ["reader-1", "reader-1"]
    told = standing_table(named, identifiers=True)
    assert told["identifier"].tolist() == ["Jane Doe", "Jane Doe"]
    assert told["file"].tolist() == ["Jane Doe 0.png", "Jane Doe 1.png"]


def test_export_replaces_only_its_own_and_says_what_was_locked(project, tmp_path):
    made = lock(project, 1, 1, {"cells": 6})
    begin_amendment(project, 1, 1, "read again")
    out = export_project(project, tmp_path / "out", ["csv", "parquet"])
    (smear,) = json.loads((out / "provenance.json").read_text())["smears"]
    assert smear["state"] == "being amended"
    assert smear["versions"] == [{"locked_utc": made.at_utc, "sha256": made.sha256}]
    assert "amended_because" not in smear
    with pytest.raises(OutputExistsError):
        export_project(project, out)
    export_project(project, out, ["csv"], overwrite=True)
    assert not (out / "annotations.parquet").exists()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="did not write"):
        export_project(project, out, overwrite=True)
    with pytest.raises(ParameterError, match="csv, parquet, crops"):
        export_project(project, tmp_path / "other", ["pdf"])


def test_export_of_an_empty_project_is_readable(project, tmp_path):
    out = export_project(project, tmp_path / "out", ["csv", "parquet", "crops"])
    assert (out / "annotations.csv").is_file()
    assert list(pd.read_csv(out / "history.csv").columns)[:2] == ["line", "step"]


def test_image_in_a_folder_closed_to_us_counts_as_missing(project, monkeypatch):
    def refused(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "stat", refused)
    assert status_of(project)["missing_files"].tolist() == [1]


def test_overwriting_an_export_leaves_work_of_others_alone(named, tmp_path):
    out = export_project(named, tmp_path / "out", ["csv", "crops"])
    (out / "parquet").mkdir()
    (out / "parquet" / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="parquet"):
        export_project(named, out, overwrite=True)
    (out / "parquet" / "mine.txt").rename(out / "crops" / "blast" / "mine.txt")
    (out / "parquet").rmdir()
    with pytest.raises(OutputExistsError, match=r"mine\.txt"):
        export_project(named, out, overwrite=True)
    (out / "crops" / "blast" / "mine.txt").unlink()
    export_project(named, out, overwrite=True)
    assert not (out / "crops").exists()


@pytest.mark.parametrize("told", ["{}", "[]", "nothing", '{"software": "other 1", "files": []}'])
def test_folder_without_our_provenance_is_never_replaced(named, tmp_path, told):
    out = tmp_path / "out"
    out.mkdir()
    (out / "annotations.csv").write_text("mine")
    (out / "provenance.json").write_text(told)
    with pytest.raises(OutputExistsError, match="did not write"):
        export_project(named, out, overwrite=True)
    assert (out / "annotations.csv").read_text() == "mine"


def test_snapshot_stays_the_same_beside_a_writer(project):
    annotate(project, 1, cell(1), BLAST)
    with open_project(project.folder, write=False) as reader:
        with reader.snapshot():
            annotate(project, 1, cell(2), BLAST)
            assert len(standing(reader)) == 1
            with reader.snapshot():
                assert len(standing(reader)) == 1
            assert len(standing(reader)) == 1
        assert len(standing(reader)) == 2


def test_snapshot_ends_with_an_error_in_it(project):
    with pytest.raises(ZeroDivisionError), project.snapshot():
        raise ZeroDivisionError
    annotate(project, 1, cell(1), BLAST)
    with open_project(project.folder, write=False) as reader:
        assert len(standing(reader)) == 1


@pytest.mark.parametrize("read", [standing_table, status_of])
def test_what_a_writer_adds_meanwhile_is_in_the_next_reading(project, monkeypatch, read):
    annotate(project, 1, cell(1), BLAST)
    module = sys.modules[read.__module__]

    def fields_then_a_writer(*arguments):
        told = fields_of(*arguments)
        monkeypatch.undo()
        new = add_field(project, 1, project.folder / "new.png", "cd" * 32, (480, 640))
        annotate(project, 1, cell(1, new), BLAST)
        return told

    monkeypatch.setattr(module, "fields_of", fields_then_a_writer)
    with open_project(project.folder, write=False) as reader:
        first = read(reader)
        second = read(reader)
    counted = "annotated" if read is status_of else "cell"
    assert (first[counted].tolist(), len(fields_of(project))) == ([1], 2)
    assert second[counted].tolist() == ([2] if read is status_of else [1, 1])


def test_export_beside_a_writer_is_of_one_state(project, monkeypatch, tmp_path):
    annotate(project, 1, cell(1), BLAST)
    module = sys.modules[export_project.__module__]

    def table_then_a_writer(*arguments):
        told = standing_table(*arguments)
        annotate(project, 1, cell(2), L1)
        return told

    monkeypatch.setattr(module, "standing_table", table_then_a_writer)
    with open_project(project.folder, write=False) as reader:
        out = export_project(reader, tmp_path / "out")
    tables = [pd.read_csv(out / f"{name}.csv") for name in ("annotations", "history")]
    assert [len(table) for table in tables] == [1, 1]


def test_reasons_and_names_of_readers_leave_only_when_asked(project, tmp_path):
    with_masks(project)
    annotate(project, 1, cell(1), BLAST)
    delete(project, 2)
    lock(project, 1, 1, {})
    begin_amendment(project, 1, 1, "Jane's mother called")
    outs = [export_project(project, tmp_path / str(n), ["csv"], bool(n)) for n in range(2)]
    for name in ("annotations", "history", "edits"):
        told = [pd.read_csv(out / f"{name}.csv")["reader"].tolist() for out in outs]
        assert told == [["reader-1"], ["Dr. A"]]
    texts = [(out / "provenance.json").read_text() for out in outs]
    assert ["Jane" in text for text in texts] == [False, True]
    assert json.loads(texts[1])["smears"][0]["amended_because"] == ["Jane's mother called"]


@pytest.mark.parametrize("group", ["/home/me/Jane Doe", "C:\\data\\Jane Doe"])
def test_identifier_from_a_folder_is_its_name_only(tmp_path, group):
    with new_project(tmp_path / "p", slides=0) as project:
        slide = add_slide(project, add_specimen(project, add_case(project, "", group)))
        add_field(project, slide, tmp_path / "a.png", "ab" * 32, (480, 640))
        annotate(project, 1, cell(1), BLAST)
        assert standing_table(project, identifiers=True)["identifier"].tolist() == ["Jane Doe"]


def test_numbers_stay_whole_beside_empty_cells(tmp_path):
    table = pd.DataFrame({"n": pd.array([1234567, None], "Int64"), "x": [0.12345678, None]})
    write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().split() == ["n,x", "1234567,0.123457", ","]


def test_columns_of_numbers_are_whole_numbers_also_where_some_are_missing(project):
    with_masks(project)
    annotate(project, 1, cell(1), BLAST)
    annotate(project, 1, cell(2), BLAST)
    delete(project, 2)
    table = standing_table(project)
    assert [str(table[name].dtype) for name in ("cell", "field", "marked_cell")] == ["Int64"] * 3
    assert table["cell"].isna().tolist() == [False, True]
    told = history_table(project)
    assert {str(told[name].dtype) for name in ("line", "reading", "undo_of", "label")} == {"Int64"}


@pytest.mark.parametrize("first", "=+-@\t\r")
def test_no_cell_of_text_is_a_formula(tmp_path, first):
    write_csv(pd.DataFrame({"a": [f"{first}1+1", "a=1"], "n": [-1, 2]}), tmp_path / "t.csv")
    told = pd.read_csv(tmp_path / "t.csv", lineterminator="\n")
    assert told["a"].tolist() == [f"'{first}1+1", "a=1"]
    assert told["n"].tolist() == [-1, 2]


def test_crops_are_found_from_the_table(named, tmp_path):
    out = export_project(named, tmp_path / "out", ["csv", "crops"])
    table = pd.read_csv(out / "annotations.csv")
    assert table["marked_cell"].tolist() == [1, 2]
    assert sorted(out / one for one in table["crop_file"]) == sorted(out.rglob("*.png"))
    assert standing_table(named)["crop_file"].tolist() == ["", ""]


def test_word_that_is_no_name_of_a_folder_is_not_written(named, tmp_path):
    seen = SeenCell(1, 1, (4.0, 4.0), standing(named)[0].annotation.seen.crop)
    annotate(named, 1, seen, Word("mine", "../away"))
    with pytest.raises(ProjectDamagedError, match="away"):
        export_project(named, tmp_path / "out", ["crops"])
    assert not list(tmp_path.rglob("away*"))


def test_history_tells_what_was_seen_and_in_which_reading(named):
    reading = begin_reading(named, 1, 1)
    crop = standing(named)[0].annotation.seen.crop
    annotate(named, 1, SeenCell(1, 1, (4.0, 5.0), crop), SMUDGE, reading.reading_id)
    told = history_table(named)
    assert told["blind"].tolist() == [False, False, True]
    row = told.iloc[-1]
    assert (row["label"], row["y_px"], row["x_px"], row["crop"]) == (1, 4.0, 5.0, crop)
    assert told["taxonomy"].tolist() == ["FAB5", "FAB5", ""]


def test_edits_of_masks_are_exported(project, tmp_path):
    with_masks(project)
    delete(project, 2)
    out = export_project(project, tmp_path / "out", ["csv", "parquet"])
    assert len(pd.read_parquet(out / "edits.parquet")) == 1
    (row,) = pd.read_csv(out / "edits.csv").to_dict("records")
    assert (row["kind"], row["deleted"], row["field"]) == ("delete", 2, 1)
    assert [row[side] for side in ("y0", "x0", "y1", "x1")] == [30, 30, 45, 45]
