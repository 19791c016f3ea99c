"""Outlines that a network draws: what it is shown of each cell, and masks from its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

# OpenCV counts the rows of a map in 16 bits.
_MAX_ROWS = 32_000
_CERTAIN = 0.5
# A cell that would fill more of its view is shown smaller, to leave room beside it.
_LARGEST_SHARE = 0.75
# Of the first contour in the outline of the cell, and how soft its edge is taken.
# Measured on laboratories left out: the errors of the two are not the same.
_FIRST_SHARE = 0.5
_FIRST_EDGE_UM = 0.4


@dataclass(frozen=True)
class ViewSpec:
    """How a cell and its surroundings are shown to the network.

    Parameters
    ----------
    size_px : int
        Side of the square view in pixels.
    um_per_px : float
        Its scale in micrometres per pixel; a cell too wide for that is shown smaller.
    """

    size_px: int = 96
    um_per_px: float = 0.25


CHANNELS = (
    "absorbed red",
    "absorbed green",
    "absorbed blue",
    "own nucleus",
    "other nuclei",
    "own cell",
    "other cells",
    "evidence of white cell",
)
_OWN_NUCLEUS, _OWN_CELL = CHANNELS.index("own nucleus"), CHANNELS.index("own cell")


class Outliner(Protocol):
    """Draws the nucleus and the outline of the one cell in the middle of a view."""

    spec: ViewSpec

    def __call__(self, views: np.ndarray) -> np.ndarray:
        """Probabilities of nucleus and of cell, pixel by pixel.

        Parameters
        ----------
        views : ndarray, shape (N, S, S, 8), float32
            As :func:`views_of` gives them.

        Returns
        -------
        ndarray, shape (N, S, S, 2), float32
            0–1, for the one cell that the view is of.
        """


@dataclass(frozen=True)
class Sketch:
    """Cells as they were found, on the working grid of a tile.

    Parameters
    ----------
    rgb : ndarray, shape (Y, X, 3), uint8
    nuclei, cells : ndarray, shape (Y, X), int32
        The same numbering, 1…n.
    evidence : ndarray, shape (Y, X), float32
        How much likelier cytoplasm is than ground, −1 to 1.
    um_per_px : float
    """

    rgb: np.ndarray
    nuclei: np.ndarray
    cells: np.ndarray
    evidence: np.ndarray
    um_per_px: float

    def frames(self, spec: ViewSpec) -> Frames:
        """Where the view of each cell lies: around its bounding box, with room beside it."""
        from scipy.ndimage import find_objects

        boxes = [(y.start, y.stop, x.start, x.stop) for y, x in find_objects(self.cells)]
        y0, y1, x0, x1 = np.array(boxes, np.float32).reshape(-1, 4).T
        side = np.maximum(y1 - y0, x1 - x0)
        step = np.maximum(spec.um_per_px / self.um_per_px, side / (_LARGEST_SHARE * spec.size_px))
        return Frames(0.5 * np.stack([y0 + y1, x0 + x1], axis=1), step)


@dataclass(frozen=True)
class Frames:
    """Where N views lie in an image.

    Parameters
    ----------
    centres_yx_px : ndarray, shape (N, 2), float32
        In pixel edges of the image.
    step_px : ndarray, shape (N,), float32
        Pixels of the image per pixel of the view.
    """

    centres_yx_px: np.ndarray
    step_px: np.ndarray

    def zoomed(self, zoom: float) -> Frames:
        """The same places in an image with `zoom` times as many pixels on a side."""
        return Frames(self.centres_yx_px * zoom, self.step_px * zoom)


def views_of(sketch: Sketch, spec: ViewSpec) -> np.ndarray:
    """One view per cell of `sketch`: ndarray, shape (N, S, S, 8), float32.

    The channels are `CHANNELS`: what the stain absorbs, 0–1; the nucleus and the
    cell as they were found, and those of the neighbours, 0 or 1; the evidence.
    Beyond the border of the tile its last pixels are repeated.
    """
    count, side = int(sketch.cells.max(initial=0)), spec.size_px
    views = np.empty((count, side, side, len(CHANNELS)), np.float32)
    own = np.arange(1, count + 1, dtype=np.float32)[:, None, None]
    place = sketch.frames(spec), side
    nuclei = sample(sketch.nuclei.astype(np.float32), *place, cv2.INTER_NEAREST)
    cells = sample(sketch.cells.astype(np.float32), *place, cv2.INTER_NEAREST)
    views[..., :3] = 1 - sample(sketch.rgb, *place) / np.float32(255)
    for at, labels in ((_OWN_NUCLEUS, nuclei), (_OWN_CELL, cells)):
        views[..., at] = labels == own
        views[..., at + 1] = (labels != own) & (labels > 0)
    views[..., 7] = sample(sketch.evidence, *place)
    return views


def sample(
    image: np.ndarray, frames: Frames, size_px: int, how: int = cv2.INTER_LINEAR
) -> np.ndarray:
    """What views of `size_px` pixels on a side show of an image: ndarray, shape (N, S, S, …)."""
    side = size_px
    offsets = (np.arange(side) + 0.5 - side / 2) * frames.step_px[:, None]
    grids = (frames.centres_yx_px[:, :, None] + offsets[:, None] - 0.5).astype(np.float32)
    y = np.repeat(grids[:, 0, :, None], side, axis=2).reshape(-1, side)
    x = np.repeat(grids[:, 1, None, :], side, axis=1).reshape(-1, side)
    rows = _MAX_ROWS // side * side
    parts = [
        cv2.remap(image, x[k : k + rows], y[k : k + rows], how, borderMode=cv2.BORDER_REPLICATE)
        for k in range(0, len(x), rows)
    ]
    together = np.concatenate(parts) if parts else np.empty((0, side, *image.shape[2:]))
    return together.reshape(len(grids), side, side, *image.shape[2:])


def with_first_contour(probabilities: np.ndarray, views: np.ndarray, spec: ViewSpec) -> np.ndarray:
    """Probabilities of an :class:`Outliner`, those of the cell averaged with its first contour.

    Parameters
    ----------
    probabilities : ndarray, shape (N, S, S, 2), float32
    views : ndarray, shape (N, S, S, 8), float32
        What they were drawn from.

    Returns
    -------
    ndarray, shape (N, S, S, 2), float32
    """
    if len(views) == 0:
        return probabilities
    size = spec.size_px
    # As one tall picture; the views have a wide rim without the cell.
    first = np.ascontiguousarray(views[..., [_OWN_NUCLEUS, _OWN_CELL]]).reshape(-1, size, 2)
    soft = cv2.GaussianBlur(first, (0, 0), _FIRST_EDGE_UM / spec.um_per_px)
    both = (1 - _FIRST_SHARE) * probabilities + _FIRST_SHARE * soft.reshape(probabilities.shape)
    return both


def draw_outlines(
    probabilities: np.ndarray,
    sketch: Sketch,
    spec: ViewSpec,
    zoom: float,
    shape: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Cells and nuclei at the resolution of the image, `zoom` times that of `sketch`.

    A pixel belongs to the cell that is likeliest there, if it is likelier than not.

    Parameters
    ----------
    probabilities : ndarray, shape (N, S, S, 2), float32
        Of an :class:`Outliner`, for the views of `sketch`.
    zoom : float
        Pixels of the masks per pixel of `sketch`.
    shape : tuple of int
        (Y, X) of the masks.

    Returns
    -------
    cells, nuclei : ndarray, shape `shape`, int32
        The numbering of `sketch`. Of a cell only its largest piece is left, and of a
        nucleus what lies in it; a cell of which nothing is left has no pixel.
    """
    frames = sketch.frames(spec).zoomed(zoom)
    best = np.full(shape, _CERTAIN, np.float32)
    cells, nuclei = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    for k, (centre, step) in enumerate(zip(frames.centres_yx_px, frames.step_px, strict=True)):
        reach = 0.5 * spec.size_px * step
        low = np.maximum(np.floor(centre - reach).astype(int), 0)
        high = np.minimum(np.ceil(centre + reach).astype(int), shape)
        y, x = (low + 0.5 - centre) / step + spec.size_px / 2 - 0.5
        back = np.array([[1 / step, 0, x], [0, 1 / step, y]])
        window = np.s_[low[0] : high[0], low[1] : high[1]]
        drawn = cv2.warpAffine(
            probabilities[k],
            back,
            tuple(int(v) for v in (high - low)[::-1]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        # What is nucleus is cell, also where the outline alone would not say so.
        chance = drawn.max(axis=2)
        mine = _largest_piece(chance > best[window])
        best[window][mine] = chance[mine]
        cells[window][mine] = k + 1
        nuclei[window][mine] = np.where(drawn[..., 0][mine] > _CERTAIN, k + 1, 0)
    return cells, nuclei


def _largest_piece(mask: np.ndarray) -> np.ndarray:
    """The largest connected piece of a mask, shape (Y, X), bool."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4
    )
    if count <= 2:
        return mask
    return pieces == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
