"""Analyses in a project: given back as they stand now, and telling no person's name."""

from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from napari_all_subtype import analyse
from napari_all_subtype.cells import edits, table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.plausible import NO_CELL
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.errors import LockedError
from napari_all_subtype.model.classifier import load_classifier
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.history import orphaned, standing
from napari_all_subtype.project.locks import lock
from napari_all_subtype.project.mask_edits import record_edit
from napari_all_subtype.project.masks import MASKS
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.workflow.corrections import corrected
from napari_all_subtype.workflow.project_analyses import keep_analysis, kept_analysis
from napari_all_subtype.workflow.project_fields import import_fields
from project_examples import BLAST, L1, cell

NAME = "Jane Doe.png"


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path / "project") as project:
        yield project


@pytest.fixture(scope="module")
def smear():
    return simulate_smear(SmearRecipe.of(width_px=800, height_px=600, l2=3, lymphocyte=3), 3)


@pytest.fixture(scope="module")
def analysis(smear):
    return replace(analyse(smear.pixels, pixel_size_um=smear.um_per_px), name=NAME)


@pytest.fixture
def analysed(project, smear, analysis, tmp_path):
    path = tmp_path / NAME
    cv2.imwrite(str(path), smear.pixels[..., ::-1])
    import_fields(project, [path])
    assert keep_analysis(project, 1, analysis) == []
    reader_named(project, "Dr. A")
    return project


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.cells, other.cells, check_dtype=False)
    np.testing.assert_array_equal(one.masks.labels, other.masks.labels)
    np.testing.assert_array_equal(one.masks.nuclei, other.masks.nuclei)
    words = set(vars(one)) - {"cells", "masks"}
    assert {name: getattr(one, name) for name in words} == {
        name: getattr(other, name) for name in words
    }


def changed(project, before, edit, smear):
    """The analysis after an edit that was recorded."""
    rows = table.rows_of(before.cells, edit.touched)
    seen = last_segmentation(project, 1).segmentation_id
    after = corrected(before, edit, ArraySource(smear.pixels), load_classifier())
    new = table.rows_of(after.cells, edit.touched)
    record_edit(project, 1, 1, edit, rows, new, segmentation_id=seen)
    return after


def without(analysis, label):
    """The analysis as if the cell `label` had not been found."""
    kept = analysis.masks.labels != label
    masks = CellMasks(analysis.masks.labels * kept, analysis.masks.nuclei * kept)
    return replace(analysis, masks=masks, cells=table.without(analysis.cells, [label]))


def test_analysis_is_given_back_as_it_was_kept(analysed, analysis):
    assert_same(kept_analysis(analysed, 1), analysis)


def test_analysis_is_given_back_with_its_edits(analysed, analysis, smear):
    before = kept_analysis(analysed, 1)
    label = int(table.present(before.cells).index[0])
    middle = before.cells.loc[label, "centroid_x_px"]
    line = [(0, middle), (smear.pixels.shape[0], middle)]
    edit = edits.split(before.masks, before.cells, label, line)
    after = changed(analysed, before, edit, smear)
    again = kept_analysis(analysed, 1)
    assert_same(again, after)
    assert again.edits == 1


def test_words_find_their_cells_in_a_new_analysis_or_are_told_as_lost(analysed, analysis):
    first, second = (int(label) for label in table.present(analysis.cells).index[:2])
    annotate(analysed, 1, cell(first), BLAST)
    annotate(analysed, 1, cell(second), L1)
    lost = keep_analysis(analysed, 1, without(analysis, first))
    assert [one.annotation.marked_id for one in orphaned(analysed)] == lost
    assert [(one.label, one.word) for one in standing(analysed)] == [(None, BLAST), (second, L1)]


def test_flags_of_cells_follow_the_edits(analysed, smear):
    now = kept_analysis(analysed, 1)
    for label in table.present(now.cells).index:
        now = changed(analysed, now, edits.delete(now.masks, now.cells, int(label)), smear)
    assert NO_CELL in now.flags
    assert kept_analysis(analysed, 1).flags == now.flags


def test_choices_are_given_back_and_paths_are_not(analysed, analysis):
    chosen = analysis.parameters.model_copy(
        update={
            "finding": analysis.parameters.finding.model_copy(
                update={"segmenter": "stardist", "segmenter_model": "2D_versatile_he"}
            ),
            "model": analysis.parameters.model.model_copy(update={"model": "compact-3"}),
        }
    )
    keep_analysis(analysed, 1, replace(analysis, parameters=chosen))
    assert kept_analysis(analysed, 1).parameters == chosen


def test_record_of_an_analysis_holds_no_name(analysed, analysis, tmp_path):
    weights = tmp_path / "Jane Doe.pth"
    weights.touch()
    parameters = analysis.parameters
    told = replace(
        analysis,
        pixel_size=PixelSize(0.1, "profile", 0.02, "microscope of Jane Doe"),
        flags=("overlaps Jane Doe 2.png", "same picture as Jane Doe 3.png: counted once", "blur"),
        parameters=parameters.model_copy(
            update={
                "scale": parameters.scale.model_copy(update={"profile": "Jane Doe"}),
                "finding": parameters.finding.model_copy(update={"segmenter_model": str(weights)}),
                "model": parameters.model.model_copy(update={"model": "models/Jane Doe"}),
            }
        ),
    )
    keep_analysis(analysed, 1, told)
    for row in analysed.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        held = repr([tuple(r) for r in analysed.rows(f"SELECT * FROM {row['name']}")])
        assert ("Jane" in held) == (row["name"] == "field_files"), row["name"]
    again = kept_analysis(analysed, 1)
    assert (again.name, again.flags) == (NAME, ("blur",))
    assert again.pixel_size == PixelSize(0.1, "profile", 0.02)


def test_note_of_a_measured_scale_is_kept(analysed, analysis):
    size = PixelSize(0.1, "red cells", 0.15, "12 red cells")
    keep_analysis(analysed, 1, replace(analysis, pixel_size=size))
    assert kept_analysis(analysed, 1).pixel_size == size


def test_damaged_masks_do_not_keep_a_field_from_being_analysed_again(analysed, analysis):
    first, second = (int(label) for label in table.present(analysis.cells).index[:2])
    place = analysis.cells.loc[second, ["centroid_y_px", "centroid_x_px"]]
    seen = replace(cell(second), centroid_yx_px=tuple(map(float, place)))
    annotate(analysed, 1, seen, L1)
    MASKS.place(analysed, last_segmentation(analysed, 1).masks).write_bytes(b"nothing")
    assert keep_analysis(analysed, 1, without(analysis, first)) == []
    assert [(one.label, one.word) for one in standing(analysed)] == [(second, L1)]
    assert kept_analysis(analysed, 1).count == analysis.count - 1


def test_locked_smear_takes_no_analysis_and_no_file(analysed, analysis):
    lock(analysed, 1, 1, {})
    files = sorted(analysed.folder.rglob("*.*"))
    with pytest.raises(LockedError, match="Nothing was changed"):
        keep_analysis(analysed, 1, without(analysis, 1))
    assert sorted(analysed.folder.rglob("*.*")) == files


def test_analysis_is_given_back_with_what_people_say(analysed, analysis):
    label = int(table.present(analysis.cells).index[0])
    annotate(analysed, 1, cell(label), L1)
    again = kept_analysis(analysed, 1)
    assert table.annotations(again.cells)[label] == "l1"
    assert again.cells["subtype"].tolist() == analysis.cells["subtype"].tolist()


def test_words_are_not_kept_with_what_was_found(analysed, analysis):
    label = int(table.present(analysis.cells).index[0])
    said = replace(analysis, cells=table.annotated(analysis.cells, {label: "l1"}))
    keep_analysis(analysed, 1, said)
    assert (table.annotations(kept_analysis(analysed, 1).cells) == "").all()
