"""One cell's own window of the image, brought to the working pixel size, as optical density."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import cv2
import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.cells.stain import background_of, optical_density

# Shown around the box of a cell.
_RIM_UM = 1.0
# Glass is looked for in this many squares along each side of the image, of this size.
_GLASS_SQUARES, _GLASS_UM = 6, 24.0


@dataclass(frozen=True)
class CellWindow:
    """A cell and what is around it.

    Parameters
    ----------
    density : ndarray, shape (Y, X, 3), float32
        Optical density of red, green and blue against glass.
    cell, nucleus : ndarray, shape (Y, X), bool
        Masks of this cell alone.
    um_per_px : float
        Micrometres per pixel of this window.
    """

    density: np.ndarray
    cell: np.ndarray
    nucleus: np.ndarray
    um_per_px: float

    @cached_property
    def cell_depth_um(self) -> np.ndarray:
        """How far inside of the cell each pixel lies: ndarray, shape (Y, X), float32."""
        return inside_um(self.cell, self.um_per_px)

    @cached_property
    def nucleus_depth_um(self) -> np.ndarray:
        """How far inside of the nucleus each pixel lies: ndarray, shape (Y, X), float32."""
        return inside_um(self.nucleus, self.um_per_px)

    @cached_property
    def nucleus_distance_um(self) -> np.ndarray:
        """How far from the nucleus each pixel lies: ndarray, shape (Y, X), float32."""
        return inside_um(~self.nucleus, self.um_per_px)


def cut_window(
    source: ImageSource,
    masks: CellMasks,
    label: int,
    box: Region,
    glass: np.ndarray,
    scale: tuple[float, float],
) -> CellWindow:
    """The window of the cell `label`, which lies in `box`.

    Parameters
    ----------
    glass : ndarray, shape (3,), float
        Grey values of the empty glass.
    scale : tuple of float
        Micrometres per pixel of the image, and of the window that is wanted.
    """
    um_per_px, working = scale
    region = _with_rim(box, round(_RIM_UM / um_per_px), source.shape)
    here = np.s_[region.y0 : region.y1, region.x0 : region.x1]
    rgb = np.ascontiguousarray(source.read(region))
    cell = (masks.labels[here] == label).astype(np.float32)
    nucleus = (masks.nuclei[here] == label).astype(np.float32)
    zoom = um_per_px / working
    size = tuple(max(3, round(n * zoom)) for n in rgb.shape[1::-1])
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    rgb, cell, nucleus = (
        cv2.resize(part, size, interpolation=how) for part in (rgb, cell, nucleus)
    )
    return CellWindow(optical_density(rgb, glass), cell > 0.5, nucleus > 0.5, working)


def glass_of(source: ImageSource, um_per_px: float) -> np.ndarray:
    """Grey values of the empty glass, from squares spread over the image: ndarray, shape (3,).

    Reads the same few pixels whatever cells there are and however large the image is.
    """
    side = max(8, round(_GLASS_UM / um_per_px))
    height, width = source.shape
    if height * width <= (side * _GLASS_SQUARES) ** 2:
        return background_of(source)
    ys, xs = (np.linspace(0, max(n - side, 0), _GLASS_SQUARES).astype(int) for n in (height, width))
    squares = [
        source.read(Region(y, x, min(y + side, height), min(x + side, width)))[::2, ::2]
        for y, x in product(ys.tolist(), xs.tolist())
    ]
    return background_of(np.concatenate([square.reshape(-1, 1, 3) for square in squares]))


def _with_rim(box: Region, rim_px: int, shape: tuple[int, int]) -> Region:
    return Region(
        max(box.y0 - rim_px, 0),
        max(box.x0 - rim_px, 0),
        min(box.y1 + rim_px, shape[0]),
        min(box.x1 + rim_px, shape[1]),
    )


def inside_um(mask: np.ndarray, um_per_px: float) -> np.ndarray:
    """How far inside of `mask` each pixel lies: ndarray, shape (Y, X), float32, µm."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] * np.float32(um_per_px)


def inner_nucleus(window: CellWindow, rim_um: float) -> np.ndarray:
    """The nucleus without its blurred rim: ndarray, shape (Y, X), bool."""
    return window.nucleus_depth_um > rim_um


def box_of(mask: np.ndarray, rim_px: int = 2) -> tuple[slice, slice]:
    """Slices of the part that holds `mask`, which must not be empty."""
    ys, xs = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(int(ys[0]) - rim_px, 0), int(ys[-1]) + rim_px + 1),
        slice(max(int(xs[0]) - rim_px, 0), int(xs[-1]) + rim_px + 1),
    )


def part_of(window: CellWindow, here: tuple[slice, slice]) -> CellWindow:
    """A part of `window`, to compute no more than is needed."""
    return CellWindow(
        window.density[here], window.cell[here], window.nucleus[here], window.um_per_px
    )
