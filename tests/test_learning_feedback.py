"""What a model doubts weighs more, what it contradicts is shown, and a reader is asked well."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning_examples import TWO, example_set, example_unlabelled
from napari_all_subtype.errors import ParameterError, TooFewCellsError
from napari_all_subtype.learning.cross_fit import cross_fit, folds_of
from napari_all_subtype.learning.parameters import FeedbackParameters
from napari_all_subtype.learning.queries import (
    NEXT,
    NOVEL,
    UNCERTAIN,
    ask,
    feed_back,
    why_to_stop,
)
from napari_all_subtype.learning.thresholds import believed, threshold_by_errors

SHARE = st.floats(0, 1)


def blast_probabilities(p_blast):
    p = np.zeros((len(p_blast), 5))
    p[:, 0], p[:, 1] = 1 - np.asarray(p_blast), p_blast
    return p


@settings(deadline=None)
@given(
    st.lists(st.tuples(SHARE, st.booleans()), min_size=1, max_size=60),
    st.floats(0.01, 0.5),
)
def test_cells_from_the_threshold_on_are_wrong_no_more_often_than_accepted(cells, rate):
    sure, right = (np.array(part) for part in zip(*cells, strict=True))
    taken = sure >= threshold_by_errors(sure, right, rate)
    if taken.any():
        assert ((~right)[taken].sum() + 1) / (taken.sum() + 2) <= rate


def test_threshold_follows_the_error_rate_and_not_a_softmax_value():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 4000)
    right = rng.random(4000) < sure
    strict, loose = (threshold_by_errors(sure, right, rate) for rate in (0.05, 0.2))
    assert strict > loose
    assert strict == pytest.approx(0.9, abs=0.06)
    assert threshold_by_errors([0.9, 0.8], [True, True], 0.05) > 1
    assert threshold_by_errors([], [], 0.05) > 1
    with pytest.raises(ParameterError, match="above 0 and below 1"):
        threshold_by_errors([0.9], [True], 0)


@settings(deadline=None)
@given(st.lists(SHARE, max_size=40), st.floats(0.01, 0.5))
def test_expected_errors_of_what_is_believed_stay_below_the_rate(sure, rate):
    sure = np.array(sure)
    taken = believed(sure, rate)
    if taken.any():
        assert (1 - sure[taken]).mean() <= rate + 1e-9
        assert sure[taken].min() >= sure[~taken].max(initial=0)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(SHARE, min_size=32, max_size=32),
    st.lists(st.floats(1, 4), min_size=32, max_size=32),
    st.floats(0.02, 0.5),
    st.booleans(),
)
def test_weights_grow_for_doubted_training_cells_only(p_blast, weights, rate, loop_back):
    training = example_set(words=("normal", "blast"))
    training = type(training)(**{**vars(training), "weights": weights})
    parameters = FeedbackParameters(error_rate=rate, loop_back=loop_back)
    found = feed_back(training, blast_probabilities(p_blast), parameters)
    grown = found.weights > training.weights
    assert not (grown & ~found.looped).any()
    assert (found.weights[found.looped] >= training.weights[found.looped]).all()
    assert (found.weights <= np.maximum(training.weights, parameters.max_weight)).all()
    assert not (found.looped & found.suspect).any()
    assert (training.splits[found.looped] == "train").all()
    assert (found.confidence[found.suspect] >= found.threshold).all()
    if not loop_back:
        assert (found.weights == training.weights).all()
        assert not found.looped.any()


def test_word_that_is_contradicted_with_confidence_is_suspect_and_weighs_as_before():
    training = example_set(n_groups=20)
    truth = (training.words == "blast").astype(float)
    p_blast = np.where(truth > 0, 0.99, 0.01)
    blasts = np.flatnonzero((truth > 0) & (training.splits == "train"))
    wrong, unsure = blasts[0], blasts[1:9]
    p_blast[wrong], p_blast[unsure] = 0.01, np.tile([0.4, 0.6], 4)
    found = feed_back(training, blast_probabilities(p_blast))
    assert 0.6 < found.threshold < 0.99 + 1e-6
    assert np.flatnonzero(found.suspect).tolist() == [wrong]
    assert np.flatnonzero(found.looped).tolist() == unsure.tolist()
    assert found.weights[wrong] == 1
    assert set(found.weights[unsure]) == {FeedbackParameters().boost}


def test_cells_that_nobody_judged_are_left_alone():
    training = example_set()
    found = feed_back(training, np.full((len(training), 5), np.nan))
    assert not found.looped.any()
    assert not found.suspect.any()
    assert (found.weights == 1).all()


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(SHARE, st.booleans()), max_size=40),
    st.integers(0, 50),
    st.floats(0.5, 1),
    st.integers(0, 9),
)
def test_queue_names_each_cell_once_doubted_first_and_strangers_last(cells, n, threshold, seed):
    unlabelled = example_unlabelled([0] * len(cells))
    p = np.array([share for share, _ in cells])
    known = np.array([k for _, k in cells], bool)
    two = np.stack([p, 1 - p], axis=1)
    queue = ask(unlabelled, two, TWO, threshold, n, known, seed)
    assert len(queue) == min(n, len(cells))
    assert len(set(queue.rows.tolist())) == len(queue)
    ranks = [(UNCERTAIN, NEXT, NOVEL).index(reason) for reason in queue.reasons]
    assert ranks == sorted(ranks)
    assert all(known[row] == (r != NOVEL) for row, r in zip(queue.rows, queue.reasons, strict=True))
    again = ask(unlabelled, two, TWO, threshold, n, known, seed)
    assert again.rows.tolist() == queue.rows.tolist()


def test_queue_is_not_all_of_one_kind():
    kinds = [0] * 60 + [2] * 6
    unlabelled = example_unlabelled(kinds)
    queue = ask(unlabelled, np.full((66, 2), 0.5), TWO, 0.9, 6)
    assert {kinds[row] for row in queue.rows} == {0, 2}


def test_how_sure_a_model_is_altogether_changes_no_queue():
    """A temperature, which few cells tell, keeps the order of doubt between two classes."""
    rng = np.random.default_rng(0)
    unlabelled, seen = example_unlabelled([0] * 80), rng.normal(size=(80, 5))
    odds = rng.normal(0, 3, 80)
    queues = [
        ask(unlabelled, np.stack([p, 1 - p], axis=1), TWO, 2.0, 8, features=seen).rows.tolist()
        for p in (1 / (1 + np.exp(-odds / temperature)) for temperature in (0.5, 1.0, 4.0))
    ]
    assert queues[0] == queues[1] == queues[2]


def test_a_few_doubted_cells_are_asked_about_before_many_sure_ones():
    rng = np.random.default_rng(0)
    doubted = np.arange(1900) < 40
    p = np.where(doubted, rng.uniform(0.5, 0.79, 1900), rng.uniform(0.95, 1, 1900))
    seen = rng.normal(size=(1900, 8)).astype(np.float32)
    seen[doubted] += 1.0
    two, pool = np.stack([p, 1 - p], axis=1), example_unlabelled([0] * 1900)
    queue = ask(pool, two, TWO, 0.8, 30, features=seen)
    assert doubted[queue.rows].all()
    queue = ask(pool, two, TWO, 0.8, 60, features=seen)
    assert sorted(queue.rows[:40].tolist()) == np.flatnonzero(doubted).tolist()
    assert queue.reasons == (UNCERTAIN,) * 40 + (NEXT,) * 20


def test_a_long_queue_names_each_cell_once_the_middles_first():
    seen = np.repeat(np.eye(4), 30, axis=0) * 9
    queue = ask(example_unlabelled([0] * 120), np.full((120, 2), 0.5), TWO, 0.9, 80, features=seen)
    assert sorted({int(row) // 30 for row in queue.rows[:4]}) == [0, 1, 2, 3]
    assert len(set(queue.rows.tolist())) == 80


def test_queue_is_spread_by_what_the_model_sees_where_it_says():
    unlabelled = example_unlabelled([0] * 66)  # of one kind to the eye
    seen = np.zeros((66, 3))
    seen[60:, 1] = 9.0
    queue = ask(unlabelled, np.full((66, 2), 0.5), TWO, 0.9, 6, features=seen)
    assert {bool(row >= 60) for row in queue.rows} == {True, False}


@pytest.mark.parametrize(
    ("scores", "kappa", "said"),
    [
        ([0.8], None, ""),
        ([0.8, 0.9], 0.99, "agree"),
        ([0.8, 0.8, 0.8], 0.5, "nothing improved"),
        ([0.8, 0.8, 0.9], 0.5, ""),
    ],
)
def test_loop_ends_when_models_agree_or_nothing_improves(scores, kappa, said):
    assert said in why_to_stop(scores, kappa, FeedbackParameters())
    assert bool(why_to_stop(scores, kappa, FeedbackParameters())) == bool(said)


@settings(deadline=None, max_examples=30)
@given(st.integers(4, 12), st.integers(1, 3), st.integers(2, 6), st.integers(0, 5))
def test_folds_part_groups_and_leave_every_class(n_groups, per_class, n_folds, seed):
    training = example_set(n_groups, per_class)
    folds = folds_of(training, n_folds, seed)
    out = sum(fold.out.astype(int) for fold in folds)
    assert (out == (training.splits == "train")).all()
    for fold in folds:
        assert not set(training.groups[fold.out]) & set(training.groups[~fold.out])
        left = (training.splits == "train") & ~fold.out
        assert set(training.words[left]) == {"normal", "blast"}


def test_cross_fit_asks_only_models_that_never_saw_the_group():
    training = example_set()

    def fit_predict(part, crops, _fold):
        seen = {crop.tobytes() for crop in part.part("train").crops}
        assert not any(crop.tobytes() in seen for crop in crops)
        assert (part.part("val").groups == training.part("val").groups).all()
        return np.full((len(crops), 5), 0.2)

    p = cross_fit(training, fit_predict)
    assert (np.isfinite(p).all(axis=1) == (training.splits == "train")).all()


def test_class_of_one_training_group_cannot_be_judged_out_of_sample():
    training = example_set(n_groups=3, val=(0, 1))
    with pytest.raises(TooFewCellsError, match="1 more group"):
        folds_of(training)
