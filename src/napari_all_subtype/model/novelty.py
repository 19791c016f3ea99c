"""How unlike the cells of its training a crop looks: what is no such cell is called unknown."""

from __future__ import annotations

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from napari_all_subtype.errors import ParameterError

# Levels of the plane of outlines: 128 is cell, 255 nucleus; between them lie resampled edges.
_CELL, _NUCLEUS = 64, 191
_FEWEST_PX = 20  # of a cell, to be measured at all
_MOST_UNLIKE = -9.0  # in place of what cannot be measured, far from any cell

MEASURES = (
    "log area",
    "nucleus share",
    "log gradient",
    "log detail",
    "log gradient at the nucleus's edge",
    "log contrast of nucleus and cytoplasm",
    "log spread of the nucleus's density",
    "log detail per gradient",
)

# What a low and a high value of each measure looks like.
_LOOKS = (
    ("small", "large"),
    ("nucleus small for the cell", "hardly any cytoplasm"),
    ("blurred", "harsh or noisy"),
    ("blurred", "grainy or noisy"),
    ("faint edge of the nucleus", "harsh edge of the nucleus"),
    ("nucleus hardly darker than the rest", "nucleus far darker than the rest"),
    ("nucleus of one tone", "nucleus blotchy"),
    ("smooth, as out of focus", "grainy or noisy"),
)
NO_CELL = "no cell is outlined in it"
TOGETHER = "no measure alone, but all of them together"
_RARE = 0.02  # of cells have a measure at least as far out, to either side, as is told of
_MOST_REASONS = 2


class Familiarity(BaseModel):
    """A mixture of normal distributions over the looks of the training cells; part of a card.

    Parameters
    ----------
    centre, spread : tuple of float
        What each of `MEASURES` is shifted and divided by.
    shares : tuple of float
        Weight of each of the K distributions.
    means : tuple of tuple of float
        K rows, one value per measure.
    whitening : tuple of tuple of tuple of float
        K triangular matrices that turn each distribution into a round one.
    typical, rare : float
        Surprise (negative log likelihood) of the middle training cell, and the one
        that one in a hundred exceeds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    centre: tuple[float, ...] = Field(min_length=len(MEASURES), max_length=len(MEASURES))
    spread: tuple[float, ...] = Field(min_length=len(MEASURES), max_length=len(MEASURES))
    shares: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    whitening: tuple[tuple[tuple[float, ...], ...], ...]
    typical: float
    rare: float

    def novelty(self, crops: np.ndarray) -> np.ndarray:
        """How unlike the training cells each crop looks: ndarray, shape (N,), float32.

        0 is as usual as the middle one of them, 1 as unusual as the most unusual
        one in a hundred. Colour takes no part: another laboratory's stain is
        no other kind of object.

        Parameters
        ----------
        crops : ndarray, shape (N, S, S, 4), uint8
            With the plane of outlines.

        Raises
        ------
        ParameterError
            If the crops have no plane of outlines.
        """
        surprise = self._surprise(looks(crops))
        return ((surprise - self.typical) / (self.rare - self.typical)).astype(np.float32)

    def reasons(self, crops: np.ndarray) -> list[str]:
        """In what each crop is unlike the training cells: its one or two strangest measures.

        Parameters
        ----------
        crops : ndarray, shape (N, S, S, 4), uint8
            That are new; of others this says little.
        """
        values = looks(crops)
        chances = self._chances(values)
        return [_in_words(*one) for one in zip(values, *chances, strict=True)]

    def _chances(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Share of training cells with a measure as low, and as high: two ndarray like `values`."""
        from scipy.special import ndtr

        z = (values - np.array(self.centre)) / np.array(self.spread)
        lower = np.zeros_like(z)
        for share, mean, whitening in zip(self.shares, self.means, self.whitening, strict=True):
            unmixed = np.linalg.inv(np.array(whitening))
            spread = np.sqrt(np.diag(unmixed.T @ unmixed))
            lower += share * ndtr((z - np.array(mean)) / spread)
        return lower, 1 - lower

    def _surprise(self, values: np.ndarray) -> np.ndarray:
        from scipy.special import logsumexp

        z = (values - np.array(self.centre)) / np.array(self.spread)
        terms = []
        for share, mean, whitening in zip(self.shares, self.means, self.whitening, strict=True):
            matrix = np.array(whitening)
            away = ((z - np.array(mean)) @ matrix) ** 2
            terms.append(np.log(share) + np.log(np.diag(matrix)).sum() - 0.5 * away.sum(axis=1))
        return 0.5 * len(MEASURES) * np.log(2 * np.pi) - logsumexp(terms, axis=0)


def _in_words(values: np.ndarray, lower: np.ndarray, higher: np.ndarray) -> str:
    """The strangest measures of one crop, each told once."""
    if (values == _MOST_UNLIKE).all():
        return NO_CELL
    told: list[str] = []
    for k in np.argsort(np.minimum(lower, higher), kind="stable"):
        word = _LOOKS[k][int(higher[k] < lower[k])]
        if 2 * min(lower[k], higher[k]) < _RARE and word not in told:
            told.append(word)
    return "; ".join(told[:_MOST_REASONS]) or TOGETHER


def looks(crops: np.ndarray) -> np.ndarray:
    """Size, shape and sharpness of what each crop shows: ndarray, shape (N, 8), float.

    Raises
    ------
    ParameterError
        If the crops have no plane of outlines.
    """
    if crops.ndim != 4 or crops.shape[-1] != 4:
        raise ParameterError(
            f"Crops of shape {crops.shape}: expected (N, S, S, 4), with the plane of outlines. Cut "
            "them with a CropSpec that is outlined."
        )
    if not len(crops):
        return np.zeros((0, len(MEASURES)))
    return np.nan_to_num(np.stack([_look(crop) for crop in crops]), nan=_MOST_UNLIKE)


def outlines_of(crop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cell and nucleus by the plane of outlines: two ndarray, shape (S, S), bool; or a stack."""
    return crop[..., 3] > _CELL, crop[..., 3] > _NUCLEUS


def _look(crop: np.ndarray) -> np.ndarray:
    cell, nucleus = outlines_of(crop)
    area = np.count_nonzero(cell)
    if area < _FEWEST_PX:
        return np.full(len(MEASURES), np.nan)
    share = np.count_nonzero(nucleus) / area
    if np.count_nonzero(nucleus) < _FEWEST_PX / 2:
        nucleus = cell
    # Green: where every stain of leukocytes absorbs.
    green = crop[..., 1].astype(np.float32)
    gradient = np.hypot(cv2.Sobel(green, cv2.CV_32F, 1, 0), cv2.Sobel(green, cv2.CV_32F, 0, 1)) / 8
    detail = np.abs(cv2.Laplacian(green, cv2.CV_32F))
    inner = _or(_eroded(cell, 5), cell)
    cytoplasm = _or(cell & ~_dilated(nucleus, 3), cell)
    edge = _or(_dilated(nucleus, 5) & ~_eroded(nucleus, 5), cell)
    contrast = abs(green[nucleus].mean() - green[cytoplasm].mean()) + 5
    density = -np.log((crop[..., :3][nucleus] + 1.0) / 256)
    return np.array(
        [
            np.log(area),
            share,
            np.log(gradient[inner].mean() + 0.1),
            np.log(detail[inner].mean() + 0.1),
            np.log(np.percentile(gradient[edge], 75) + 0.1),
            np.log(contrast),
            np.log(density.std() + 0.01),
            np.log(detail[inner].mean() / (gradient[inner].mean() + 0.1) + 0.01),
        ]
    )


def _or(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part`, or `whole` where hardly anything is left of it."""
    return part if np.count_nonzero(part) >= _FEWEST_PX / 2 else whole


def _dilated(mask: np.ndarray, side: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0


def _eroded(mask: np.ndarray, side: int) -> np.ndarray:
    return cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
