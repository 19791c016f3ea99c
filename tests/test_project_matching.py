"""Annotations outlive segmentation: every one finds its cell again, or is listed as orphaned."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.annotations import annotate, annotate_many
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import history, orphaned, standing, word_on
from napari_all_subtype.project.matching import MIN_IOU, Sought, match_cells
from napari_all_subtype.project.records import PlacedCell
from napari_all_subtype.project.segmentations import (
    Segmentation,
    cells_of,
    last_segmentation,
    marked_in,
    store_segmentation,
)
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.undo import undo
from project_examples import BLAST, L1, NORMAL, SMUDGE, cell, new_project

SHAPE = (600, 400)


def discs(*places, radius=20, labels=None):
    """Masks with a disc at each (y, x)."""
    rows, columns = np.indices(SHAPE)
    masks = np.zeros(SHAPE, np.int32)
    for label, (y, x) in zip(labels or range(1, len(places) + 1), places, strict=True):
        masks[(rows - y) ** 2 + (columns - x) ** 2 <= radius**2] = label
    return masks


def sought(*places, labels=None):
    labels = labels or range(1, len(places) + 1)
    return [
        Sought(100 + n, label, place)
        for n, (label, place) in enumerate(zip(labels, places, strict=True), 1)
    ]


def test_same_cells_under_other_labels_are_found():
    places = [(50, 50), (300, 100), (550, 350)]
    found = match_cells(sought(*places), discs(*places, labels=[9, 4, 7]), discs(*places))
    assert found == {101: 9, 102: 4, 103: 7}


@pytest.mark.parametrize(("shift_diameters", "iou_suffices"), [(0.42, True), (0.46, False)])
def test_least_overlap_is_a_shift_by_044_diameters(shift_diameters, iou_suffices):
    before, after = (
        discs((100, 100), radius=50),
        discs((100, 100 + 100 * shift_diameters), radius=50),
    )
    # The centroid is put where there is no cell, so that the masks alone decide.
    found = match_cells([Sought(1, 1, (500, 10))], after, before)
    assert found == ({1: 1} if iou_suffices else {})


def test_without_masks_the_centroid_decides():
    after = discs((100, 110), (300, 300))
    assert match_cells(sought((100, 100), (300, 330)), after) == {101: 1}


def test_grown_cell_of_little_overlap_is_found_by_its_centroid():
    before, after = discs((100, 100), radius=8), discs((100, 100), radius=30)
    assert MIN_IOU > 8**2 / 30**2
    assert match_cells(sought((100, 100)), after, before) == {101: 1}


def test_of_two_merged_cells_the_larger_keeps_the_mask_and_the_other_is_orphaned():
    before = discs((100, 100), radius=30) + 2 * (discs((100, 145), radius=14) > 0)
    after = (before > 0) * np.int32(5)
    assert match_cells(sought((100, 145), (100, 100), labels=[2, 1]), after, before) == {102: 5}


def test_of_a_split_cell_the_larger_piece_is_found():
    before, after = discs((100, 100)), discs((100, 100))
    after[:, 105:][after[:, 105:] > 0] = 2
    assert match_cells(sought((100, 100)), after, before) == {101: 1}


def test_deleted_cell_is_not_found_and_its_neighbour_not_taken_for_it():
    before, after = discs((100, 100), (100, 141)), discs((100, 141))
    assert match_cells(sought((100, 100), (100, 141)), after, before) == {102: 1}


def test_orphan_is_found_again_at_its_place():
    found = match_cells([Sought(7, None, (100.4, 99.6))], discs((100, 100)), discs((100, 100)))
    assert found == {7: 1}


def test_place_outside_the_image_is_no_cell():
    whole = np.ones(SHAPE, np.int32)
    for place in [(-1, 5), (5, -0.6), (600, 5), (5, 399.6)]:
        assert match_cells([Sought(1, None, place)], whole) == {}


def test_masks_of_two_images_are_refused():
    with pytest.raises(ValueError, match="cannot be compared"):
        match_cells([], discs(), discs()[:-1])


def test_nothing_sought_and_no_cells_give_nothing():
    assert match_cells([], discs(), discs((9, 9))) == {}
    assert match_cells(sought((100, 100)), discs(), discs((100, 100))) == {}


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 8), st.integers(0, 8))
def test_no_cell_is_found_twice_and_every_one_found_is_there(random, n_before, n_after):
    def some(n):
        return [(random.randint(0, 599), random.randint(0, 399)) for _ in range(n)]

    places = some(n_before)
    after = discs(*some(n_after))
    found = match_cells(sought(*places), after, discs(*places))
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= set(np.unique(after[after > 0]).tolist())


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path, slides=1, fields=2) as project:
        yield project


def placed(*labels):
    return [
        PlacedCell(n, (10.0 * n, 5.0 * n), Region(10 * n, 5 * n, 10 * n + 9, 5 * n + 9))
        for n in labels
    ]


def test_segmentation_is_found_as_it_was_stored(project):
    made = Segmentation("colour and shape", {"sensitivity": 0.5, "µm": "é"}, "1.tif", "1.parquet")
    assert last_segmentation(project, 1) is None
    store_segmentation(project, 1, made, placed(2, 1), {})
    assert last_segmentation(project, 1) == replace(made, segmentation_id=1)
    assert cells_of(project, 1) == placed(1, 2)
    assert cells_of(project, 2) == []


def test_words_follow_their_cells_to_other_labels_and_orphans_are_listed(project):
    annotate_many(project, 1, [cell(n) for n in (1, 2, 3)], [BLAST, NORMAL, SMUDGE])
    annotate(project, 1, cell(1, 2), L1)
    first, second, third = (one.marked_id for one in marked_in(project, 1))
    store_segmentation(project, 1, Segmentation("a"), placed(1, 2, 4), {first: 2, second: 1})
    assert [word_on(project, 1, n) for n in (1, 2, 3, 4)] == [NORMAL, BLAST, None, None]
    assert word_on(project, 2, 1) == L1
    (lost,) = orphaned(project)
    assert (lost.word, lost.centroid_yx_px) == (SMUDGE, (30, 15))
    assert lost.annotation.seen.label == 3
    with open_project(project.folder, write=False) as other:
        assert orphaned(other) == [lost]
    # A later segmentation finds it again, and the record has not changed.
    found = {first: 1, second: 2, third: 3}
    store_segmentation(project, 1, Segmentation("a"), placed(1, 2, 3), found)
    assert orphaned(project) == []
    assert [one.word for one in standing(project, 1)] == [BLAST, NORMAL, SMUDGE]
    assert len(history(project)) == 4


def test_new_word_goes_to_the_cell_that_has_the_label_now(project):
    annotate(project, 1, cell(1), BLAST)
    (marked,) = marked_in(project, 1)
    store_segmentation(project, 1, Segmentation("a"), placed(1, 2), {marked.marked_id: 2})
    assert annotate(project, 1, cell(1), NORMAL).before is None
    assert annotate(project, 1, cell(2), L1).before == BLAST
    assert [a.word for a in history(project, 1, 2)] == [BLAST, L1]


def test_undo_reaches_a_cell_that_was_lost(project):
    annotate(project, 1, cell(1), BLAST)
    annotate(project, 1, cell(1), L1)
    store_segmentation(project, 1, Segmentation("a"), [], {})
    undo(project, 1, Thread(1))
    assert [one.word for one in orphaned(project)] == [BLAST]


def test_cell_found_where_there_is_none_is_refused_and_nothing_stored(project):
    annotate(project, 1, cell(1), BLAST)
    with pytest.raises(RecordError, match="found at label 9"):
        store_segmentation(project, 1, Segmentation("a"), placed(1), {1: 9})
    assert last_segmentation(project, 1) is None
    with pytest.raises(RecordError, match="has no field 99"):
        store_segmentation(project, 99, Segmentation("a"), placed(1), {})


def test_two_cells_at_one_label_are_refused_and_nothing_stored(project):
    annotate_many(project, 1, [cell(1), cell(2)], [BLAST, L1])
    with pytest.raises(RecordError, match="Nothing was changed"):
        store_segmentation(project, 1, Segmentation("a"), placed(5), {1: 5, 2: 5})
    assert [one.label for one in standing(project)] == [1, 2]
