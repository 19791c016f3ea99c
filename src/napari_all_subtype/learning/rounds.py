"""Self-training, round by round: what is used, who is accepted, and when it ends.

The words are those of scikit-learn: `labeled_iter_` and `termination_condition_`
(`sklearn.semi_supervised.SelfTrainingClassifier`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from napari_all_subtype.learning.comparison import compare
from napari_all_subtype.learning.evaluation import evaluate
from napari_all_subtype.learning.hierarchy import said_of, side_probabilities, sides_of
from napari_all_subtype.learning.parameters import SelfTrainingParameters
from napari_all_subtype.learning.pseudo_labels import PseudoLabels
from napari_all_subtype.learning.splits import top_classes
from napari_all_subtype.learning.training_set import TrainingSet
from napari_all_subtype.taxonomy import Taxonomy

Termination = Literal[
    "",
    "max_iter",
    "no_change",
    "none_taken",
    "all_labeled",
    "no_improvement",
    "waits_for_decision",
]
WHY_ENDED: dict[Termination, str] = {
    "": "not yet",
    "max_iter": "all rounds were made",
    "no_change": "the pseudo-labels change no more",
    "none_taken": "no unlabelled cell could be taken",
    "all_labeled": "every unlabelled cell is in use",
    "no_improvement": "two rounds in a row were rejected",
    "waits_for_decision": "a round waits for your decision",
}
MOST_REJECTED = 2  # in a row


@dataclass(frozen=True)
class GateScores:
    """What a model is worth on cells that people named and nothing learned from.

    Parameters
    ----------
    macro_f1 : float
    log_loss : float
        Of the side.
    cells : int
    """

    macro_f1: float
    log_loss: float
    cells: int


@dataclass(frozen=True)
class Gate:
    """What the rule says of a student.

    Parameters
    ----------
    accepted : bool
    why : str
        In words, with the numbers: as what the rule did.
    teacher, student : GateScores
    p_value : float
        McNemar of both on the same cells.
    """

    accepted: bool
    why: str
    teacher: GateScores
    student: GateScores
    p_value: float

    @property
    def advice(self) -> str:
        """The same as what the rule would do: a person decides."""
        does = "accept" if self.accepted else "reject"
        return self.why.replace(f"{does}ed by rule", f"the rule would {does} it", 1)


def gate_scores(
    probabilities: np.ndarray, words: Sequence[str], groups: Sequence[str], taxonomy: Taxonomy
) -> GateScores:
    """Scores of a model on validation cells.

    Parameters
    ----------
    probabilities : ndarray, shape (N, K), float
    """
    figures = evaluate(probabilities, words, groups, taxonomy)
    by_side = side_probabilities(probabilities, taxonomy)
    names = top_classes(taxonomy)
    truth = [names.index(side) for side in sides_of(words, taxonomy)]
    right = np.clip(by_side[np.arange(len(truth)), truth], 1e-7, 1)
    return GateScores(figures.macro_f1.value, float(-np.log(right).mean()), len(truth))


def judge(
    teacher: np.ndarray,
    student: np.ndarray,
    validation: TrainingSet,
    parameters: SelfTrainingParameters = SelfTrainingParameters(),
) -> Gate:
    """Whether a student takes its teacher's place, by the labels of people alone.

    Parameters
    ----------
    teacher, student : ndarray, shape (N, K), float
        Probabilities of the validation cells.
    validation : TrainingSet
    """
    taxonomy = validation.taxonomy
    words, groups = validation.words, validation.groups
    before, after = (gate_scores(p, words, groups, taxonomy) for p in (teacher, student))
    said = [said_of(p, taxonomy).words for p in (teacher, student)]
    p_value = compare(words, *said, taxonomy).p_value
    lost = before.macro_f1 - after.macro_f1
    doubt = after.log_loss - before.log_loss
    numbers = (
        f"on {after.cells} validation cells macro-F1 {before.macro_f1:.3f} → {after.macro_f1:.3f}, "
        f"log loss {before.log_loss:.3f} → {after.log_loss:.3f}"
    )
    if lost > parameters.most_f1_loss + 1e-9:
        return Gate(False, f"rejected by rule: macro-F1 fell; {numbers}", before, after, p_value)
    if doubt > parameters.most_log_loss_gain + 1e-9:
        return Gate(False, f"rejected by rule: log loss rose; {numbers}", before, after, p_value)
    return Gate(True, f"accepted by rule: {numbers}", before, after, p_value)


@dataclass(frozen=True)
class Course:
    """How a run of self-training has gone so far; each round gives the next one.

    Parameters
    ----------
    number : int
        Of the last round; 0 is the start, from labels alone.
    strictness : float
        Factor of the accepted error rate: halved by each rejection.
    rejected : int
        Rounds in a row.
    labeled_iter_ : dict of int to int
        Round in which each unlabelled cell, by its id, was first used in an accepted round.
    last_used : frozenset of (int, str)
        Ids and words of the pseudo-labels of the last accepted round.
    termination_condition_ : str
        ``max_iter``, ``no_change``, ``none_taken``, ``all_labeled``, ``no_improvement`` or
        ``waits_for_decision``; empty while it goes on.
    why_none : str
        Why no cell could be taken, where that ended it.
    """

    number: int = 0
    strictness: float = 1.0
    rejected: int = 0
    labeled_iter_: dict[int, int] = field(default_factory=dict)
    last_used: frozenset[tuple[int, str]] = frozenset()
    termination_condition_: Termination = ""
    why_none: str = ""


def after_round(
    course: Course,
    used: Sequence[tuple[int, str]],
    accepted: bool | None,
    rounds: int,
    n_unlabelled: int,
) -> Course:
    """The course after one more round.

    Parameters
    ----------
    used : sequence of (int, str)
        Id and word of each pseudo-label of the round.
    accepted : bool or None
        None where a person has yet to decide.
    rounds : int
        At most.
    n_unlabelled : int
    """
    number = course.number + 1
    labeled, last = dict(course.labeled_iter_), course.last_used
    if accepted:
        for one, _ in used:
            labeled.setdefault(one, number)
        last = frozenset(used)
    rejected = 0 if accepted else course.rejected + 1
    end: Termination = ""
    if accepted is None:
        end = "waits_for_decision"
    elif number >= rounds:
        end = "max_iter"
    elif rejected >= MOST_REJECTED:
        end = "no_improvement"
    elif accepted and len(used) >= n_unlabelled:
        end = "all_labeled"
    strictness = course.strictness * (1.0 if accepted else 0.5)
    return Course(number, strictness, rejected, labeled, last, end)


def changes_nothing(course: Course, labels: PseudoLabels, ids: np.ndarray) -> bool:
    """Whether these are no pseudo-labels, or the very ones of the last accepted round."""
    used = frozenset(zip(ids[labels.rows].tolist(), labels.words.tolist(), strict=True))
    return not len(labels) or used == course.last_used
