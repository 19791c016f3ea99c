"""Self-training: who may be a pseudo-label, how many, and which student takes the place."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning_examples import TWO, crops_of, example_set, example_unlabelled
from napari_all_subtype.learning.familiar import familiar, shows_a_cell
from napari_all_subtype.learning.gate import Gate, GateScores, judge, shift_between
from napari_all_subtype.learning.parameters import PseudoLabelParameters, SelfTrainingParameters
from napari_all_subtype.learning.pseudo_labels import (
    as_targets,
    choose,
    fraction_of_round,
    nameable,
)
from napari_all_subtype.learning.rounds import Course, after_round, changes_nothing
from napari_all_subtype.taxonomy import FAB5

POOL = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["g0", "g1", "g5", "u0", "u1", "u2"]), st.booleans()
    ),
    max_size=60,
)


def fab(p_blast, subtype=0.0):
    p = np.zeros((len(p_blast), 5))
    p[:, 0] = 1 - np.asarray(p_blast)
    p[:, 2] = np.asarray(p_blast) * subtype
    p[:, 1] = np.asarray(p_blast) - p[:, 2]
    return p


@settings(deadline=None, max_examples=100)
@given(POOL, st.floats(0.05, 1), st.floats(0.01, 0.4), st.floats(1, 5))
def test_pseudo_labels_keep_all_their_rules(pool, fraction, rate, ratio):
    training = example_set(val=(0, 1))
    p_blast = np.array([p for p, _, _ in pool])
    groups = [g for _, g, _ in pool]
    known = np.array([k for _, _, k in pool], bool)
    unlabelled = example_unlabelled([0] * len(pool), groups)
    parameters = PseudoLabelParameters(error_rate=rate, class_ratio=ratio)
    labels = choose(unlabelled, fab(p_blast), training, fraction, parameters, known, {"u1": "test"})
    taken = unlabelled.groups[labels.rows]
    assert not set(taken) & {"g0", "g1", "u1"}, "never in validation or test"
    assert known[labels.rows].all()
    counts = labels.counts()
    able = known & ~np.isin(unlabelled.groups, ["g0", "g1", "u1"])
    cap = np.ceil(fraction * able.sum() / 2)
    assert max(counts.values(), default=0) <= min(cap, max(labels.cap, 0))
    if counts:
        assert set(counts) == {"normal", "blast"}
        assert max(counts.values()) <= ratio * min(counts.values())
        for word in counts:
            mine = labels.confidence[labels.words == word]
            assert (1 - mine).mean() <= rate + 1e-6
    assert len(labels) + sum(labels.left_out.values()) == len(pool)
    assert (np.diff(labels.confidence) <= 0).all()


def test_fractions_only_rise_and_end_at_the_most():
    shares = [fraction_of_round(n, 5, 0.7) for n in range(1, 6)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.7)


def test_subtype_is_named_only_after_people_named_it_in_three_cases():
    p = fab([0.99, 0.99, 0.01, 0.01], subtype=0.9)
    unlabelled = example_unlabelled([0] * 4)
    for cases in (2, 3):
        training = example_set(words=("normal", "blast", "l1"))
        keep = (training.words != "l1") | np.isin(training.groups, [f"g{n}" for n in range(cases)])
        training = training.select(keep)
        labels = choose(unlabelled, p, training, 1.0)
        taught = as_targets(labels, unlabelled, FAB5, 0.5, nameable(training))
        named = "l1" if cases == 3 else "blast"
        assert set(labels.words) == {named, "normal"}
        blast = taught.allowed[labels.words == named]
        wanted = [0, 0, 1, 0, 0] if cases == 3 else [0, 1, 1, 1, 1]
        assert blast.astype(int).tolist() == [wanted] * 2
        assert (taught.weights <= 0.5).all()


def test_pseudo_labels_never_count_more_together_than_is_allowed():
    unlabelled = example_unlabelled([0] * 40)
    training = example_set()
    labels = choose(unlabelled, fab([0.99] * 20 + [0.01] * 20), training, 1.0)
    alone = as_targets(labels, unlabelled, FAB5, 0.5)
    capped = as_targets(labels, unlabelled, FAB5, 0.5, most=4.0)
    assert alone.weights.sum() > 4
    assert capped.weights.sum() == pytest.approx(4, rel=1e-5)
    assert capped.weights / alone.weights == pytest.approx(
        np.full(len(labels), 4 / alone.weights.sum())
    )


def test_class_without_a_sure_cell_stops_the_others_from_flooding():
    labels = choose(example_unlabelled([0] * 30), fab([0.01] * 30), example_set(), 1.0)
    assert len(labels) == 0
    assert labels.threshold == 1


def perfect(training, sure=0.9):
    p = np.full((len(training), 5), 0.0)
    blast = training.words == "blast"
    p[:, 1] = np.where(blast, sure, 1 - sure)
    p[:, 0] = 1 - p[:, 1]
    return p


def swapped(p, n):
    """The first `n` cells called the other side."""
    out = p.copy()
    out[:n] = p[:n][:, [1, 0, 2, 3, 4]]
    return out


def test_student_that_is_worse_on_human_labels_is_rejected_and_an_equal_one_is_not():
    validation = example_set(n_groups=12, per_class=2, val=range(11)).part("val")
    assert len(validation) == 44
    good = perfect(validation)
    worse = swapped(good, 1)
    assert judge(good, good, validation).accepted
    assert judge(worse, good, validation).accepted
    gate = judge(good, worse, validation)
    assert not gate.accepted
    assert "macro-F1 fell" in gate.why
    assert gate.teacher.macro_f1 == 1
    doubting = judge(good, perfect(validation, 0.6), validation)
    assert not doubting.accepted
    assert "log loss rose" in doubting.why
    lenient = SelfTrainingParameters(most_f1_loss=1, most_log_loss_gain=10)
    assert judge(good, worse, validation, lenient).accepted
    wide = shift_between(perfect(validation), swapped(good, 20), FAB5)
    assert judge(good, good, validation, shift=wide).accepted, "enough labels judge alone"


def test_few_validation_cells_accept_only_a_round_that_changes_little():
    validation = example_set().part("val")
    assert len(validation) == 8
    good = perfect(validation)
    start, *students = (fab([0.9] * n + [0.1] * (100 - n)) for n in (50, 53, 54))
    within, beyond = (shift_between(start, student, FAB5) for student in students)
    assert (within.cells, beyond.cells) == (100, 100)
    assert within.is_within(0.03)
    assert not beyond.is_within(0.03)
    judged = judge(good, good, validation, shift=within)
    assert judged.accepted
    assert judged.shift == within
    gate = judge(good, good, validation, shift=beyond)
    assert not gate.accepted
    assert "more than 8 validation cells can judge" in gate.why
    assert "accept it yourself" in gate.why
    assert str(beyond) in gate.why
    enough = SelfTrainingParameters(fewest_to_accept=4)
    assert judge(good, good, validation, enough, beyond).accepted
    # One cell of eight is chance as far as the score goes; what it doubts counts.
    unsure, doubt = perfect(validation, 0.52), {"most_log_loss_gain": 0.05}
    some, all_of_them = (SelfTrainingParameters(fewest_to_accept=n, **doubt) for n in (5, 4))
    assert judge(unsure, swapped(unsure, 1), validation, some, within).accepted
    assert not judge(unsure, swapped(unsure, 1), validation, all_of_them, within).accepted
    assert "log loss rose" in judge(good, swapped(good, 1), validation, shift=within).why


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_shift_is_of_the_class_that_changed_most_and_one_cell_is_always_within(pairs):
    start, student = (fab([float(pair[n]) for pair in pairs]) for n in (0, 1))
    shift = shift_between(start, student, FAB5)
    net = abs(sum(a for a, _ in pairs) - sum(b for _, b in pairs))
    assert abs(shift.after - shift.before) * shift.cells == pytest.approx(net)
    assert shift.is_within(0.0) == (net <= 1)
    assert shift.is_within(1.0)
    assert shift_between(start[:0], student[:0], FAB5) is None


@settings(deadline=None)
@given(st.lists(st.sampled_from([True, False, None]), max_size=8), st.integers(1, 6))
def test_course_ends_with_a_reason_and_never_forgets_when_a_cell_came_in(verdicts, rounds):
    course, seen = Course(), {}
    for n, verdict in enumerate(verdicts):
        if course.termination_condition_:
            break
        before = course
        course = after_round(course, [(n, "a"), (n + 1, "b")], verdict, rounds, 100)
        assert course.number == before.number + 1
        assert course.labeled_iter_.items() >= seen.items()
        assert course.strictness <= before.strictness
        if not verdict:
            assert course.labeled_iter_ == seen
            assert course.last_used == before.last_used
        seen = course.labeled_iter_
        if verdict is None:
            assert course.termination_condition_ == "waits_for_decision"
        elif course.number >= rounds:
            assert course.termination_condition_ == "max_iter"
        elif course.rejected == 2:
            assert course.termination_condition_ == "no_improvement"


def test_same_pseudo_labels_again_change_nothing():
    unlabelled = example_unlabelled([0] * 4)
    labels = choose(unlabelled, fab([0.99, 0.99, 0.01, 0.01]), example_set(), 1.0)
    used = list(zip(unlabelled.ids[labels.rows].tolist(), labels.words.tolist(), strict=True))
    course = after_round(Course(), used, True, 5, 100)
    assert changes_nothing(course, labels, unlabelled.ids)
    assert not changes_nothing(Course(), labels, unlabelled.ids)
    assert after_round(Course(), used, True, 5, 4).termination_condition_ == "all_labeled"


def test_round_that_took_nothing_says_why_and_of_which_class():
    unlabelled = example_unlabelled([0] * 4)
    labels = choose(unlabelled, fab([0.99, 0.99, 0.99, 0.99]), example_set(), 1.0)
    assert len(labels) == 0
    assert labels.none_of == ("normal",)
    assert labels.why_none == (
        "4 not sure enough, or above the cap of their class; no sure cell of normal: without them "
        "none of the others is taken"
    )
    assert changes_nothing(Course(), labels, unlabelled.ids)


@pytest.mark.parametrize(("accepted", "does"), [(True, "accept"), (False, "reject")])
def test_what_a_person_decided_is_not_told_as_what_the_rule_did(accepted, does):
    scores = GateScores(0.5, 0.5, 4)
    gate = Gate(accepted, f"{does}ed by rule: macro-F1 0.5", scores, scores, 1.0)
    assert gate.advice == f"the rule would {does} it: macro-F1 0.5"


def test_random_split_keeps_no_group_from_teaching_as_was_asked_for():
    training = replace(example_set(), random_split=True)
    unlabelled = example_unlabelled([0] * 4, ["g0", "g0", "g1", "g1"])
    p = fab([0.99, 0.01, 0.99, 0.01])
    assert len(choose(unlabelled, p, training, 1.0)) == 4
    assert len(choose(unlabelled, p, example_set(), 1.0)) == 0


def test_what_is_no_known_cell_is_not_familiar():
    labelled = crops_of([0, 1] * 10, side=32)
    noise = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3)).astype(np.uint8)
    alike = crops_of([0, 1], seed=5, side=32)
    assert not familiar(noise, labelled).any()
    assert familiar(alike, labelled).all()
    assert familiar(alike, labelled, np.array([0.4, 3.0])).tolist() == [True, False]
    assert familiar(alike, labelled, np.full(2, np.nan)).all()


def test_crop_without_a_cell_in_its_outlines_shows_none():
    crops = np.zeros((2, 32, 32, 4), np.uint8)
    crops[1, 8:24, 8:24, 3] = 255
    assert shows_a_cell(crops).tolist() == [False, True]
    assert TWO.names == ("a", "b")
