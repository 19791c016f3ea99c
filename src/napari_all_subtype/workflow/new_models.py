"""A model that a project learns: trained into its folder, then recorded; killed, it goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from napari_all_subtype.learning.pictures import leak_of
from napari_all_subtype.learning.training_set import PseudoLabelled, TrainingSet
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.leftovers import sweep_models
from napari_all_subtype.project.models import (
    StoredModel,
    add_model,
    folder_of,
    models_folder,
    models_of,
    next_model_id,
)
from napari_all_subtype.workflow.learners import Learner
from napari_all_subtype.workflow.taught_pictures import used_pictures


def learn_model(
    database: Database,
    learner: Learner,
    training: TrainingSet,
    seed: int,
    monitor: Monitor = SILENT,
    extra: PseudoLabelled | None = None,
    facts: Mapping[str, object] | None = None,
) -> StoredModel:
    """Train a model and record it as a draft; whether it runs is for its round to say.

    Parameters
    ----------
    facts : mapping, optional
        What else is to be recorded of it.

    Raises
    ------
    TrainingSetError
        If the weights it would start from learned from pictures that validate or test here.
    Stopped
        If the monitor asked for it and nothing of use was learned.
    ProjectReadOnlyError, ProjectWriteError, OutputError
        If it cannot be written.
    """
    database.refuse_read_only()
    pictures = used_pictures(database, training, extra)
    leak = leak_of(learner.learned_before(), pictures.val, pictures.test, training.random_split)
    # Nothing was recorded of it if it was killed: it has the same id again, and its checkpoint.
    sweep_models(database)
    model_id = next_model_id(database)
    folder = models_folder(database) / model_id
    learned = learner.learn(training, model_id, folder, seed, monitor, extra, pictures.told)
    content = {
        "fingerprint": fingerprint(learner, training, seed, extra),
        "settings": dict(learner.settings),
        "seed": seed,
        "random_split": training.random_split,
        "cells": training.counts(),
        "pseudo_labels": 0 if extra is None else len(extra),
        **({"leak": leak} if leak else {}),
        **learned.content,
        **(facts or {}),
    }
    model = add_model(
        database,
        model_id,
        parent=learned.parent,
        card_sha256=learned.card_sha256,
        split_sha256=training.split_hash,
        content=content,
    )
    learner.settle(folder, learned)
    return model


def fingerprint(
    learner: Learner, training: TrainingSet, seed: int, extra: PseudoLabelled | None = None
) -> str:
    """SHA-256 of all that a model depends on: the same gives the same model on one machine."""
    told = [json.dumps(dict(learner.settings), sort_keys=True), str(seed), cells_digest(training)]
    if extra is not None and len(extra):
        told.append(hashlib.sha256(extra.crops.tobytes()).hexdigest())
        told += [str(part.tolist()) for part in (extra.allowed, extra.weights, extra.ids)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def cells_digest(training: TrainingSet) -> str:
    """SHA-256 of labelled cells: pixels, words, weights and splits."""
    digest = hashlib.sha256(training.crops.tobytes())
    for part in (training.ids, training.words, training.weights, training.splits):
        digest.update(json.dumps(part.tolist()).encode())
    digest.update(training.allowed.tobytes())
    return digest.hexdigest()


def same_model(database: Database, wanted: str) -> StoredModel | None:
    """A model that is there and was learned from the very same, if there is one."""
    for model in reversed(models_of(database)):
        there = not model.removed and folder_of(database, model).is_dir()
        if there and model.content.get("fingerprint") == wanted:
            return model
    return None
