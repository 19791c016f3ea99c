"""The commands of learning: feedback and self-train; train and evaluate are by themselves."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.evaluation_command import evaluate
from napari_all_subtype.learning.parameters import (
    FeedbackParameters,
    SelfTrainingParameters,
    SplitParameters,
)
from napari_all_subtype.option_groups import Debug
from napari_all_subtype.parameters import Parameters
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import note, say
from napari_all_subtype.training_command import train

if TYPE_CHECKING:
    from napari_all_subtype.project.database import Database
    from napari_all_subtype.project.rounds import Round
    from napari_all_subtype.workflow.proposals import Proposal
    from napari_all_subtype.workflow.self_train import SelfTrained

DONE = 0

Folder = Annotated[Path, Parameter(help="Folder of the project.")]
Seed = Annotated[int, Parameter(help="Number that all draws start from: the same gives the same.")]
RandomSplit = Annotated[
    bool, Parameter(negative="", help=SplitParameters.model_fields["random_split"].description)
]
Flat = Annotated[
    bool,
    Parameter(
        negative="",
        help="A word is its own class alone; by default 'blast' leaves its subtypes open.",
    ),
]


def _told(parameters: type[Parameters], name: str) -> Parameter:
    """An option with the description of a parameter."""
    return Parameter(help=parameters.model_fields[name].description)


def add_learning_commands(app: App) -> None:
    """Have `app` these commands as well."""
    for command in (train, feedback, self_train, evaluate):
        app.command(command)


def feedback(
    folder: Folder,
    /,
    *,
    error_rate: Annotated[float, _told(FeedbackParameters, "error_rate")] = 0.05,
    queue: Annotated[int, _told(FeedbackParameters, "queue")] = 50,
    seed: Seed = 0,
    loop_back: Annotated[bool, _told(FeedbackParameters, "loop_back")] = True,
    out: Annotated[
        Path | None,
        Parameter(help="File for the queue; queue.csv in the project by default."),
    ] = None,
    identifiers: Annotated[
        bool,
        Parameter(
            negative="", help="Name files also in a queue outside of the project: they tell people."
        ),
    ] = False,
    random_split: RandomSplit = False,
    flat: Flat = False,
    debug: Debug = False,
) -> int:
    """Judge cells out of sample: what is doubted weighs more, the rest is queued for a reader.

    Example: napari-all-subtype feedback reading-2026 --error-rate 0.05 --queue 50
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.feedback import feedback as give_feedback
    from napari_all_subtype.workflow.keras_learner import learner_of
    from napari_all_subtype.workflow.queue_file import QUEUE_FILE, SUSPECTS_FILE, write_list

    parameters = FeedbackParameters.of(error_rate=error_rate, queue=queue, loop_back=loop_back)
    split = SplitParameters(random_split=random_split)
    with open_project(folder) as database, TerminalMonitor(1) as monitor:
        database.refuse_read_only()
        learner = learner_of(database)
        found = give_feedback(database, learner, parameters, split, flat, seed, monitor)
        path = out or folder / QUEUE_FILE
        kept = write_list(database, found.queue, path, identifiers)
        write_list(database, found.suspects, path.with_name(SUSPECTS_FILE), identifiers)
    for line in found.notes:
        note(line)
    rate = f"{100 * error_rate:.3g} % errors"
    if found.threshold <= 1:
        say(f"The model is believed from confidence {found.threshold:.3f} on: at most {rate}.")
    else:
        say(f"No confidence of the model is high enough yet for at most {rate}.")
    say(f"Macro-F1 out of sample: {found.macro_f1:.3f}.")
    if found.kappa is not None:
        say(f"Agreement with the model before (Cohen's κ): {found.kappa:.3f}.")
    heavier = amount(found.looped, "labelled cell weighs", "labelled cells weigh")
    say(f"{heavier} more in the next training.")
    words = amount(len(found.suspects), "word is", "words are")
    say(f"{words} suspect: {path.with_name(SUSPECTS_FILE).name}.")
    few = " There are no more." if len(found.queue) < queue else ""
    say(f"{amount(len(found.queue), 'cell')} to name: {path.name}.{few}")
    if len(found.queue):
        note(
            f"Fill in the column annotation of {path.name}, correct it in {SUSPECTS_FILE}, and "
            "bring the words back: napari-all-subtype project add FOLDER --table FILE --reader NAME"
        )
    if kept is not None:
        say(f"The earlier {path.name} had words of a reader in it and is kept as {kept.name}.")
    if found.stop:
        say(f"The loop may end: {found.stop}.")
    say(RESEARCH_USE_ONLY)
    return DONE


def self_train(
    folder: Folder,
    /,
    *,
    rounds: Annotated[int, _told(SelfTrainingParameters, "rounds")] = 3,
    accept: Annotated[
        Literal["rule", "ask"],
        Parameter(
            help="Who decides each round: the rule, by the score on cells that people named, or "
            "you, asked in the terminal; without a terminal a round then waits."
        ),
    ] = "rule",
    seed: Seed = 0,
    random_split: RandomSplit = False,
    flat: Flat = False,
    decide: Annotated[
        Literal["accepted", "rejected", "rolled back"] | None,
        Parameter(help="Only decide the round that --round names, and train nothing."),
    ] = None,
    number: Annotated[
        int | None,
        Parameter(name="--round", help="A round of the last run, with --decide; 0 is its start."),
    ] = None,
    reader: Annotated[
        str, Parameter(help="Who decides: name or code, with --decide or --accept ask.")
    ] = "",
    debug: Debug = False,
) -> int:
    """Let unlabelled cells teach, more of them each round; the last line is the model's id.

    Example: napari-all-subtype self-train reading-2026 --rounds 3 --accept rule
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.readers import reader_when_needed
    from napari_all_subtype.workflow.keras_learner import learner_of
    from napari_all_subtype.workflow.proposals import by_rule
    from napari_all_subtype.workflow.self_train import self_train as train_on

    with open_project(folder) as database:
        database.refuse_read_only()
        if decide is not None or number is not None:
            return _decide(database, decide, number, reader)
        parameters = SelfTrainingParameters.of(rounds=rounds)
        split = SplitParameters(random_split=random_split)
        learner = learner_of(database)
        who = reader_when_needed(database, reader) if reader and accept == "ask" else None
        with TerminalMonitor(1) as monitor:
            asked = by_rule if accept == "rule" else partial(_ask, monitor)
            found = train_on(
                *(database, learner, parameters, split, flat, seed, asked, monitor),
                reader_id=who,
            )
        _say_rounds(found)
    return DONE


def _decide(database: Database, state: str | None, number: int | None, reader: str) -> int:
    """Record what a person decides of a round; the last line is the model that runs now."""
    from napari_all_subtype.project.readers import reader_named
    from napari_all_subtype.project.rounds import decide_round, round_numbered, running_model
    from napari_all_subtype.workflow.run_words import runs_after

    if state is None or number is None or not reader:
        raise ParameterError(
            "A round is decided by --decide accepted, rejected or 'rolled back' with --round "
            "NUMBER and --reader NAME: give all three."
        )
    meant = round_numbered(database, number)  # raises before a reader is entered for nothing
    who = reader_named(database, reader).reader_id
    made = decide_round(database, meant.round_id, state, "decided on the command line", who)
    note(f"Round {made.number} is {made.state}. {runs_after(database, made)}")
    now = running_model(database)
    say(now.model_id if now is not None else "no model runs")
    return DONE


def _ask(monitor: TerminalMonitor, proposal: Proposal) -> bool | None:
    """What a person at the terminal says of a round; None where nobody is there to say it."""
    with monitor.paused():
        return _answer(proposal)


def _answer(proposal: Proposal) -> bool | None:
    note(
        f"Round {proposal.number}: {amount(len(proposal.labels), 'pseudo-label')} "
        f"({_counted(proposal.labels.counts())}); {proposal.gate.advice}."
    )
    if not sys.stdin or not sys.stdin.isatty():
        note("Nobody is at the terminal: the round waits. Decide it with --decide and --round.")
        return None
    while True:
        note("Accept this round? y, n, or l for later:")
        answer = sys.stdin.readline().strip().lower()
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")
        if answer in ("l", "later", ""):
            return None


def _say_rounds(found: SelfTrained) -> None:
    from napari_all_subtype.project.rounds import ACCEPTED, PROPOSED
    from napari_all_subtype.workflow.run_words import which_runs, why_ended

    for line in found.notes:
        note(line)
    for one in found.rounds[1:]:
        note(
            f"Round {one.number}: {amount(len(one.content['used']), 'pseudo-label')} "
            f"({_counted(one.content['counts'])}); {_decided(one)}"
        )
    note(f"Ended: {why_ended(found)}. {which_runs(found)}")
    waiting = [one for one in found.rounds if one.state == PROPOSED]
    if any(one.state == ACCEPTED for one in found.rounds):
        waiting = [one for one in waiting if one.number]
    if waiting:
        numbers = " or ".join(str(one.number) for one in waiting)
        note(
            f"To decide of round {numbers}: napari-all-subtype self-train FOLDER "
            "--decide accepted --round NUMBER --reader NAME"
        )
    note(RESEARCH_USE_ONLY)
    say(found.model.model_id)


def _decided(one: Round) -> str:
    """What became of a round and why; the rule's own sentence says both."""
    if one.why.startswith(one.state):
        return one.why
    return f"{one.state}: {one.why or 'not decided yet'}"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items()) or "none"
