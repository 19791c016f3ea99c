"""A model trained on the cells of a project: a draft, and the one that runs from then on."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.learning.splits import SplitParameters
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.models import StoredModel
from napari_all_subtype.project.rounds import record_training
from napari_all_subtype.workflow.learners import Learner
from napari_all_subtype.workflow.new_models import learn_model
from napari_all_subtype.workflow.project_training_set import project_training_set


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    Parameters
    ----------
    model : StoredModel
        A draft.
    counts : dict of str to dict of str to int
        Cells of each class in each split.
    notes : tuple of str
        What a person is to be told: duplicates, few groups, cells that were left out.
    stopped : bool
        Whether a person stopped it: the model is that of the pass that counts until then.
    """

    model: StoredModel
    counts: dict[str, dict[str, int]]
    notes: tuple[str, ...]
    stopped: bool

    @property
    def counts_pass(self) -> str:
        """``best`` or ``last``: with few validation cells the last pass counts."""
        return self.model.content.get("pass", "best")


def train_project(
    database: Database,
    learner: Learner,
    split: SplitParameters = SplitParameters(),
    flat: bool = False,
    seed: int = 0,
    monitor: Monitor = SILENT,
) -> Trained:
    """Train a model on the labelled cells of a project.

    Killed at any moment, the same call goes on from the last pass, with the same result. The
    model that ran before runs on until this one is complete.

    Parameters
    ----------
    learner : Learner
        Which network, from which weights, and how: a
        :class:`~napari_all_subtype.workflow.keras_learner.KerasLearner`.
    split : SplitParameters
        How groups are divided that are in no split yet.
    flat : bool
        A word is its own class alone, also where it is the parent of others.

    Raises
    ------
    TooFewCellsError
        If the labelled cells cannot be divided; the message says what is missing.
    TrainingSetError
        If the weights to start from learned from pictures that validate or test here.
    TrainingError, WeightsMissingError, ModelIntegrityError, ParameterError
        If nothing can be learned, or there is nothing to start from.
    Stopped
        If the monitor asked for it before anything was learned.
    ProjectReadOnlyError, ProjectWriteError, OutputError
        If it cannot be written.
    """
    database.refuse_read_only()
    cells = project_training_set(
        database, learner.crop_spec, split, flat, seed, unlabelled=False, monitor=monitor
    )
    model = learn_model(database, learner, cells.training, seed, monitor, facts={"flat": flat})
    record_training(database, {**learner.settings, "seed": seed}, model.model_id, {"flat": flat})
    stopped = bool(model.content.get("stopped"))
    notes = tuple(filter(None, (*cells.notes, model.content.get("leak"))))
    return Trained(model, cells.training.counts(), notes, stopped)
