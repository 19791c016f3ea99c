"""The subtypes mask: every cell filled with its class and ringed, drawn box by box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import UNKNOWN, CellClass, Taxonomy

Part = Literal["fill", "ring", "doubtful"]
PARTS: tuple[Part, ...] = ("fill", "ring", "doubtful")

# Chromatin can still be judged under it.
FILL_OPACITY = 0.2
RING_WIDTH_UM = 0.6
MIN_RING_PX = 2
DOUBTFUL_ALPHA = 0.75
# Of a badge behind a letter; its centre lies this part of it inside the outline.
BADGE_UM = 3.2
BADGE_INSET = 0.5
PICKED_COLOUR = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class ClassCodes:
    """The integers of the subtypes mask: fill, ring and doubtful ring of each class.

    Fills come first, so the fill of class k of the taxonomy is k + 1.

    Parameters
    ----------
    taxonomy : Taxonomy
        Of the model; *unknown* is added after its classes.

    Examples
    --------
    >>> from napari_all_subtype.taxonomy import FAB5
    >>> codes = ClassCodes(FAB5)
    >>> codes.code("normal", "fill"), codes.code("unknown", "fill"), codes.code("normal", "ring")
    (1, 6, 7)
    """

    taxonomy: Taxonomy

    @property
    def classes(self) -> tuple[CellClass, ...]:
        """Classes of the taxonomy, then *unknown*."""
        return (*self.taxonomy.classes, UNKNOWN)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of `classes`."""
        return tuple(c.name for c in self.classes)

    @property
    def picked(self) -> int:
        """Code of the ring around the cell a person has picked."""
        return len(PARTS) * len(self.classes) + 1

    def code(self, name: str, part: Part) -> int:
        """Integer of one part of one class; a name outside the taxonomy counts as unknown."""
        names = self.names
        k = names.index(name) if name in names else len(names) - 1
        return 1 + PARTS.index(part) * len(names) + k

    def to_features(self) -> pd.DataFrame:
        """What each code means: row k is code k; row 0, the background, means nothing.

        napari's status bar leaves out what is None.
        """
        rows: list[tuple[str | None, str | None]] = [(None, None)]
        rows += [(c.title, part) for part in PARTS for c in self.classes]
        return pd.DataFrame([*rows, ("picked", "ring")], columns=["class", "part"])

    def colours(
        self, hidden: Iterable[str] = (), fill_opacity: float = FILL_OPACITY
    ) -> dict[int | None, np.ndarray]:
        """RGBA of every code, for napari's DirectLabelColormap.

        Parameters
        ----------
        hidden : iterable of str
            Classes that are not shown.
        fill_opacity : float
            Of the fill, 0–1; rings stay opaque.

        Returns
        -------
        dict of int or None to ndarray, shape (4,), float32, 0–1
            None is any other integer.
        """
        hidden = set(hidden)
        alpha = {"fill": fill_opacity, "ring": 1.0, "doubtful": DOUBTFUL_ALPHA}
        clear = np.zeros(4, np.float32)
        result: dict[int | None, np.ndarray] = {None: clear, 0: clear}
        for cell_class in self.classes:
            for part in PARTS:
                shown = 0.0 if cell_class.name in hidden else alpha[part]
                rgba = (*unit_rgb(cell_class.colour), shown)
                result[self.code(cell_class.name, part)] = np.array(rgba, np.float32)
        result[self.picked] = np.array(PICKED_COLOUR, np.float32)
        return result


def ring_width_px(um_per_px: float) -> int:
    """Width of the ring in pixels: 0.6 µm, at least 2 pixels."""
    return max(MIN_RING_PX, round(RING_WIDTH_UM / um_per_px))


def draw_classes(
    labels: np.ndarray,
    cells: pd.DataFrame,
    codes: ClassCodes,
    ring_px: int,
    min_confidence: float = 0.0,
) -> np.ndarray:
    """The subtypes mask of a field.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        Cell mask.
    cells : pandas.DataFrame
        Cell table, row k is label k.
    ring_px : int
        Width of the ring, inside the cell.
    min_confidence : float
        Cells below it are drawn hollow, 0–1.

    Returns
    -------
    ndarray, shape (Y, X), uint8
        See :class:`ClassCodes`.
    """
    canvas = np.zeros(labels.shape, np.uint8)
    for row in table.present(cells).itertuples():
        draw_cell(canvas, labels, row, codes, ring_px, min_confidence)
    return canvas


def draw_cell(
    canvas: np.ndarray,
    labels: np.ndarray,
    row: object,
    codes: ClassCodes,
    ring_px: int,
    min_confidence: float = 0.0,
    picked: bool = False,
) -> tuple[slice, slice]:
    """Draw one cell into `canvas`, in place, touching no pixel outside the cell.

    Parameters
    ----------
    canvas : ndarray, shape (Y, X), uint8
        The subtypes mask.
    row : namedtuple
        A row of the cell table.
    picked : bool
        Ring the cell in white.

    Returns
    -------
    tuple of slice
        The bounding box that may have changed.
    """
    y0, x0, y1, x1 = (int(getattr(row, side)) for side in table.BOX)
    box = np.s_[y0:y1, x0:x1]
    cell = labels[box] == row.label
    padded = np.pad(cell, 1).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    inner = cv2.erode(padded, kernel, iterations=ring_px)[1:-1, 1:-1].astype(bool)
    doubtful = row.confidence < min_confidence
    ring = codes.code(row.subtype, "doubtful" if doubtful else "ring")
    part = canvas[box]
    part[cell] = codes.picked if picked else ring
    part[inner] = 0 if doubtful else codes.code(row.subtype, "fill")
    return box


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
    at = np.argwhere(labels)
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


def changed_by_confidence(cells: pd.DataFrame, before: float, after: float) -> pd.DataFrame:
    """Rows of the cells that a moved minimum confidence makes hollow, or full again."""
    low, high = sorted((before, after))
    rows = table.present(cells)
    return rows[(rows["confidence"] >= low) & (rows["confidence"] < high)]


def cell_at(labels: np.ndarray, y_px: float, x_px: float) -> int:
    """Label under a position in pixels, 0 outside the image and between the cells."""
    y, x = round(y_px), round(x_px)
    if not (0 <= y < labels.shape[0] and 0 <= x < labels.shape[1]):
        return 0
    return int(labels[y, x])


def unit_rgb(colour: str) -> tuple[float, float, float]:
    """Red, green and blue, 0–1, of ``#rrggbb``."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
