"""The picture of one cell: cut from its field at one scale for all, with its outline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.workflow.overlay import HALO_RGB, cell_contours
from napari_all_subtype.workflow.saliency_picture import with_saliency

if TYPE_CHECKING:
    from napari_all_subtype.model.saliency import Saliency

# Larger than nearly every cell, so that cells can be compared by eye.
SIDE_UM = 24.0
RIM_FRACTION = 1.15
BAR_UM = 5.0
GROUND = 235
# Of a cell with a map: the colours of the classes are the map's then.
RING_RGB = (255, 255, 255)
_SHIFT = 4


def cell_picture(
    source: ImageSource,
    labels: np.ndarray,
    row: object,
    um_per_px: float,
    colour: tuple[int, int, int],
    side_px: int = 240,
    looked_at: tuple[Saliency, float] | None = None,
) -> np.ndarray:
    """A square around one cell, with its outline and a bar of 5 µm.

    Parameters
    ----------
    source : ImageSource
        The field; only the square is read.
    labels : ndarray, shape (Y, X), int32
        Cell mask.
    row : namedtuple
        A row of the cell table.
    um_per_px : float
        Of the field.
    colour : tuple of int
        Of the outline, red, green and blue, 0–255; white around a map.
    side_px : int
        Of the picture. It shows 24 µm, or a larger cell whole.
    looked_at : tuple of Saliency and float, optional
        What the network looked at in this cell, and the µm per pixel of its crop.

    Returns
    -------
    ndarray, shape (side_px, side_px, 3), uint8
    """
    corner, side = square_of([getattr(row, name) for name in table.BOX], um_per_px)
    zoom = side_px / side
    picture = cell_pixels(source, corner, side, side_px)
    if looked_at is not None:
        picture = with_saliency(picture, looked_at[0], zoom * looked_at[1] / um_per_px)
        colour = RING_RGB
    picture = np.ascontiguousarray(picture)
    _outline(picture, cell_contours(labels, row), corner, zoom, colour)
    _bar(picture, zoom / um_per_px)
    return picture


def square_of(box: Sequence[float], um_per_px: float) -> tuple[np.ndarray, float]:
    """The square that shows a cell: its corner (y, x) and its side, in pixels of the field.

    Parameters
    ----------
    box : sequence of float
        Of the cell, as in its table: y0, x0, y1, x1.
    um_per_px : float
        Of the field.
    """
    y0, x0, y1, x1 = map(int, box)
    side = max(SIDE_UM / um_per_px, RIM_FRACTION * max(y1 - y0, x1 - x0))
    return np.array([0.5 * (y0 + y1 - side), 0.5 * (x0 + x1 - side)]), side


def cell_pixels(source: ImageSource, corner: np.ndarray, side: float, side_px: int) -> np.ndarray:
    """The pixels of a square of the field: ndarray, shape (side_px, side_px, 3), uint8.

    Parameters
    ----------
    source : ImageSource
        The field; only the square is read.
    corner : ndarray, shape (2,)
        (y, x) in pixels of the field.
    side : float
        In pixels of the field.
    """
    zoom = side_px / side
    rgb = _padded(source, corner, side)
    way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    # The square begins at a whole pixel; its picture is moved by the rest.
    rest = corner - np.floor(corner)
    move = np.float64([[zoom, 0, -zoom * rest[1]], [0, zoom, -zoom * rest[0]]])
    if zoom < 1:
        size = tuple(round(zoom * n) for n in rgb.shape[1::-1])
        return cv2.resize(rgb, size, interpolation=way)[:side_px, :side_px]
    return cv2.warpAffine(rgb, move, (side_px, side_px), flags=way, borderMode=cv2.BORDER_REPLICATE)


def _padded(source: ImageSource, corner: np.ndarray, side: float) -> np.ndarray:
    """Pixels of the square, glass where it leaves the field."""
    y0, x0 = np.floor(corner).astype(int)
    n = int(np.ceil(side)) + 1
    height, width = source.shape
    inside = Region(max(y0, 0), max(x0, 0), min(y0 + n, height), min(x0 + n, width))
    rgb = np.full((n, n, 3), GROUND, np.uint8)
    part = source.read(inside)
    rgb[inside.y0 - y0 : inside.y1 - y0, inside.x0 - x0 : inside.x1 - x0] = part
    return rgb


def _outline(
    picture: np.ndarray,
    contours: list[np.ndarray],
    corner: np.ndarray,
    zoom: float,
    colour: tuple[int, int, int],
) -> None:
    width = max(1, round(len(picture) / 80))
    for contour in contours:
        points = (contour + 0.5 - corner[::-1]) * zoom - 0.5
        fixed = [np.round(points * (1 << _SHIFT)).astype(np.int32)]
        cv2.polylines(picture, fixed, True, HALO_RGB, width + 2, cv2.LINE_AA, _SHIFT)
        cv2.polylines(picture, fixed, True, colour, width, cv2.LINE_AA, _SHIFT)


def _bar(picture: np.ndarray, px_per_um: float) -> None:
    """A bar of 5 µm at the lower left, dark on white: seen on every ground."""
    side = len(picture)
    rim, high = max(2, side // 24), max(2, side // 60)
    x1 = min(rim + round(BAR_UM * px_per_um), side - rim)
    y1 = side - rim
    picture[y1 - high - 1 : y1 + 1, rim - 1 : x1 + 1] = 255
    picture[y1 - high : y1, rim:x1] = HALO_RGB
