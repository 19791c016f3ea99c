"""Edits of masks stand in the record beside words, and go back in one thread with them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from napari_all_subtype.cells import edits, table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.errors import LockedError, ProjectDamagedError, RecordError
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.history import orphaned, standing, word_on
from napari_all_subtype.project.locks import lock
from napari_all_subtype.project.mask_edits import edits_of, record_edit
from napari_all_subtype.project.masks import keep_masks
from napari_all_subtype.project.segmentations import cells_of, marked_in
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.undo import redo, undo, undoable
from napari_all_subtype.workflow.project_status import status_lines, status_of
from project_examples import (
    BLAST,
    L1,
    UM,
    cell,
    delete,
    edited,
    found,
    masks_now,
    new_project,
    said,
    table_now,
)

SLIDE = Thread(1)


def squares(count: int = 4) -> CellMasks:
    """Cells of 30 px side in a row, each with a nucleus of 14 px."""
    labels, nuclei = np.zeros((2, 40, 40 * count), np.int32)
    for k in range(count):
        labels[5:35, 40 * k + 5 : 40 * k + 35] = k + 1
        nuclei[13:27, 40 * k + 13 : 40 * k + 27] = k + 1
    return CellMasks(labels, nuclei)


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path, slides=2) as project:
        found(project, squares())
        yield project


def test_word_and_edit_go_back_in_the_order_they_came(project):
    annotate(project, 1, cell(2), BLAST)
    made = delete(project, 2)
    annotate(project, 1, cell(3), L1)
    assert undo(project, 1, SLIDE).annotations[0].seen.label == 3
    (back,) = undo(project, 1, SLIDE).edits
    assert back.undo_of_id == made.edit_id
    assert back.edit == made.edit.reversed()
    assert said(project) == {(1, 2): BLAST}
    np.testing.assert_array_equal(masks_now(project).labels, squares().labels)
    (again,) = redo(project, 1, SLIDE).edits
    assert again.edit == made.edit
    assert 2 not in masks_now(project).labels


def test_word_on_a_deleted_cell_has_no_cell_until_undo_brings_it_back(project):
    annotate(project, 1, cell(2), BLAST)
    delete(project, 2)
    assert [one.word for one in orphaned(project)] == [BLAST]
    assert status_of(project)[["annotated", "orphaned"]].sum().tolist() == [0, 1]
    assert any("0 annotated, 1 orphaned" in line for line in status_lines(project))
    assert word_on(project, 1, 2) is None
    assert [one.label for one in cells_of(project, 1)] == [1, 3, 4]
    undo(project, 1, SLIDE)
    assert orphaned(project) == []
    assert word_on(project, 1, 2) == BLAST
    assert [one.label for one in cells_of(project, 1)] == [1, 2, 3, 4]


def test_marked_cell_moves_with_its_outline(project):
    annotate(project, 1, cell(1), BLAST)
    masks, cells = masks_now(project), table_now(project)
    edited(project, edits.split(masks, cells, 1, [(0, 12), (39, 12)]))
    (one,) = marked_in(project, 1)
    np.testing.assert_allclose(one.centroid_yx_px, (19.5, 23), atol=0.6)
    assert [c.label for c in cells_of(project, 1)] == [1, 2, 3, 4, 5]


def test_edit_of_masks_that_were_found_again_is_passed_over(project):
    annotate(project, 1, cell(1), BLAST)
    delete(project, 2)
    found(project, squares())
    back = undo(project, 1, SLIDE)
    assert [a.word for a in back.annotations] == [None]
    assert not back.edits
    np.testing.assert_array_equal(masks_now(project).labels, squares().labels)
    assert not undo(project, 1, SLIDE)
    assert redo(project, 1, SLIDE).annotations[0].word == BLAST
    assert [c.label for c in cells_of(project, 1)] == [1, 2, 3, 4]


def test_word_finds_its_cell_in_new_masks_after_an_edit(project):
    annotate(project, 1, cell(3), BLAST)
    delete(project, 1)
    other = squares()
    other.labels[:] = np.array([0, 4, 3, 2, 1])[other.labels]
    other.nuclei[:] = np.array([0, 4, 3, 2, 1])[other.nuclei]
    found(project, other)
    assert said(project) == {(1, 2): BLAST}


def test_undo_tells_the_label_that_was_spoken_of_and_standing_the_one_of_now(project):
    annotate(project, 1, cell(3), BLAST)
    annotate(project, 1, cell(3), L1)
    turned = squares()
    for page in (turned.labels, turned.nuclei):
        page[:] = np.array([0, 4, 3, 2, 1])[page]
    found(project, turned)
    (back,) = undo(project, 1, SLIDE).annotations
    assert back.seen.label == 3
    assert [one.label for one in standing(project)] == [2]


def test_locked_smear_is_not_edited_nor_segmented(project):
    delete(project, 1)
    lock(project, 1, 1, {"cells": 3})
    with pytest.raises(LockedError, match=r"locked by Dr\. A at"):
        delete(project, 2)
    with pytest.raises(LockedError):
        found(project, squares())
    with pytest.raises(LockedError):
        annotate(project, 1, cell(2), BLAST)
    with pytest.raises(LockedError):
        undo(project, 1, SLIDE)
    assert len(edits_of(project, 1)) == 1


def test_field_without_masks_has_nothing_to_edit(project):
    masks = squares()
    edit = edits.delete(masks, measure(masks, UM), 1)
    with pytest.raises(RecordError, match="Find its cells first"):
        record_edit(project, 1, 2, edit, *rows_of_both_sides(masks, edit), segmentation_id=1)
    assert undoable(project, Thread(2)).undo_id is None


def three():
    """The first three cells of `squares`, in an image of the same size."""
    masks = squares()
    return CellMasks(*(np.where(page < 4, page, 0) for page in (masks.labels, masks.nuclei)))


def rows_of_both_sides(masks, edit):
    """Rows of the cells that `edit` touches, measured before and after it."""
    before, after = measure(masks, UM), CellMasks(masks.labels.copy(), masks.nuclei.copy())
    edit.apply_to(after)
    return [table.rows_of(cells, edit.touched) for cells in (before, measure(after, UM))]


def test_edit_of_masks_that_were_replaced_is_refused_and_the_field_stays_usable(project):
    masks = squares()
    edit = edits.delete(masks, measure(masks, UM), 4)
    found(project, three())
    rows = rows_of_both_sides(masks, edit)
    with pytest.raises(RecordError, match="segmented again since"):
        record_edit(project, 1, 1, edit, *rows, segmentation_id=1)
    np.testing.assert_array_equal(masks_now(project).labels, three().labels)
    assert undoable(project, SLIDE).undo_id is None
    delete(project, 3)
    assert [one.label for one in cells_of(project, 1)] == [1, 2]


@pytest.mark.parametrize("side", [0, 1])
def test_edit_comes_with_the_rows_of_its_cells_and_no_others(project, side):
    masks = squares()
    edit = edits.delete(masks, measure(masks, UM), 2)
    for wrong in ([], [3], [2, 3]):
        rows = rows_of_both_sides(masks, edit)
        rows[side] = measure(masks, UM).loc[wrong]
        with pytest.raises(RecordError, match="one row for each"):
            record_edit(project, 1, 1, edit, *rows, segmentation_id=1)
    assert edits_of(project, 1) == []


def test_edits_that_do_not_fit_the_kept_masks_are_told_as_damage(project):
    delete(project, 4)
    with project.transaction() as connection:
        connection.execute("DROP TRIGGER segmentations_not_changed")
        connection.execute("UPDATE segmentations SET masks = ?", (keep_masks(project, three()),))
    with pytest.raises(ProjectDamagedError, match="do not fit"):
        masks_now(project)


@pytest.mark.parametrize("sql", ["UPDATE mask_edits SET kind = 'x'", "DELETE FROM mask_edits"])
def test_record_of_edits_is_append_only(project, sql):
    delete(project, 1)
    with pytest.raises(RecordError, match="append-only"), project.transaction() as connection:
        connection.execute(sql)


class Editing(RuleBasedStateMachine):
    """Any sequence of edits, undo and redo gives the masks that a list of them gives."""

    @initialize()
    def begin(self):
        self.home = TemporaryDirectory()
        self.project = new_project(Path(self.home.name))
        found(self.project, squares())
        self.past, self.future = [squares()], []

    @rule(label=st.integers(1, 4))
    def delete(self, label):
        if label not in masks_now(self.project).labels:
            return
        delete(self.project, label)
        self.past.append(masks_now(self.project))
        self.future.clear()

    @rule(label=st.integers(1, 4), x=st.integers(10, 30))
    def split(self, label, x):
        masks = masks_now(self.project)
        columns = np.flatnonzero((masks.labels == label).any(axis=0))
        if len(columns) < 25:
            return
        # Inside its columns: a line beside a cell does not part it.
        x = int(columns[0]) + 2 + x % (len(columns) - 4)
        line = [(0, x), (39, x)]
        edited(self.project, edits.split(masks, table_now(self.project), label, line))
        self.past.append(masks_now(self.project))
        self.future.clear()

    @rule()
    def back(self):
        recorded = undo(self.project, 1, SLIDE)
        assert bool(recorded) == (len(self.past) > 1)
        if recorded:
            self.future.append(self.past.pop())

    @rule()
    def again(self):
        recorded = redo(self.project, 1, SLIDE)
        assert bool(recorded) == bool(self.future)
        if recorded:
            self.past.append(self.future.pop())

    @invariant()
    def same_masks_and_table(self):
        masks, cells = masks_now(self.project), table_now(self.project)
        np.testing.assert_array_equal(masks.labels, self.past[-1].labels)
        np.testing.assert_array_equal(masks.nuclei, self.past[-1].nuclei)
        there = table.present(cells)
        measured = table.present(measure(masks, UM))
        pd.testing.assert_frame_equal(there[measured.columns], measured, check_dtype=False)
        assert [one.label for one in cells_of(self.project, 1)] == measured.index.tolist()

    def teardown(self):
        if hasattr(self, "project"):
            self.project.close()
            self.home.cleanup()


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
