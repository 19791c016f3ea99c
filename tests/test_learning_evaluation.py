"""Figures of an evaluation agree with scikit-learn, respect sets of words, and know their doubt."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from learning_examples import TWO, crops_of
from napari_all_subtype.errors import TooFewCellsError, TrainingSetError
from napari_all_subtype.learning.comparison import agreement, compare
from napari_all_subtype.learning.evaluation import evaluate
from napari_all_subtype.learning.hierarchy import said_of, side_probabilities
from napari_all_subtype.learning.reliability import reliability
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy

THREE = Taxonomy("three", tuple(CellClass(n, n.upper(), n, "#009E73") for n in "xyz"))


def some(seed, n=60, taxonomy=THREE, groups=7):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(len(taxonomy)), n)
    words = rng.choice(taxonomy.names, n).astype(object)
    return p, words, rng.integers(0, groups, n).astype(str).astype(object)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_figures_are_those_of_scikit_learn(seed):
    p, words, groups = some(seed)
    found = evaluate(p, words, groups, THREE)
    called = said_of(p, THREE).words
    names = [name for name in THREE.names if name in set(words)]
    assert found.macro_f1.value == pytest.approx(
        f1_score(words, called, average="macro", labels=names)
    )
    assert found.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(words, called))
    assert found.kappa.value == pytest.approx(cohen_kappa_score(words, called))
    expected = confusion_matrix(words, called, labels=list(found.classes))
    assert found.confusion.tolist() == expected.tolist()
    each = precision_recall_fscore_support(words, called, labels=names, zero_division=0)
    for n, name in enumerate(names):
        mine = found.per_class[name]
        told = (mine.precision.value, mine.recall.value, mine.f1.value, mine.cells)
        assert told == pytest.approx([part[n] for part in each])
        assert mine.recall.low <= mine.recall.high
    json.dumps(found.to_dict(), allow_nan=False)


def one_hot(words, taxonomy=FAB5, sure=0.9):
    p = np.full((len(words), len(taxonomy)), (1 - sure) / (len(taxonomy) - 1))
    p[np.arange(len(words)), [taxonomy.index(w) for w in words]] = sure
    return p


def test_kind_of_what_a_person_said_is_right():
    said = ["l1", "l2", "normal", "l3"]
    found = evaluate(one_hot(said), ["blast", "blast", "normal", "normal"], list("abcd"), FAB5)
    assert found.classes == ("normal", "blast")
    assert found.confusion.tolist() == [[1, 1], [0, 2]]


def test_blast_is_not_yet_a_subtype_that_a_person_named():
    found = evaluate(one_hot(["blast", "l2", "normal"]), ["l1", "l2", "normal"], list("abc"), FAB5)
    assert found.per_class["l1"].recall.value == 0
    assert found.per_class["l2"].recall.value == 1


def test_calibration_is_of_the_side_and_not_of_the_subtype():
    found = evaluate(one_hot(["l1", "normal"], sure=1.0), ["blast", "normal"], list("ab"), FAB5)
    assert found.ece.value == pytest.approx(0)


def test_sides_of_any_taxonomy_sum_to_one_and_hold_their_kinds():
    deep = Taxonomy("deep", (*TWO.classes, CellClass("b1", "B1", "1", "#56B4E9", parent="b")))
    p = np.array([[0.4, 0.3, 0.3], [0.3, 0.05, 0.65], [0.6, 0.2, 0.2]])
    assert side_probabilities(p, deep).sum(axis=1) == pytest.approx(1)
    said = said_of(p, deep)
    assert said.words.tolist() == ["b", "b1", "a"]
    assert said.sides.tolist() == ["b", "b", "a"]
    assert said.confidence == pytest.approx([0.6, 0.7, 0.6])


def test_intervals_are_over_groups_and_one_group_has_none():
    words = ["x", "y"] * 30
    p = one_hot(["x", "y"] * 15 + ["y", "x"] * 15, THREE)
    alike = evaluate(p, words, [str(n) for n in range(60)], THREE).accuracy
    parted = evaluate(p, words, ["good"] * 30 + ["bad"] * 30, THREE).accuracy
    assert parted.high - parted.low > alike.high - alike.low
    # Sixty cells, each a group of its own: as sure as sixty cells are.
    assert (alike.low, alike.high) == pytest.approx((0.377, 0.623), abs=0.02)
    alone = evaluate(p, words, ["g"] * 60, THREE)
    assert (alone.accuracy.low, alone.ece.low) == (None, None)


def test_few_cells_that_are_all_right_are_no_certainty():
    words = ["x", "y", "y", "x", "x", "y"] + ["z"] * 2
    found = evaluate(one_hot(words, THREE), words, list("aabbccdd"), THREE)
    for figure in (found.accuracy, found.macro_f1, found.balanced_accuracy, found.kappa):
        assert figure.value == figure.high == 1
        assert figure.low < 0.8
    z = found.per_class["z"]
    # Wilson of two of two.
    assert z.recall.low == z.precision.low == z.f1.low == pytest.approx(0.342, abs=1e-3)
    # Many cells in alike groups: that of the cells is the one that counts.
    many = evaluate(one_hot(words * 500, THREE), words * 500, list("aabbccdd") * 500, THREE)
    assert many.macro_f1.low > 0.99


def test_reliability_of_known_bins():
    told = reliability([0.05] * 10 + [0.95] * 10, [True] * 10 + [False] * 10)
    assert len(told.cells) == 15
    assert told.ece == pytest.approx(0.95)
    assert sum(told.cells) == 20


def test_mcnemar_counts_cells_that_one_alone_is_right_on():
    words = ["normal"] * 10
    told = compare(words, ["normal"] * 10, ["normal"] * 2 + ["blast"] * 8, FAB5)
    assert (told.both, told.only_first, told.only_second, told.neither) == (2, 8, 0, 0)
    assert told.p_value == pytest.approx(2 / 2**8)
    assert compare(words, words, words, FAB5).p_value == 1


def test_agreement_of_the_same_words_is_whole():
    assert agreement(["a", "b"], ["a", "b"]) == 1
    assert agreement(["a", "a"], ["a", "a"]) == 1
    assert agreement(["a", "b", "a", "b"], ["a", "b", "b", "a"]) == pytest.approx(0)


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ([], TooFewCellsError, "there is none"),
        (["x", "x"], TooFewCellsError, "all 2 are called x"),
        (["x", "q"], TrainingSetError, "'q' is no class"),
    ],
)
def test_what_cannot_be_measured_is_said(words, error, said):
    with pytest.raises(error, match=said):
        evaluate(np.full((len(words), 3), 1 / 3), words, ["g"] * len(words), THREE)


def test_cells_that_people_left_open_take_no_part_in_the_curve_of_a_subtype():
    words = ["normal", "blast", "l1", "l2", "normal", "l1"]
    found = evaluate(one_hot(words), words, list("abcdef"), FAB5)
    assert found.curves["l1"].auroc == 1
    assert found.curves["blast"].cells == 4


def drawn(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    return pixels, " ".join(text.get_text() for text in figure.findobj(match=_is_text))


def _is_text(one):
    return hasattr(one, "get_text") and hasattr(one, "get_fontsize")


def test_every_figure_of_a_random_split_says_so_and_no_other_does():
    from matplotlib import pyplot

    from napari_all_subtype.learning import plots

    p, words, groups = some(3)
    for random in (False, True):
        found = evaluate(p, words, groups, THREE, random_split=random)
        made = [
            plots.confusion_figure(found, THREE),
            plots.reliability_figure(found),
            plots.curves_figure(found, THREE),
        ]
        for figure in made:
            pixels, text = drawn(figure)
            assert pixels.std() > 5
            assert (plots.RANDOM_MARK in text) == random
    gallery = plots.gallery_figure(crops_of([0, 1, 2]), ["one", "two", "three"], "Errors")
    assert "two" in drawn(gallery)[1]
    assert "none" in drawn(plots.gallery_figure(crops_of([]), [], "Errors"))[1]
    assert pyplot.get_fignums() == []


def test_precision_of_a_class_that_few_groups_show_is_not_taken_for_unknown():
    """Draws without a call of it say nothing: they are no draws in which all calls are wrong."""
    words = np.array(["x"] * 12 + ["y"] * 2, object)
    groups = np.array([f"g{n}" for n in range(12)] + ["g12", "g12"], object)
    found = evaluate(one_hot(words, THREE), words, groups, THREE)
    precision = found.per_class["y"].precision
    assert (precision.value, precision.high) == (1, 1)
    assert precision.low == pytest.approx(0.342, abs=1e-3)


def test_a_class_that_is_never_called_has_precision_nought():
    words = np.array(["x", "y"] * 4, object)
    called = one_hot(["x"] * 8, THREE)
    found = evaluate(called, words, np.arange(8).astype(str).astype(object), THREE)
    assert found.per_class["y"].precision.value == 0
    json.dumps(found.to_dict(), allow_nan=False)


def test_no_interval_is_told_that_calibrated_confidence_would_lie_outside_of():
    """Drawn again, calibrated cells look worse: percentiles never reach down to the truth, 0."""
    rng = np.random.default_rng(1)
    for _ in range(5):
        sure = rng.uniform(0.5, 1, 200)
        words = np.where(rng.random(200) < sure, "x", "y").astype(object)
        p = np.stack([sure, 1 - sure, 0 * sure], axis=1)
        found = evaluate(p, words, rng.integers(0, 20, 200).astype(str).astype(object), THREE)
        assert 0 < found.ece.value < 0.2
        assert found.ece.low is None or found.ece.low <= 0
