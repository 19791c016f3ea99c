"""What a cell looks like in the subtypes mask: filled with its class, ringed, marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype._widgets.codes import Codes
from napari_all_subtype.cells import table

if TYPE_CHECKING:
    import pandas as pd

RING_WIDTH_UM = 0.6
MIN_RING_PX = 2
# Of a badge behind a letter; its centre lies this part of it inside the outline.
BADGE_UM = 3.2
BADGE_INSET = 0.5
# Lines across a cell that is drawn as a guess: their distance and width to that of the ring.
HATCH_EVERY = 2.5
HATCH_WIDTH = 0.5
# Of the line inside the ring of a cell that a person has spoken of: its distance from the outline
# and its width, to the width of the ring.
LINE_INSET, LINE_WIDTH = 2.0, 0.5
# Of the white dashes in the ring of a selected cell, to its width.
DASH_TO_RING = 2
# Takes one step off every side of a cell.
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def ring_width_px(um_per_px: float) -> int:
    """Width of the ring in pixels: 0.6 µm, at least 2 pixels."""
    return max(MIN_RING_PX, round(RING_WIDTH_UM / um_per_px))


def ring_code(row: object, codes: Codes, min_confidence: float) -> int:
    """Integer of the ring of the cell in `row`, as it is where nobody selected it."""
    return codes.code_of(row, "doubtful" if doubted(row, min_confidence) else "ring")


def doubted(row: object, min_confidence: float) -> bool:
    """Whether the model was less sure of the cell in `row`, of which nobody has spoken."""
    return row.confidence < min_confidence and not table.annotation_of(row)


def guessed(row: object, codes: Codes) -> bool:
    """Whether `codes` show the cell in `row` as something that was not accepted of it."""
    by_model = not table.annotation_of(row)
    return by_model and "best_guess" in codes.columns and row.best_guess != row.subtype


def hatching(shape: tuple[int, int], ring_px: int) -> np.ndarray:
    """Slanting lines over a guess: ndarray of `shape`, bool."""
    every = max(4, round(HATCH_EVERY * ring_px))
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (y + x) % every < max(1, round(HATCH_WIDTH * ring_px))


def dash_px(ring_px: int) -> int:
    """Length of a dash in a ring of a width."""
    return DASH_TO_RING * ring_px


def dashes(
    shape: tuple[int, int], ring_px: int, y0: int | np.ndarray = 0, x0: int | np.ndarray = 0
) -> np.ndarray:
    """Squares of a chessboard that lies over the image: ndarray of `shape`, bool.

    Parameters
    ----------
    y0, x0 : int or ndarray, shape (N, 1), int
        Where in the image the first pixel lies; of many places, which come first in the shape.
    """
    side = dash_px(ring_px)
    odd_rows = (y0 + np.arange(shape[0])) // side % 2
    odd_columns = (x0 + np.arange(shape[1])) // side % 2
    return odd_rows[..., :, None] == odd_columns[..., None, :]


def badge_centres(labels: np.ndarray, cells: pd.DataFrame, badge_px: float) -> np.ndarray:
    """Where the badges of the cells lie: on the upper left of each cell's own outline.

    At the pixel of the cell nearest the corner of its bounding box, and from there
    inwards, so that where cells touch nobody asks whose badge it is.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        Cell mask.
    cells : pandas.DataFrame
        Cell table, row k is label k.
    badge_px : float
        Diameter of a badge in pixels.

    Returns
    -------
    ndarray, shape (N, 2), float64
        (y, x) in pixels, one row per present cell.
    """
    rows = table.present(cells)
    corners = np.zeros((len(cells), 2), np.int64)
    corners[rows.index] = rows[["y0_px", "x0_px"]]
    at = np.argwhere(_upper_left(labels))
    owner = labels[at[:, 0], at[:, 1]]
    distance = ((at - corners[owner]) ** 2).sum(axis=1)
    nearest = np.full(len(cells), np.iinfo(np.int64).max)
    np.minimum.at(nearest, owner, distance)
    hits = np.flatnonzero(distance == nearest[owner])
    found, first = np.unique(owner[hits], return_index=True)
    points = np.zeros((len(cells), 2))
    points[found] = at[hits[first]]
    points = points[rows.index]
    inwards = rows[["centroid_y_px", "centroid_x_px"]].to_numpy(float) - points
    length = np.maximum(np.linalg.norm(inwards, axis=1, keepdims=True), 1e-9)
    return points + inwards * np.minimum(1, BADGE_INSET * badge_px / length)


def _upper_left(labels: np.ndarray) -> np.ndarray:
    """Pixels of cells with another label, or the border, above and to the left: (Y, X) bool.

    From any other pixel a step leads nearer to the upper left corner.
    """
    mask = labels != 0
    mask[1:] &= labels[1:] != labels[:-1]
    mask[:, 1:] &= labels[:, 1:] != labels[:, :-1]
    return mask


def changed_by_confidence(cells: pd.DataFrame, before: float, after: float) -> list[int]:
    """Labels of the cells that a moved minimum confidence makes hollow, or full again."""
    low, high = sorted((before, after))
    rows = table.present(cells)
    by_model = table.annotations(rows) == ""
    # In double precision, as `doubted` compares: numpy would round the minimum to single.
    confidence = rows["confidence"].astype(float)
    return rows.index[by_model & (confidence >= low) & (confidence < high)].tolist()


def cell_at(labels: np.ndarray, y_px: float, x_px: float) -> int:
    """Label under a position in pixels, 0 outside the image and between the cells."""
    y, x = round(y_px), round(x_px)
    if not (0 <= y < labels.shape[0] and 0 <= x < labels.shape[1]):
        return 0
    return int(labels[y, x])
