"""The loops of learning on real cells, one seed at a time: through what the commands use."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from learning_data import Division, Labelled, divide, project_cells
from learning_heads import HeadLearner, HeadModel

from napari_all_subtype.learning.comparison import compare
from napari_all_subtype.learning.cross_fit import cross_fit
from napari_all_subtype.learning.evaluation import evaluate
from napari_all_subtype.learning.familiar import familiar
from napari_all_subtype.learning.hierarchy import said_of
from napari_all_subtype.learning.parameters import (
    FeedbackParameters,
    SelfTrainingParameters,
)
from napari_all_subtype.learning.queries import ask, feed_back
from napari_all_subtype.learning.training_set import TEST, VAL, TrainingSet
from napari_all_subtype.model.embedding import head_of
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.models import folder_of, model_of
from napari_all_subtype.workflow.project_training_set import ProjectCells, with_weights
from napari_all_subtype.workflow.self_train import self_train

LABELS = (50, 100)  # that feedback and chance may spend


def figures(model: HeadModel, cells: Labelled) -> dict[str, float]:
    """What a model is worth on cells that nothing learned from."""
    p = model.predict(cells.crops)
    found = evaluate(p, cells.words, cells.groups, model.taxonomy)
    told = {"macro_f1": found.macro_f1.value, "ece": found.ece.value}
    if model.taxonomy.has_sides:
        told["auroc"] = float(found.curves["blast"].auroc)
    return {name: round(float(value), 4) for name, value in told.items()}


def self_training(
    cells: Labelled,
    learner: HeadLearner,
    seed: int,
    parameters: SelfTrainingParameters = SelfTrainingParameters(),
) -> dict:
    """One seed of self-training from ten labels of each class, by the command's own loop."""
    division = divide(cells, seed)
    project = project_cells(cells, division, learner.taxonomy, seed)
    with tempfile.TemporaryDirectory() as folder:
        database = create_project(Path(folder) / "project")
        try:
            done = self_train(database, learner, parameters, seed=seed, cells=project)
            ends = model_of(database, done.rounds[0].model_id), done.model
            start, end = (learner.load(folder_of(database, one)) for one in ends)
            rounds = [_round(one, cells) for one in done.rounds[1:]]
        finally:
            database.close()
    scored = cells.at(division.scored)
    said = [said_of(one.predict(scored.crops), learner.taxonomy).words for one in (start, end)]
    p_value = compare(scored.words, *said, learner.taxonomy).p_value
    before, after = figures(start, scored), figures(end, scored)
    return {
        "seed": seed,
        "split": division.hash,
        "n_scored": len(division.scored),
        "n_labelled": len(division.labelled),
        "n_gate": int((project.training.splits == VAL).sum()),
        "n_unlabelled": len(division.nameless),
        "start": before,
        "end": after,
        "gain": round(after["macro_f1"] - before["macro_f1"], 4),
        "mcnemar_p": float(p_value),
        "rounds": rounds,
        "ended": done.course.termination_condition_,
    }


def _round(one, cells: Labelled) -> dict:
    """What a round used, how much of it was right, and what became of it."""
    used = one.content["used"]
    right = [cells.words[int(row)] == word for row, word in used]
    return {
        "state": one.state,
        "used": len(used),
        "right": round(float(np.mean(right)), 4) if right else None,
        "gate": one.content["gate"]["why"],
    }


def in_full(cells: Labelled, learner: HeadLearner, seed: int, division: Division) -> dict:
    """The figures of a model that was told the words of all cells that are not scored."""
    rows = np.sort(np.concatenate([division.labelled, division.nameless]))
    every = project_cells(
        cells, Division(division.scored, rows, rows[:0]), learner.taxonomy, seed
    ).training
    return figures(_learned(learner, every, seed), cells.at(division.scored))


def _learned(learner: HeadLearner, training, seed: int) -> HeadModel:
    with tempfile.TemporaryDirectory() as folder:
        learner.learn(training, "model", Path(folder) / "model", seed)
        return learner.load(Path(folder) / "model")


def labelling(cells: Labelled, learner: HeadLearner, seed: int, asks: bool) -> dict:
    """One seed of rounds of labels, asked for by the model (and looped back) or by chance.

    Starts from ten labels of each class; each round brings as many as lead to the next of
    `LABELS`, and the reader says what is true. As by the commands: train, feedback, label, train.
    """
    division, taxonomy = divide(cells, seed), learner.taxonomy
    scored, split = cells.at(division.scored), division.hash
    rng = np.random.default_rng((seed, 1))
    project = project_cells(cells, division, taxonomy, seed)
    model = _learned(learner, project.training, seed) if asks else None
    weights: dict[int, float] = {}
    told = {}
    for total in LABELS:
        pool, n = project.unlabelled, total - len(division.labelled)
        if asks:
            rows, weights = _asked(project, learner, model, seed, n)
        else:
            rows = rng.permutation(len(pool))[:n]
        new = pool.ids[rows]
        division = Division(
            division.scored,
            np.concatenate([division.labelled, new]),
            np.setdiff1d(division.nameless, new),
        )
        project = project_cells(cells, division, taxonomy, seed, project.splits)
        project = with_weights(project, weights)
        model = _learned(learner, project.training, seed)
        words, counts = np.unique(project.training.words.astype(str), return_counts=True)
        told[str(total)] = figures(model, scored) | {
            "labels": dict(zip(words.tolist(), counts.tolist(), strict=True)),
            "looped_back": sum(weight > 1 for weight in weights.values()),
        }
    return {"seed": seed, "split": split, "n_scored": len(scored), "at": told}


def _asked(
    project: ProjectCells, learner: HeadLearner, model: HeadModel, seed: int, n: int
) -> tuple[np.ndarray, dict[int, float]]:
    """Rows of the pool to ask about, and what labelled cells weigh: as `feedback` does it."""
    training, pool, p = project.training, project.unlabelled, FeedbackParameters(queue=n)

    def fit_predict(part: TrainingSet, crops: np.ndarray, fold: int) -> np.ndarray:
        return _learned(learner, part.select(part.splits != TEST), seed).predict(crops)

    probabilities = cross_fit(training, fit_predict, p.folds, seed)
    held = training.splits == VAL
    probabilities[held] = model.predict(training.crops[held])
    found = feed_back(training, probabilities, p)
    known = familiar(pool.crops, training.crops, model.novelty(pool.crops))
    said = model.predict(pool.crops)
    seen = model.features(pool.crops)
    queue = ask(pool, said, training.taxonomy, found.threshold, n, known, seed, seen)
    return queue.rows, dict(zip(training.ids.tolist(), found.weights.tolist(), strict=True))


def new_laboratory(cells: Labelled, learner: HeadLearner, seed: int) -> dict:
    """One seed: as it comes, after ten labels of each class, and after all labels."""
    division = divide(cells, seed)
    scored = cells.at(division.scored)
    project = project_cells(cells, division, learner.taxonomy, seed)
    backbone = learner.backbone
    backbone.reset(seed)
    head = [np.array(one) for one in head_of(backbone.network).get_weights()]
    as_it_comes = figures(HeadModel(backbone, head, 1.0, learner.taxonomy), scored)
    taught = figures(_learned(learner, project.training, seed), scored)
    full = in_full(cells, learner, seed, division)
    recovered = {
        name: round((taught[name] - as_it_comes[name]) / (full[name] - as_it_comes[name]), 4)
        if full[name] > as_it_comes[name]
        else None
        for name in ("macro_f1", "auroc")
    }
    return {
        "seed": seed,
        "split": division.hash,
        "n_scored": len(scored),
        "n_labelled": len(division.labelled),
        "as_it_comes": as_it_comes,
        "ten_labels": taught,
        "in_laboratory": full,
        "recovered": recovered,
    }
