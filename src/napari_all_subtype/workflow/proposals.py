"""What a round of self-training proposes, who decides on it, and what the record keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from napari_all_subtype.learning.gate import Gate
from napari_all_subtype.learning.pseudo_labels import PseudoLabels
from napari_all_subtype.learning.rounds import Course
from napari_all_subtype.project.models import StoredModel


@dataclass(frozen=True)
class Proposal:
    """A round that is to be decided.

    Parameters
    ----------
    number : int
        Of the round, from 1.
    labels : PseudoLabels
    crops : ndarray, shape (M, S, S, C), uint8
        Of the pseudo-labelled cells, the surest first.
    gate : Gate
        What the rule says, and why.
    model_id : str
        Of the student.
    """

    number: int
    labels: PseudoLabels
    crops: np.ndarray
    gate: Gate
    model_id: str


# True to accept, False to reject, None to leave it for later.
Decide = Callable[[Proposal], bool | None]


def by_rule(proposal: Proposal) -> bool:
    """Accept what the gate accepts."""
    return proposal.gate.accepted


def content_of(
    proposal: Proposal, teacher: StoredModel, used: Sequence[tuple[int, str]], course: Course
) -> dict[str, object]:
    """What the record keeps of a round.

    Parameters
    ----------
    used : sequence of (int, str)
        Cells that were learned from, and what they were called.
    course : Course
        Before the round.
    """
    gate, labels = proposal.gate, proposal.labels
    return {
        "teacher": teacher.model_id,
        "used": [list(one) for one in used],
        "confidence": [round(float(value), 4) for value in labels.confidence],
        "counts": labels.counts(),
        "threshold": labels.threshold,
        "cap": labels.cap,
        "left_out": labels.left_out,
        "strictness": course.strictness,
        "gate": {
            "accepted": gate.accepted,
            "why": gate.why,
            "teacher": asdict(gate.teacher),
            "student": asdict(gate.student),
            "p_value": gate.p_value,
            "shift": None if gate.shift is None else asdict(gate.shift),
        },
    }
