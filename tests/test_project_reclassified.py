"""What the model says of a cell after its outline was changed is kept, and undone with the edit."""

from __future__ import annotations

import pytest

from examples import example_analysis
from napari_all_subtype.cells import edits, table
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.errors import LockedError, RecordError
from napari_all_subtype.project.current import table_now
from napari_all_subtype.project.locks import lock
from napari_all_subtype.project.mask_edits import record_edit
from napari_all_subtype.project.reclassifications import record_reclassified
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.undo import redo, undo
from napari_all_subtype.workflow.project_analyses import keep_analysis, kept_analysis
from project_examples import new_project


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "project") as project:
        keep_analysis(project, 1, example_analysis(((30, 30), (30, 80), (80, 30))))
        yield project


def split_first(project):
    """Cell 1 is cut in two; the label of the second half."""
    now = kept_analysis(project, 1)
    row = now.cells.loc[1]
    y = int(row["centroid_y_px"])
    edit = edits.split(now.masks, now.cells, 1, [(y, 0), (y, now.masks.labels.shape[1])])
    before = table.rows_of(now.cells, sorted(edit.touched))
    edit.apply_to(now.masks)
    measured = measure(now.masks, now.pixel_size.um_per_px)
    cells = table.with_rows(now.cells, measured.loc[list(edit.remaining)])
    after = table.rows_of(cells, sorted(edit.touched))
    record_edit(project, 1, 1, edit, before, after, segmentation_id=segmentation(project))
    return edit.added[0]


def segmentation(project):
    return last_segmentation(project, 1).segmentation_id


def reclassify(project, label, subtype):
    rows = table.rows_of(table_now(project, 1), [label]).assign(subtype=subtype)
    record_reclassified(project, 1, rows, segmentation_id=segmentation(project))


def test_what_the_model_says_last_stands(project):
    label = split_first(project)
    reclassify(project, label, "l2")
    reclassify(project, label, "l3")
    assert table_now(project, 1)["subtype"][label] == "l3"


def test_undoing_the_edit_undoes_what_came_with_it(project):
    before = table_now(project, 1)["subtype"][1]
    split_first(project)
    reclassify(project, 1, "l2" if before != "l2" else "l1")
    undo(project, 1, Thread(1))
    assert table_now(project, 1)["subtype"][1] == before


def test_it_is_no_step_of_its_own(project):
    label = split_first(project)
    reclassify(project, label, "l2")
    undo(project, 1, Thread(1))
    assert not undo(project, 1, Thread(1))
    assert not table_now(project, 1)["area_px"].iloc[label:].gt(0).any()
    redo(project, 1, Thread(1))
    assert table_now(project, 1)["area_px"][label] > 0


def test_without_an_edit_there_is_nothing_to_say(project):
    with pytest.raises(RecordError, match="Nobody has changed"):
        reclassify(project, 1, "l2")


def test_a_locked_result_stays_as_it_is(project):
    label = split_first(project)
    lock(project, 1, 1, {})
    with pytest.raises(LockedError):
        reclassify(project, label, "l2")
