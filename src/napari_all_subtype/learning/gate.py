"""The gate of self-training: whether a student takes its teacher's place, and by which cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.amounts import amount
from napari_all_subtype.learning.comparison import compare
from napari_all_subtype.learning.evaluation import evaluate
from napari_all_subtype.learning.hierarchy import said_of, side_probabilities, sides_of
from napari_all_subtype.learning.parameters import SelfTrainingParameters
from napari_all_subtype.learning.splits import top_classes
from napari_all_subtype.learning.training_set import TrainingSet
from napari_all_subtype.taxonomy import Taxonomy

_ROUNDING = 1e-9


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
class Shift:
    """How far the share of a class among the unlabelled cells went since the start of a run.

    Parameters
    ----------
    side : str
        The class at the top that changed most.
    before, after : float
        Its share of what the start says, and of what the student says, 0–1.
    cells : int
        Unlabelled cells.
    """

    side: str
    before: float
    after: float
    cells: int

    def is_within(self, most: float) -> bool:
        """Whether it is no more than `most`, or than one cell."""
        return abs(self.after - self.before) <= max(most, 1 / self.cells) + _ROUNDING

    def __str__(self) -> str:
        was, now = (f"{100 * share:.1f} %" for share in (self.before, self.after))
        return f"{self.side} was {was} of the unlabelled cells at the start and is {now}"


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
    shift : Shift or None
        None where it is not known.
    """

    accepted: bool
    why: str
    teacher: GateScores
    student: GateScores
    p_value: float
    shift: Shift | None = None

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


def shift_between(start: np.ndarray, student: np.ndarray, taxonomy: Taxonomy) -> Shift | None:
    """The class whose share of the unlabelled cells changed most; None without such cells.

    Parameters
    ----------
    start, student : ndarray, shape (M, K), float
        Probabilities of the same unlabelled cells.

    Examples
    --------
    >>> from napari_all_subtype.taxonomy import FAB5
    >>> sure = np.eye(5)[[0, 0, 0, 1]]
    >>> print(shift_between(sure, sure[[0, 0, 3, 3]], FAB5))
    normal was 75.0 % of the unlabelled cells at the start and is 50.0 %
    """
    if not len(start):
        return None
    names = top_classes(taxonomy)
    said = [said_of(p, taxonomy).sides for p in (start, student)]
    before, after = (np.array([(sides == name).mean() for name in names]) for sides in said)
    most = int(np.abs(after - before).argmax())
    return Shift(names[most], float(before[most]), float(after[most]), len(start))


def judge(
    teacher: np.ndarray,
    student: np.ndarray,
    validation: TrainingSet,
    parameters: SelfTrainingParameters = SelfTrainingParameters(),
    shift: Shift | None = None,
) -> Gate:
    """Whether a student takes its teacher's place, by the labels of people.

    A handful of them sees what is ruined and no more, since one cell of four is a quarter of the
    score. There the score decides nothing, and a round is accepted only if it changes little of
    what is said of the unlabelled cells.

    Parameters
    ----------
    teacher, student : ndarray, shape (N, K), float
        Probabilities of the validation cells.
    validation : TrainingSet
    shift : Shift, optional
        What the student changed among the unlabelled cells since the start of the run.
    """
    taxonomy = validation.taxonomy
    words, groups = validation.words, validation.groups
    before, after = (gate_scores(p, words, groups, taxonomy) for p in (teacher, student))
    said = [said_of(p, taxonomy).words for p in (teacher, student)]
    p_value = compare(words, *said, taxonomy).p_value
    few = min(Counter(sides_of(words, taxonomy)).values()) < parameters.fewest_to_accept
    accepted, why = _verdict(before, after, few, parameters, shift)
    return Gate(accepted, why, before, after, p_value, shift)


def _verdict(
    before: GateScores,
    after: GateScores,
    few: bool,
    parameters: SelfTrainingParameters,
    shift: Shift | None,
) -> tuple[bool, str]:
    """Whether the rule accepts, and why: in words."""
    cells = amount(after.cells, "validation cell")
    numbers = (
        f"on {cells} macro-F1 {before.macro_f1:.3f} → {after.macro_f1:.3f}, "
        f"log loss {before.log_loss:.3f} → {after.log_loss:.3f}"
    )
    lost, doubt = before.macro_f1 - after.macro_f1, after.log_loss - before.log_loss
    if not few and lost > parameters.most_f1_loss + _ROUNDING:
        return False, f"rejected by rule: macro-F1 fell; {numbers}"
    if doubt > parameters.most_log_loss_gain + _ROUNDING:
        return False, f"rejected by rule: log loss rose; {numbers}"
    if not few or shift is None:
        return True, f"accepted by rule: {numbers}"
    if shift.is_within(parameters.most_share_change):
        return True, (
            f"accepted by rule: {numbers}; too few to judge by the score, but the round changes "
            f"little: {shift}"
        )
    return False, (
        f"rejected by rule: it changes more than {cells} can judge; {shift}, "
        f"{100 * parameters.most_share_change:g} points at most by rule. Look at its cells, and "
        f"accept it yourself where they are right; {numbers}"
    )
