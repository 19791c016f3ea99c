"""The picture of a cell bent to new radii of its nucleus and its whole.

The picture follows along the rays, edges as a whole, so that they stay as sharp as they were;
what lies about the cell gives way, the less the farther off. Where cytoplasm is asked for
and there is none to stretch, it is laid down in the cell's own colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.simulate.alter_look import (
    Look,
    light_of,
    noise_of,
    soft_edge,
)
from napari_all_subtype.simulate.alter_outline import ANGLES, Radii, around
from napari_all_subtype.simulate.shapes import octaves, ramp

# The picture is as it was from this many radii of the cell on.
_REACH = 1.65
# Half the width of an edge that is moved as a whole, in blurs.
_RIGID_BLURS = 1.3
# Cytoplasm is laid down from this stretch on, alone from that.
_STRETCH = (1.4, 2.4)
_MOTTLE_UM = 0.7
# The rim of laid cytoplasm is a little deeper, as that of most cells is.
_RIM = 0.15


@dataclass(frozen=True)
class Bent:
    """A picture bent, (Y, X, 3) uint8, and its masks, (Y, X) bool."""

    pixels: np.ndarray
    cell: np.ndarray
    nucleus: np.ndarray


@dataclass(frozen=True)
class _Rays:
    """Pixels of a piece of the picture as distances and angles about the cell.

    Parameters
    ----------
    box : tuple of slice
        The piece.
    dy, dx, radius : ndarray, shape (Y, X), float32
        From the centre, in pixels.
    at : ndarray, shape (Y, X), int32
        Index of the angle.
    """

    box: tuple[slice, slice]
    dy: np.ndarray
    dx: np.ndarray
    radius: np.ndarray
    at: np.ndarray

    @classmethod
    def about(cls, centre: tuple[float, float], reach: float, shape: tuple[int, int]) -> _Rays:
        """Those within `reach` pixels of `centre` and within the picture."""
        box, offsets = [], []
        for middle, size in zip(centre, shape, strict=True):
            low, high = max(int(middle - reach), 0), min(int(middle + reach) + 2, size)
            box.append(slice(low, high))
            offsets.append(np.arange(low, high, dtype=np.float32) - np.float32(middle))
        dy, dx = np.meshgrid(*offsets, indexing="ij")
        radius, angle = cv2.cartToPolar(dx, dy)
        at = (angle * np.float32(ANGLES / (2 * np.pi)) + np.float32(0.5)).astype(np.int32)
        at[at == ANGLES] = 0
        return cls(tuple(box), dy, dx, radius, at)


def bend(
    pixels: np.ndarray,
    cell: np.ndarray,
    nucleus: np.ndarray,
    before: Radii,
    after: Radii,
    look: Look,
    um_per_px: float,
    rng: np.random.Generator,
) -> Bent:
    """The picture with the cell of radii `before` brought to those of `after`.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    cell, nucleus : ndarray, shape (Y, X), bool
    """
    biggest = np.maximum(before.cell, after.cell)
    end = np.maximum(around(biggest, 20.0) * np.float32(_REACH), biggest + np.float32(2.0))
    rays = _Rays.about(before.centre, float(end.max()), cell.shape)
    here = np.ascontiguousarray(pixels[rays.box])
    cells = tuple(mask[rays.box].astype(np.uint8) * np.uint8(255) for mask in (cell, nucleus))
    sparse = _sparse(before, after, look.blur_px)
    source = _source_radius(rays, before, after, end, sparse, look.blur_px)
    ratio = source / np.maximum(rays.radius, np.float32(1e-3))
    map_y, map_x = rays.dy * ratio - rays.dy[0, 0], rays.dx * ratio - rays.dx[0, 0]
    light = cv2.remap(here, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    light = _as_sharp(light, map_y, map_x, look.blur_px)
    new_cell, new_nucleus = (
        cv2.remap(mask, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 127
        for mask in cells
    )
    if sparse.max() > 0.01:
        # Rays that end at the edge of the nucleus have no cytoplasm to move.
        bare = sparse[rays.at] > 0.5
        laid = rays.radius < after.cell[rays.at]
        # Where the cell grows, glass that a generous mask held is cytoplasm now: none beyond.
        grown = bare & (after.cell > before.cell + 0.5)[rays.at]
        new_cell = np.where(grown, laid, new_cell | (laid & bare))
        new_nucleus &= (rays.radius < after.nucleus[rays.at]) | ~bare
        _lay_cytoplasm(light, rays, after, sparse, look, _MOTTLE_UM / um_per_px, rng)
    moved = np.abs(source - rays.radius) > 1e-3
    light = _noise_restored(light, here, moved & new_cell, cells[0] > 0, moved, rng)
    results = pixels.copy(), cell.copy(), nucleus.copy()
    changed = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    values = changed, new_cell | new_nucleus, new_nucleus
    for whole, part in zip(results, values, strict=True):
        np.copyto(whole[rays.box], part, where=moved[..., None] if part.ndim == 3 else moved)
    return Bent(*results)


def _sparse(before: Radii, after: Radii, blur_px: float) -> np.ndarray:
    """How little cytoplasm each ray has for what is asked, 0–1: ndarray, shape (720,)."""
    had = np.maximum(before.cell - before.nucleus - 1.6 * blur_px, 0.3)
    wanted = after.cell - after.nucleus - 1.6 * blur_px
    change = (after.cell - after.nucleus) / after.zoom - (before.cell - before.nucleus)
    lacks = ramp(wanted / (had * after.zoom), *_STRETCH)
    return around(lacks * ramp(change, 0.25, 1.25), 6.0)


def _source_radius(
    rays: _Rays,
    before: Radii,
    after: Radii,
    end: np.ndarray,
    sparse: np.ndarray,
    blur_px: float,
) -> np.ndarray:
    """Where each pixel comes from along its ray: knots at both edges, linear in between."""
    rigid_px = np.float32(_RIGID_BLURS * blur_px)
    biggest = np.maximum(before.cell, after.cell)
    slack = 0.45 * np.minimum(before.cell - before.nucleus, after.cell - after.nucleus)
    rigid = np.minimum(rigid_px, np.maximum(slack, 0.0))
    outer = np.minimum(rigid_px, 0.3 * (end - biggest))
    inner = np.minimum(rigid_px, 0.2 * np.minimum(before.nucleus, after.nucleus))
    # Where cytoplasm is laid down, pure nucleus and pure ground lie under its edges.
    from_nucleus = before.nucleus - sparse * np.minimum(blur_px, 0.2 * before.nucleus)
    from_cell = before.cell + sparse * np.minimum(1.5 * blur_px, 0.3 * (end - biggest))
    to = [after.nucleus - inner, after.nucleus + rigid, after.cell - rigid, after.cell + outer, end]
    source = [from_nucleus - inner, from_nucleus + rigid, from_cell - rigid, from_cell + outer, end]
    radius, at = rays.radius, rays.at
    piece = sum((radius > knot[at]).astype(np.int32) for knot in to)
    slopes = [
        (source[k + 1] - source[k]) / np.maximum(to[k + 1] - to[k], 1e-3)
        for k in range(len(to) - 1)
    ]
    offsets = [source[k] - to[k] * slope for k, slope in enumerate(slopes)]
    none, one = np.zeros_like(end), np.ones_like(end)
    place = piece * ANGLES + at
    slope, offset = (
        np.concatenate(tables).astype(np.float32)[place]
        for tables in ([none, *slopes, one], [none, *offsets, none])
    )
    within = _within_nucleus(rays, to[0], source[0], after.zoom)
    return np.where(piece > 0, radius * slope + offset, within).astype(np.float32)


def _within_nucleus(rays: _Rays, to: np.ndarray, source: np.ndarray, zoom: float) -> np.ndarray:
    """Where the pixels within radii `to` come from: the middle moves least, if not zoomed."""
    push = source - to / np.float32(zoom)
    # A power as high as lets no ray fold back on itself.
    power = np.where(push < 0, 0.85 * to / zoom / np.maximum(-push, 1e-3), 3.0)
    power = np.clip(power, 1.0, 3.0).astype(np.float32)
    depth = np.minimum(rays.radius / np.maximum(to, 1.0)[rays.at], 1.0)
    return rays.radius / np.float32(zoom) + push[rays.at] * np.power(depth, power[rays.at])


def _as_sharp(
    light: np.ndarray, map_y: np.ndarray, map_x: np.ndarray, blur_px: float
) -> np.ndarray:
    """`light`, uint8, softened where the map squeezes it, a little sharper where it stretches."""
    slopes = (
        cv2.Sobel(m, cv2.CV_32F, d, 1 - d, scale=1 / 8) for m in (map_y, map_x) for d in (0, 1)
    )
    squeeze = np.sqrt(np.float32(0.5) * sum(slope * slope for slope in slopes))
    result = light.astype(np.float32)
    softened = cv2.GaussianBlur(light, (0, 0), blur_px)
    safe = np.maximum(squeeze, np.float32(0.3))
    soften = np.where(squeeze > 1.02, 1.0 - 1.0 / (safe * safe), 0.0)
    result += soften[..., None].astype(np.float32) * (softened - result)
    stretched = squeeze < 0.98
    if stretched.any():
        sharpen = np.where(stretched, np.minimum(1.0 / safe - 1.0, 0.5), 0.0)
        # Noise is not to be sharpened with the edges.
        quiet = cv2.subtract(
            cv2.GaussianBlur(light, (0, 0), 0.5 * blur_px), softened, dtype=cv2.CV_32F
        )
        result += sharpen[..., None].astype(np.float32) * quiet
    return result


def _lay_cytoplasm(
    light: np.ndarray,
    rays: _Rays,
    after: Radii,
    sparse: np.ndarray,
    look: Look,
    mottle_px: float,
    rng: np.random.Generator,
) -> None:
    """Lay cytoplasm of the cell's own colour between nucleus and rim, where rays lack it."""
    share = sparse[rays.at]
    for level in (rays.radius - after.nucleus[rays.at], after.cell[rays.at] - rays.radius):
        smooth = cv2.GaussianBlur(level, (0, 0), 1.0)
        steep = cv2.magnitude(*(cv2.Sobel(smooth, -1, d, 1 - d, scale=1 / 8) for d in (0, 1)))
        share = share * soft_edge(smooth / np.maximum(steep, 0.7), look.blur_px)
    share[rays.radius > np.float32(after.cell.max() + 5 * look.blur_px)] = 0.0
    here = share > 1e-3
    mottle = octaves(rng, share.shape, mottle_px, 2)[here] * np.float32(look.mottle)
    # `level` is that of the rim of the cell, last in the loop.
    rim = np.float32(_RIM) * np.exp(-np.square(level[here] / np.float32(3.0 * look.blur_px)))
    plasm = light_of(look.cytoplasm * (1.0 + mottle + rim)[:, None], look.ground)
    light[here] += share[here][:, None].astype(np.float32) * (plasm - light[here])


def _noise_restored(
    light: np.ndarray,
    before: np.ndarray,
    new_cell: np.ndarray,
    cell: np.ndarray,
    moved: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """`light` with the noise that resampling took from the cell, where it `moved`."""
    lost = noise_of(before[..., 1], cell) ** 2 - noise_of(light[..., 1], new_cell) ** 2
    missing = np.float32(np.sqrt(max(lost, 0.0)))
    if missing < 0.05:
        return light
    grain = missing * rng.standard_normal(light.shape, dtype=np.float32)
    grain[~moved] = 0.0
    return light + grain
