"""A cell cut along a drawn line, and what is one piece of a mask."""

from __future__ import annotations

import cv2
import numpy as np

# A piece smaller than this share of its cell is a splinter, not a cell.
_MIN_PIECE_FRACTION = 0.04


def pieces_of_cut(cell: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Pieces of a cell after a cut, the largest first: ndarray, shape (Y, X), int32, 1…n.

    Parameters
    ----------
    cell : ndarray, shape (Y, X), bool
    line : ndarray, shape (N, 2), float
        Points (y, x) in pixels of `cell`. An end inside the cell is drawn on to its border.
    """
    barrier = np.zeros(cell.shape, np.uint8)
    points = np.round(_drawn_on(line, cell)).astype(np.int32)[:, ::-1]
    # Connected by edges, not corners, so that the pieces beside it do not meet.
    cv2.polylines(barrier, [np.ascontiguousarray(points)], False, 1, 1, cv2.LINE_4)
    parted = (cell & (barrier == 0)).astype(np.uint8)
    count, pieces = cv2.connectedComponents(parted, connectivity=4)
    area = np.bincount(pieces.ravel(), minlength=count)
    area[0] = 0
    order = [k for k in np.argsort(-area, kind="stable") if area[k] > 0]
    large = [k for k in order if area[k] >= max(2, _MIN_PIECE_FRACTION * cell.sum())]
    number = np.zeros(count, np.int32)
    number[large] = np.arange(1, len(large) + 1)
    pieces = number[pieces]
    # The line and splinters go to the nearest piece.
    source = (pieces == 0).astype(np.uint8)
    if source.all():
        return pieces
    _, nearest = cv2.distanceTransformWithLabels(
        source, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(nearest.max()) + 1, np.int32)
    owner[nearest[pieces > 0]] = pieces[pieces > 0]
    return np.where(cell, owner[nearest], 0)


def _drawn_on(line: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """The line, each end that lies in the cell drawn on until beyond its box."""
    line = np.atleast_2d(line)
    reach = float(sum(cell.shape))
    ends = []
    for end, others in ((line[0], line[1:]), (line[-1], line[-2::-1])):
        y, x = np.round(end).astype(int)
        inside = 0 <= y < cell.shape[0] and 0 <= x < cell.shape[1] and cell[y, x]
        # Its direction over some pixels: the last one of a hand-drawn line points anywhere.
        away = [other for other in others if np.hypot(*(end - other)) >= 5] or list(others[-1:])
        length = np.hypot(*(end - away[0])) if away else 0.0
        ends.append([end + (end - away[0]) / length * reach] if inside and length else [])
    return np.array([*ends[0], *line, *ends[1]])


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """The largest connected piece of a mask: ndarray, shape (Y, X), bool."""
    count, pieces = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return mask
    area = np.bincount(pieces.ravel())
    return pieces == 1 + int(np.argmax(area[1:]))
