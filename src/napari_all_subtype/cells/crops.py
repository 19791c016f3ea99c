"""Crops: one cell each, square, centred, at a stated scale, its surroundings painted out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.halves import nuclei_inside
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource, ImageSource, Region
from napari_all_subtype.cells.stain import black_ground
from napari_all_subtype.cells.table import present
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

__all__ = ["CropSpec", "SingleCell", "crop_cells", "crop_single_cell", "cut"]

_STOP_EVERY = 64
# A cut-out has at least this share of its frame black.
_CUT_OUT_FRAME_FRACTION = 0.4


@dataclass(frozen=True)
class SingleCell:
    """The one cell in the middle of an image.

    Parameters
    ----------
    crop : ndarray, shape (S, S, C), uint8
        RGB, and the plane of outlines if the specification asks for it.
    found : bool
        False where no cell was recognised; the crop then shows the middle of the
        image with nothing painted out.
    mask, nucleus : ndarray, shape (Y, X), bool
        The cell in the image, and its nucleus; all False where none was found.
    """

    crop: np.ndarray
    found: bool
    mask: np.ndarray
    nucleus: np.ndarray


def crop_cells(
    source: ImageSource,
    masks: CellMasks,
    cells: pd.DataFrame,
    um_per_px: float,
    spec: CropSpec = CropSpec(),
    monitor: Monitor = SILENT,
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
    boxes = rows[["y0_px", "x0_px", "y1_px", "x1_px"]].to_numpy(float)
    for n, (label, box) in enumerate(zip(rows["label"].astype(int), boxes, strict=True)):
        if n % _STOP_EVERY == 0:
            checkpoint(monitor, Progress("crop", n, len(rows)))
        crops[n] = _crop(source, masks, label, box, um_per_px, spec)
    checkpoint(monitor, Progress("crop", len(rows), len(rows)))
    return crops


def _crop(
    source: ImageSource,
    masks: CellMasks,
    label: int,
    box: np.ndarray,
    um_per_px: float,
    spec: CropSpec,
) -> np.ndarray:
    """The crop of one cell: (S, S, C) uint8."""
    centre = (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))
    half = 0.5 * spec.size_px * spec.um_per_px / um_per_px
    window = Region(
        max(int(np.floor(centre[0] - half)) - 2, 0),
        max(int(np.floor(centre[1] - half)) - 2, 0),
        min(int(np.ceil(centre[0] + half)) + 2, source.shape[0]),
        min(int(np.ceil(centre[1] + half)) + 2, source.shape[1]),
    )
    rgb = source.read(window)
    here = np.s_[window.y0 : window.y1, window.x0 : window.x1]
    outline = (masks.labels[here] == label, masks.nuclei[here] == label)
    middle = (centre[0] - window.y0, centre[1] - window.x0)
    return cut(rgb, outline, middle, um_per_px, spec)


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
    kept = np.ones(rgb.shape[:2], np.float32)
    if outline is not None and spec.masked:
        kept = _widened(outline[0], um_per_px, spec)
    share = to_crop(kept, cv2.BORDER_CONSTANT)[..., None]
    planes = [crop * share + spec.ground * (1 - share)]
    if spec.outlined and outline is None:
        planes.append(np.zeros((*spec.shape[:2], 1), np.float32))
    elif spec.outlined:
        inside = 128.0 * outline[0] + 127.0 * outline[1]
        planes.append(to_crop(inside.astype(np.float32), cv2.BORDER_CONSTANT)[..., None])
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
    """Mask with the margin around it: (Y, X) float32, 0 or 1."""
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    if not mask.any():
        return np.zeros(mask.shape, np.float32)
    return (away <= spec.margin_um / um_per_px + 1e-3).astype(np.float32)


def crop_single_cell(
    pixels: np.ndarray,
    um_per_px: float,
    spec: CropSpec = CropSpec(),
    parameters: SegmentationParameters = SegmentationParameters(),
) -> SingleCell:
    """The cell in the middle of an image of one cell, with others possibly touching it.

    A cell cut out on a black ground is taken as it is: what is not black is its mask.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    um_per_px : float
        Micrometres per pixel of `pixels`.
    """
    outline = _cut_out_outline(pixels, um_per_px, parameters)
    if outline is None:
        outline = _central_cell(pixels, um_per_px, parameters)
    mask = outline[0]
    if not mask.any():
        middle = (pixels.shape[0] / 2, pixels.shape[1] / 2)
        return SingleCell(cut(pixels, None, middle, um_per_px, spec), False, *outline)
    ys, xs = np.nonzero(mask)
    centre = (0.5 * (ys.min() + ys.max() + 1), 0.5 * (xs.min() + xs.max() + 1))
    return SingleCell(cut(pixels, outline, centre, um_per_px, spec), True, *outline)


def _cut_out_outline(
    pixels: np.ndarray, um_per_px: float, parameters: SegmentationParameters
) -> tuple[np.ndarray, np.ndarray] | None:
    """Cell and nucleus of a cut-out on black ground; None if the frame is not black."""
    mask = _cut_out_mask(pixels)
    if mask is None:
        return None
    cell = mask.astype(np.int32)
    # On white: the stain is told from what is not glass, and black would be the darkest of all.
    shown = np.where(mask[..., None], pixels, 255).astype(np.uint8)
    return mask, nuclei_inside(ArraySource(shown), um_per_px, cell, parameters) > 0


def _cut_out_mask(pixels: np.ndarray) -> np.ndarray | None:
    """Cell of a cut-out on black ground; None if the frame is not black."""
    black = black_ground(pixels)
    frame = np.concatenate([black[0], black[-1], black[:, 0], black[:, -1]])
    if frame.mean() < _CUT_OUT_FRAME_FRACTION or black.all():
        return None
    # The dark of a nucleus is no ground: only black that reaches the frame is.
    count, parts = cv2.connectedComponents(black.astype(np.uint8), connectivity=4)
    at_frame = np.zeros(count, bool)
    for edge in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        at_frame[edge] = True
    at_frame[0] = False
    inside = cv2.morphologyEx((~at_frame[parts]).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    return _nearest_piece(inside, inside) if inside.any() else None


def _central_cell(
    pixels: np.ndarray, um_per_px: float, parameters: SegmentationParameters
) -> tuple[np.ndarray, np.ndarray]:
    """Cell and nucleus nearest the middle; all False if there is none near it."""
    masks = segment(ArraySource(np.ascontiguousarray(pixels)), um_per_px, parameters)
    cell = _nearest_piece(masks.labels, masks.nuclei)
    return cell, cell & (masks.nuclei > 0)


def _nearest_piece(labels: np.ndarray, cores: np.ndarray) -> np.ndarray:
    """Mask of the label whose core lies nearest the middle of the image.

    Nearness is the distance from the middle to the core's nearest pixel, with a
    small part of that to its centroid, so that of two cores over the middle the
    centred one is taken. Farther than a quarter of the image is not in the middle.
    """
    if labels.max() <= 1:
        _, labels = cv2.connectedComponents(labels.astype(np.uint8))
        cores = np.where(cores > 0, labels, 0)
    ys, xs = np.nonzero(cores)
    if len(ys) == 0:
        return np.zeros(labels.shape, bool)
    names = cores[ys, xs]
    middle = (np.array(labels.shape) - 1) / 2
    away = np.hypot(ys - middle[0], xs - middle[1])
    size = np.bincount(names)
    nearest = np.full(len(size), np.inf)
    np.minimum.at(nearest, names, away)
    with np.errstate(invalid="ignore"):
        centroid = np.hypot(
            np.bincount(names, ys) / size - middle[0], np.bincount(names, xs) / size - middle[1]
        )
    score = nearest + 0.3 * np.where(size > 0, centroid, np.inf)
    score[size == 0] = np.inf
    best = int(np.argmin(score))
    if nearest[best] > 0.25 * min(labels.shape):
        return np.zeros(labels.shape, bool)
    return labels == best
