"""What writes one format of an export: field after field, and what is left at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from napari_all_subtype.workflow.export_formats import GEOJSON
from napari_all_subtype.workflow.exported_field import ExportedField
from napari_all_subtype.workflow.geojson import called_as, cell_features, collection


class FieldWriter(Protocol):
    """Writes the fields of a project in one format into a folder."""

    # Whether the pixels are asked for; they may be missing all the same.
    needs_pixels: bool

    def add(self, exported: ExportedField, pixels: np.ndarray | None) -> None:
        """Write one field; `pixels` (Y, X, 3), uint8, are None where they are not at hand."""

    def finish(self) -> None:
        """Write what is of all fields together."""


@dataclass(frozen=True)
class GeoJsonWriter:
    """A file for QuPath per field: ``geojson/field-3.geojson``.

    Parameters
    ----------
    folder : Path
        Of the export.
    told : mapping
        Provenance.
    """

    folder: Path
    told: Mapping[str, object]
    needs_pixels = False

    def add(self, exported: ExportedField, pixels: np.ndarray | None) -> None:
        """Write the cells of one field."""
        cells = exported.cells
        called = [
            called_as(exported.class_of(word), exported.told(row))
            for word, row in zip(exported.words, cells.itertuples(), strict=True)
        ]
        features = cell_features(exported.masks, cells, called)
        made = collection(features, {**self.told, **exported.to_dict()})
        folder = self.folder / GEOJSON
        folder.mkdir(exist_ok=True)
        text = json.dumps(made, ensure_ascii=False, allow_nan=False)
        (folder / f"{exported.name}.{GEOJSON}").write_text(text, encoding="utf-8")

    def finish(self) -> None:
        """Nothing is left to write."""


def png_of(pixels: np.ndarray) -> bytes:
    """`pixels` (Y, X, 3), uint8 RGB, as the bytes of a PNG file."""
    _, content = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return content.tobytes()
