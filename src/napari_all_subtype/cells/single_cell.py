"""Images of one cell: which it is, among others that may touch it, and its crop."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.crops import cut
from napari_all_subtype.cells.halves import nuclei_inside
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.cells.stain import black_ground
from napari_all_subtype.config import SegmentationParameters

__all__ = ["SingleCell", "crop_single_cell", "cut_out_of"]

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
    cell, shown = mask.astype(np.int32), _on_white(pixels, mask)
    return mask, nuclei_inside(ArraySource(shown), um_per_px, cell, parameters) > 0


def cut_out_of(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """`pixels`, with white in place of the black that a cell was cut out on: like `pixels`."""
    return pixels if _cut_out_mask(pixels) is None else _on_white(pixels, mask)


def _on_white(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    # The stain is told from what is not glass, and black would be the darkest of all.
    return np.where(mask[..., None], pixels, 255).astype(np.uint8)


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
