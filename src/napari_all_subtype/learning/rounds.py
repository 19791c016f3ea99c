"""Self-training, round by round: what was used, and when it ends.

The words are those of scikit-learn: `labeled_iter_` and `termination_condition_`
(`sklearn.semi_supervised.SelfTrainingClassifier`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from napari_all_subtype.learning.pseudo_labels import PseudoLabels

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
