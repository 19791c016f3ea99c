"""Crops: one cell each, square, centred, at a stated scale, its surroundings painted out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.table import present
from napari_all_subtype.cells.workers import in_order, usable_cores
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CropSpec", "crop_cells", "cut"]

_STOP_EVERY = 64
_CELLS_PER_WORKER = 4


def crop_cells(
    source: ImageSource,
    masks: CellMasks,
    cells: pd.DataFrame,
    um_per_px: float,
    spec: CropSpec = CropSpec(),
    monitor: Monitor = SILENT,
    workers: int | None = None,
) -> np.ndarray:
    """One crop per present row of `cells`, in its order.

    Parameters
    ----------
    source : ImageSource
    masks : CellMasks
        Shape of `source`.
    cells : pandas.DataFrame
        Cell table; the centre of a crop is the centre of the cell's box.
    um_per_px : float
        Micrometres per pixel of `source`.
    spec : CropSpec
    monitor : Monitor
        Hears of stage ``"crop"``.
    workers : int, optional
        Threads; if left out as many as there are cores, for a few cells only one.

    Returns
    -------
    ndarray, shape (N, S, S, C), uint8
        C is 3, or 4 with the plane of outlines.

    Raises
    ------
    Stopped
        If the monitor asks for it.
    """
    rows = present(cells)
    crops = np.empty((len(rows), *spec.shape), np.uint8)

    def cut_out(window: _Window) -> np.ndarray:
        return cut(window.rgb, window.outline, window.centre_yx_px, um_per_px, spec)

    windows = _windows(source, masks, rows, spec.size_px * spec.um_per_px / um_per_px)
    # One or two are cut before a thread has begun.
    workers = workers or min(usable_cores(), 1 + len(rows) // _CELLS_PER_WORKER)
    for n, crop in enumerate(in_order(cut_out, windows, workers)):
        if n % _STOP_EVERY == 0:
            checkpoint(monitor, Progress("crop", n, len(rows)))
        crops[n] = crop
    checkpoint(monitor, Progress("crop", len(rows), len(rows)))
    return crops


class _Window(NamedTuple):
    """What a crop is cut from: pixels, masks of cell and nucleus, and the middle to be."""

    rgb: np.ndarray
    outline: tuple[np.ndarray, np.ndarray]
    centre_yx_px: tuple[float, float]


def _windows(
    source: ImageSource, masks: CellMasks, rows: pd.DataFrame, side_px: float
) -> Iterator[_Window]:
    boxes = rows[["y0_px", "x0_px", "y1_px", "x1_px"]].to_numpy(float)
    for label, box in zip(rows["label"].astype(int), boxes, strict=True):
        centre = (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))
        window = Region(
            max(int(np.floor(centre[0] - 0.5 * side_px)) - 2, 0),
            max(int(np.floor(centre[1] - 0.5 * side_px)) - 2, 0),
            min(int(np.ceil(centre[0] + 0.5 * side_px)) + 2, source.shape[0]),
            min(int(np.ceil(centre[1] + 0.5 * side_px)) + 2, source.shape[1]),
        )
        here = np.s_[window.y0 : window.y1, window.x0 : window.x1]
        outline = (masks.labels[here] == label, masks.nuclei[here] == label)
        middle = (centre[0] - window.y0, centre[1] - window.x0)
        yield _Window(source.read(window), outline, middle)


def cut(
    rgb: np.ndarray,
    outline: tuple[np.ndarray, np.ndarray] | None,
    centre_yx_px: tuple[float, float],
    um_per_px: float,
    spec: CropSpec,
) -> np.ndarray:
    """A square of `rgb` around a point, resampled; outside of the cell lies the ground.

    Parameters
    ----------
    rgb : ndarray, shape (Y, X, 3), uint8
    outline : tuple of two ndarray, shape (Y, X), bool, or None
        The cell and its nucleus. The cell stays, with the margin of `spec`; None
        keeps all, and leaves the plane of outlines empty.
    centre_yx_px : tuple of float
        Point that comes to lie in the middle, in pixel edges of `rgb`.
    um_per_px : float
        Micrometres per pixel of `rgb`.

    Returns
    -------
    ndarray, shape (S, S, C), uint8
        Beyond the image lies the ground.
    """
    to_crop = _Resampling(rgb.shape[:2], centre_yx_px, um_per_px, spec)
    crop = to_crop(rgb.astype(np.float32), cv2.BORDER_REPLICATE)
    kept, levels = np.ones(rgb.shape[:2], np.float32), np.zeros(rgb.shape[:2], np.float32)
    if outline is not None:
        cell, nucleus = (part.astype(np.uint8) for part in outline)
        levels = (128 * cell + 127 * nucleus).astype(np.float32)
        if spec.masked:
            kept = _widened(cell, um_per_px, spec)
    share = to_crop(kept, cv2.BORDER_CONSTANT)[..., None]
    planes = [crop * share + spec.ground * (1 - share)]
    if spec.outlined:
        planes.append(to_crop(levels, cv2.BORDER_CONSTANT)[..., None])
    return np.clip(np.round(np.concatenate(planes, axis=-1)), 0, 255).astype(np.uint8)


class _Resampling:
    """From the pixels of an image to those of a crop around a point of it."""

    def __init__(
        self,
        shape: tuple[int, int],
        centre_yx_px: tuple[float, float],
        um_per_px: float,
        spec: CropSpec,
    ) -> None:
        zoom, side = um_per_px / spec.um_per_px, spec.size_px
        # Area interpolation first: a warp alone would alias when it shrinks.
        size = (shape[1], shape[0])
        self.shrunk = tuple(max(1, round(n * zoom)) for n in size) if zoom < 1 else size
        stretch_x, stretch_y = (
            n * zoom / small for n, small in zip(size, self.shrunk, strict=True)
        )
        self.side = side
        # From crop pixel centres back to pixel centres of the shrunk image.
        self.back = np.array(
            [
                [1 / stretch_x, 0, (centre_yx_px[1] * zoom - side / 2 + 0.5) / stretch_x - 0.5],
                [0, 1 / stretch_y, (centre_yx_px[0] * zoom - side / 2 + 0.5) / stretch_y - 0.5],
            ]
        )

    def __call__(self, values: np.ndarray, border: int) -> np.ndarray:
        """`values` (Y, X) or (Y, X, 3), float32, in the crop; `border` says what lies beyond."""
        if self.shrunk != (values.shape[1], values.shape[0]):
            values = cv2.resize(values, self.shrunk, interpolation=cv2.INTER_AREA)
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        square = (self.side, self.side)
        return cv2.warpAffine(values, self.back, square, flags=how, borderMode=border)


def _widened(mask: np.ndarray, um_per_px: float, spec: CropSpec) -> np.ndarray:
    """Mask (Y, X) uint8 with the margin around it: the same shape, float32, 0 or 1."""
    wide = np.zeros(mask.shape, np.float32)
    x, y, width, height = cv2.boundingRect(mask)
    if width:
        margin_px = spec.margin_um / um_per_px
        # Nothing farther from the mask than the margin is asked for.
        rim = int(margin_px) + 2
        near = np.s_[max(y - rim, 0) : y + height + rim, max(x - rim, 0) : x + width + rim]
        away = cv2.distanceTransform(1 - mask[near], cv2.DIST_L2, 5)
        wide[near] = away <= margin_px + 1e-3
    return wide
