"""The model that is meant, by its id or as the one that runs, and the model itself."""

from __future__ import annotations

from pathlib import Path

from napari_all_subtype.errors import ModelNotFoundError, TrainingSetError
from napari_all_subtype.model.card import CARD_NAME, read_card
from napari_all_subtype.model.classifier import load_classifier
from napari_all_subtype.model.pictures_file import pictures_of_weights
from napari_all_subtype.model.weights import BUNDLED, find_model, model_folders, sha256_of
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.models import StoredModel, folder_of, model_of
from napari_all_subtype.project.rounds import running_model
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.learners import Predictor
from napari_all_subtype.workflow.models import refuse_changed


def model_named(database: Database, model_id: str = "") -> StoredModel:
    """The model called `model_id`, or the one last trained or accepted.

    ``bundled``, or the id of a model that came with the program, is that one.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    """
    if model_id == BUNDLED or model_id in {folder.name for folder in model_folders()}:
        return _shipped(find_model(model_id))
    if model_id:
        return model_of(database, model_id)
    model = running_model(database)
    if model is None:
        raise ModelNotFoundError(
            "The project has no model yet. Train one first: napari-all-subtype train --help; or "
            f"name one that came with the program: --model {BUNDLED}."
        )
    return model


def folder_of_model(database: Database, model: StoredModel) -> Path:
    """Where the files of a model are, of the project or of what comes with the program."""
    return Path(model.folder) if _is_shipped(model) else folder_of(database, model)


def predictor_of(database: Database, model: StoredModel) -> Predictor:
    """The model itself, ready to predict.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError
        If its files are missing, or are not what was recorded.
    TrainingSetError
        If it tells other classes apart than the project has.
    """
    folder = folder_of_model(database, model)
    refuse_changed(folder)
    ready = load_classifier(folder)
    ours = taxonomy_of(database)
    if ready.taxonomy.names != ours.names:
        raise TrainingSetError(
            f"Model {model.model_id} tells {', '.join(ready.taxonomy.names)} apart, the project "
            f"has {', '.join(ours.names)}. Use a model of the project's classes."
        )
    return ready


def untold_pictures(database: Database, model: StoredModel) -> str:
    """What is to be told where nobody can compare all the pictures that a model learned from."""
    return pictures_of_weights(folder_of_model(database, model)).untold


def _shipped(folder: Path) -> StoredModel:
    card = read_card(folder)
    return StoredModel(
        card.id,
        "",
        "",
        str(folder),
        sha256_of(folder / CARD_NAME),
        card.split_hash,
        {},
        released_utc="with the program",
        released_by="its developers",
    )


def _is_shipped(model: StoredModel) -> bool:
    return Path(model.folder).is_absolute()
