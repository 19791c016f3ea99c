"""What a person does to the masks: split, merge, delete, add and paint, each as one `Edit`.

No function here changes its masks. A new cell gets the first label that was never
used: the table keeps a row for every label there ever was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.cuts import largest_piece, pieces_of_cut
from napari_all_subtype.cells.edit import Edit, box_of, joined
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.nuclei import disc
from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import EditError

if TYPE_CHECKING:
    import pandas as pd

# Nucleus of a given cell: its region and its mask (Y, X) bool to a mask of the same shape.
NucleusFinder = Callable[[Region, np.ndarray], np.ndarray]

# Cells this near count as touching; what is between them is filled.
_GAP_PX = 3


def split(
    masks: CellMasks, cells: pd.DataFrame, label: int, line_yx_px: Sequence[Sequence[float]]
) -> Edit:
    """Cut the cell `label` along a line; the largest piece keeps the label.

    Each piece keeps its share of the nucleus. A line that ends inside the cell is
    drawn on to its border.

    Parameters
    ----------
    masks : CellMasks
    cells : pandas.DataFrame
        Cell table of `masks`; row k is label k.
    line_yx_px : sequence of (y, x)
        Two points or more, in pixels of the image.

    Raises
    ------
    EditError
        If the line does not part the cell.
    """
    region = region_of(cells, label, masks)
    here = box_of(region)
    labels, nuclei = masks.labels[here].copy(), masks.nuclei[here].copy()
    cell = labels == label
    pieces = pieces_of_cut(cell, np.asarray(line_yx_px, float) - (region.y0, region.x0))
    if pieces.max() < 2:
        raise EditError(
            f"The line does not part cell {label}. Draw it from one side of the cell to the other."
        )
    for n in range(2, int(pieces.max()) + 1):
        labels[pieces == n] = len(cells) + n - 2
    nuclei[cell] = np.where(nuclei[cell] > 0, labels[cell], 0)
    return Edit.between("split", masks, cells, region, labels, nuclei)


def merge(masks: CellMasks, cells: pd.DataFrame, labels: Sequence[int]) -> Edit:
    """Make one cell of several that touch; the first keeps its label.

    Raises
    ------
    EditError
        If there are fewer than two, or one lies apart from the others.
    """
    labels = list(dict.fromkeys(labels))
    if len(labels) < 2:
        raise EditError("One cell cannot be merged: draw from one cell into the next.")
    region = _widened(joined(*(region_of(cells, one, masks) for one in labels)), masks)
    _refuse_apart(masks, cells, labels)
    here = box_of(region)
    after, nuclei = masks.labels[here].copy(), masks.nuclei[here].copy()
    whole = np.isin(after, labels)
    closed = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_CLOSE, disc(_GAP_PX)) > 0
    after[whole | (closed & (after == 0))] = labels[0]
    nuclei[np.isin(nuclei, labels)] = labels[0]
    return Edit.between("merge", masks, cells, region, after, nuclei)


def delete(masks: CellMasks, cells: pd.DataFrame, label: int) -> Edit:
    """Take the cell `label` away.

    Raises
    ------
    EditError
        If there is no such cell.
    """
    region = region_of(cells, label, masks)
    here = box_of(region)
    labels, nuclei = masks.labels[here].copy(), masks.nuclei[here].copy()
    nuclei[labels == label] = 0
    labels[labels == label] = 0
    return Edit.between("delete", masks, cells, region, labels, nuclei)


def add(
    masks: CellMasks,
    cells: pd.DataFrame,
    region: Region,
    mask: np.ndarray,
    nucleus_of: NucleusFinder | None = None,
) -> Edit:
    """A new cell where `mask` is free of other cells; of several pieces the largest.

    Parameters
    ----------
    region : Region
        Where `mask` lies.
    mask : ndarray, shape of `region`, bool
    nucleus_of : callable, optional
        Finds the nucleus in the new cell; without one it has none.

    Raises
    ------
    EditError
        If no pixel of it is free.
    """
    here = box_of(region)
    labels, nuclei = masks.labels[here].copy(), masks.nuclei[here].copy()
    cell = largest_piece(mask & (labels == 0))
    if not cell.any():
        raise EditError("No room for a new cell there: all of it belongs to cells already.")
    labels[cell] = len(cells)
    if nucleus_of is not None:
        nuclei[cell & nucleus_of(region, cell)] = len(cells)
    return Edit.between("add", masks, cells, region, labels, nuclei)


def repaint(
    masks: CellMasks,
    cells: pd.DataFrame,
    region: Region,
    painted: np.ndarray,
    nucleus_of: NucleusFinder | None = None,
) -> Edit:
    """What a stroke of the brush did: cells grew, shrank, came or went.

    A cell cut in two by the stroke stays one cell; one without any pixel left is
    deleted. A nucleus stays where it still lies in its cell. Whatever label a
    person painted a new cell with, it gets the next one that was never used.

    Parameters
    ----------
    masks : CellMasks
        Before the stroke.
    region : Region
        Where the stroke was.
    painted : ndarray, shape of `region`, int
        Labels after the stroke.
    nucleus_of : callable, optional
        Finds the nucleus in a new cell.

    Raises
    ------
    EditError
        If the stroke changes nothing.
    """
    here = box_of(region)
    before, labels = masks.labels[here], np.array(painted, np.int32)
    known = {0, *np.flatnonzero(cells["area_px"] > 0).tolist()}
    unknown = [v for v in np.unique(labels[labels != before]).tolist() if v not in known]
    strokes = [(labels == value) & (before != value) for value in unknown]
    new = list(enumerate(strokes, len(cells)))
    for label, stroke in new:
        labels[stroke] = label
    nuclei = np.where(masks.nuclei[here] == labels, masks.nuclei[here], 0)
    for label, stroke in new:
        if nucleus_of is not None:
            nuclei[stroke & nucleus_of(region, stroke)] = label
    return Edit.between("paint", masks, cells, region, labels, nuclei)


def cells_under(labels: np.ndarray, line_yx_px: Sequence[Sequence[float]]) -> dict[int, int]:
    """Labels under a line in the order it meets them, with the pixels it crosses of each.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
    line_yx_px : sequence of (y, x)
        Points of the line, in pixels; one is enough.
    """
    points = np.atleast_2d(np.asarray(line_yx_px, float))
    steps = [points[:1]]
    for start, end in pairwise(points):
        n = max(1, int(np.ceil(np.abs(end - start).max())))
        steps.append(start + (end - start) * (np.arange(1, n + 1) / n)[:, None])
    ys, xs = np.round(np.concatenate(steps)).astype(int).T
    inside = (ys >= 0) & (xs >= 0) & (ys < labels.shape[0]) & (xs < labels.shape[1])
    met: dict[int, int] = {}
    for label in labels[ys[inside], xs[inside]].tolist():
        if label:
            met[label] = met.get(label, 0) + 1
    return met


def polygon_mask(
    corners_yx_px: Sequence[Sequence[float]], shape: tuple[int, int]
) -> tuple[Region, np.ndarray]:
    """A polygon as a mask, and where that lies in an image of `shape` (Y, X).

    Raises
    ------
    EditError
        If it has no pixel in the image.
    """
    corners = np.round(np.asarray(corners_yx_px, float).reshape(-1, 2)).astype(int)
    if len(corners) < 3:
        raise EditError("An outline needs three points or more.")
    low = corners.min(axis=0).clip(0)
    high = np.minimum(corners.max(axis=0) + 1, shape)
    if (high <= low).any():
        raise EditError("The outline lies beside the image.")
    canvas = np.zeros(high - low, np.uint8)
    cv2.fillPoly(canvas, [np.ascontiguousarray((corners - low)[:, ::-1], np.int32)], 1)
    region = Region(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    return region, canvas > 0


def region_of(cells: pd.DataFrame, label: int, masks: CellMasks) -> Region:
    """Bounding box of a cell that exists.

    Raises
    ------
    EditError
        If there is no such cell.
    """
    if not 0 < label < len(cells) or not cells["area_px"].iat[label] > 0:
        raise EditError(f"There is no cell {label}; it may have been deleted.")
    y0, x0, y1, x1 = (int(cells[side].iat[label]) for side in table.BOX)
    height, width = masks.labels.shape
    return Region(y0, x0, min(y1, height), min(x1, width))


def _widened(region: Region, masks: CellMasks) -> Region:
    height, width = masks.labels.shape
    y0, x0, y1, x1 = region
    reach = 2 * _GAP_PX
    return Region(
        max(y0 - reach, 0), max(x0 - reach, 0), min(y1 + reach, height), min(x1 + reach, width)
    )


def _refuse_apart(masks: CellMasks, cells: pd.DataFrame, wanted: list[int]) -> None:
    """Each cell must be near another of them, so that one cell comes of all."""
    rest, met = set(wanted[1:]), [wanted[0]]
    for one in met:
        # In the box of each: a line may cross cells from one end of the image to the other.
        around = masks.labels[box_of(_widened(region_of(cells, one, masks), masks))]
        reach = cv2.dilate((around == one).astype(np.uint8), disc(_GAP_PX)) > 0
        near = rest.intersection(np.unique(around[reach]).tolist())
        met += sorted(near)
        rest -= near
    if rest:
        raise EditError(
            f"Cells {wanted[0]} and {min(rest)} do not touch, so they are not one cell. "
            "Paint what lies between them first."
        )
