"""The model that is meant, by its id or as the one that runs, and the model itself."""

from __future__ import annotations

from pathlib import Path

from napari_all_subtype.errors import ModelNotFoundError, TrainingSetError
from napari_all_subtype.model.card import CARD_NAME, read_card
from napari_all_subtype.model.classifier import load_classifier
from napari_all_subtype.model.pictures_file import pictures_of_weights
from napari_all_subtype.model.weights import (
    BUNDLED,
    find_model,
    model_folders,
    model_folders_in,
    sha256_of,
)
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.models import StoredModel, folder_of, model_of, models_of
from napari_all_subtype.project.rounds import running_model
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.learners import Predictor
from napari_all_subtype.workflow.models import refuse_changed, user_models


def model_named(database: Database, model_id: str = "") -> StoredModel:
    """The model called `model_id`, or the one last trained or accepted.

    ``bundled``, or the id of a model that came with the program, is that one; what is neither
    that nor of the project may be one that the user imported.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    """
    mine = {one.model_id for one in models_of(database) if not one.removed}
    outside = None if model_id in mine else model_outside(model_id)
    if outside is not None:
        return outside
    if model_id:
        try:
            return model_of(database, model_id)
        except ModelNotFoundError as error:
            raise ModelNotFoundError(
                f"{error} Nor is it one that came with the program or that you imported: see "
                "napari-all-subtype models list; bring one in with models import PACKAGE --project "
                "FOLDER."
            ) from None
    model = running_model(database)
    if model is None:
        raise ModelNotFoundError(
            "The project has no model yet. Train one first: napari-all-subtype train --help; or "
            f"name one that came with the program: --model {BUNDLED}."
        )
    return model


def model_outside(model_id: str) -> StoredModel | None:
    """The model of no project called `model_id`: shipped, or of the user; None if there is none."""
    shipped = {folder.name for folder in model_folders()}
    if model_id == BUNDLED or model_id in shipped:
        return _of_folder(find_model(model_id), "with the program", "its developers")
    for folder in model_folders_in(user_models()):
        if folder.name == model_id:
            release = read_card(folder).release
            return _of_folder(folder, *((release.at_utc, release.by) if release else ("", "")))
    return None


def folder_of_model(database: Database, model: StoredModel) -> Path:
    """Where the files of a model are, of the project or outside of it."""
    return Path(model.folder) if _is_outside(model) else folder_of(database, model)


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


def _of_folder(folder: Path, released_utc: str, released_by: str) -> StoredModel:
    card = read_card(folder)
    return StoredModel(
        card.id,
        "",
        "",
        str(folder),
        sha256_of(folder / CARD_NAME),
        card.split_hash,
        {},
        released_utc=released_utc,
        released_by=released_by,
    )


def _is_outside(model: StoredModel) -> bool:
    return Path(model.folder).is_absolute()
