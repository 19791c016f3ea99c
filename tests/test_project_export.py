"""What leaves a project: words, history and crops, and nothing that tells a person."""

import json

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.errors import OutputExistsError, ParameterError
from napari_all_subtype.project.annotation import SeenCell
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.crops import keep_crop
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.locks import begin_amendment, lock
from napari_all_subtype.project.smears import (
    add_case,
    add_field,
    add_slide,
    add_specimen,
    move_field,
)
from napari_all_subtype.workflow.project_export import export_project, standing_table
from napari_all_subtype.workflow.project_status import status_lines, status_of
from project_examples import BLAST, L1, cell, found, new_project


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
    assert str(tmp_path).encode() not in written
    assert sorted(path.parent.name for path in out.rglob("*.png")) == ["blast", "l1"]
    written = pd.read_csv(out / "annotations.csv")
    same = ["case", "field", "cell", "annotation", "crop", "pixels_sha256"]
    parquet = pd.read_parquet(out / "annotations.parquet")
    pd.testing.assert_frame_equal(written[same], parquet[same], check_dtype=False)
    assert written["reader"].tolist() == ["Dr. A", "Dr. A"]
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
    assert smear["amended_because"] == ["read again"]
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
