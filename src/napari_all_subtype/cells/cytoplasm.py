"""Whole cells: the star-shaped contour around each nucleus that parts cell from ground best."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.cells.components import Foreground, foreground
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

    @staticmethod
    def rays() -> np.ndarray:
        """Directions (x, y) of unit length: ndarray, shape (ANGLES, 2), float32."""
        turn = np.arange(ANGLES) * (2 * np.pi / ANGLES)
        return np.stack([np.cos(turn), np.sin(turn)], axis=-1).astype(np.float32)

    def polygons(self) -> np.ndarray:
        """Corner points (x, y): ndarray, shape (N, ANGLES, 2), float32."""
        return self.centres_xy[:, None] + self.radii_px[..., None] * self.rays()[None]

    def draw(self, nuclei: np.ndarray) -> np.ndarray:
        """Cells 1…N with their nuclei on top: ndarray, shape of `nuclei`, int32."""
        labels = np.zeros(nuclei.shape, np.int32)
        corners = np.round(self.polygons() * 2**_SHIFT).astype(np.int32)
        for k, polygon in enumerate(corners, 1):
            cv2.fillPoly(labels, [polygon], k, shift=_SHIFT)
        return np.where(nuclei > 0, nuclei, labels)


@dataclass(frozen=True)
class Territories:
    """Which nucleus each pixel is nearest to.

    Parameters
    ----------
    away_px : ndarray, shape (Y, X), float32
        Distance to the nearest pixel of a nucleus.
    nearest : ndarray, shape (Y, X), int32
        Which pixel that is: its rank, 1…P, among those of all nuclei in raster order.
    """

    away_px: np.ndarray
    nearest: np.ndarray

    @classmethod
    def of(cls, nuclei: np.ndarray) -> Territories:
        """The territories of labels 1…n: they depend on where nuclei are, not on their names."""
        empty = (nuclei == 0).view(np.uint8)
        labels = cv2.DIST_LABEL_PIXEL
        return cls(*cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=labels))


def cell_evidence(density: np.ndarray, stain: Stain, where: np.ndarray | None = None) -> np.ndarray:
    """How much likelier cytoplasm is than glass or red cell: (Y, X) float32, −1 to 1.

    The log-likelihood ratio of the pixel's colour, cut off so that no single
    pixel decides. Outside `where`, ndarray, shape (Y, X), bool, if given, it is −1.
    """
    ratio = np.clip(stain.cytoplasm / _CERTAIN, -1, 1)
    if where is None:
        return ratio[colour_index(density)]
    index = np.flatnonzero(where)
    evidence = np.full(where.shape, -1, np.float32)
    evidence.ravel()[index] = ratio[colour_index(density.reshape(-1, 3)[index])]
    return evidence


def cell_contours(
    evidence: np.ndarray,
    nuclei: np.ndarray,
    um_per_px: float,
    max_cytoplasm_um: float,
    territories: Territories | None = None,
) -> Contours:
    """Best contour around each nucleus 1…n.

    Parameters
    ----------
    evidence : ndarray, shape (Y, X), float32
        Above 0 where white cell is likelier than ground.
    nuclei : ndarray, shape (Y, X), int32
    um_per_px, max_cytoplasm_um : float
        Pixel size and farthest reach from the nucleus, in micrometres.
    territories : Territories, optional
        Those of `nuclei`, if they are known.
    """
    territories = territories or Territories.of(nuclei)
    pixels = foreground(nuclei)
    count = pixels.count
    ys, xs = np.divmod(pixels.index, nuclei.shape[1])
    centres = _centres(ys, xs, pixels)
    gain = evidence.copy()
    gain[territories.away_px * um_per_px > max_cytoplasm_um] = -1
    gain.ravel()[pixels.index] = 1.5
    reach = _reach(ys, xs, pixels, centres) + max_cytoplasm_um / um_per_px
    steps = int(np.ceil(reach.max(initial=1.0))) + 2
    radius = np.arange(1, steps + 1, dtype=np.float32)
    shape = (count * ANGLES, steps)
    x, y = (
        (centres[:, k, None, None] + ray[None, :, None] * radius).reshape(shape)
        for k, ray in enumerate(Contours.rays().T)
    )
    values = sample_rays(gain, x, y, cv2.INTER_LINEAR, -1.0)
    nearest = sample_rays(territories.nearest, x, y, cv2.INTER_NEAREST, 0.0)
    owners = np.concatenate([[0], pixels.names])[nearest]
    mine = owners.reshape(count, ANGLES, steps) == np.arange(1, count + 1)[:, None, None]
    values = np.where(mine, values.reshape(count, ANGLES, steps), -1.5)
    return Contours(centres, radius[_best_rings(np.cumsum(values, axis=2))])


def sample_rays(
    image: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    how: int = cv2.INTER_LINEAR,
    outside: float | None = None,
) -> np.ndarray:
    """Values of `image`, shape (Y, X) or (Y, X, 3), at (x, y).

    In slices that the 16-bit sizes of OpenCV allow.

    Beyond the image they are `outside`, or those of its border.
    """
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    rows = 16_000
    parts = [
        cv2.remap(
            image,
            x[k : k + rows],
            y[k : k + rows],
            how,
            borderMode=border,
            borderValue=outside or 0.0,
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
    half, length = angles // 2, 2 * angles
    score = np.ascontiguousarray(score.transpose(1, 0, 2))
    best = np.full((count, steps + 2 * _MAX_STEP), -np.inf, np.float32)
    inner = best[:, _MAX_STEP:-_MAX_STEP]
    inner[:] = score[-half]
    moves = np.zeros((length, count, steps), np.int8)
    top, option = np.empty((2, count, steps), np.float32)
    better = np.empty((count, steps), bool)
    for a in range(1, length):
        np.subtract(best[:, :steps], _STEP_COST * _MAX_STEP, out=top)
        moves[a] = -_MAX_STEP
        for step in range(1 - _MAX_STEP, _MAX_STEP + 1):
            start = step + _MAX_STEP
            np.subtract(best[:, start : start + steps], _STEP_COST * abs(step), out=option)
            np.greater(option, top, out=better)
            np.copyto(moves[a], step, where=better)
            np.maximum(option, top, out=top)
        np.add(top, score[(a - half) % angles], out=inner)
    path = np.zeros((count, length), int)
    path[:, -1] = inner.argmax(axis=1)
    rows = np.arange(count)
    for a in range(length - 1, 0, -1):
        path[:, a - 1] = path[:, a] + moves[a, rows, path[:, a]]
    return path[:, half : half + angles]


def _centres(ys: np.ndarray, xs: np.ndarray, pixels: Foreground) -> np.ndarray:
    """Centroids (x, y) of labels 1…n: ndarray, shape (N, 2), float32."""
    size = np.maximum(pixels.areas()[1:], 1)
    y, x = (np.bincount(pixels.names, v, pixels.count + 1)[1:] / size for v in (ys, xs))
    return np.stack([x, y], axis=1).astype(np.float32)


def _reach(ys: np.ndarray, xs: np.ndarray, pixels: Foreground, centres: np.ndarray) -> np.ndarray:
    """Farthest pixel of each label from its centre, in px: ndarray, shape (N,)."""
    rows = pixels.names - 1
    away = np.hypot(xs - centres[rows, 0], ys - centres[rows, 1])
    reach = np.zeros(pixels.count)
    np.maximum.at(reach, rows, away)
    return reach
