"""How a run of self-training ended, in words: which model runs now, and why."""

from __future__ import annotations

from napari_all_subtype.learning.rounds import WHY_ENDED
from napari_all_subtype.project.rounds import ACCEPTED
from napari_all_subtype.workflow.self_train import SelfTrained


def which_runs(found: SelfTrained) -> str:
    """Which model runs after a run of self-training and why: one or two sentences."""
    start, runs = found.rounds[0], found.model.model_id
    taught = [one for one in found.rounds[1:] if one.state == ACCEPTED and one.model_id == runs]
    if taught:
        return f"{runs} runs: it is of round {taught[-1].number}, the last that was accepted."
    none = "No round is accepted: " if len(found.rounds) > 1 else ""
    if runs == start.model_id:
        return f"{none}{runs} runs, which people's words alone taught."
    return (
        f"{none}{runs} runs as before. The start of this run, {start.model_id}, is a draft "
        "beside it: accept round 0 to have it run instead."
    )


def why_ended(found: SelfTrained) -> str:
    """Why the run ended, without a full stop."""
    return WHY_ENDED[found.course.termination_condition_]
