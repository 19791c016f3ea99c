"""What a program that was killed left in a project: files that were written in half."""

from __future__ import annotations

import shutil

from napari_all_subtype.files import PARTIAL
from napari_all_subtype.project.crops import CROPS
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.masks import MASKS
from napari_all_subtype.project.models import models_folder, unrecorded
from napari_all_subtype.project.tables import TABLES


def sweep(database: Database) -> int:
    """Number of half-written crops, masks, tables and models that were removed.

    Nothing refers to them, and nobody else writes while the project is open for writing.

    Raises
    ------
    ProjectReadOnlyError
        If the project is open for reading only.
    ProjectWriteError
        If one cannot be removed.
    """
    swept = sum(kept.sweep(database) for kept in (CROPS, MASKS, TABLES))
    left = list(models_folder(database).glob(f"{PARTIAL}*"))
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return swept + len(left) + sweep_models(database)


def sweep_models(database: Database) -> int:
    """Number of whole models that were removed since nobody had recorded them.

    Their checkpoint is there until they are recorded: the same training gives them again.

    Raises
    ------
    ProjectReadOnlyError
        If the project is open for reading only.
    """
    database.refuse_read_only()
    left = unrecorded(database)
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)
