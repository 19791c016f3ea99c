"""Cells as COCO instances: exact masks as run lengths, classes, and what readers said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import EXCLUSIONS, UNKNOWN, CellClass
from napari_all_subtype.workflow.export_formats import COCO
from napari_all_subtype.workflow.exported_field import ExportedField
from napari_all_subtype.workflow.field_writer import png_of

INSTANCES, IMAGES = "instances.json", "images"
_LEUKOCYTE, _EXCLUDED = "leukocyte", "no leukocyte"


class CocoWriter:
    """One file of instances for the project, and the images beside it.

    Parameters
    ----------
    folder : Path
        Of the export.
    told : mapping
        Provenance.
    """

    needs_pixels = True

    def __init__(self, folder: Path, told: Mapping[str, object]):
        self.folder, self.told = folder / COCO, told
        self._images: list[dict[str, object]] = []
        self._instances: list[dict[str, object]] = []
        self._classes: dict[str, CellClass] = {}

    def add(self, exported: ExportedField, pixels: np.ndarray | None) -> None:
        """Take the cells of one field, and write its image if it is at hand."""
        (self.folder / IMAGES).mkdir(parents=True, exist_ok=True)
        height, width = exported.field.shape_yx_px
        file = f"{exported.name}.png"
        if pixels is not None:
            (self.folder / IMAGES / file).write_bytes(png_of(pixels))
        self._images.append(
            {
                "id": exported.field.field_id,
                "file_name": file,
                "height": height,
                "width": width,
                **exported.to_dict(),
            }
        )
        for taxonomy in exported.taxonomies:
            for one in taxonomy.classes:
                self._classes.setdefault(one.name, one)
        for row in exported.cells.itertuples():
            self._instances.append(self._instance(exported, row))

    def _instance(self, exported: ExportedField, row: object) -> dict[str, object]:
        y0, x0, y1, x1 = (int(getattr(row, side)) for side in table.BOX)
        mask = exported.masks.labels[y0:y1, x0:x1] == row.label
        return {
            "id": len(self._instances) + 1,
            "image_id": exported.field.field_id,
            "category": exported.class_of(table.word_of(row)).name,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": int(np.count_nonzero(mask)),
            "iscrowd": 0,
            "segmentation": run_lengths(mask, (y0, x0), exported.field.shape_yx_px),
            "attributes": exported.told(row),
        }

    def finish(self) -> None:
        """Write the file."""
        classes = (*self._classes.values(), UNKNOWN, *EXCLUSIONS)
        numbers = {one.name: n for n, one in enumerate(classes, 1)}
        excluded = {one.name for one in EXCLUSIONS}
        categories = [
            {
                "id": numbers[one.name],
                "name": one.name,
                "supercategory": one.parent or (_EXCLUDED if one.name in excluded else _LEUKOCYTE),
                "title": one.title,
                "color": one.colour,
            }
            for one in classes
        ]
        instances = [
            {("category_id" if k == "category" else k): v for k, v in one.items()}
            | {"category_id": numbers[one["category"]]}
            for one in self._instances
        ]
        info = {
            "description": "White cells of stained blood smears",
            "version": "1.0",
            "date_created": self.told.get("created", ""),
            **self.told,
        }
        written = {
            "info": info,
            "licenses": [],
            "images": self._images,
            "annotations": instances,
            "categories": categories,
        }
        self.folder.mkdir(exist_ok=True)
        text = json.dumps(written, ensure_ascii=False, allow_nan=False)
        (self.folder / INSTANCES).write_text(text, encoding="utf-8")


def run_lengths(
    mask: np.ndarray, corner_yx: tuple[int, int], shape: tuple[int, int]
) -> dict[str, object]:
    """A mask as COCO has it uncompressed: lengths of ground and cell in turn, column by column.

    Parameters
    ----------
    mask : ndarray, shape (h, w), bool
        A rectangle of the image.
    corner_yx : tuple of int
        Where the rectangle begins.
    shape : tuple of int
        (Y, X) of the image.

    Examples
    --------
    >>> run_lengths(np.array([[True], [True]]), (1, 1), (4, 3))
    {'counts': [5, 2, 5], 'size': [4, 3]}
    """
    height, width = shape
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1]), np.int8)
    padded[1:-1] = mask
    step = np.diff(padded, axis=0).T  # a row per column of the mask
    columns, rows = np.nonzero(step)
    # A cell that goes from the foot of one column to the head of the next is one run.
    ends = (columns + corner_yx[1]) * height + rows + corner_yx[0]
    same = np.flatnonzero(ends[1:] == ends[:-1])
    ends = np.delete(ends, np.concatenate([same, same + 1]))
    counts = np.diff(np.concatenate([[0], ends, [height * width]]))
    if counts[-1] == 0:
        counts = counts[:-1]
    return {"counts": counts.tolist(), "size": [height, width]}
