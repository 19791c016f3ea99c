"""Cells drawn in the subtypes mask, many at once: their boxes lie side by side on one sheet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype._widgets.codes import Codes
from napari_all_subtype._widgets.overlay import (
    CROSS,
    LINE_INSET,
    LINE_WIDTH,
    dashes,
    doubted,
    guessed,
    hatching,
)
from napari_all_subtype.cells import table

if TYPE_CHECKING:
    import pandas as pd

# Pixels that are worked on at once: they stay in the cache of the processor.
SHEET_PX = 1 << 20


def draw_classes(
    labels: np.ndarray,
    cells: pd.DataFrame,
    codes: Codes,
    ring_px: int,
    min_confidence: float = 0.0,
) -> np.ndarray:
    """The subtypes mask of a field: ndarray, shape (Y, X), uint8; see :class:`Codes`.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        Cell mask.
    cells : pandas.DataFrame
        Cell table, row k is label k.
    ring_px, min_confidence
        See `draw_cells`.
    """
    canvas = np.zeros(labels.shape, np.uint8)
    there = np.flatnonzero(cells["area_px"].to_numpy() > 0)
    draw_cells(canvas, labels, drawn_rows(cells, there, codes), codes, ring_px, min_confidence)
    return canvas


def drawn_rows(
    cells: pd.DataFrame, labels: Sequence[int], codes: Codes
) -> Iterator[SimpleNamespace]:
    """Rows of the cells `labels`, with what `draw_cells` reads of them."""
    read = ("label", "subtype", "confidence", table.ANNOTATION, *table.BOX, *codes.columns)
    return table.few_rows(cells, labels, read)


def draw_cells(
    canvas: np.ndarray,
    labels: np.ndarray,
    rows: Iterable[object],
    codes: Codes,
    ring_px: int,
    min_confidence: float = 0.0,
    picked: int = 0,
    selected: Collection[int] = (),
) -> None:
    """Draw cells into `canvas`, in place, touching no pixel outside of them.

    A cell that `codes` show as its best guess is hatched where that was not accepted; one that a
    person has spoken of has a second, thin line inside its ring.

    Parameters
    ----------
    canvas : ndarray, shape (Y, X), uint8
        The subtypes mask.
    labels : ndarray, shape (Y, X), int32
        Cell mask.
    rows : iterable of named tuple
        Rows of the cell table.
    ring_px : int
        Width of the ring, inside the cell.
    min_confidence : float
        Cells below it are drawn hollow, 0–1.
    picked : int
        The cell with a white ring.
    selected : collection of int
        Cells with white dashes in their rings, between which their own colour is seen.
    """
    numbers: list[int] = []
    places: list[int] = []
    looks: list[int] = []
    # Flat lists of numbers: of objects by the thousand the garbage collector takes its time.
    for row in rows:
        numbers.append(row.label)
        places += (getattr(row, side) for side in table.BOX)
        looks += _look(row, codes, min_confidence, picked, selected)
    boxes = np.array(places, int).reshape(-1, 4)
    ways = np.array(looks, np.uint8).reshape(-1, 5)
    for some in _sheets(boxes):
        here = boxes[some]
        cells = _side_by_side(labels, here, [numbers[k] for k in some])
        sheet = _drawn_sheet(cells, ways[some], here[:, :2] - 1, ring_px, codes.picked)
        for (y0, x0, y1, x1), cell, drawn in zip(here.tolist(), cells, sheet, strict=True):
            inside = np.s_[1 : 1 + y1 - y0, 1 : 1 + x1 - x0]
            np.copyto(canvas[y0:y1, x0:x1], drawn[inside], where=cell[inside].view(bool))


def _sheets(boxes: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of the boxes that go on one sheet: those of like size."""
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    order, first = np.argsort(sides, kind="stable"), 0
    for n, side in enumerate(sides[order].tolist()):
        if n > first and (n + 1 - first) * (side + 2) ** 2 > SHEET_PX:
            yield order[first:n]
            first = n
    if len(order):
        yield order[first:]


def _side_by_side(labels: np.ndarray, boxes: np.ndarray, numbers: Sequence[int]) -> np.ndarray:
    """Cells with a pixel around each: ndarray, shape (N, Y, X), uint8, 0 or 1."""
    height, width = (boxes[:, 2:] - boxes[:, :2]).max(axis=0) + 2
    sheet = np.zeros((len(boxes), height, width), np.uint8)
    for tile, (y0, x0, y1, x1), n in zip(sheet, boxes.tolist(), numbers, strict=True):
        tile[1 : 1 + y1 - y0, 1 : 1 + x1 - x0] = labels[y0:y1, x0:x1] == n
    return sheet


def _look(
    row: object, codes: Codes, min_confidence: float, picked: int, selected: Collection[int]
) -> tuple[int, int, int, int, bool]:
    """What one cell is drawn in: ring, fill, inner line and hatching, and whether it has dashes.

    Integers of `codes`, 0 for a line or hatching that it has not.
    """
    doubtful = doubted(row, min_confidence)
    fill, ring, pale = codes.parts_of(row)
    edge = pale if doubtful else ring
    return (
        codes.picked if row.label == picked else edge,
        0 if doubtful else fill,
        edge if table.annotation_of(row) else 0,
        pale if fill and guessed(row, codes) else 0,
        row.label in selected and row.label != picked,
    )


def _drawn_sheet(
    cells: np.ndarray, looks: np.ndarray, corners: np.ndarray, ring_px: int, picked: int
) -> np.ndarray:
    """What `cells` look like: ndarray of their shape, uint8; only what is inside them counts.

    Parameters
    ----------
    looks : ndarray, shape (N, 5), uint8
        See `_look`.
    corners : ndarray, shape (N, 2), int
        Where in the image the first pixel of each lies.
    """
    edge, fill, line, hatch, dashed = looks.T[:, :, None, None]
    inner = _eroded(cells, ring_px)
    sheet = np.broadcast_to(edge, cells.shape).copy()
    if dashed.any():
        pattern = dashes(cells.shape[1:], ring_px, *corners.T[:, :, None])
        np.copyto(sheet, picked, where=pattern & (dashed > 0))
    np.copyto(sheet, fill, where=inner.view(bool))
    if line.any():
        # Wider than the ring by the rest of its distance from the outline.
        outer = _eroded(inner, round(LINE_INSET * ring_px) - ring_px)
        thin = outer > _eroded(outer, max(1, round(LINE_WIDTH * ring_px)))
        np.copyto(sheet, line, where=thin & (line > 0))
    if hatch.any():
        lines = np.pad(hatching((cells.shape[1] - 1, cells.shape[2] - 1), ring_px), ((1, 0),) * 2)
        np.copyto(sheet, hatch, where=inner.view(bool) & lines & (hatch > 0))
    return sheet


def _eroded(cells: np.ndarray, steps: int) -> np.ndarray:
    """`cells` without what lies less than `steps` from their outlines."""
    import cv2

    below = cells.reshape(-1, cells.shape[2])
    return cv2.erode(below, CROSS, iterations=steps).reshape(cells.shape)
