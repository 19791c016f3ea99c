"""Groups are divided once, whole, every class where it must be; or what is missing is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning_examples import TWO, crops_of, example_set
from napari_all_subtype.errors import TooFewCellsError, TrainingSetError
from napari_all_subtype.learning.duplicates import (
    describe_duplicates,
    find_duplicates,
    groups_together,
)
from napari_all_subtype.learning.parameters import SplitParameters
from napari_all_subtype.learning.splits import plan_splits, random_splits
from napari_all_subtype.learning.training_set import PseudoLabelled, TrainingSet, allowed_by
from napari_all_subtype.taxonomy import FAB5

CELLS = st.lists(
    st.tuples(st.sampled_from(["normal", "blast", "l1"]), st.integers(0, 9)),
    min_size=1,
    max_size=80,
)
KNOWN = st.dictionaries(
    st.integers(0, 9).map(str), st.sampled_from(["train", "val", "test"]), max_size=6
)
PAIRS = st.lists(st.tuples(*[st.integers(0, 9).map(str)] * 2), max_size=4)


def planned(cells, known=None, together=(), seed=0):
    words, groups = [word for word, _ in cells], [str(group) for _, group in cells]
    return words, groups, plan_splits(words, groups, FAB5, known, together=together, seed=seed)


@settings(deadline=None, max_examples=200)
@given(CELLS, KNOWN, st.integers(0, 3))
def test_what_is_divided_stays_and_every_class_trains_and_validates(cells, known, seed):
    try:
        words, groups, plan = planned(cells, known, seed=seed)
    except TooFewCellsError:
        return
    assert set(plan.splits) == set(groups)
    assert all(plan.splits[group] == known[group] for group in set(groups) & set(known))
    assert not set(plan.new) & set(known)
    for split in ("train", "val"):
        there = {
            FAB5[w].parent or w
            for w, g in zip(words, groups, strict=True)
            if plan.splits[g] == split
        }
        assert there == {FAB5[w].parent or w for w in words}


@settings(deadline=None, max_examples=100)
@given(CELLS, PAIRS)
def test_groups_that_share_a_picture_go_together(cells, together):
    try:
        _, _, plan = planned(cells, together=together)
    except TooFewCellsError:
        return
    for one, other in together:
        if one in plan.splits and other in plan.splits:
            assert plan.splits[one] == plan.splits[other]


@settings(deadline=None, max_examples=50)
@given(CELLS, st.integers(0, 5))
def test_same_seed_divides_the_same(cells, seed):
    try:
        first = planned(cells, seed=seed)[2]
    except TooFewCellsError:
        return
    assert planned(cells, seed=seed)[2] == first


def test_shares_are_near_what_was_asked_for():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 20).astype(str)
    words = rng.choice(["a", "b"], len(groups), p=[0.7, 0.3])
    plan = plan_splits(words, groups, TWO, parameters=SplitParameters())
    share = {s: np.mean([plan.splits[g] == s for g in groups]) for s in ("train", "val", "test")}
    assert share["val"] == pytest.approx(0.25, abs=0.04)
    assert share["test"] == pytest.approx(0.15, abs=0.04)
    assert plan.notes == ()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([], "No cell has a word"),
        ([("normal", n) for n in range(9)], "All 9 cells are called normal"),
        ([("normal", n) for n in range(9)] + [("blast", 1)], r"blast 1 \(3 more\)"),
        ([("normal", 1), ("blast", 1)] * 5, "1 more needed"),
        (
            [("normal", n) for n in range(9)] + [("blast", 1)] * 5,
            "Class blast has no cells that .*: its 5 cells are of 1 group .*1 more group",
        ),
    ],
)
def test_what_is_missing_is_said_with_its_number(cells, said):
    with pytest.raises(TooFewCellsError, match=said):
        planned(cells)


def test_class_whose_groups_all_train_already_is_refused():
    cells = [(word, n) for n in range(4) for word in ("normal", "blast")]
    with pytest.raises(TooFewCellsError, match="no cells that validate"):
        planned(cells, {str(n): "train" for n in range(4)})


def test_few_groups_and_no_test_are_told():
    _, _, plan = planned([(word, n) for n in range(2) for word in ("normal", "blast")] * 4)
    assert sorted(plan.splits.values()) == ["train", "val"]
    assert any("No test cells" in note for note in plan.notes)
    assert any("Only 2 groups: 1 train, 1 val" in note for note in plan.notes)


def test_counts_of_notes_add_up_where_groups_share_a_picture():
    cells = [(word, n) for n in range(10) for word in ("normal", "blast")]
    words, groups = zip(*cells, strict=True)
    names = [str(n) for n in groups]
    shared = [(str(n), str(n + 1)) for n in range(0, 10, 2)]
    plan = plan_splits(words, names, FAB5, together=shared)
    (note,) = [one for one in plan.notes if one.startswith("Only 10 groups")]
    train, val = (list(plan.splits.values()).count(one) for one in ("train", "val"))
    assert f"Only 10 groups, 5 of them apart: {train} train, {val} val." in note
    assert any(f"Only {val} validation cells are blast" in one for one in plan.notes)


def test_groups_that_only_shared_pictures_hold_together_are_counted_and_named():
    cells = [("blast", 0), ("blast", 1), ("blast", 1), ("blast", 2)]
    cells += [("normal", n) for n in range(8)]
    with pytest.raises(TooFewCellsError, match=r"its 4 cells are of 3 groups .*: 0, 1, 2 hold"):
        planned(cells, together=[("0", "1"), ("1", "2")])
    with pytest.raises(TooFewCellsError, match=r"1 group \(case\), which cannot .* 1 more group\."):
        planned([("blast", 0)] * 4 + cells[4:])


def test_pairs_of_cells_and_pairs_of_groups_are_told_apart():
    crops = np.zeros((7, 8, 8, 3), np.uint8)
    groups = ["a", "a", "a", "b", "c", "d", "d"]
    told = describe_duplicates(find_duplicates(crops, groups), groups)
    assert told.startswith("17 pairs of cells in different groups")
    assert "in 6 pairs of groups: a and b, a and c, a and d and 3 more." in told


def test_subtype_that_nothing_validates_is_told():
    cells = [(word, n) for n in range(4) for word in ("normal", "blast")] * 4 + [("l3", 0)]
    _, _, plan = planned(cells)
    assert any("called l3" in note for note in plan.notes) == (plan.splits["0"] != "val")


def test_random_split_divides_cells():
    words = ["a", "b"] * 20
    splits = random_splits(words, TWO, SplitParameters(random_split=True))
    assert len(splits) == 40
    assert set(splits) >= {"train", "val"}


def test_blast_leaves_subtypes_open_unless_it_is_flat():
    assert allowed_by(["blast"], FAB5).tolist() == [[False, True, True, True, True]]
    assert allowed_by(["blast"], FAB5, flat=True).tolist() == [[False, True, False, False, False]]


def test_group_never_in_two_splits():
    with pytest.raises(TrainingSetError, match="never parted"):
        TrainingSet.of(crops_of([0, 1]), ["a", "b"], ["g", "g"], ["train", "val"], TWO)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"crops": np.zeros((2, 8, 8), np.uint8)}, "Crops of shape"),
        ({"words": ["a", "c"]}, "'c' is no class"),
        ({"weights": [1, 0]}, "not above 0"),
        ({"ids": [4, 4]}, "twice"),
        ({"groups": ["g"]}, "no split yet|1 groups"),
        ({"splits": ["train", "probe"]}, "no split"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, said):
    good = {
        "crops": crops_of([0, 1]),
        "words": ["a", "b"],
        "groups": ["g", "h"],
        "splits": ["train", "val"],
        "taxonomy": TWO,
    }
    with pytest.raises(TrainingSetError, match=said):
        TrainingSet.of(**(good | change))


def test_pseudo_label_leaves_a_class_open():
    with pytest.raises(TrainingSetError, match="at least one class"):
        PseudoLabelled(crops_of([0]), [[False, False]], [1], ["g"], [1])


def test_hash_tells_the_division_and_nothing_else():
    one = example_set()
    assert one.split_hash == one.select(np.arange(len(one))[::-1]).split_hash
    assert one.split_hash != example_set(val=(0, 2)).split_hash


def blurred_noise(n, seed):
    import cv2

    rng = np.random.default_rng(seed)
    crops = [
        cv2.GaussianBlur(rng.integers(0, 256, (64, 64, 3)).astype("uint8"), (0, 0), 2)
        for _ in range(n)
    ]
    return np.stack(crops)


def test_picture_in_two_groups_is_found_also_when_it_was_changed_a_little():
    crops = blurred_noise(12, 3)
    crops[5] = crops[0]
    crops[7] = np.clip(crops[1].astype(int) * 9 // 10 + 12, 0, 255).astype("uint8")
    groups = [f"g{n}" for n in range(12)]
    found = find_duplicates(crops, groups)
    assert [(one.first, one.second, one.exact) for one in found] == [(0, 5, True), (1, 7, False)]
    assert groups_together(found, groups) == [("g0", "g5"), ("g1", "g7")]
    assert "2 pairs of cells" in describe_duplicates(found, groups)
    assert describe_duplicates(found[:1], groups).startswith("1 pair of cells")
    assert describe_duplicates([], groups) == ""


def test_pictures_within_a_group_and_empty_ones_are_no_duplicates():
    crops = blurred_noise(4, 3)
    crops[1] = crops[0]
    assert find_duplicates(crops, ["g", "g", "h", "h"]) == []
    plain = np.full((2, 32, 32, 3), 200, np.uint8)
    plain[1] = 201
    assert find_duplicates(plain, ["g", "h"]) == []
