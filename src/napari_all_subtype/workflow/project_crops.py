"""Crops of the cells of a project, cut as a model wants them: kept ones, or from the images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.crops import crop_cells, cut
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.cells.table import present
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError, RecordError
from napari_all_subtype.project.crops import read_crop
from napari_all_subtype.project.current import masks_now, table_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.records import Field
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.smears import path_of


@dataclass(frozen=True)
class FieldCrops:
    """Crops of cells of one field.

    Parameters
    ----------
    labels : tuple of int
        Those that a crop was cut of.
    crops : ndarray, shape (N, S, S, C), uint8
    """

    labels: tuple[int, ...]
    crops: np.ndarray


def kept_crop(database: Database, name: str | None, spec: CropSpec) -> np.ndarray | None:
    """The crop that a reader saw, where it is there and of the shape that is wanted; else None."""
    if not name:
        return None
    try:
        crop = read_crop(database, name)
    except AllSubtypeError:
        # The image is still there, and status names the damage.
        return None
    return crop if crop.shape == spec.shape else None


def cut_field(
    database: Database,
    field: Field,
    labels: Sequence[int] | None,
    spec: CropSpec,
    reading: ReadingParameters = ReadingParameters(),
) -> FieldCrops:
    """Crops of some cells of a field, or of all, from its image and its masks as they are now.

    A picture of one cell in which none was found has no masks: of it, label 1 is the middle.

    Parameters
    ----------
    labels : sequence of int or None
        None for all that have an outline.

    Raises
    ------
    ImageReadError
        If its image is gone or cannot be read.
    RecordError
        If its scale is not known.
    """
    um_per_px = _scale(database, field)
    source = as_source(path_of(database, field.field_id), reading, dark_ground=True)
    masks, cells = masks_now(database, field.field_id), table_now(database, field.field_id)
    if masks is None or cells is None:
        return _middle(source, um_per_px, spec, labels)
    rows = present(cells)
    if labels is not None:
        rows = rows[rows["label"].isin(list(labels))]
    crops = crop_cells(source, masks, rows, um_per_px, spec)
    return FieldCrops(tuple(rows["label"].astype(int)), crops)


def in_shape(crops: Sequence[np.ndarray], spec: CropSpec) -> np.ndarray:
    """`crops` as one array, also when there is none: ndarray, shape (N, S, S, C), uint8."""
    return np.stack(list(crops)) if len(crops) else np.zeros((0, *spec.shape), np.uint8)


def with_errors(fields: Sequence[Field], cutter) -> Iterator[tuple[Field, FieldCrops | None, str]]:
    """For each field its crops, or why there are none; an error of ours ends nothing."""
    for field in fields:
        try:
            yield field, cutter(field), ""
        except AllSubtypeError as error:
            yield field, None, str(error)


def _middle(
    source: ImageSource, um_per_px: float, spec: CropSpec, labels: Sequence[int] | None
) -> FieldCrops:
    if labels is None or 1 not in labels:
        return FieldCrops((), in_shape((), spec))
    height, width = source.shape[:2]
    crop = cut(source.read(), None, (height / 2, width / 2), um_per_px, spec)
    return FieldCrops((1,), crop[None])


def _scale(database: Database, field: Field) -> float:
    if field.um_per_px:
        return field.um_per_px
    made = last_segmentation(database, field.field_id)
    size = (made.content.get("pixel_size") or {}) if made is not None else {}
    if not size.get("um_per_px"):
        raise RecordError(
            f"The pixel size of field {field.field_id} is not known, so that no crop of it can be "
            "cut. Analyse it first."
        )
    return float(size["um_per_px"])
