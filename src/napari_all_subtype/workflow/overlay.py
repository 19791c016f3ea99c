"""The picture with every cell outlined in its class's colour and named by a letter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.taxonomy import Taxonomy, class_of

if TYPE_CHECKING:
    import pandas as pd

HALO_RGB = (20, 20, 20)
_AROUND = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)]

# Left, top, right and bottom of a text, in pixels of the picture.
Box = tuple[int, int, int, int]


def draw_overlay(
    pixels: np.ndarray,
    analysis: Analysis,
    scale: float = 1.0,
    origin_yx: tuple[int, int] = (0, 0),
    captions: bool = True,
) -> np.ndarray:
    """`pixels` with rings and letters.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
        The field that was analysed, or a rectangle of it.
    analysis : Analysis
        Its result.
    scale : float
        How much the picture is shrunk, above 0 to 1.
    origin_yx : tuple of int
        Where in the field `pixels` begin, in pixels.
    captions : bool
        Whether cells are named; each is, where its centre is.

    Returns
    -------
    ndarray, shape (Y * scale, X * scale, 3), uint8
    """
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in pixels.shape[1::-1])
        picture = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    else:
        picture = pixels.copy()
    cells = _cells_within(analysis, origin_yx, pixels.shape[:2])
    px_per_um = scale / analysis.pixel_size.um_per_px
    width = max(2, round(0.35 * px_per_um))
    origin_xy = np.float64(origin_yx[::-1])
    for row in cells.itertuples():
        colour = rgb(class_of(analysis.taxonomy, table.word_of(row)).colour)
        for contour in cell_contours(analysis.masks.labels, row):
            points = np.round((contour - origin_xy) * scale * 16).astype(np.int32)
            cv2.polylines(picture, [points], True, HALO_RGB, width + 2, cv2.LINE_AA, shift=4)
            cv2.polylines(picture, [points], True, colour, width, cv2.LINE_AA, shift=4)
    taken: list[Box] = []
    for row in cells.itertuples() if captions else ():
        y, x = row.centroid_y_px - origin_yx[0], row.centroid_x_px - origin_yx[1]
        if not (0 <= y < pixels.shape[0] and 0 <= x < pixels.shape[1]):
            continue
        colour = rgb(class_of(analysis.taxonomy, table.word_of(row)).colour)
        ink = tuple(round(0.55 * c + 0.45 * 255) for c in colour)
        box = [(row.y0_px - origin_yx[0]) * scale, (row.y1_px - origin_yx[0]) * scale]
        _write(picture, caption(analysis.taxonomy, row), x * scale, box, px_per_um, ink, taken)
    return picture


def _cells_within(
    analysis: Analysis, origin_yx: tuple[int, int], shape: tuple[int, int]
) -> pd.DataFrame:
    """Cells whose box meets the rectangle of `shape` (Y, X) at `origin_yx`."""
    cells = table.present(analysis.cells)
    (y, x), (height, width) = origin_yx, shape
    meets = (cells["y1_px"] > y) & (cells["y0_px"] < y + height)
    return cells[meets & (cells["x1_px"] > x) & (cells["x0_px"] < x + width)]


def cell_contours(labels: np.ndarray, row: object) -> list[np.ndarray]:
    """Outlines of one cell.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        Cell mask.
    row : namedtuple
        A row of the cell table.

    Returns
    -------
    list of ndarray, shape (M, 1, 2), float64
        (x, y) in pixels, largest outline first.
    """
    y0, x0, y1, x1 = (int(getattr(row, side)) for side in table.BOX)
    mask = (labels[y0:y1, x0:x1] == row.label).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contours = sorted(contours, key=cv2.contourArea, reverse=True)
    return [contour + np.float64([x0, y0]) for contour in contours]


def caption(taxonomy: Taxonomy, row: object) -> str:
    """Side and its confidence; a subtype stands behind with its score, which is no confidence.

    A person's word stands alone, with a mark that it is one.

    Parameters
    ----------
    row : namedtuple
        A row of the cell table: ``B 86% L2 0.71`` or ``N 97%``; by a person ``L2 *``; of what
        is unlike the training ``?``.
    """
    if said := table.annotation_of(row):
        return f"{class_of(taxonomy, said).letter} *"
    if row.subtype in taxonomy.children("blast"):
        side = taxonomy["blast"].letter
        score = f" {taxonomy[row.subtype].letter} {row.subtype_share:.2f}"
        return f"{side} {row.confidence:.0%}{score}"
    sure = "" if math.isnan(row.confidence) else f" {row.confidence:.0%}"
    return f"{class_of(taxonomy, row.subtype).letter}{sure}"


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0–255, of ``#rrggbb``.

    Examples
    --------
    >>> rgb("#F0E442")
    (240, 228, 66)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _write(
    picture: np.ndarray,
    text: str,
    centre_x: float,
    from_to_y: Sequence[float],
    px_per_um: float,
    colour: tuple[int, int, int],
    taken: list[Box],
) -> None:
    """Text above the cell, or below it where that is taken, kept inside the picture."""
    size = float(np.clip(0.07 * px_per_um, 0.4, 1.4))
    (wide, high), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    x = max(0, min(int(centre_x - wide / 2), picture.shape[1] - wide))
    top, bottom = int(from_to_y[0]) - 4, int(from_to_y[1]) + high + 4
    middle = (top + bottom) // 2
    lines = [y for y in (top, bottom, middle) if high <= y < picture.shape[0] - below]
    boxes = [(x, y - high, x + wide, y + below) for y in lines or [middle]]
    free = (box for box in boxes if not any(_meet(box, other) for other in taken))
    box = next(free, boxes[0])
    taken.append(box)
    y = max(high, min(box[1] + high, picture.shape[0] - below))
    haloed_text(picture, text, (x, y), size, colour)


def haloed_text(
    picture: np.ndarray, text: str, at: tuple[int, int], size: float, colour: tuple[int, int, int]
) -> None:
    """Write `text` into `picture`, with a dark rim, from its lower left corner (x, y) on."""
    # The rim is the text itself, moved: OpenCV 5 spaces bolder letters wider.
    for dx, dy in (*_AROUND, (0, 0)):
        ink = HALO_RGB if (dx, dy) != (0, 0) else colour
        where = (at[0] + dx, at[1] + dy)
        cv2.putText(picture, text, where, cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1, cv2.LINE_AA)


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip
