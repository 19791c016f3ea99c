"""Models come, go and are released: what `models` does on this machine and in a project."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ModelNotFoundError, RecordError
from napari_all_subtype.learning.evaluation import Evaluation, evaluate
from napari_all_subtype.learning.hierarchy import said_of
from napari_all_subtype.model import imagenet
from napari_all_subtype.model.backbones import BACKBONES
from napari_all_subtype.model.card import RELEASED, ModelCard, card_bytes, read_card
from napari_all_subtype.model.card_parts import Release
from napari_all_subtype.model.packages import export_package, import_package, with_card
from napari_all_subtype.model.saving import card_hash
from napari_all_subtype.model.weights import bundled_folder
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.models import add_model, model_of, models_of
from napari_all_subtype.project.models import release_model as record_release
from napari_all_subtype.project.models import remove_model as record_removal
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.keras_learner import KerasLearner, imagenet_folder
from napari_all_subtype.workflow.models import (
    classifier_of,
    folder_of,
    project_models,
    refuse_changed,
    user_models,
)
from napari_all_subtype.workflow.seen import Seen, seen_by
from napari_all_subtype.workflow.table_cells import TableCells, cells_of_table

# What leaves a laboratory names nobody, nor does the name of a table in it: a hash stands for that.
NAMELESS, CONTROL = "a reader", "control set"


def fetch_weights(
    backbones: Sequence[str], to: Path | None = None, mirror: str = "", monitor: Monitor = SILENT
) -> list[Path]:
    """Files of the ImageNet weights of `backbones`, of all if none is named.

    Parameters
    ----------
    to : Path, optional
        Folder to carry to another machine; by default where this one looks for them.

    Raises
    ------
    DownloadError, ModelIntegrityError, ParameterError, OutputError
    """
    wanted = backbones or [name for name in BACKBONES if name in imagenet.PUBLISHED]
    for name in wanted:
        imagenet.published(name)  # raises before any is fetched
    return [imagenet.fetch(name, to or imagenet_folder(), mirror, monitor) for name in wanted]


def import_weights(folder: Path) -> list[str]:
    """Backbones whose published weights were carried in in `folder`, and are here now.

    Raises
    ------
    ModelIntegrityError
        If one is another file than the published one; those before it are here.
    """
    if not folder.is_dir():
        return []
    found = (imagenet.take(path, imagenet_folder()) for path in sorted(folder.glob("*.h5")))
    return [name for name in found if name is not None]


def import_model(source: Path, database: Database | None = None) -> ModelCard:
    """Bring a package or a folder in: to the user's models, or those of a project.

    Raises
    ------
    ModelNotFoundError, ModelPackageError, ModelIntegrityError, ModelMismatchError
        If it is none, holds what it may not, or does not fit the project.
    OutputExistsError, OutputError, ProjectReadOnlyError
    """
    if database is None:
        return import_package(source, user_models())[0]
    database.refuse_read_only()
    spec = KerasLearner().crop_spec
    place = project_models(database.folder)
    card, folder = import_package(source, place, taxonomy_of(database), spec)
    add_model(
        database,
        card.id,
        parent=card.parent,
        card_sha256=card_hash(folder),
        split_sha256=card.split_hash,
        content={"imported": True},
    )
    return card


def export_model(
    model: str,
    out: Path,
    project: Path | None = None,
    identifiers: bool = False,
    overwrite: bool = False,
) -> ModelCard:
    """Write a model as one file that can be imported elsewhere.

    Parameters
    ----------
    identifiers : bool
        With the name of the person who released it.
    overwrite : bool
        Replace an earlier file.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError, OutputExistsError, OutputError
    """
    folder = folder_of(model, project)
    card = read_card(folder)
    if card.release is not None and not identifiers:
        nameless = card.release.model_copy(update={"by": NAMELESS})
        card = card.model_copy(update={"release": nameless})
    return export_package(folder, out, card, overwrite)


def remove_model(model: str, database: Database | None = None) -> None:
    """Take the files of a model away; in a project its record stays.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    RecordError
        If it ships with the program, or was released in a project.
    """
    folder = folder_of(model, None if database is None else database.folder)
    if folder.parent == bundled_folder():
        raise RecordError(f"Model {folder.name} comes with the program and stays.")
    if database is not None and folder.parent == project_models(database.folder):
        database.refuse_read_only()
        record_removal(database, folder.name)
    elif folder.parent != user_models():
        raise ModelNotFoundError(
            f"Model {folder.name} is none of yours: name the project it is in with --project."
        )
    shutil.rmtree(folder)


def release_model(
    model: str,
    by: str,
    rows: pd.DataFrame,
    database: Database | None = None,
    monitor: Monitor = SILENT,
    parameters: AnalysisParameters = AnalysisParameters(),
) -> ModelCard:
    """Measure a model on a control set and let it be used, in the name of a person: its card.

    Parameters
    ----------
    by : str
        Who releases it.
    rows : pandas.DataFrame
        The control set, as `cell_rows` gives them.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError
        If there is no such model.
    RecordError
        If it is released already, ships with the program, or a word is none of its classes.
    TooFewCellsError
        If no cell is left that it did not learn from, or all are of one class.
    """
    project = None if database is None else database.folder
    folder = folder_of(model, project)
    card = read_card(folder)
    if folder.parent == bundled_folder() or card.release is not None or not by.strip():
        raise RecordError(_why_not(card, by))
    in_project = database is not None and folder.parent == project_models(database.folder)
    seen = Seen()
    if in_project:
        database.refuse_read_only()
        if (known := _released_by_record(database, folder, card)) is not None:
            return known
        parted = bool(model_of(database, card.id).content.get("random_split"))
        seen = seen_by(database, card.crop_spec, parted, monitor)
    classifier = classifier_of(folder)
    seen = seen.and_model(folder)
    cells = cells_of_table(rows, card.classes, card.crop_spec, seen, parameters, monitor)
    p = classifier.predict(cells.crops, monitor)
    said = said_of(p, card.classes)
    figures = evaluate(p, cells.words, cells.groups, card.classes, False, said)
    release = _release(by.strip(), cells, figures)
    released = card.model_copy(update={"state": RELEASED, "release": release})
    if in_project:
        who = reader_named(database, by.strip()).reader_id
        digest = hashlib.sha256(card_bytes(released)).hexdigest()
        record_release(database, card.id, who, release.model_dump(), digest)
    with_card(folder, released)
    return released


def _released_by_record(database: Database, folder: Path, card: ModelCard) -> ModelCard | None:
    """The card of a release that was recorded by a program killed before it wrote the card."""
    stored = next((one for one in models_of(database) if one.folder == folder.name), None)
    if stored is None or not stored.released_card_sha256:
        return None
    refuse_changed(folder)
    release = Release.model_validate(stored.control)
    released = card.model_copy(update={"state": RELEASED, "release": release})
    with_card(folder, released)
    return released


def _release(by: str, cells: TableCells, figures: Evaluation) -> Release:
    digest = hashlib.sha256(cells.crops.tobytes())
    digest.update("\n".join(map(str, cells.words)).encode())
    names = ("macro_f1", "balanced_accuracy", "kappa", "ece")
    return Release(
        by=by,
        at_utc=utc_now(),
        control=CONTROL,
        control_sha256=digest.hexdigest(),
        crops=len(cells),
        groups=len(set(cells.groups)),
        figures={name: float(getattr(figures, name).value) for name in names},
    )


def _why_not(card: ModelCard, by: str) -> str:
    if not by.strip():
        return "Nobody is named who releases it. Expected a name or code: --by NAME."
    if card.release is not None:
        when = card.release.at_utc
        return f"Model {card.id} is released already, on {when}. Nothing was changed."
    return f"Model {card.id} comes with the program; only models of your own are released."
