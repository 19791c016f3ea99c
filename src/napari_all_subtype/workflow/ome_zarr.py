"""A field as OME-Zarr (NGFF 0.5): picture and masks as pyramids, colours and words of the cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import zarr

from napari_all_subtype.cells import table
from napari_all_subtype.workflow.export_formats import OME_ZARR
from napari_all_subtype.workflow.exported_field import ExportedField
from napari_all_subtype.workflow.overlay import rgb

VERSION = "0.5"
CHUNK_PX = 1024
# The coarsest level of a pyramid is at most this large.
SMALLEST_PX = 512
_CHANNELS = (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"))


@dataclass(frozen=True)
class OmeZarrWriter:
    """A folder per field: ``ome-zarr/field-3.ome.zarr``.

    Parameters
    ----------
    folder : Path
        Of the export.
    told : mapping
        Provenance.
    """

    folder: Path
    told: Mapping[str, object]
    needs_pixels = True

    def add(self, exported: ExportedField, pixels: np.ndarray | None) -> None:
        """Write one field; without pixels there is nothing to write."""
        if pixels is not None:
            path = self.folder / OME_ZARR / f"{exported.name}.ome.zarr"
            write_ome_zarr(path, exported, pixels, {**self.told, **exported.to_dict()})

    def finish(self) -> None:
        """Nothing is left to write."""


def write_ome_zarr(
    path: Path, exported: ExportedField, pixels: np.ndarray, told: Mapping[str, object]
) -> None:
    """Write a field as OME-Zarr: see https://ngff.openmicroscopy.org/0.5/.

    Parameters
    ----------
    path : Path
        Folder to write.
    exported : ExportedField
    pixels : ndarray, shape (Y, X, 3), uint8
    told : mapping
        Provenance, ready for JSON.
    """
    root = zarr.open_group(path, mode="w", zarr_format=3)
    um = exported.um_per_px
    picture = _write_pyramid(root, np.moveaxis(pixels, -1, 0), um, exported.name, _halved_picture)
    root.attrs["ome"] = {"version": VERSION, "multiscales": [picture], "omero": _omero()}
    root.attrs["napari-all-subtype"] = dict(told)
    masks = {"cells": exported.masks.labels, "nuclei": exported.masks.nuclei}
    labels = root.create_group("labels")
    labels.attrs["ome"] = {"version": VERSION, "labels": list(masks)}
    for name, mask in masks.items():
        group = labels.create_group(name)
        pyramid = _write_pyramid(group, mask.astype(np.int32), um, name, _halved_labels)
        group.attrs["ome"] = {
            "version": VERSION,
            "multiscales": [pyramid],
            "image-label": _image_label(exported),
        }


def _write_pyramid(
    group: zarr.Group,
    whole: np.ndarray,
    um: float | None,
    name: str,
    halved: Callable[[np.ndarray], np.ndarray],
) -> dict[str, object]:
    """Write the levels of a picture (C, Y, X) or of a mask (Y, X); what multiscales say of them."""
    kind, names = (("space", "y"), ("space", "x")), ("y", "x")
    if whole.ndim == 3:
        kind, names = (("channel", "c"), *kind), ("c", *names)
    unit = {} if um is None else {"unit": "micrometer"}
    axes = [{"name": n, "type": t, **(unit if t == "space" else {})} for t, n in kind]
    datasets, level, factor = [], whole, 1
    while True:
        path = str(len(datasets))
        chunks = (*(1,) * (level.ndim - 2), *(min(CHUNK_PX, side) for side in level.shape[-2:]))
        stored = group.create_array(
            path, shape=level.shape, dtype=level.dtype, chunks=chunks, dimension_names=names
        )
        stored[:] = level
        datasets.append({"path": path, "coordinateTransformations": _place(whole, um, factor)})
        if max(level.shape[-2:]) <= SMALLEST_PX:
            break
        level, factor = halved(level), 2 * factor
    return {"name": name, "axes": axes, "datasets": datasets}


def _place(whole: np.ndarray, um: float | None, factor: int) -> list[dict[str, object]]:
    """Scale of a level, and where the middle of its first pixel is."""
    step, ones = 1.0 if um is None else um, [1.0] * (whole.ndim - 2)
    made = [{"type": "scale", "scale": [*ones, step * factor, step * factor]}]
    if factor > 1 and whole.ndim == 3:
        # A pixel of the picture is the mean of those below it; one of a mask is one of them.
        shift = step * (factor - 1) / 2
        made.append({"type": "translation", "translation": [0.0, shift, shift]})
    return made


def _halved_picture(level: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels; the last row and column are repeated where they are odd."""
    height, width = level.shape[-2:]
    even = np.pad(level, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    size = (even.shape[2] // 2, even.shape[1] // 2)
    return np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in even])


def _halved_labels(level: np.ndarray) -> np.ndarray:
    return level[::2, ::2]


def _omero() -> dict[str, object]:
    window = {"start": 0, "end": 255, "min": 0, "max": 255}
    return {
        "channels": [
            {"label": name, "color": colour, "window": window, "active": True}
            for name, colour in _CHANNELS
        ],
        "rdefs": {"model": "color"},
    }


def _image_label(exported: ExportedField) -> dict[str, object]:
    """Colours of the classes that count, and what is said of each cell."""
    colours, properties = [], []
    for row in exported.cells.itertuples():
        cell_class = exported.class_of(table.word_of(row))
        label = int(row.label)
        colours.append({"label-value": label, "rgba": [*rgb(cell_class.colour), 255]})
        properties.append({"label-value": label, "class": cell_class.name, **exported.told(row)})
    # A list that is empty is against the scheme.
    told = {"colors": colours, "properties": properties} if colours else {}
    return {**told, "source": {"image": "../../"}}
