"""The colours of a cell's nucleus and cytoplasm, and whether a model has seen such a stain."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

# Mean CIELAB of nucleus and cytoplasm: lightness L* 0–100, a* from green to red, b* from blue to
# yellow. Nuclei alone do not tell a picture whose hue was turned; how they differ from the
# cytoplasm does.
COLOURS = (
    *("nucleus_l", "nucleus_a", "nucleus_b"),
    *("cytoplasm_l", "cytoplasm_a", "cytoplasm_b"),
)
N = len(COLOURS)
# Levels of the plane of outlines: 128 is cell, 255 nucleus; between them lie resampled edges.
_CELL, _NUCLEUS = 64, 191
_FEWEST_PX = 10  # of a part whose colour is to be told
_EDGE = np.ones((3, 3), np.uint8)  # mixed colours, one pixel to either side of an outline


class StainSeen(BaseModel):
    """The stains that a model has learned from, laboratories weighing equally; part of a card.

    A smear is judged by the median colours of its cells, and by how far they lie from
    those of the training, in standard deviations that take the six colours together
    (Mahalanobis): a pale stain has a pale cytoplasm too.

    Parameters
    ----------
    mean : tuple of float
        Of each of :data:`COLOURS`, over cells.
    covariance : tuple of tuple of float
        Of the same: within laboratories, and between them.
    low, high : tuple of float
        Of each colour, the 1st and the 99th percentile of the cells.
    counts : tuple of int
        Numbers of cells, rising, for which it is known how far their median can lie.
    rare : tuple of float
        For each, the distance that one in a hundred of so many training cells exceeds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...] = Field(min_length=N, max_length=N)
    covariance: tuple[tuple[float, ...], ...] = Field(min_length=N, max_length=N)
    low: tuple[float, ...] = Field(min_length=N, max_length=N)
    high: tuple[float, ...] = Field(min_length=N, max_length=N)
    counts: tuple[int, ...] = Field(min_length=1)
    rare: tuple[float, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        matrix = np.array(self.covariance) if all(len(r) == N for r in self.covariance) else None
        if matrix is None or not np.allclose(matrix, matrix.T):
            raise ValueError("the covariance is not symmetric")
        if np.linalg.eigvalsh(matrix).min() <= 0:
            raise ValueError("the covariance is not positive definite")
        if len(self.counts) != len(self.rare) or sorted(set(self.counts)) != list(self.counts):
            raise ValueError("counts must rise, with one rare distance each")
        return self

    def distance(self, colours: np.ndarray) -> np.ndarray:
        """How far median `colours`, shape (..., 6), lie from the training: shape (...)."""
        away = np.asarray(colours, float) - np.array(self.mean)
        squared = np.einsum("...i,ij,...j->...", away, self._precision(), away)
        return np.sqrt(np.maximum(squared, 0.0))

    def rare_distance(self, n_cells: int) -> float | None:
        """The distance from which the median of `n_cells` is unusual; None for too few."""
        known = sum(count <= n_cells for count in self.counts)
        return self.rare[known - 1] if known else None

    def expected(self, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each colour as the five others have it, and how far off it is: two of shape (6,).

        The second is in standard deviations that are left once the others are known.
        """
        precision = self._precision()
        pull = precision @ (np.asarray(colours, float) - np.array(self.mean))
        own = np.diag(precision)
        return colours - pull / own, pull / np.sqrt(own)

    def _precision(self) -> np.ndarray:
        return np.linalg.inv(np.array(self.covariance))


def colours_of(crops: np.ndarray) -> np.ndarray:
    """Colours of the cell of each crop: ndarray, shape (N, 6), float32, as :data:`COLOURS`.

    NaN for a nucleus or cytoplasm of which hardly anything is seen, and for crops
    without a plane of outlines.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
        RGB, and the plane of outlines.
    """
    colours = np.full((len(crops), N), np.nan, np.float32)
    if crops.shape[-1] == 4:
        for colour, crop in zip(colours, crops, strict=True):
            colour[:3], colour[3:] = _colours(crop)
    return colours


def _colours(crop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import cv2

    cell = (crop[..., 3] > _CELL).astype(np.uint8)
    nucleus = (crop[..., 3] > _NUCLEUS).astype(np.uint8)
    cytoplasm = cv2.erode(cell, _EDGE) & (1 - cv2.dilate(nucleus, _EDGE))
    lab = cv2.cvtColor(np.ascontiguousarray(crop[..., :3]), cv2.COLOR_RGB2LAB)
    return _mean(lab, cv2.erode(nucleus, _EDGE)), _mean(lab, cytoplasm)


def _mean(lab: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Mean L*, a* and b* in their own units; of uint8, cv2 stretches L* and shifts the others."""
    import cv2

    if cv2.countNonZero(part) < _FEWEST_PX:
        return np.full(3, np.nan)
    mean = np.array(cv2.mean(lab, part)[:3])
    return mean * (100 / 255, 1, 1) - (0, 128, 128)
