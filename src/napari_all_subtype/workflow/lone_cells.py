"""Pictures of one cell that wait for a word: what a reader is shown, and what is said then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.crops import keep_crop
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.segmentations import cells_of
from napari_all_subtype.project.smears import field_of, fields_of, path_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.project_crops import cut_field


@dataclass(frozen=True)
class LoneCell:
    """A picture of one cell that a reader is to name.

    Parameters
    ----------
    seen : SeenCell
    word : str
        What stands on it; empty where nobody has said anything.
    """

    seen: SeenCell
    word: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """Its field and label."""
        return self.seen.field_id, self.seen.label


@dataclass(frozen=True)
class LonePicture:
    """The pixels of such a cell.

    Parameters
    ----------
    crop : ndarray, shape (S, S, C), uint8
        As the model sees it, to be kept with the word.
    picture : ndarray, shape (H, W, 3), uint8
        The whole picture, as a reader sees it.
    """

    crop: np.ndarray
    picture: np.ndarray


def lone_cells(database: Database, places: Iterable[tuple[int, int]]) -> list[LoneCell]:
    """The cells at these places, from the record alone: no picture is read.

    Parameters
    ----------
    places : iterable of (int, int)
        Field and label of each.
    """
    words = {
        (one.annotation.seen.field_id, one.annotation.seen.label): one.word.name
        for one in standing(database)
        if one.word is not None
    }
    shapes = {one.field_id: one.shape_yx_px for one in fields_of(database)}
    found = []
    for field_id, label in places:
        if field_id in shapes:
            height, width = shapes[field_id]
            centres = {c.label: c.centroid_yx_px for c in cells_of(database, field_id)}
            seen = SeenCell(field_id, label, centres.get(label, (height / 2, width / 2)))
            found.append(LoneCell(seen, words.get((field_id, label), "")))
    return found


def lone_picture(database: Database, place: tuple[int, int], spec: CropSpec) -> LonePicture | None:
    """The pixels of the cell at this place; None where they cannot be read."""
    field_id, label = place
    try:
        field = field_of(database, field_id)
        cut = cut_field(database, field, [label], spec)
        picture = as_source(path_of(database, field_id), dark_ground=True).read()
    except AllSubtypeError:
        return None
    return LonePicture(cut.crops[0], picture) if len(cut.crops) else None


def say_of(
    database: Database, reader_id: int, cell: LoneCell, picture: LonePicture, word: str
) -> None:
    """Have a reader, who sees `picture`, call the cell `word`; an empty one takes the word back.

    Raises
    ------
    RecordError
        If the word is none of the project's.
    LockedError
        If the result of the smear is locked.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    meant = Word.of(taxonomy_of(database), word) if word else None
    seen = replace(cell.seen, crop=keep_crop(database, picture.crop))
    annotate(database, reader_id, seen, meant)
