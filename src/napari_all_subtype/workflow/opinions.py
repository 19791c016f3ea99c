"""What a model says of the cells of a project: of the unlabelled ones, and of those that judge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_all_subtype.learning.comparison import agreement
from napari_all_subtype.learning.familiar import familiar
from napari_all_subtype.learning.gate import Shift, shift_between
from napari_all_subtype.learning.hierarchy import said_of
from napari_all_subtype.learning.training_set import VAL
from napari_all_subtype.progress import Monitor
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.learners import Predictor
from napari_all_subtype.workflow.project_training_set import ProjectCells


@dataclass(frozen=True)
class Opinion:
    """What one model says.

    Parameters
    ----------
    unlabelled, validation : ndarray, shape (M, K) and (V, K), float32
        Probabilities.
    known : ndarray, shape (M,), bool
        False for unlabelled cells that are unlike those of the training.
    taxonomy : Taxonomy
    """

    unlabelled: np.ndarray
    validation: np.ndarray
    known: np.ndarray
    taxonomy: Taxonomy

    def agreement(self, other: Opinion) -> float:
        """Cohen's κ of both on the unlabelled cells."""
        said = (said_of(one.unlabelled, self.taxonomy).sides for one in (self, other))
        return agreement(*said)

    def shift_to(self, other: Opinion) -> Shift | None:
        """How far the classes of the unlabelled cells went, of those that this model knows."""
        both = (one.unlabelled[self.known] for one in (self, other))
        return shift_between(*both, self.taxonomy)


def opinion_of(model: Predictor, cells: ProjectCells, monitor: Monitor) -> Opinion:
    """What `model` says of `cells`.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    """
    pool, training = cells.unlabelled, cells.training
    return Opinion(
        model.predict(pool.crops, monitor),
        model.predict(training.part(VAL).crops),
        familiar(pool.crops, training.crops, model.novelty(pool.crops)),
        training.taxonomy,
    )
