"""Lazy arrays and pyramids (dask, zarr, a napari multiscale layer) as an image source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from napari_all_subtype.cells.colour import (
    Intensity,
    alpha_note,
    extremes,
    intensity_of,
    refuse_colourless,
    to_rgb8,
)
from napari_all_subtype.cells.source import PixelSize, Region
from napari_all_subtype.errors import ImageReadError, ImageShapeError

_SAMPLE_SIDE_PX = 2048


class ArrayLike(Protocol):
    """What numpy, dask and zarr arrays have in common."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def __getitem__(self, key: object) -> object:
        """Part of the array."""


@dataclass(frozen=True)
class LevelsSource:
    """A pyramid of arrays, shape (Y, X, 3 or 4), finest first; read in parts.

    Intensity is fixed once, on a sample, so that every region is scaled alike.
    """

    levels: tuple[ArrayLike, ...]
    intensity: Intensity
    name: str = "image"
    pixel_size: PixelSize | None = None
    history: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) in pixels of level 0."""
        return int(self.levels[0].shape[0]), int(self.levels[0].shape[1])

    @property
    def level_shapes(self) -> tuple[tuple[int, int], ...]:
        """(Y, X) in pixels of every level."""
        return tuple((int(a.shape[0]), int(a.shape[1])) for a in self.levels)

    def read(self, region: Region | None = None, level: int = 0) -> np.ndarray:
        """Pixels of `region` (in pixels of level 0) at `level`: (Y, X, 3), uint8, RGB."""
        if not 0 <= level < len(self.levels):
            raise ValueError(f"level {level}: expected 0 to {len(self.levels) - 1}")
        array = self.levels[level]
        if region is None:
            return to_rgb8(np.asarray(array[:, :]), self.intensity)
        (full_y, full_x), (level_y, level_x) = self.shape, self.level_shapes[level]
        y0, y1 = (round(y * level_y / full_y) for y in (region.y0, region.y1))
        x0, x1 = (round(x * level_x / full_x) for x in (region.x0, region.x1))
        part = np.asarray(array[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)])
        return to_rgb8(part, self.intensity)


def levels_source(
    levels: Sequence[ArrayLike],
    name: str = "image",
    pixel_size: PixelSize | None = None,
    *,
    dark_ground: bool = False,
) -> LevelsSource:
    """A source over `levels`, arrays of shape (Y, X, 3 or 4), finest first.

    Parameters
    ----------
    dark_ground : bool
        Accept cells cut out on a black ground, which look like fluorescence.

    Raises
    ------
    NotColourError
        If the arrays have no three or four channels, or no colour.
    ImageReadError
        If there is no array, or its values cannot be a photograph.
    """
    levels = tuple(levels)
    if not levels:
        raise ImageReadError(f"{name} has no levels; expected at least one array.")
    for array in levels:
        check_channels(array.shape, name)
    sample = _sample(levels)
    intensity = intensity_of(sample.dtype, *extremes(sample))
    refuse_colourless(to_rgb8(sample, intensity), name, dark_ground)
    history = tuple(filter(None, (intensity.note, alpha_note(sample))))
    return LevelsSource(levels, intensity, name, pixel_size, history)


def check_channels(shape: tuple[int, ...], name: str) -> None:
    """Raise unless `shape` is (Y, X, 3 or 4).

    Raises
    ------
    ImageShapeError
    """
    if len(shape) == 3 and shape[2] in (3, 4):
        return
    if len(shape) == 3 and shape[0] in (3, 4):
        raise ImageShapeError(
            f"{name} has the shape {tuple(shape)}: its channels come first. Expected (Y, X, 3); "
            "pass numpy.moveaxis(image, 0, -1)."
        )
    if len(shape) == 2 or (len(shape) == 3 and shape[2] == 1):
        raise ImageShapeError(
            f"{name} is greyscale (shape {tuple(shape)}). Expected a colour image of a stained "
            "smear, shape (Y, X, 3)."
        )
    raise ImageShapeError(
        f"{name} has the shape {tuple(shape)}. Expected (Y, X, 3) or (Y, X, 4), channels last; "
        "of a stack, pass one slice."
    )


def _sample(levels: tuple[ArrayLike, ...]) -> np.ndarray:
    """Every n-th pixel of the coarsest level, from border to border."""
    coarsest = levels[-1]
    step_y, step_x = (max(1, -(-side // _SAMPLE_SIDE_PX)) for side in coarsest.shape[:2])
    return np.asarray(coarsest[::step_y, ::step_x])
