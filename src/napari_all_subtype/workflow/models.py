"""Which models there are on this machine, and the classifier of the one that is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype.cells.folders import natural_order
from napari_all_subtype.errors import AllSubtypeError, ModelIntegrityError, describe_error
from napari_all_subtype.model.card import CARD_NAME, ModelCard, read_card
from napari_all_subtype.model.classifier import Classifier, load_classifier
from napari_all_subtype.model.weights import (
    BUNDLED,
    bundled_folder,
    find_model,
    model_folders_in,
    sha256_of,
)
from napari_all_subtype.project.database import DATABASE_FILE, open_project
from napari_all_subtype.project.models import StoredModel, models_of, unrecorded
from napari_all_subtype.project.rounds import running_model
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
    runs : bool
        It is the one of its project that was last trained or accepted.
    """

    id: str
    folder: Path
    place: str
    card: ModelCard | None
    error: str = ""
    runs: bool = False


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
    """Every model there is, those of the package first, by number; one that is damaged says so.

    One that a project trained and was killed before it recorded it is none of its models.

    Raises
    ------
    ProjectNotFoundError, ProjectDamagedError, ProjectReadError
        If there is no project in the folder, or it cannot be read.
    """
    where = [("bundled", bundled_folder()), ("user", user_models())]
    if project is not None:
        where.append(("project", project_models(project)))
    hidden, running = _recorded_in(project)
    return tuple(
        _known(folder, name, name == "project" and folder.name == running)
        for name, place in where
        for folder in sorted(model_folders_in(place), key=natural_order)
        if name != "project" or folder.name not in hidden
    )


def _recorded_in(project: Path | None) -> tuple[frozenset[str], str]:
    """Folders of models that the project never recorded, and the id of the one that runs."""
    if project is None:
        return frozenset(), ""
    with open_project(project, write=False) as database:
        now = running_model(database)
        never = frozenset(folder.name for folder in unrecorded(database))
    return never, "" if now is None else now.model_id


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
        If there is none, or it is not what its card, or the record of its project, says.
    """
    folder = folder_of(model, project)
    refuse_changed(folder)
    return load_classifier(folder)


def refuse_changed(folder: Path) -> None:
    """Compare the card in `folder` with the record of the project that the model is in.

    The card records the hash of every other file. Nothing is said of a model that is in no
    project, or that its project has not recorded.

    Parameters
    ----------
    folder : Path
        Of the model.

    Raises
    ------
    ModelIntegrityError
        If it is another card than the one the project recorded when the model was made or
        released.
    ProjectVersionError, ProjectDamagedError, ProjectReadError
        If the record cannot be read.
    """
    model = _recorded(folder)
    if model is None or not model.card_hashes:
        return
    found = sha256_of(folder / CARD_NAME)
    if found not in model.card_hashes:
        told = " or ".join(f"{one[:12]}…" for one in model.card_hashes)
        raise ModelIntegrityError(
            f"{CARD_NAME} of model {model.model_id} has SHA-256 {found[:12]}…, the record of its "
            f"project says {told}: it was changed after it was made or released. Put back "
            "the folder of the model from a copy, or train it again."
        )


def _recorded(folder: Path) -> StoredModel | None:
    folder = folder.resolve()
    home = folder.parent.parent
    if folder.parent.name != MODELS or not (home / DATABASE_FILE).is_file():
        return None
    with open_project(home, write=False) as database:
        known = {one.folder: one for one in models_of(database) if not one.removed}
    return known.get(folder.name)


def _known(folder: Path, place: str, runs: bool) -> KnownModel:
    try:
        return KnownModel(folder.name, folder, place, read_card(folder), runs=runs)
    except (AllSubtypeError, OSError) as error:
        return KnownModel(folder.name, folder, place, None, describe_error(error), runs)
