"""Pictures of one cell that wait for a word: what a reader is shown, and what is said then."""

from __future__ import annotations

from collections.abc import Sequence
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
from napari_all_subtype.project.smears import field_of, path_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.project_crops import cut_field


@dataclass(frozen=True)
class LoneCell:
    """A picture of one cell, as a reader sees it.

    Parameters
    ----------
    seen : SeenCell
    crop : ndarray, shape (S, S, C), uint8
        As the model sees it, to be kept with the word.
    picture : ndarray, shape (H, W, 3), uint8
        The whole picture.
    word : str
        What stands on it; empty where nobody has said anything.
    """

    seen: SeenCell
    crop: np.ndarray
    picture: np.ndarray
    word: str = ""


def lone_cells(
    database: Database, places: Sequence[tuple[int, int]], spec: CropSpec
) -> list[LoneCell]:
    """The cells at these places, by field and label; without those whose picture cannot be read."""
    words = {
        (one.annotation.seen.field_id, one.annotation.seen.label): one.word.name
        for one in standing(database)
        if one.word is not None
    }
    found = []
    for place in places:
        try:
            field = field_of(database, place[0])
            cut = cut_field(database, field, [place[1]], spec)
            picture = as_source(path_of(database, field.field_id), dark_ground=True).read()
        except AllSubtypeError:
            continue
        if len(cut.crops):
            height, width = picture.shape[:2]
            centres = {c.label: c.centroid_yx_px for c in cells_of(database, field.field_id)}
            centre = centres.get(place[1], (height / 2, width / 2))
            seen = SeenCell(*place, centre)
            found.append(LoneCell(seen, cut.crops[0], picture, words.get(place, "")))
    return found


def say_of(database: Database, reader_id: int, cell: LoneCell, word: str) -> None:
    """Have a reader call the cell `word`; an empty one takes the word back.

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
    seen = replace(cell.seen, crop=keep_crop(database, cell.crop))
    annotate(database, reader_id, seen, meant)
