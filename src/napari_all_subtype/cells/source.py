"""Where pixels come from: one protocol for files, arrays, pyramids and slides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import numpy as np

PixelSizeOrigin = Literal["user", "profile", "metadata", "layer", "red cells", "assumed"]


class Region(NamedTuple):
    """A rectangle in pixels of level 0, end exclusive."""

    y0: int
    x0: int
    y1: int
    x1: int


@dataclass(frozen=True)
class PixelSize:
    """The size of one pixel, where it comes from, and how far it can be trusted.

    Parameters
    ----------
    um_per_px : float
        Micrometres per pixel.
    origin : str
        ``user``, ``profile``, ``metadata``, ``layer``, ``red cells`` or ``assumed``.
    relative_uncertainty : float
        One standard uncertainty as a fraction of the value, 0–1.
    note : str
        Name of the profile, number of red cells, and the like.
    red_cells_um_per_px : float or None
        What the red cells of the image tell, where that contradicts what was given.
    """

    um_per_px: float
    origin: PixelSizeOrigin
    relative_uncertainty: float
    note: str = ""
    red_cells_um_per_px: float | None = None


class ImageSource(Protocol):
    """An RGB image that can be read in parts.

    Attributes
    ----------
    name : str
        The input's own name without its folder.
    shape : tuple of int
        (Y, X) at level 0.
    pixel_size : PixelSize or None
        Trustworthy size from the file or layer, if it has one.
    history : tuple of str
        What was done on reading: scaling, colour profile, orientation.
    """

    name: str
    shape: tuple[int, int]
    pixel_size: PixelSize | None
    history: tuple[str, ...]

    @property
    def level_shapes(self) -> tuple[tuple[int, int], ...]:
        """(Y, X) in pixels of every level, finest first."""

    def read(self, region: Region | None = None, level: int = 0) -> np.ndarray:
        """Pixels of `region` (all if None): ndarray, shape (Y, X, 3), uint8, RGB."""


@dataclass(frozen=True)
class ArraySource:
    """An image that is in memory already: ndarray, shape (Y, X, 3), uint8, RGB."""

    pixels: np.ndarray
    name: str = "image"
    pixel_size: PixelSize | None = None
    history: tuple[str, ...] = field(default=())

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def level_shapes(self) -> tuple[tuple[int, int], ...]:
        """(Y, X) of the one level."""
        return (self.shape,)

    def read(self, region: Region | None = None, level: int = 0) -> np.ndarray:
        """Pixels of `region`; an array has level 0 only."""
        if level != 0:
            raise ValueError(f"level {level}: an image in memory has level 0 only")
        if region is None:
            return self.pixels
        return self.pixels[region.y0 : region.y1, region.x0 : region.x1]


def pixel_digest(source: ImageSource) -> str:
    """A digest of shape and pixels: equal for the same picture, whatever its name and format."""
    digest = hashlib.blake2b(repr(source.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(source.read()))
    return digest.hexdigest()
