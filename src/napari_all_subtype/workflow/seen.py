"""What a project, or a model, has learned from, so that nothing of it is measured on."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import TooFewCellsError
from napari_all_subtype.learning.duplicates import find_duplicates
from napari_all_subtype.learning.training_set import TEST
from napari_all_subtype.model.pictures_file import read_pictures
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import splits_of
from napari_all_subtype.project.smears import slides_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.learning_cells import cases_of_fields, labelled_cells


@dataclass(frozen=True)
class Seen:
    """What a project, or a model, has learned from.

    Parameters
    ----------
    groups : frozenset of str
        Identifiers of groups whose cells train or validate.
    pixels : frozenset of str
        Digests of their pictures.
    crops : tuple of ndarray, shape (S, S, C), uint8
        Of their cells that people named, as the model sees them.
    """

    groups: frozenset[str] = frozenset()
    pixels: frozenset[str] = frozenset()
    crops: tuple[np.ndarray, ...] = field(default=(), repr=False, compare=False)

    def and_model(self, folder: Path) -> Seen:
        """With what the model in `folder` tells that it saw, here or elsewhere.

        Raises
        ------
        ModelIntegrityError
            If what it tells is damaged.
        """
        told = read_pictures(folder)
        return self if told is None else replace(self, pixels=self.pixels | told.seen)

    def nearly(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Which of `crops` show nearly the same picture as one of these: ndarray of bool."""
        same = np.zeros(len(crops), bool)
        if len(crops) and self.crops:
            where = ["here"] * len(crops) + ["learned from"] * len(self.crops)
            pairs = find_duplicates(np.stack([*crops, *self.crops]), where)
            same[[pair.first for pair in pairs]] = True
        return same


def seen_by(
    database: Database,
    spec: CropSpec,
    random_split: bool = False,
    monitor: Monitor = SILENT,
) -> Seen:
    """Groups, pictures and crops of a project that train or validate.

    Parameters
    ----------
    spec : CropSpec
        Of the model that is measured: crops are compared as it sees them.
    random_split : bool
        Of a model that was trained cell by cell: it may have learned from any case.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    """
    if random_split:
        used = {slide.case_id for slide in slides_of(database)}
    else:
        used = {group for group, split in splits_of(database).items() if split != TEST}
    told = {
        row["identifier"]
        for row in database.rows("SELECT case_id, identifier FROM case_identifiers")
        if row["case_id"] in used
    }
    slides = [slide.slide_id for slide in slides_of(database) if slide.case_id in used]
    pixels = {
        row["sha256"]
        for row in database.rows("SELECT slide_id, sha256 FROM fields")
        if row["slide_id"] in set(slides)
    }
    crops = _crops_of(database, used, spec, monitor)
    return Seen(frozenset(told | used), frozenset(pixels), crops)


def _crops_of(
    database: Database, cases: Set[str], spec: CropSpec, monitor: Monitor
) -> tuple[np.ndarray, ...]:
    case_of = cases_of_fields(database)
    try:
        found, _ = labelled_cells(database, taxonomy_of(database), spec, monitor)
    except TooFewCellsError:  # no image of the project is there any more: pixels still tell
        return ()
    cells = zip(found.fields, found.crops, strict=True)
    return tuple(crop for field_id, crop in cells if case_of[field_id] in cases)
