"""One phase of a training: passes, the best one kept, stopped at any batch, resumed at any pass."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.errors import Stopped
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.checkpoints import Epoch, State, read_checkpoint, write_checkpoint
from napari_all_subtype.model.fitting import set_loss
from napari_all_subtype.model.parameters import TrainingParameters
from napari_all_subtype.progress import Monitor, TrainingProgress

if TYPE_CHECKING:
    import keras

Batch = Callable[[int, int], tuple[object, np.ndarray]]
VAL_LOSS = "val_loss"


@dataclass(frozen=True)
class Keeping:
    """Where the state of a training is kept between passes.

    Parameters
    ----------
    folder : Path or None
        None keeps nothing.
    fingerprint : str
        Of all that the training depends on.
    """

    folder: Path | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Phase:
    """What one phase is.

    Parameters
    ----------
    name : str
        ``head`` or ``fine-tuning``.
    learner : keras.Model
        Whose trainable weights learn; one loss per output.
    batches : int
        Of one pass; or its steps, where each looks at everything.
    epochs : int
        Most passes.
    measure : callable or None
        Figures on the validation cells, ``val_loss`` among them; None where there are none.
    chooses : bool
        Whether these figures choose the best pass and end the phase; else the last pass counts.
    taught : sequence of variables
        What an earlier phase taught, which may learn no more in this one.
    batch : callable or None
        Epoch and place to what the learner takes and the targets (B, 2K); None where each step
        looks at everything.
    learning_rate : float
        Largest of these batches.
    """

    name: str
    learner: keras.Model
    batches: int
    epochs: int
    measure: Callable[[], dict[str, float]] | None
    chooses: bool = True
    taught: Sequence = ()
    batch: Batch | None = None
    learning_rate: float = 0.0


class PhaseRun:
    """Runs a phase; afterwards the learner has the weights of its best pass.

    Parameters
    ----------
    phase : Phase
    state : State
        Of the training so far; it is changed.
    parameters : TrainingParameters
    keeping : Keeping
    monitor : Monitor
    """

    def __init__(
        self,
        phase: Phase,
        state: State,
        parameters: TrainingParameters,
        keeping: Keeping,
        monitor: Monitor,
    ):
        self.phase, self.state, self.parameters = phase, state, parameters
        self.keeping, self.monitor = keeping, monitor
        self._began_s, self._passes = time.monotonic(), 0
        self._prepare()
        self._best = _values(phase.learner.trainable_variables)

    def run(self) -> bool:
        """Run what is left of the phase: whether it was stopped before its end.

        Raises
        ------
        OutputError
            If the checkpoint cannot be written.
        """
        try:
            self._begin()
            while self.state.epoch < self.phase.epochs and not self._is_settled:
                self._pass()
        except Stopped:
            return True
        finally:
            _assign(self.phase.learner.trainable_variables, self._best)
        return False

    def _prepare(self) -> None:
        learner = self.phase.learner
        learner.compile(
            optimizer=_optimizer(self.phase, self.parameters),
            loss=[set_loss(self.parameters.label_smoothing) for _ in learner.outputs],
            jit_compile=False,  # slower on a CPU; long before the first step on a GPU
        )
        learner.optimizer.build(learner.trainable_variables)

    @property
    def _is_settled(self) -> bool:
        judged = self.phase.measure is not None and self.phase.chooses
        return judged and self.state.waited >= self.parameters.patience

    def _begin(self) -> None:
        """Go on from a checkpoint of this phase, or judge what it starts from."""
        if self.state.phase == self.phase.name:
            self._restore()
            return
        self.state.phase, self.state.epoch, self.state.waited = self.phase.name, 0, 0
        self.state.best_epoch, self.state.best_loss = 0, math.inf
        self._note(Epoch(self.phase.name, 0, math.nan, self._measured(), 0.0))
        self._keep()

    def _restore(self) -> None:
        found = read_checkpoint(self.keeping.folder, self.keeping.fingerprint)
        for group, variables in self._variables().items():
            _assign(variables, found.arrays[group])
        self._best = found.arrays["best"]

    def _pass(self) -> None:
        number, began_s = self.state.epoch + 1, time.monotonic()
        loss = self._learn(number)
        measured = self._measured()
        self.state.epoch = number
        self._passes += 1
        seconds = time.monotonic() - began_s
        self._note(Epoch(self.phase.name, number, loss, measured, seconds))
        self._keep()
        self._report(number, self.phase.batches, loss, measured)

    def _learn(self, number: int) -> float:
        """Take the steps of pass `number`; its loss."""
        loss = math.nan
        outputs = len(self.phase.learner.outputs)
        # The loss that is told is a mean since the last reset.
        self.phase.learner.reset_metrics()
        for index in range(self.phase.batches):
            if self.monitor.stop_requested:
                raise Stopped("Stopped during training.")
            crops, targets = self.phase.batch(number, index)
            given = [targets] * outputs if outputs > 1 else targets
            told = self.phase.learner.train_on_batch(crops, given)
            loss = float(np.ravel(told)[0]) / outputs
            self._report(number, index + 1, loss)
        return loss

    def _measured(self) -> dict[str, float]:
        return {} if self.phase.measure is None else self.phase.measure()

    def _note(self, epoch: Epoch) -> None:
        """Keep the weights of a pass that is better than all before; count those that are not."""
        state = self.state
        state.history.append(epoch)
        # Without validation cells, or with a handful, the last pass counts as the best.
        loss = -epoch.number
        if self.phase.chooses:
            loss = epoch.measured.get(VAL_LOSS, loss)
        if loss < state.best_loss:
            state.best_loss, state.best_epoch, state.waited = loss, epoch.number, 0
            self._best = _values(self.phase.learner.trainable_variables)
        else:
            state.waited += 1

    def _variables(self) -> dict[str, list]:
        learner = self.phase.learner
        return {
            "weights": learner.trainable_variables,
            "taught": self.phase.taught,
            "optimizer": learner.optimizer.variables,
            "seeds": _seeds(learner),
        }

    def _keep(self) -> None:
        if self.keeping.folder is None:
            return
        arrays = {group: _values(some) for group, some in self._variables().items()}
        arrays["best"] = self._best
        write_checkpoint(self.keeping.folder, self.keeping.fingerprint, self.state, arrays)

    def _report(
        self, number: int, done: int, loss: float, measured: dict[str, float] | None = None
    ) -> None:
        phase = self.phase
        passed = self._passes + (0 if measured is not None else done / phase.batches)
        spent_s = time.monotonic() - self._began_s
        left = phase.epochs - number + (1 - done / phase.batches)
        self.monitor.report(
            TrainingProgress(
                stage=f"{phase.name}, pass {number} of {phase.epochs}",
                done=(number - 1) * phase.batches + done,
                total=phase.epochs * phase.batches,
                phase=phase.name,
                epoch=number,
                epochs=phase.epochs,
                loss=loss,
                measured=tuple((measured or {}).items()),
                best_epoch=self.state.best_epoch,
                seconds_left=spent_s / passed * left if passed else math.nan,
                chooses=phase.measure is not None and phase.chooses,
            )
        )


def _optimizer(phase: Phase, parameters: TrainingParameters) -> keras.optimizers.Optimizer:
    optimizers = load_keras().optimizers
    total = max(phase.epochs * phase.batches, 1)
    warmup = int(total * parameters.warmup_fraction)
    rate = optimizers.schedules.CosineDecay(
        phase.learning_rate / 20,
        max(total - warmup, 1),
        alpha=0.01,
        warmup_target=phase.learning_rate,
        warmup_steps=warmup,
    )
    return optimizers.AdamW(rate, weight_decay=parameters.weight_decay, clipnorm=1.0)


def _seeds(learner: keras.Model) -> list:
    """Random states of the layers that draw."""
    return [one for one in learner.variables if "seed_generator" in one.path]


def _values(variables: Sequence) -> list[np.ndarray]:
    ops = load_keras().ops
    return [np.array(ops.convert_to_numpy(one)) for one in variables]


def _assign(variables: Sequence, values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
