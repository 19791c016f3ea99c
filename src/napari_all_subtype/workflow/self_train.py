"""Self-training on a project: round after round, each judged, recorded, and taken back at will."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from napari_all_subtype.learning.gate import Gate, judge
from napari_all_subtype.learning.parameters import SelfTrainingParameters, SplitParameters
from napari_all_subtype.learning.pseudo_labels import (
    PseudoLabels,
    as_targets,
    choose,
    fraction_of_round,
    nameable,
)
from napari_all_subtype.learning.rounds import Course, after_round, changes_nothing
from napari_all_subtype.learning.training_set import TRAIN, VAL
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import assign_groups
from napari_all_subtype.project.models import StoredModel, folder_of, model_of
from napari_all_subtype.project.rounds import (
    ACCEPTED,
    PROPOSED,
    REJECTED,
    SELF_TRAINING,
    Round,
    Run,
    add_round,
    begin_run,
    decide_round,
    end_run,
    rounds_of,
    running_model,
    unfinished_run,
)
from napari_all_subtype.workflow.learners import Learner
from napari_all_subtype.workflow.new_models import (
    cells_digest,
    fingerprint,
    learn_model,
    same_model,
)
from napari_all_subtype.workflow.opinions import Opinion, opinion_of
from napari_all_subtype.workflow.project_training_set import ProjectCells, project_training_set
from napari_all_subtype.workflow.proposals import Decide, Proposal, by_rule, content_of

ROUNDS = "rounds of self-training"


@dataclass(frozen=True)
class SelfTrained:
    """How a run went.

    Parameters
    ----------
    run_id : int
    model : StoredModel
        The one that runs now: that of the last accepted round, else the one that ran before;
        the start where there was none, or no round was asked for.
    rounds : tuple of Round
        Round 0 is the start, from labels alone.
    course : Course
        With `termination_condition_` and `labeled_iter_`.
    notes : tuple of str
    """

    run_id: int
    model: StoredModel
    rounds: tuple[Round, ...]
    course: Course
    notes: tuple[str, ...] = ()


def self_train(
    database: Database,
    learner: Learner,
    parameters: SelfTrainingParameters = SelfTrainingParameters(),
    split: SplitParameters = SplitParameters(),
    flat: bool = False,
    seed: int = 0,
    decide: Decide = by_rule,
    monitor: Monitor = SILENT,
    cells: ProjectCells | None = None,
    reader_id: int | Callable[[], int] | None = None,
) -> SelfTrained:
    """Bring the unlabelled cells of a project into training, more of them each round.

    A model that runs does so until a round is accepted; the start is then proposed beside it. A
    run that was killed or stopped goes on at the round it was in, as long as cells and
    settings are the same. Without rounds it is plain training.

    Parameters
    ----------
    decide : callable
        Given each proposed round; by default the rule of the gate.
    cells : ProjectCells, optional
        To learn from; by default all of the project.
    reader_id : int or callable, optional
        Who decides, where it is not the rule; a callable is asked once something was decided.

    Raises
    ------
    TooFewCellsError
        If the labelled cells cannot be divided.
    Stopped
        If the monitor asked for it; whole rounds are kept.
    ProjectReadOnlyError, ProjectWriteError, OutputError
        If it cannot be written.
    """
    database.refuse_read_only()
    if cells is None:
        unlabelled = parameters.rounds > 0
        cells = project_training_set(
            database, learner.crop_spec, split, flat, seed, unlabelled, monitor
        )
    settings = _settings(learner, parameters, split, flat, seed, cells)
    run = unfinished_run(database, SELF_TRAINING, settings)
    run = run or begin_run(database, SELF_TRAINING, settings)
    job = _Job(database, learner, cells, parameters, seed, run, monitor, reader_id)
    course, teacher = job.so_far()
    while not course.termination_condition_ and course.number < parameters.rounds:
        checkpoint(monitor, Progress(ROUNDS, course.number, parameters.rounds))
        course, teacher = job.next_round(course, teacher, decide)
    why = course.termination_condition_ or "max_iter"
    end_run(database, run.run_id, why)
    monitor.report(Progress(ROUNDS, parameters.rounds, parameters.rounds))
    if not course.termination_condition_:
        course = Course(**{**vars(course), "termination_condition_": "max_iter"})
    made = tuple(rounds_of(database, run.run_id))
    # Teacher and model that runs are two: a start that nobody accepted teaches as well.
    runs = running_model(database) or teacher
    return SelfTrained(run.run_id, runs, made, course, cells.notes)


@dataclass(frozen=True)
class _Job:
    database: Database
    learner: Learner
    cells: ProjectCells
    parameters: SelfTrainingParameters
    seed: int
    run: Run
    monitor: Monitor
    reader_id: int | Callable[[], int] | None
    heard: dict[str, Opinion] = field(default_factory=dict)  # by model, each asked once

    def so_far(self) -> tuple[Course, StoredModel]:
        """Where the run is, and the model that teaches: that of the start where it is new."""
        done = rounds_of(self.database, self.run.run_id)
        if not done:
            done = [self._start()]
        course, teacher = Course(), done[0].model_id
        for one in done[1:]:
            verdict = None if one.state == PROPOSED else one.state == ACCEPTED
            used = [(int(cell), word) for cell, word in one.content["used"]]
            course = self._after(course, used, verdict)
            teacher = one.model_id if verdict else teacher
        return course, model_of(self.database, teacher)

    def _start(self) -> Round:
        training = self.cells.training
        wanted = fingerprint(self.learner, training, self.seed)
        # A training with the same cells, settings and seed gives the same model.
        model = same_model(self.database, wanted) or learn_model(
            self.database, self.learner, training, self.seed, self.monitor
        )
        content = {"labelled": training.counts(), "start": True}
        before = running_model(self.database)
        # It takes nobody's place unasked: a model that runs does so until a round is accepted.
        free = before is None or before.model_id == model.model_id or not self.parameters.rounds
        verdict = True if free else None
        return self._record(
            0, model.model_id, content, verdict, "the start: labels of people alone"
        )

    def next_round(
        self, course: Course, teacher: StoredModel, decide: Decide
    ) -> tuple[Course, StoredModel]:
        """One round: pseudo-labels anew, a student from the backbone, and a verdict."""
        number = course.number + 1
        training, pool = self.cells.training, self.cells.unlabelled
        labels = self._labels(course, self._hear(teacher.model_id))
        if changes_nothing(course, labels, pool.ids):
            return _ended(course, labels), teacher
        self._keep_in_training(pool.groups[labels.rows])
        subtypes = nameable(training)
        p = self.parameters.pseudo_labels
        most = p.most_weight * float(training.part(TRAIN).weights.sum())
        extra = as_targets(labels, pool, training.taxonomy, p.weight, subtypes, most)
        student = same_model(
            self.database, fingerprint(self.learner, training, self.seed, extra)
        ) or learn_model(
            self.database,
            self.learner,
            training,
            self.seed,
            self.monitor,
            extra,
            {"round": number, "teacher": teacher.model_id},
        )
        gate = self._gate(teacher.model_id, student.model_id)
        proposal = Proposal(number, labels, extra.crops, gate, student.model_id)
        verdict = decide(proposal)
        used = list(zip(extra.ids.tolist(), labels.words.tolist(), strict=True))
        content = content_of(proposal, teacher, used, course)
        before, after = (self._hear(one.model_id) for one in (teacher, student))
        content["kappa"] = before.agreement(after)
        by_rule_alone = decide is by_rule
        why = gate.why if by_rule_alone else f"decided by a person; {gate.advice}"
        who = None if by_rule_alone or verdict is None else self.reader_id
        who = who() if callable(who) else who
        self._record(number, student.model_id, content, verdict, why, who)
        return self._after(course, used, verdict), student if verdict else teacher

    def _hear(self, model_id: str) -> Opinion:
        """What a model says of the cells."""
        if model_id not in self.heard:
            folder = folder_of(self.database, model_of(self.database, model_id))
            self.heard[model_id] = opinion_of(self.learner.load(folder), self.cells, self.monitor)
        return self.heard[model_id]

    def _labels(self, course: Course, teacher: Opinion) -> PseudoLabels:
        p = self.parameters.pseudo_labels
        rate = p.error_rate * course.strictness
        return choose(
            self.cells.unlabelled,
            teacher.unlabelled,
            self.cells.training,
            fraction_of_round(course.number + 1, self.parameters.rounds, p.max_fraction),
            p.model_copy(update={"error_rate": rate}),
            teacher.known,
            self.cells.splits,
        )

    def _keep_in_training(self, groups: Sequence[str]) -> None:
        """Groups that were learned from are never tested on."""
        new = {group: TRAIN for group in groups if group not in self.cells.splits}
        if new and not self.cells.training.random_split:
            assign_groups(self.database, new)

    def _gate(self, teacher_id: str, student_id: str) -> Gate:
        start_id = rounds_of(self.database, self.run.run_id)[0].model_id
        start, teacher, student = map(self._hear, (start_id, teacher_id, student_id))
        validation, shift = self.cells.training.part(VAL), start.shift_to(student)
        return judge(teacher.validation, student.validation, validation, self.parameters, shift)

    def _record(
        self,
        number: int,
        model_id: str,
        content: Mapping[str, object],
        verdict: bool | None,
        why: str,
        reader_id: int | None = None,
    ) -> Round:
        with self.database.transaction():
            made = add_round(self.database, self.run.run_id, number, model_id, content)
            if verdict is not None:
                state = ACCEPTED if verdict else REJECTED
                made = decide_round(self.database, made.round_id, state, why, reader_id)
        return made

    def _after(self, course: Course, used, verdict: bool | None) -> Course:
        n = len(self.cells.unlabelled)
        return after_round(course, used, verdict, self.parameters.rounds, n)


def _ended(course: Course, labels: PseudoLabels) -> Course:
    """The course where the next round has nothing new, and why."""
    if len(labels):
        return replace(course, termination_condition_="no_change")
    return replace(course, termination_condition_="none_taken", why_none=labels.why_none)


def _settings(
    learner: Learner,
    parameters: SelfTrainingParameters,
    split: SplitParameters,
    flat: bool,
    seed: int,
    cells: ProjectCells,
) -> dict:
    return {
        "learner": dict(learner.settings),
        "self_training": parameters.model_dump(mode="json"),
        "split": split.model_dump(mode="json"),
        "flat": flat,
        "seed": seed,
        "labelled": cells_digest(cells.training),
        "unlabelled": len(cells.unlabelled),
    }
