"""One round of feedback on a project: what the model doubts out of sample, and what to ask."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from napari_all_subtype.errors import ModelNotFoundError
from napari_all_subtype.files import new_file
from napari_all_subtype.learning.comparison import agreement
from napari_all_subtype.learning.cross_fit import cross_fit
from napari_all_subtype.learning.evaluation import evaluate
from napari_all_subtype.learning.familiar import familiar
from napari_all_subtype.learning.hierarchy import said_of
from napari_all_subtype.learning.parameters import FeedbackParameters, SplitParameters
from napari_all_subtype.learning.queries import (
    Feedback,
    Queue,
    ask,
    feed_back,
    why_to_stop,
)
from napari_all_subtype.learning.training_set import TEST, VAL, TrainingSet
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.models import StoredModel, folder_of
from napari_all_subtype.project.rounds import (
    ACCEPTED,
    FEEDBACK,
    Round,
    add_round,
    begin_run,
    decide_round,
    end_run,
    rounds_of,
    running_model,
)
from napari_all_subtype.workflow.learners import Learner, Predictor
from napari_all_subtype.workflow.new_models import fingerprint
from napari_all_subtype.workflow.project_training_set import ProjectCells, project_training_set
from napari_all_subtype.workflow.queue_file import queue_table, suspects_table

FOLDS = "models that judge cells out of sample"
_WORK = "work"


@dataclass(frozen=True)
class FedBack:
    """What a round of feedback found.

    Parameters
    ----------
    round : Round
        As it was recorded.
    queue, suspects : pandas.DataFrame
        Unlabelled cells to ask about, and labelled ones whose word is contradicted.
    looped : int
        Labelled cells that weigh more in the next training.
    threshold : float
        Confidence from which on the model is believed; above 1 where it nowhere is.
    macro_f1 : float
        Out of sample.
    kappa : float or None
        Agreement with the model of the round before.
    stop : str
        Why the loop may end; empty while it may not.
    notes : tuple of str
    """

    round: Round
    queue: pd.DataFrame
    suspects: pd.DataFrame
    looped: int
    threshold: float
    macro_f1: float
    kappa: float | None
    stop: str
    notes: tuple[str, ...] = ()


def feedback(
    database: Database,
    learner: Learner,
    parameters: FeedbackParameters = FeedbackParameters(),
    split: SplitParameters = SplitParameters(),
    flat: bool = False,
    seed: int = 0,
    monitor: Monitor = SILENT,
) -> FedBack:
    """Judge the labelled cells out of sample, weigh them for the next training, and make a queue.

    Killed, it goes on after the last fold that was whole. What is recorded is recorded at the end,
    at once.

    Raises
    ------
    ModelNotFoundError
        If the project has no model yet.
    TooFewCellsError
        If the labelled cells cannot be divided, or a class trains from one group only.
    Stopped
        If the monitor asked for it.
    ProjectReadOnlyError, ProjectWriteError, OutputError
        If it cannot be written.
    """
    database.refuse_read_only()
    model = running_model(database)
    if model is None:
        raise ModelNotFoundError("The project has no model yet. Train one first.")
    ready = learner.load(folder_of(database, model))
    cells = project_training_set(database, ready.crop_spec, split, flat, seed, monitor=monitor)
    probabilities = _out_of_sample(database, learner, cells, parameters, seed, monitor)
    # One that was trained on a random split may have learned from any of them.
    if not model.content.get("random_split"):
        validation = cells.training.splits == VAL
        probabilities[validation] = ready.predict(cells.training.crops[validation], monitor)
    found = feed_back(cells.training, probabilities, parameters)
    pool = cells.unlabelled
    of_pool = ready.predict(pool.crops, monitor)
    known = familiar(pool.crops, cells.training.crops, ready.novelty(pool.crops))
    seen = ready.features(pool.crops, monitor)
    taxonomy, n = cells.training.taxonomy, parameters.queue
    queue = ask(pool, of_pool, taxonomy, found.threshold, n, known, seed, seen)
    words = _words(cells, ready, of_pool, monitor)
    kappa = _agreement(database, model, words)
    macro_f1 = _macro_f1(cells.training, probabilities)
    scores = [one.content["macro_f1"] for one in rounds_of(database) if one.kind == FEEDBACK]
    stop = why_to_stop([*scores, macro_f1], kappa, parameters)
    content = _content(model, cells, found, queue, words, macro_f1, kappa, stop)
    settings = {**parameters.model_dump(mode="json"), "seed": seed, "flat": flat}
    made = _record(database, settings, content)
    return FedBack(
        made,
        queue_table(database, pool, of_pool, queue, cells.training.taxonomy),
        suspects_table(database, cells.training, found),
        int(found.looped.sum()),
        found.threshold,
        macro_f1,
        kappa,
        stop,
        cells.notes,
    )


def _out_of_sample(
    database: Database,
    learner: Learner,
    cells: ProjectCells,
    parameters: FeedbackParameters,
    seed: int,
    monitor: Monitor,
) -> np.ndarray:
    """Probabilities of training cells by models that did not learn from their group; else NaN."""
    training, learner = cells.training, learner.quick()
    told = f"{fingerprint(learner, training, seed)} {parameters.folds}"
    work = database.folder / _WORK / hashlib.sha256(told.encode()).hexdigest()[:16]
    work.mkdir(parents=True, exist_ok=True)

    def fit_predict(part: TrainingSet, crops: np.ndarray, fold: int) -> np.ndarray:
        checkpoint(monitor, Progress(FOLDS, fold, parameters.folds))
        kept = work / f"fold-{fold}.npy"
        if kept.is_file():
            return np.load(kept, allow_pickle=False)
        model_id = f"fold-{fold}"
        # Killed before what it says was kept: it is trained again.
        shutil.rmtree(work / model_id, ignore_errors=True)
        learner.learn(part.select(part.splits != TEST), model_id, work / model_id, seed, monitor)
        said = learner.load(work / model_id).predict(crops, monitor)
        with new_file(kept) as partial, partial.open("wb") as stream:
            np.save(stream, said)
        shutil.rmtree(work / model_id, ignore_errors=True)
        return said

    probabilities = cross_fit(training, fit_predict, parameters.folds, seed)
    shutil.rmtree(work, ignore_errors=True)
    if not any((database.folder / _WORK).iterdir()):
        (database.folder / _WORK).rmdir()
    return probabilities


def _words(
    cells: ProjectCells, ready: Predictor, of_pool: np.ndarray, monitor: Monitor
) -> dict[str, str]:
    """What the running model says of every cell, by its id."""
    training, pool = cells.training, cells.unlabelled
    of_labelled = ready.predict(training.crops, monitor)
    said = [said_of(p, training.taxonomy).sides for p in (of_labelled, of_pool)]
    ids = [*(f"m{one}" for one in training.ids), *(f"u{one}" for one in pool.ids)]
    return dict(zip(ids, np.concatenate(said).tolist(), strict=True))


def _agreement(database: Database, model: StoredModel, words: Mapping[str, str]) -> float | None:
    """Agreement with the model of the round of feedback before, on the cells that both saw."""
    before = next((one for one in reversed(rounds_of(database)) if one.kind == FEEDBACK), None)
    if before is None or before.content["model"] == model.model_id:
        return None
    both = sorted(words.keys() & before.content["said"].keys())
    if not both:
        return None
    return agreement([before.content["said"][one] for one in both], [words[one] for one in both])


def _macro_f1(training: TrainingSet, probabilities: np.ndarray) -> float:
    judged = np.isfinite(probabilities).all(axis=1)
    part = training.select(judged)
    return evaluate(probabilities[judged], part.words, part.groups, part.taxonomy).macro_f1.value


def _content(
    model: StoredModel,
    cells: ProjectCells,
    found: Feedback,
    queue: Queue,
    words: Mapping[str, str],
    macro_f1: float,
    kappa: float | None,
    stop: str,
) -> dict:
    ids = cells.training.ids
    heavier = found.weights > 1
    return {
        "model": model.model_id,
        "threshold": found.threshold,
        "weights": {
            str(one): float(weight)
            for one, weight in zip(ids[heavier], found.weights[heavier], strict=True)
        },
        "looped": ids[found.looped].tolist(),
        "suspect": ids[found.suspect].tolist(),
        "queue": cells.unlabelled.ids[queue.rows].tolist(),
        "said": dict(words),
        "macro_f1": macro_f1,
        "kappa": kappa,
        "stop": stop,
        "judged": int(np.isfinite(found.confidence).sum()),
    }


def _record(database: Database, settings: Mapping[str, object], content: Mapping) -> Round:
    with database.transaction():
        run = begin_run(database, FEEDBACK, settings)
        made = add_round(database, run.run_id, 0, None, content)
        made = decide_round(database, made.round_id, ACCEPTED, "as the parameters say")
        end_run(database, run.run_id, "done")
    return made
