"""Pictures of a report, small enough to be part of its page: cells by class, fields with rings."""

from __future__ import annotations

import base64
import zlib
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.cell_picture import cell_picture
from napari_all_subtype.workflow.exported_field import ExportedField
from napari_all_subtype.workflow.overlay import draw_overlay, rgb

CELLS_PER_CLASS = 12
NOBODY = "nobody"  # said anything of the cell: no person, and no model was asked
CELL_PX = 132
FIELD_PX = 1400
_JPEG_QUALITY = 82


@dataclass(frozen=True, order=True)
class Picture:
    """A picture of one cell, in the order in which cells are shown.

    Parameters
    ----------
    rank : tuple
        Reviewed ones first, otherwise at random, but the same in every export.
    uri : str
        The picture itself.
    caption : str
    """

    rank: tuple[bool, int]
    uri: str = field(compare=False)
    caption: str = field(compare=False)


class Gallery:
    """Up to twelve cells of each word, from all fields of a smear."""

    def __init__(self) -> None:
        self._cells: dict[str, list[Picture]] = {}

    def __getitem__(self, word: str) -> list[Picture]:
        return self._cells.get(word, [])

    def add(self, exported: ExportedField, pixels: np.ndarray) -> None:
        """Take the cells of a field that are to be shown."""
        um = exported.um_per_px
        if um is None:
            return
        source = ArraySource(pixels)
        for rank, word, row in _ranked(exported):
            shown = self._cells.setdefault(word, [])
            if len(shown) == CELLS_PER_CLASS and shown[-1].rank < rank:
                continue
            colour = rgb(exported.class_of(word).colour)
            picture = cell_picture(source, exported.masks.labels, row, um, colour, CELL_PX)
            insort(shown, Picture(rank, jpeg_uri(picture), _caption(exported, row)))
            del shown[CELLS_PER_CLASS:]


def _ranked(exported: ExportedField) -> Iterator[tuple[tuple[bool, int], str, object]]:
    for row in exported.cells.itertuples():
        word, label = table.word_of(row), int(row.label)
        if word:
            chance = zlib.crc32(f"{exported.field.field_id}/{label}".encode())
            yield (label not in exported.said, chance), word, row


def _caption(exported: ExportedField, row: object) -> str:
    """Which cell it is, and whose word counts."""
    told = exported.told(row)
    by_model = "model" if told["predicted"] else NOBODY
    who = told["reader"] if told["reviewed"] else by_model
    sure = "" if told["reviewed"] or told["confidence"] is None else f" {told['confidence']:.2f}"
    return f"F{exported.field.field_id} · {told['cell']} · {who}{sure}"


def field_picture(exported: ExportedField, pixels: np.ndarray) -> str:
    """A field with rings and letters as a data URI; empty where no model spoke of it."""
    if exported.analysis is None:
        return ""
    merged = _merged(exported.taxonomies)
    cells = table.annotated(
        exported.analysis.cells, {k: one.word.name for k, one in exported.said.items()}
    )
    drawn = replace(exported.analysis, taxonomy=merged, cells=cells)
    scale = min(1.0, FIELD_PX / max(pixels.shape[:2]))
    return jpeg_uri(draw_overlay(pixels, drawn, scale))


def _merged(taxonomies: tuple[Taxonomy, ...]) -> Taxonomy:
    """The classes of the model, and those of the project beside them."""
    classes = {one.name: one for taxonomy in reversed(taxonomies) for one in taxonomy.classes}
    return Taxonomy("all", tuple(classes.values()))


def jpeg_uri(picture: np.ndarray) -> str:
    """`picture` (Y, X, 3), uint8 RGB, as a data URI."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, content = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode('ascii')}"
