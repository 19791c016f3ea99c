"""Training a model of one's own in two phases: the head on kept features, then part of the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.errors import Stopped
from napari_all_subtype.model.backbones import learn_from
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.checkpoints import Epoch, State
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.model.draws import Draws, TrainingCrops, balanced, refuse_untaught
from napari_all_subtype.model.embedding import (
    Embedder,
    body_of,
    embed,
    head_of,
    is_linear,
    learner_of,
    on_one_scale,
    spread_of,
)
from napari_all_subtype.model.linear_head import ITERATIONS, LinearRun, Views
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
from napari_all_subtype.model.phase import Batch, Keeping, Phase, PhaseRun
from napari_all_subtype.model.resuming import fingerprint, resumed
from napari_all_subtype.model.starting import Start, norms_of, settle_norms
from napari_all_subtype.model.validating import figures_of, mean_of, temperature_of
from napari_all_subtype.progress import SILENT, Monitor, Unstoppable, Untold
from napari_all_subtype.taxonomy import Taxonomy

if TYPE_CHECKING:
    import keras

HEAD, FINE = "head", "fine-tuning"
FEWEST_CROPS_PER_PASS = 256
RANDOM_IS_FASTER = 10  # times the learning rate where nothing has taught the network anything
HEAD_BATCHES = 4  # in one step of the first phase, where a crop is a few numbers
MOST_VIEWS = 15  # of one crop, however few there are


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Parameters
    ----------
    network : keras.Model
        With the weights of its best pass.
    temperature : float
        Fitted on the validation cells; 1 where they do not allow it.
    calibrated_on : str
        Which these are.
    history : tuple of Epoch
        Every pass of both phases.
    stopped : bool
        Whether a person stopped it: the best so far was kept.
    measured : dict of str to float
        On the validation cells, at the end.
    chosen : bool
        Whether the best pass counts, by the validation cells; else the last one does.
    """

    network: keras.Model
    temperature: float
    calibrated_on: str
    history: tuple[Epoch, ...]
    stopped: bool
    measured: dict[str, float]
    chosen: bool = True


def train(
    start: Start,
    taxonomy: Taxonomy,
    training: TrainingCrops,
    validation: TrainingCrops | None = None,
    parameters: TrainingParameters = TrainingParameters(),
    augmentation: AugmentationParameters = AugmentationParameters(),
    seed: int = 0,
    folder: Path | None = None,
    monitor: Monitor = SILENT,
    embedder: Embedder = embed,
) -> Fitted:
    """Train `start` in place.

    The same seed, crops and parameters give the same weights on the same machine,
    also when the training was killed and goes on from its checkpoint.

    Parameters
    ----------
    training, validation : TrainingCrops
        Cells to learn from, and cells of other groups to judge by; without these the last
        pass counts.
    folder : Path, optional
        Where a checkpoint is kept between passes and found again.
    embedder : callable
        Gives the features of crops: one that keeps them computes them once.

    Raises
    ------
    TrainingError
        If nothing can be learned from these cells.
    Stopped
        If a person stopped it before anything was learned.
    OutputError
        If the checkpoint cannot be written: a full disk.
    """
    refuse_untaught(training, taxonomy)
    learned_from = float(training.chance.sum())
    training = balanced(training, parameters.class_balance)
    if validation is not None and len(validation.crops):
        validation = balanced(validation, parameters.class_balance)
    else:
        validation = None
    if start.is_random:
        settle_norms(start.network, training.crops, seed)
    told = fingerprint(start, training, validation, parameters, augmentation, seed)
    keeping, state = resumed(folder, told)
    ground = start.spec.ground
    draws = Draws(training, seed, parameters.crops_per_batch, augmentation, ground)
    job = _Job(
        *(start, taxonomy, draws, validation, parameters, keeping, state, monitor, embedder),
        learned_from,
    )
    stopped = job.head_phase() or job.fine_phase()
    if stopped and not any(epoch.number for epoch in state.history):
        raise Stopped("Stopped before anything was learned; nothing was kept.")
    load_keras().utils.clear_session(free_memory=False)
    deaf = Unstoppable(monitor)
    temperature, on = temperature_of(job.logits(deaf), validation, taxonomy)
    measured = job.measured(deaf) if validation is not None else {}
    history, chosen = tuple(state.history), validation is not None and job._chooses
    return Fitted(start.network, temperature, on, history, stopped, measured, chosen)


@dataclass(frozen=True)
class _Job:
    start: Start
    taxonomy: Taxonomy
    draws: Draws
    validation: TrainingCrops | None
    parameters: TrainingParameters
    keeping: Keeping
    state: State
    monitor: Monitor
    embedder: Embedder
    learned_from: float  # cells, by what they weigh

    def head_phase(self) -> bool:
        """The head alone, on features that are computed once: whether it was stopped."""
        p = self.parameters
        if self.state.phase == FINE or not p.head_epochs:
            return False
        head = head_of(self.start.network)
        try:
            views, seen = self._features()
        except Stopped:
            return True
        before = head.get_weights()
        if is_linear(head):
            stopped = self._at_optimum(head, views, seen)
        else:
            phase = self._phase_of(head, seen, self._head_batches)
            batch, rate = self._batch_of(views), p.head_learning_rate
            stopped = self._run(replace(phase, batch=batch, learning_rate=rate))
        if self.start.knows:
            # Robust fine-tuning by weights in between: Wortsman et al., CVPR 2022.
            share = p.remember / (p.remember + self.learned_from)
            pairs = zip(before, head.get_weights(), strict=True)
            head.set_weights([share * old + (1 - share) * new for old, new in pairs])
        return stopped

    def _run(self, phase: Phase) -> bool:
        return PhaseRun(phase, self.state, self.parameters, self.keeping, self.monitor).run()

    def _at_optimum(
        self, head: keras.Model, views: list[list[np.ndarray]], seen: list[np.ndarray]
    ) -> bool:
        """The phase of a head that is linear in its features, on one scale."""
        kinds = [np.concatenate(kind) for kind in zip(*views, strict=True)]
        spreads = [spread_of(kind) for kind in kinds]
        n = len(views)
        told = Views(
            [kind / spread for kind, spread in zip(kinds, spreads, strict=True)],
            np.tile(self.draws.targets, (n, 1)),
            np.tile(self._chance / n, n),
            self.start.knows,
        )
        held = [part / spread for part, spread in zip(seen, spreads[: len(seen)], strict=True)]
        with on_one_scale(head, spreads):
            run = self._phase_of(head, held, ITERATIONS), self.state, self.parameters
            return LinearRun(told, *run, self.keeping, self.monitor).run()

    def _phase_of(self, head: keras.Model, seen: list[np.ndarray], batches: int) -> Phase:
        """The first phase, judged by the features of the validation cells."""

        def measure() -> dict[str, float]:
            # Called, not `predict_on_batch`, which would trace a graph for each head of a fold.
            said = mean_of(head(seen, training=False))
            return figures_of(said, self.validation, self.taxonomy)

        most = self.parameters.head_epochs
        return Phase(HEAD, head, batches, most, measure if seen else None, self._chooses)

    @property
    def _chance(self) -> np.ndarray:
        """Of each crop to be drawn: their sum is 1."""
        chance = self.draws.training.chance
        return chance / chance.sum()

    def _batch_of(self, views: list[list[np.ndarray]]) -> Batch:
        """Draws of the features of the views."""
        n, size = len(self.draws.training.crops), HEAD_BATCHES * self.parameters.crops_per_batch
        chance = self._chance

        def batch(epoch: int, index: int) -> tuple[object, np.ndarray]:
            rng = np.random.default_rng((self.draws.seed, 1, epoch, index))
            rows = rng.choice(n, size, p=chance)
            view = rng.integers(len(views), size=size)
            given = [
                np.stack([views[v][k][r] for v, r in zip(view, rows, strict=True)])
                for k in range(len(views[0]))
            ]
            return _alone(given), self.draws.targets[rows]

        return batch

    @cached_property
    def _body(self) -> keras.Model:
        """Crops to features; made once, since each would trace a graph of its own."""
        return body_of(self.start.network)

    def _features(self) -> tuple[list[list[np.ndarray]], list[np.ndarray]]:
        """Features of the crops and of their changed views, and of the validation cells."""
        crops, body = self.draws.training.crops, self._body
        views = [self.embedder(body, crops, self.monitor)]
        for view in range(self._changed_views):
            changed = np.stack(
                [
                    self.draws.changed(row, np.random.default_rng((self.draws.seed, 2, view, row)))
                    for row in range(len(crops))
                ]
            )
            views.append(self.embedder(body, changed, self.monitor, "look at changed crops"))
        if self.validation is None:
            return views, []
        held = self.validation.crops
        return views, self.embedder(body, held, self.monitor, "look at validation cells")

    def fine_phase(self) -> bool:
        """Part of the network, or all of it: whether it was stopped."""
        p, network = self.parameters, self.start.network
        if not p.fine_tune_epochs:
            return False
        taught = head_of(network).weights
        learn_from(network, self.start.first or network.layers[0].name)
        for norm in norms_of(network):
            norm.trainable = False
        faster = RANDOM_IS_FASTER if self.start.is_random else 1
        phase = Phase(
            FINE,
            learner_of(network),
            self._batches,
            p.fine_tune_epochs,
            self.measured if self.validation is not None else None,
            self._chooses,
            taught,
            self.draws.batch,
            min(p.fine_tune_learning_rate * faster, 1.0),
        )
        return self._run(phase)

    def measured(self, monitor: Monitor | None = None) -> dict[str, float]:
        """Figures of the network on the validation cells."""
        return figures_of(self.logits(monitor), self.validation, self.taxonomy)

    def logits(self, monitor: Monitor | None = None) -> np.ndarray | None:
        """What the network says of the validation cells; None where there are none."""
        if self.validation is None:
            return None
        crops, network = self.validation.crops, self.start.network
        quiet = monitor or Untold(self.monitor)
        if self.parameters.fine_tune_epochs:
            return predict_logits(network, crops, quiet)
        # Where the head alone learned, the features are those of before.
        seen = self.embedder(self._body, crops, quiet)
        return mean_of(head_of(network)(seen, training=False))

    @property
    def _chooses(self) -> bool:
        """Whether validation cells are enough to choose a pass by: of each class that trains."""
        if self.validation is None:
            return False
        taught = np.unique(self.draws.training.allowed.argmax(axis=1))
        kinds = self.validation.allowed.argmax(axis=1)
        return min((kinds == kind).sum() for kind in taught) >= self.parameters.fewest_to_choose

    @property
    def _batches(self) -> int:
        wanted = self.parameters.crops_per_pass
        n = wanted or max(len(self.draws.training.crops), FEWEST_CROPS_PER_PASS)
        return max(n // self.parameters.crops_per_batch, 1)

    @property
    def _head_batches(self) -> int:
        p = self.parameters
        n = p.crops_per_pass or max(len(self.draws.training.crops), p.head_crops_per_pass)
        return max(n // (HEAD_BATCHES * p.crops_per_batch), 1)

    @property
    def _changed_views(self) -> int:
        p = self.parameters
        wanted = -(-p.fewest_views // len(self.draws.training.crops)) - 1
        return max(p.changed_views, min(wanted, MOST_VIEWS)) if p.changed_views else 0


def _alone(given: list[np.ndarray]) -> list[np.ndarray] | np.ndarray:
    """Inputs as a network takes them: a list only where there are several."""
    return given if len(given) > 1 else given[0]
