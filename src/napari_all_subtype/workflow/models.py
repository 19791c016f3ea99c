"""Which models there are on this machine, and the classifier of the one that is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype.errors import AllSubtypeError, describe_error
from napari_all_subtype.model.card import ModelCard, read_card
from napari_all_subtype.model.classifier import Classifier, load_classifier
from napari_all_subtype.model.weights import (
    BUNDLED,
    bundled_folder,
    find_model,
    model_folders_in,
)
from napari_all_subtype.workflow.user_folder import data_folder

MODELS = "models"


@dataclass(frozen=True)
class KnownModel:
    """A model that was found.

    Parameters
    ----------
    id : str
        Name of its folder.
    folder : Path
    place : str
        ``bundled``, ``user`` or ``project``.
    card : ModelCard or None
        None if it cannot be read.
    error : str
        Why not; empty if it can.
    """

    id: str
    folder: Path
    place: str
    card: ModelCard | None
    error: str = ""


def user_models() -> Path:
    """Folder of the models that a person imported."""
    return data_folder() / MODELS


def project_models(project: Path) -> Path:
    """Folder of the models that a project trained."""
    return project / MODELS


def places(project: Path | None = None) -> tuple[Path, ...]:
    """Where models are looked for beside those of the package: of the project, then the user's."""
    own = () if project is None else (project_models(project),)
    return (*own, user_models())


def known_models(project: Path | None = None) -> tuple[KnownModel, ...]:
    """Every model there is, those of the package first; one that is damaged says so."""
    where = [("bundled", bundled_folder()), ("user", user_models())]
    if project is not None:
        where.append(("project", project_models(project)))
    return tuple(
        _known(folder, name) for name, place in where for folder in model_folders_in(place)
    )


def known_ids() -> frozenset[str]:
    """Ids of the models that do not belong to a project."""
    where = (bundled_folder(), user_models())
    return frozenset(folder.name for place in where for folder in model_folders_in(place))


def folder_of(model: str | Path = BUNDLED, project: Path | None = None) -> Path:
    """Folder of a model by its id, ``bundled`` or its own path.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    """
    return find_model(model, places(project))


def classifier_of(model: str | Path = BUNDLED, project: Path | None = None) -> Classifier:
    """Classifier by an id, ``bundled`` or a folder, wherever it is on this machine.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError
        If there is none, or it is not what its card says.
    """
    return load_classifier(model, places(project))


def _known(folder: Path, place: str) -> KnownModel:
    try:
        return KnownModel(folder.name, folder, place, read_card(folder))
    except (AllSubtypeError, OSError) as error:
        return KnownModel(folder.name, folder, place, None, describe_error(error))
