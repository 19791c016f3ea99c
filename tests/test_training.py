"""Training a model of one's own: learned, stopped, killed, resumed, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.errors import ParameterError, Stopped, TrainingError, WeightsMissingError
from napari_all_subtype.learning.history_plots import Pass, training_figure
from napari_all_subtype.model.calibration import blast_logit
from napari_all_subtype.model.checkpoints import FILE, read_checkpoint
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.model.embedding import body_of, embed, head_of, on_one_scale
from napari_all_subtype.model.fitting import set_loss
from napari_all_subtype.model.linear_head import ITERATIONS, set_loss_and_slope
from napari_all_subtype.model.network import build_network
from napari_all_subtype.model.starting import start_from
from napari_all_subtype.model.training import FINE, HEAD, train
from napari_all_subtype.progress import TrainingProgress
from napari_all_subtype.taxonomy import FAB5
from training_examples import PLAIN, QUICK, SMALL, TWO, part_of, quickly

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


class Killed(BaseException):
    """Ends a training where it stands, as the loss of power does."""


class Listener:
    """Hears every report; stops or ends the training at the n-th batch of a phase."""

    def __init__(self, phase: str = "", stop_at: int = 0, kill_at: int = 0):
        self.phase, self.stop_at, self.kill_at = phase, stop_at, kill_at
        self.heard: list[TrainingProgress] = []
        self.stop_requested = False

    def report(self, progress) -> None:
        if not isinstance(progress, TrainingProgress):
            return
        self.heard.append(progress)
        if progress.phase == self.phase and progress.done == self.kill_at:
            raise Killed
        if progress.phase == self.phase and progress.done == self.stop_at:
            self.stop_requested = True


def test_it_learns_what_can_be_learned():
    more = {"fine_tune_epochs": 6, "crops_per_pass": 128, "fine_tune_learning_rate": 3e-4}
    parameters = QUICK.model_copy(update=more)
    start, fitted = quickly(parameters)
    blast = part_of(40, 2).allowed[:, 1]
    logits = predict_logits(start.network, part_of(40, 2).crops)
    assert ((blast_logit(logits) > 0) == blast).mean() > 0.9
    assert fitted.measured["val_balanced_accuracy"] > 0.9
    assert "16 validation cells of 4 groups" in fitted.calibrated_on


def test_the_same_seed_gives_the_same_weights_and_another_one_others(whole):
    first = whole[0].network.get_weights()
    again, other = (quickly(seed=seed)[0].network.get_weights() for seed in (0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.fixture(scope="module")
def whole():
    """A training that nobody disturbs, and what it reports."""
    listener = Listener()
    return *quickly(monitor=listener), listener


@pytest.mark.parametrize(("phase", "at"), [(HEAD, 2), (FINE, 6)])
def test_a_killed_training_goes_on_to_the_very_weights_of_one_that_was_not(
    tmp_path, whole, phase, at
):
    with pytest.raises(Killed):
        quickly(folder=tmp_path, monitor=Listener(phase, kill_at=at))
    assert (tmp_path / FILE).is_file()
    listener = Listener()
    resumed = quickly(folder=tmp_path, monitor=listener)
    pairs = zip(whole[0].network.get_weights(), resumed[0].network.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert [(e.phase, e.number) for e in whole[1].history] == [
        (e.phase, e.number) for e in resumed[1].history
    ]
    assert (listener.heard[0].phase, listener.heard[0].done) != (HEAD, 1)


def test_what_the_head_learned_outlives_a_kill_also_where_it_learns_no_more(tmp_path):
    late = QUICK.model_copy(update={"fine_tune_from": "logits"})
    weights = quickly(late)[0].network.get_weights()
    with pytest.raises(Killed):
        quickly(late, folder=tmp_path, monitor=Listener(FINE, kill_at=6))
    resumed = quickly(late, folder=tmp_path)[0].network.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(weights, resumed, strict=True))


def test_a_checkpoint_of_another_training_is_left_alone(tmp_path):
    with pytest.raises(Killed):
        quickly(folder=tmp_path, monitor=Listener(FINE, kill_at=5))
    listener = Listener()
    quickly(folder=tmp_path, seed=1, monitor=listener)
    assert (listener.heard[0].phase, listener.heard[0].done) == (HEAD, 1)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no", b"\x80\x04]."])
def test_a_damaged_checkpoint_is_none(tmp_path, damage):
    (tmp_path / FILE).write_bytes(damage)
    assert read_checkpoint(tmp_path, "any") is None


def test_a_stop_is_heard_within_a_batch_and_the_best_weights_stay():
    listener = Listener(FINE, stop_at=7)
    _, fitted = quickly(monitor=listener)
    assert fitted.stopped
    assert [one.done for one in listener.heard if one.phase == FINE][-1] == 7
    passes = [one for one in fitted.history if one.phase == FINE]
    best = min(passes, key=lambda one: one.measured["val_loss"])
    assert fitted.measured["val_loss"] == pytest.approx(best.measured["val_loss"], rel=1e-5)


def test_a_stop_before_anything_was_learned_keeps_nothing():
    with pytest.raises(Stopped, match="before anything"):
        quickly(QUICK.model_copy(update={"crops_per_pass": 128}), monitor=Listener(HEAD, stop_at=1))


def test_a_phase_ends_when_nothing_gets_better():
    worse = {
        "head_epochs": 0,
        "fine_tune_epochs": 50,
        "patience": 2,
        "fine_tune_learning_rate": 1.0,
    }
    _, fitted = quickly(QUICK.model_copy(update=worse))
    last = fitted.history[-1].number
    assert last < 50
    best = min(fitted.history, key=lambda one: one.measured["val_loss"]).number
    assert last == best + 2


def test_curves_can_be_drawn_of_what_is_reported(whole):
    ends = [one for one in whole[2].heard if one.measured]
    assert [(one.phase, one.epoch) for one in ends] == [
        (phase, n) for phase in (HEAD, FINE) for n in (1, 2, 3)
    ]
    assert {"val_loss", "val_accuracy", "val_balanced_accuracy"} == set(dict(ends[0].measured))
    assert all(np.isfinite(one.loss) and one.seconds_left >= 0 for one in ends)


def test_a_taxonomy_without_sides_is_calibrated_as_a_whole():
    _, fitted = quickly(taxonomy=TWO)
    assert fitted.network.output_shape == (None, 2)
    assert fitted.temperature > 0


def test_a_handful_of_validation_cells_does_not_choose_the_pass():
    how = {"fewest_to_choose": 9, "head_epochs": 0, "patience": 1, "fine_tune_learning_rate": 1.0}
    _, fitted = quickly(QUICK.model_copy(update=how | {"fine_tune_epochs": 8}))
    losses = [one.measured["val_loss"] for one in fitted.history]
    assert not fitted.chosen
    assert len(losses) == 9  # the first is of what it starts from
    assert fitted.measured["val_loss"] == pytest.approx(losses[-1], rel=1e-5)


def test_features_come_from_whoever_keeps_them_and_of_one_body():
    asked, bodies = [], []

    def embedder(body, crops, *told):
        asked.append(len(crops))
        bodies.append(body)
        return embed(body, crops)

    quickly(QUICK.model_copy(update={"fine_tune_epochs": 0}), embedder=embedder)
    assert asked[:3] == [32, 32, 16]
    assert set(asked[3:]) == {16}
    assert all(body is bodies[0] for body in bodies)  # each would trace a graph of its own


def test_few_cells_are_shown_in_more_views():
    asked = []

    def embedder(body, crops, *told):
        asked.append(len(crops))
        return embed(body, crops)

    few = {"fewest_views": 90, "head_epochs": 1, "fine_tune_epochs": 0}
    quickly(QUICK.model_copy(update=few), embedder=embedder)
    assert asked[:4] == [32, 32, 32, 16]  # the crops, two views of each, the validation cells


def test_a_head_says_the_same_of_features_on_one_scale_and_is_the_same_afterwards():
    network = build_network(SMALL, 5)
    head, seen = head_of(network), embed(body_of(network), part_of(8).crops)
    weights, said = head.get_weights(), [np.asarray(one) for one in head(seen)]
    with on_one_scale(head, [0.01, 30.0]):
        again = head([seen[0] / 0.01, seen[1] / 30.0])
    for before, after in zip([*said, *weights], [*again, *head.get_weights()], strict=True):
        np.testing.assert_allclose(before, after, rtol=1e-4, atol=1e-5)


# A head that is linear in its features, and far from its optimum after the first pass.
BUNDLED = {"backbone": "bundled", "weights": "random", "fine_tune_epochs": 0, "head_penalty": 1e-4}


def test_outlines_teach_as_much_however_small_their_features_are():
    def loss(scale: float) -> float:
        def embedder(body, crops, *told):
            picture, outlines = embed(body, crops)
            return [0 * picture, scale * outlines]

        return quickly(QUICK.model_copy(update=BUNDLED), embedder=embedder)[1].history[-1].loss

    assert loss(1.0) < 0.67  # 0.69 is chance, and that of the picture, which says nothing
    assert loss(1e-3) == pytest.approx(loss(1.0), rel=1e-3)


@given(st.integers(0, 1000))
def test_the_loss_of_a_linear_head_is_that_of_keras_and_its_slope_is_true(seed):
    rng = np.random.default_rng(seed)
    allowed = np.eye(5, dtype=bool)[rng.integers(0, 5, 4)] | (np.arange(5) == rng.integers(1, 5))
    considered = allowed | np.array([True, True, False, False, rng.random() < 0.5])
    allowed[0] = considered[0]  # a word that leaves all classes open
    targets = np.concatenate([allowed, considered], axis=1).astype(np.float32)
    z, chance = rng.normal(0, 3, (4, 5)), np.full(4, 0.25)
    loss, slope = set_loss_and_slope(z, targets, chance, 0.05)
    assert loss == pytest.approx(
        float(np.mean(set_loss(0.05)(targets, z.astype(np.float32)))), rel=1e-4
    )
    step = rng.normal(0, 1e-5, z.shape)
    near = set_loss_and_slope(z + step, targets, chance, 0.05)[0]
    assert near - loss == pytest.approx(float((slope * step).sum()), rel=1e-2, abs=1e-9)
    assert loss < 100


def test_a_linear_head_killed_on_its_way_goes_on_to_the_same_weights(tmp_path):
    how = QUICK.model_copy(update=BUNDLED)
    whole = quickly(how)[0].network.get_weights()
    with pytest.raises(Killed):
        quickly(how, folder=tmp_path, monitor=Listener(HEAD, kill_at=ITERATIONS + 2))
    assert (tmp_path / FILE).is_file()
    resumed = quickly(how, folder=tmp_path)[0].network.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))


def test_a_linear_head_killed_at_its_end_takes_no_pass_more(tmp_path):
    how = QUICK.model_copy(update=BUNDLED | {"head_epochs": 200, "fewest_to_choose": 100})
    whole = quickly(how)[1].history
    assert whole[-1].number < 200
    with pytest.raises(Killed):
        quickly(how, folder=tmp_path, monitor=Listener(HEAD, kill_at=ITERATIONS * whole[-1].number))
    resumed = quickly(how, folder=tmp_path)[1].history
    assert [one.loss for one in resumed[1:]] == [one.loss for one in whole[1:]]


def test_a_linear_head_hears_a_stop_within_a_step():
    listener = Listener(HEAD, stop_at=ITERATIONS + 2)
    _, fitted = quickly(QUICK.model_copy(update=BUNDLED), monitor=listener)
    assert fitted.stopped
    assert listener.heard[-1].done == ITERATIONS + 2


def test_a_head_that_knows_the_classes_is_remembered_by_what_it_counts_as():
    told = {}
    for cells in (0, 32, 1e6):
        p = QUICK.model_copy(update={"fine_tune_epochs": 0, "remember": cells})
        start = start_from(p, FAB5, SMALL, 0, Path("nowhere"))
        before = np.concatenate([np.ravel(one) for one in head_of(start.network).get_weights()])
        train(replace(start, knows=True), FAB5, part_of(32), None, p, PLAIN)
        after = np.concatenate([np.ravel(one) for one in head_of(start.network).get_weights()])
        told[cells] = after - before
    assert np.abs(told[0]).max() > 1e-3
    most = float(np.abs(told[0]).max())
    assert told[32] == pytest.approx(told[0] / 2, abs=1e-5 * most)
    assert told[1e6] == pytest.approx(0, abs=1e-4 * most)


def test_without_validation_cells_the_last_pass_counts():
    _, fitted = quickly(validation=False)
    assert fitted.temperature == 1
    assert "not calibrated" in fitted.calibrated_on
    assert all(not one.measured for one in fitted.history)


def test_a_pass_is_called_the_best_only_where_it_is_chosen():
    one = Pass("fine-tuning", 1, 0.5, {"val_loss": 0.4}, 1)
    for chooses, said in ((True, "best so far"), (False, "last pass counts")):
        axes = training_figure([one, replace(one, number=2, chooses=chooses)]).axes[0]
        assert said in [text.get_text() for text in axes.get_legend().get_texts()]


def test_one_class_only_is_refused():
    part = part_of(8)
    one = part.allowed[:, 1]
    only = replace(part, chance=one.astype(float))
    with pytest.raises(TrainingError, match="nothing can be told apart"):
        train(start_from(QUICK, FAB5, SMALL, 0, None), FAB5, only)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": "bundled"}, "go with the bundled network"),
        ({"weights": "imagenet"}, "none are published for cnn.*; --weights random starts cnn"),
        ({"fine_tune_from": "block9"}, "no such layer"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, words):
    with pytest.raises(ParameterError, match=words):
        quickly(QUICK.model_copy(update=changes))


def test_published_weights_that_are_not_here_are_named_with_the_way_to_them():
    with pytest.raises(WeightsMissingError, match="models fetch vgg16 --to FOLDER") as caught:
        quickly(QUICK.model_copy(update={"backbone": "vgg16"}))
    assert "models import FOLDER" in str(caught.value)
