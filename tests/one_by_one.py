"""One cell drawn by itself, as plainly as it can be: what drawing many at once is held to."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype._widgets.overlay import (
    CROSS,
    LINE_INSET,
    LINE_WIDTH,
    dashes,
    doubted,
    guessed,
    hatching,
    ring_code,
)
from napari_all_subtype.cells import table


def draw_cell(
    canvas, labels, row, codes, ring_px, min_confidence=0.0, picked=False, selected=False
):
    """Draw one cell into `canvas`, in place."""
    y0, x0, y1, x1 = (int(getattr(row, side)) for side in table.BOX)
    box = np.s_[y0:y1, x0:x1]
    cell = labels[box] == row.label
    inner = within(cell, ring_px)
    ring, fill = ring_code(row, codes, min_confidence), codes.code_of(row, "fill")
    part = canvas[box]
    part[cell] = codes.picked if picked else ring
    if selected and not picked:
        part[cell & dashes(cell.shape, ring_px, y0, x0)] = codes.picked
    part[inner] = 0 if doubted(row, min_confidence) else fill
    if ring and table.annotation_of(row):
        outer, width = round(LINE_INSET * ring_px), max(1, round(LINE_WIDTH * ring_px))
        part[within(cell, outer) & ~within(cell, outer + width)] = ring
    if fill and guessed(row, codes):
        part[inner & hatching(inner.shape, ring_px)] = codes.code_of(row, "doubtful")


def within(cell, steps):
    """Pixels of `cell` that lie at least `steps` inside its outline."""
    padded = np.pad(cell, 1).astype(np.uint8)
    return cv2.erode(padded, CROSS, iterations=steps)[1:-1, 1:-1].astype(bool)
