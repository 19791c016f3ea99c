"""What the process that learns is asked to do, one function per order."""

from __future__ import annotations

import numpy as np

from napari_all_subtype._widgets.train.child import Tools
from napari_all_subtype._widgets.train.orders import (
    Control,
    DrawRounds,
    FedBack,
    Figures,
    GiveFeedback,
    Proposed,
    Release,
    Released,
    RoundMade,
    SelfTrain,
    SelfTrained,
    Train,
    Trained,
    Wrong,
)
from napari_all_subtype.amounts import amount
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.learning.evaluation import Evaluation, evaluate
from napari_all_subtype.learning.hierarchy import Said, as_people_say, said_of
from napari_all_subtype.learning.history_plots import rounds_figure
from napari_all_subtype.learning.plots import confusion_figure, reliability_figure
from napari_all_subtype.learning.training_set import TEST, VAL, TrainingSet
from napari_all_subtype.progress import Progress
from napari_all_subtype.project.database import Database, open_lent, open_project
from napari_all_subtype.project.models import folder_of, model_of
from napari_all_subtype.project.rounds import SELF_TRAINING, rounds_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.evaluate import class_table, evaluate_on_table
from napari_all_subtype.workflow.feedback import feedback
from napari_all_subtype.workflow.learners import Predictor
from napari_all_subtype.workflow.project_training_set import project_training_set
from napari_all_subtype.workflow.proposals import Proposal, by_rule
from napari_all_subtype.workflow.queue_file import QUEUE_FILE, SUSPECTS_FILE, write_list
from napari_all_subtype.workflow.round_points import round_points, titled_colours
from napari_all_subtype.workflow.run_words import which_runs, why_ended
from napari_all_subtype.workflow.self_train import ROUNDS, self_train
from napari_all_subtype.workflow.train import train_project

CONFUSION, RELIABILITY, ROUND_CURVES = "confusion", "reliability", "rounds"
MOST_WRONG, MOST_SHOWN = 60, 400
TITLES = {
    "macro_f1": "Macro-F1",
    "balanced_accuracy": "Balanced accuracy",
    "kappa": "Cohen's κ",
    "ece": "Calibration error",
}


def train(order: Train, tools: Tools) -> None:
    """Train a model, and measure it on the cells that it did not learn from."""
    chosen = order.choices
    with open_lent(order.project) as database:
        learner = tools.make_learner(database, order)
        made = train_project(
            database, learner, chosen.split, chosen.flat, chosen.seed, tools.monitor
        )
        tools.send(Trained(made.model.model_id, made.stopped, made.notes, made.counts_pass))
        cells = project_training_set(
            database, learner.crop_spec, chosen.split, chosen.flat, chosen.seed, unlabelled=False
        )
        ready = learner.load(folder_of(database, made.model))
        _measure(made.model.model_id, ready, cells.training, tools)


def _measure(model_id: str, ready: Predictor, training: TrainingSet, tools: Tools) -> None:
    """Send what the model is worth: on test cells where there are any, else on validation cells."""
    tools.monitor.report(Progress("measure"))
    split = TEST if (training.splits == TEST).any() else VAL
    part = training.part(split)
    p = ready.predict(part.crops)
    said = said_of(p, part.taxonomy)
    figures = evaluate(
        p, part.words, part.groups, part.taxonomy, random_split=part.random_split, said=said
    )
    on = "test cells" if split == TEST else "validation cells, by which passes may be chosen"
    wrong = _wrong(part.crops, part.words, said, part.taxonomy)
    tools.send(_figures(model_id, on, figures, wrong, part.taxonomy))
    _draw(figures, part.taxonomy, tools)


def control(order: Control, tools: Tools) -> None:
    """Measure a model on the cells of a table, so that a person can release it."""
    from napari_all_subtype.workflow.cell_rows import rows_of_csv

    with open_project(order.project, write=False) as database:
        learner = tools.make_learner(database, order)
        model = model_of(database, order.model_id)
        ready = learner.load(folder_of(database, model))
        rows, parameters = rows_of_csv(order.table), AnalysisParameters(scale=order.scale)
        found = evaluate_on_table(
            database, model, ready, rows, parameters=parameters, monitor=tools.monitor
        )
    wrong = _wrong(found.cells.crops, found.cells.words, found.said, found.taxonomy)
    on = f"the control set {order.table.name}"
    tools.send(_figures(model.model_id, on, found.figures, wrong, found.taxonomy))
    _draw(found.figures, found.taxonomy, tools)


def release(order: Release, tools: Tools) -> None:
    """Release a model: it is measured on the control set once more, and that is recorded."""
    from napari_all_subtype.workflow.cell_rows import rows_of_csv
    from napari_all_subtype.workflow.model_store import release_model

    rows, parameters = rows_of_csv(order.table), AnalysisParameters(scale=order.scale)
    with open_lent(order.project) as database:
        release_model(order.model_id, order.by, rows, database, tools.monitor, parameters)
    tools.send(Released(order.model_id, order.by))


def give_feedback(order: GiveFeedback, tools: Tools) -> None:
    """One round of feedback."""
    chosen = order.choices
    with open_lent(order.project) as database:
        learner = tools.make_learner(database, order)
        found = feedback(
            *(database, learner, order.parameters, chosen.split, chosen.flat, chosen.seed),
            tools.monitor,
        )
        write_list(database, found.queue, order.project / QUEUE_FILE)
        write_list(database, found.suspects, order.project / SUSPECTS_FILE)
    tools.send(FedBack(found.notes))


def train_itself(order: SelfTrain, tools: Tools) -> None:
    """Rounds of self-training; each is told of when it stands in the record."""
    chosen = order.choices
    with open_lent(order.project) as database:
        learner = tools.make_learner(database, order)
        watch = _RoundWatch(tools, database)

        def ask(proposal: Proposal) -> bool | None:
            tools.send(_proposed(proposal))
            return tools.decision()

        made = self_train(
            *(database, learner, order.parameters, chosen.split, chosen.flat, chosen.seed),
            *(ask if order.ask else by_rule, watch),
            reader_id=order.reader_id,
        )
        _draw_rounds(database, tools, live=True)
    tools.send(SelfTrained(which_runs(made), why_ended(made), made.notes))


class _RoundWatch:
    """A monitor that tells of rounds, too."""

    def __init__(self, tools: Tools, database: Database):
        self._tools, self._database = tools, database

    def report(self, progress: Progress) -> None:
        """Before each round and after the last one, the one before stands in the record."""
        self._tools.monitor.report(progress)
        if progress.stage == ROUNDS:
            self._tools.send(RoundMade())
            _draw_rounds(self._database, self._tools, live=True)

    @property
    def stop_requested(self) -> bool:
        """As the window says."""
        return self._tools.monitor.stop_requested


def draw_rounds(order: DrawRounds, tools: Tools) -> None:
    """Curves of the rounds that are recorded."""
    with open_project(order.project, write=False) as database:
        _draw_rounds(database, tools, live=False)


def _draw_rounds(database: Database, tools: Tools, live: bool) -> None:
    done = [one for one in rounds_of(database) if one.kind == SELF_TRAINING]
    if not done:
        return
    # A run that has only begun has nothing to draw: of those before, the last one has.
    drawn = next((one for one in reversed(done) if one.number), done[-1])
    if live and drawn.run_id != done[-1].run_id:
        return
    last = [one for one in done if one.run_id == drawn.run_id]
    taxonomy = taxonomy_of(database)
    points = round_points(last, taxonomy)
    tools.plotter.draw(ROUND_CURVES, lambda: rounds_figure(points, titled_colours(taxonomy)))


def _proposed(proposal: Proposal) -> Proposed:
    labels, gate = proposal.labels, proposal.gate
    return Proposed(
        *(proposal.number, gate.advice, gate.accepted, labels.threshold, labels.words),
        *(labels.confidence, proposal.crops[:MOST_SHOWN]),
    )


def _figures(
    model_id: str,
    on: str,
    figures: Evaluation,
    wrong: tuple[Wrong, ...],
    taxonomy: Taxonomy,
) -> Figures:
    lines = [f"{title} {_value(getattr(figures, name))}" for name, title in TITLES.items()]
    of = amount(figures.groups, "group")
    counted = f"{amount(figures.cells, 'cell')} of {of}: {on}"
    return Figures(
        *(model_id, counted, tuple(lines), class_table(figures.to_dict()), wrong, taxonomy)
    )


def _draw(figures: Evaluation, taxonomy: Taxonomy, tools: Tools) -> None:
    tools.plotter.draw(CONFUSION, lambda: confusion_figure(figures, taxonomy))
    tools.plotter.draw(RELIABILITY, lambda: reliability_figure(figures))


def _value(figure) -> str:
    if figure.low is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _wrong(
    crops: np.ndarray, words: np.ndarray, said: Said, taxonomy: Taxonomy
) -> tuple[Wrong, ...]:
    rows = np.flatnonzero(as_people_say(words, said.words, taxonomy) != words)
    rows = rows[np.argsort(-said.confidence[rows], kind="stable")][:MOST_WRONG]
    return tuple(
        Wrong(words[n], said.words[n], float(said.confidence[n]), crops[n, ..., :3]) for n in rows
    )
