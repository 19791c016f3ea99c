"""The picture with every cell outlined in its class's colour and named by a letter."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.taxonomy import UNKNOWN, CellClass, Taxonomy

MAX_SIDE_PX = 4096
HALO_RGB = (20, 20, 20)


def draw_overlay(pixels: np.ndarray, analysis: Analysis) -> np.ndarray:
    """`pixels` with rings and letters, shrunk to at most 4096 pixels a side.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
        The field that was analysed.
    analysis : Analysis
        Its result.

    Returns
    -------
    ndarray, shape (Y', X', 3), uint8
    """
    scale = min(1.0, MAX_SIDE_PX / max(pixels.shape[:2]))
    picture = pixels.copy()
    if scale < 1:
        picture = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cells = table.present(analysis.cells)
    px_per_um = scale / analysis.pixel_size.um_per_px
    width = max(2, round(0.35 * px_per_um))
    for row in cells.itertuples():
        cell_class = class_of(analysis.taxonomy, row.subtype)
        for contour in cell_contours(analysis.masks.labels, row):
            points = np.round(contour * scale * 16).astype(np.int32)
            cv2.polylines(picture, [points], True, HALO_RGB, width + 2, cv2.LINE_AA, shift=4)
            cv2.polylines(
                picture, [points], True, rgb(cell_class.colour), width, cv2.LINE_AA, shift=4
            )
    for row in cells.itertuples():
        colour = rgb(class_of(analysis.taxonomy, row.subtype).colour)
        ink = tuple(round(0.55 * c + 0.45 * 255) for c in colour)
        _write(picture, caption(analysis.taxonomy, row), row, scale, px_per_um, ink)
    return picture


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

    Parameters
    ----------
    row : namedtuple
        A row of the cell table: ``B 86% L2 0.71`` or ``N 97%``.
    """
    if row.subtype in taxonomy.children("blast"):
        side = taxonomy["blast"].letter
        score = f" {taxonomy[row.subtype].letter} {row.subtype_share:.2f}"
        return f"{side} {row.confidence:.0%}{score}"
    return f"{class_of(taxonomy, row.subtype).letter} {row.confidence:.0%}"


def class_of(taxonomy: Taxonomy, name: str) -> CellClass:
    """The class called `name`, or *unknown*."""
    return taxonomy[name] if name in taxonomy.names else UNKNOWN


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
    row: object,
    scale: float,
    px_per_um: float,
    colour: tuple[int, int, int],
) -> None:
    """Text above the cell, or below it at the upper edge, kept inside the picture."""
    size = float(np.clip(0.07 * px_per_um, 0.4, 1.4))
    (wide, high), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    x = int(row.centroid_x_px * scale - wide / 2)
    y = int(row.y0_px * scale) - 4
    if y - high < 0:
        y = int(row.y1_px * scale) + high + 4
    x = max(0, min(x, picture.shape[1] - wide))
    y = max(high, min(y, picture.shape[0] - below))
    for ink, width in ((HALO_RGB, 3), (colour, 1)):
        cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, width, cv2.LINE_AA)
