"""Whole cells: the star-shaped contour around each nucleus that parts cell from ground best."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.palette import colour_index
from napari_all_subtype.cells.stain import Stain

ANGLES = 72
# Largest number of radial steps by which the contour moves from one ray to the next.
_MAX_STEP = 2
_STEP_COST = 0.5
_SHIFT = 4
# Log-likelihood ratio that counts as certain.
_CERTAIN = 2.0


@dataclass(frozen=True)
class Contours:
    """Contours of N cells as rays from their centres.

    Parameters
    ----------
    centres_xy : ndarray, shape (N, 2), float32
        Pixels of the tile.
    radii_px : ndarray, shape (N, ANGLES), float32
        Distance of the contour along each ray.
    """

    centres_xy: np.ndarray
    radii_px: np.ndarray

    def polygons(self) -> np.ndarray:
        """Corner points (x, y): ndarray, shape (N, ANGLES, 2), float32."""
        turn = np.arange(ANGLES) * (2 * np.pi / ANGLES)
        rays = np.stack([np.cos(turn), np.sin(turn)], axis=-1).astype(np.float32)
        return self.centres_xy[:, None] + self.radii_px[..., None] * rays[None]

    def draw(self, nuclei: np.ndarray) -> np.ndarray:
        """Cells 1…N with their nuclei on top: ndarray, shape of `nuclei`, int32."""
        labels = np.zeros(nuclei.shape, np.int32)
        corners = np.round(self.polygons() * 2**_SHIFT).astype(np.int32)
        for k, polygon in enumerate(corners, 1):
            cv2.fillPoly(labels, [polygon], k, shift=_SHIFT)
        return np.where(nuclei > 0, nuclei, labels)


def cell_evidence(density: np.ndarray, stain: Stain) -> np.ndarray:
    """How much likelier cytoplasm is than glass or red cell: (Y, X) float32, −1 to 1.

    The log-likelihood ratio of the pixel's colour, cut off so that no single
    pixel decides.
    """
    ratio = stain.cytoplasm[colour_index(density)]
    return np.clip(ratio / _CERTAIN, -1, 1)


def cell_contours(
    evidence: np.ndarray, nuclei: np.ndarray, um_per_px: float, max_cytoplasm_um: float
) -> Contours:
    """Best contour around each nucleus 1…n.

    Parameters
    ----------
    evidence : ndarray, shape (Y, X), float32
        Above 0 where white cell is likelier than ground.
    nuclei : ndarray, shape (Y, X), int32
    um_per_px, max_cytoplasm_um : float
        Pixel size and farthest reach from the nucleus, in micrometres.
    """
    count = int(nuclei.max())
    centres = _centres(nuclei, count)
    away, owner = _nearest_nucleus(nuclei)
    gain = evidence.copy()
    gain[away * um_per_px > max_cytoplasm_um] = -1
    gain[nuclei > 0] = 1.5
    reach = _reach(nuclei, centres, count) + max_cytoplasm_um / um_per_px
    steps = int(np.ceil(reach.max(initial=1.0))) + 2
    turn = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    radius = np.arange(1, steps + 1, dtype=np.float32)
    x = centres[:, 0, None, None] + np.cos(turn)[None, :, None] * radius
    y = centres[:, 1, None, None] + np.sin(turn)[None, :, None] * radius
    shape = (count * ANGLES, steps)
    x, y = x.astype(np.float32).reshape(shape), y.astype(np.float32).reshape(shape)
    values = _sample(gain, x, y, cv2.INTER_LINEAR, -1.0)
    owners = _sample(owner.astype(np.float32), x, y, cv2.INTER_NEAREST, 0.0)
    mine = owners.reshape(count, ANGLES, steps) == np.arange(1, count + 1)[:, None, None]
    values = np.where(mine, values.reshape(count, ANGLES, steps), -1.5)
    return Contours(centres, radius[_best_rings(np.cumsum(values, axis=2))])


def _sample(
    image: np.ndarray, x: np.ndarray, y: np.ndarray, how: int, outside: float
) -> np.ndarray:
    """Values of `image` at (x, y), in slices that OpenCV's 16-bit sizes allow."""
    rows = 16_000
    parts = [
        cv2.remap(
            image,
            x[k : k + rows],
            y[k : k + rows],
            how,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=outside,
        )
        for k in range(0, len(x), rows)
    ]
    return np.concatenate(parts)


def _best_rings(score: np.ndarray) -> np.ndarray:
    """Closed path of largest score over the rays: (N, A) int radii indices.

    Dynamic programming over the angles with a small cost for every radial step;
    run over two turns and read from the middle, so that the ring closes.
    """
    count, angles, steps = score.shape
    turns = np.concatenate([score[:, angles // 2 :], score, score[:, : angles // 2]], axis=1)
    best = turns[:, 0].copy()
    moves = np.zeros((turns.shape[1], count, steps), np.int8)
    for a in range(1, turns.shape[1]):
        padded = np.pad(best, ((0, 0), (_MAX_STEP, _MAX_STEP)), constant_values=-np.inf)
        options = np.stack(
            [
                padded[:, s + _MAX_STEP : s + _MAX_STEP + steps] - _STEP_COST * abs(s)
                for s in range(-_MAX_STEP, _MAX_STEP + 1)
            ]
        )
        choice = options.argmax(axis=0)
        moves[a] = choice - _MAX_STEP
        best = np.take_along_axis(options, choice[None], axis=0)[0] + turns[:, a]
    path = np.zeros((count, turns.shape[1]), int)
    path[:, -1] = best.argmax(axis=1)
    rows = np.arange(count)
    for a in range(turns.shape[1] - 1, 0, -1):
        path[:, a - 1] = path[:, a] + moves[a, rows, path[:, a]]
    return path[:, angles - angles // 2 : 2 * angles - angles // 2]


def _centres(nuclei: np.ndarray, count: int) -> np.ndarray:
    """Centroids (x, y) of labels 1…count: ndarray, shape (N, 2), float32."""
    ys, xs = np.nonzero(nuclei)
    names = nuclei[ys, xs]
    size = np.maximum(np.bincount(names, minlength=count + 1)[1:], 1)
    x = np.bincount(names, xs, minlength=count + 1)[1:] / size
    y = np.bincount(names, ys, minlength=count + 1)[1:] / size
    return np.stack([x, y], axis=1).astype(np.float32)


def _reach(nuclei: np.ndarray, centres: np.ndarray, count: int) -> np.ndarray:
    """Farthest pixel of each nucleus from its centre, in px."""
    ys, xs = np.nonzero(nuclei)
    names = nuclei[ys, xs] - 1
    away = np.hypot(xs - centres[names, 0], ys - centres[names, 1])
    reach = np.zeros(count)
    np.maximum.at(reach, names, away)
    return reach


def _nearest_nucleus(nuclei: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance in px to the nearest nucleus, and its label."""
    empty = (nuclei == 0).astype(np.uint8)
    away, nearest = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(nearest.max()) + 1, np.int32)
    owner[nearest[empty == 0]] = nuclei[empty == 0]
    return away, owner[nearest]
