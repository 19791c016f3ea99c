"""How a run of self-training ended, in words: which model runs now, and why."""

from __future__ import annotations

from napari_all_subtype.learning.rounds import WHY_ENDED
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.rounds import ACCEPTED, Round, rounds_of, running_model
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


def runs_after(database: Database, decided: Round) -> str:
    """Which model runs after a round was decided, and where it is from: one sentence."""
    now = running_model(database)
    if now is None:
        return "No model of the project runs."
    of = {one.model_id: one.number for one in rounds_of(database, decided.run_id)}
    if now.model_id not in of:
        whence = "of another training than this run"
    elif of[now.model_id]:
        whence = f"of round {of[now.model_id]}"
    else:
        whence = "the start of this run"
    return f"{now.model_id} runs now, {whence}."


def why_ended(found: SelfTrained) -> str:
    """Why the run ended, without a full stop."""
    why = WHY_ENDED[found.course.termination_condition_]
    return f"{why} ({found.course.why_none})" if found.course.why_none else why
