"""What is inside a real cell changed: nucleoli, chromatin, basophilia and vacuoles.

Everything happens in optical density on a picture without its finest detail; that detail,
noise most of all, is added again as it was, so that a paler spot is no noisier than glass.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_all_subtype.simulate.alter_look import (
    Look,
    box_of,
    density_of,
    depth_px,
    light_of,
    own_stain,
    soft_edge,
)
from napari_all_subtype.simulate.shapes import contour, inside, ramp

# What is finer than this stays untouched, in pixels.
_GRAIN_PX = 0.8
_MARGIN_UM = 1.2
# Pale spots up to this diameter are filled when they are taken away: nucleoli, vacuoles.
_NUCLEOLUS_UM, _VACUOLE_UM = 3.4, 2.2
# Share of the density about it that a vacuole lacks: none below, surely above.
_VACUOLE_DEPTH = (0.12, 0.25)
# Chromatin has its clumps between these sizes (standard deviations of Gaussians).
_CLUMPS_UM = (0.18, 0.85)
# Clefts of a nucleus are up to this wide.
_CLEFT_UM = 2.0
# RNA in the cytoplasm over the green density of a nucleus: optical densities of red, green and
# blue (simulate/stains, mean of the styles).
_BASOPHILIC = np.float32((0.30, 0.23, 0.04))


@dataclass(frozen=True)
class Inside:
    """One cell ready for changes of its stain.

    Parameters
    ----------
    box : tuple of slice
        The piece of the picture that is looked at.
    density : ndarray, shape (Y, X, 3), float32
        Optical density without the finest detail.
    detail : ndarray, shape (Y, X, 3), float32
        That detail in grey levels.
    cell_px, nucleus_px : ndarray, shape (Y, X), float32
        Signed distance to their edges in pixels, inside positive.
    look : Look
    um_per_px : float
    """

    box: tuple[slice, slice]
    density: np.ndarray
    detail: np.ndarray
    cell_px: np.ndarray
    nucleus_px: np.ndarray
    look: Look
    um_per_px: float

    @property
    def in_cell(self) -> np.ndarray:
        """How much each pixel belongs to the cell, 0–1; 0 outside of its mask."""
        return self.share(self.cell_px)

    @property
    def in_nucleus(self) -> np.ndarray:
        """How much each pixel belongs to the nucleus, 0–1; 0 outside of its mask."""
        return self.share(self.nucleus_px)

    def share(self, depth: np.ndarray) -> np.ndarray:
        """0 outside of a mask and 1 inside, from its depth in pixels, with a blurred edge."""
        return np.clip(depth / np.float32(1.5 * self.look.blur_px), 0.0, 1.0)

    @property
    def own(self) -> np.ndarray:
        """How much each pixel shows the cell, not glass or red cells within its mask, 0–1."""
        smooth = cv2.GaussianBlur(self.density, (0, 0), 0.25 / self.um_per_px)
        return own_stain(smooth, self.look.nucleus, self.look.cytoplasm)

    def repainted(self, pixels: np.ndarray, density: np.ndarray) -> np.ndarray:
        """A copy of the picture, shape (Y, X, 3), uint8, with another density in the cell."""
        light = light_of(density, self.look.ground) + self.detail
        values = np.clip(np.rint(light), 0, 255).astype(np.uint8)
        changed = (density != self.density).any(axis=2, keepdims=True)
        result = pixels.copy()
        np.copyto(result[self.box], values, where=changed & (self.cell_px > 0)[..., None])
        return result


def inside_of(
    pixels: np.ndarray, cell: np.ndarray, nucleus: np.ndarray, look: Look, um_per_px: float
) -> Inside:
    """Densities and depths of a cell; shapes as in :func:`alter`."""
    box = box_of(cell, round(_MARGIN_UM / um_per_px))
    light = pixels[box].astype(np.float32)
    low = cv2.GaussianBlur(light, (0, 0), _GRAIN_PX)
    density = density_of(low, look.ground)
    depths = depth_px(cell[box]), depth_px(nucleus[box])
    return Inside(box, density, light - low, *depths, look, um_per_px)


def with_nucleoli(
    part: Inside, strength: float, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    """Density with 1–4 nucleoli more, and how many there was room for.

    Pale blue-grey discs of 1.3–2.8 µm with a rim of condensed chromatin: their density lies
    between the palest of the nucleus itself and that of its cytoplasm.
    """
    density, depth = part.density.copy(), part.nucleus_px * part.um_per_px
    core = depth > min(0.4, 0.5 * float(depth.max()))
    palest = np.percentile(density[core], 8, axis=0)
    target = np.minimum(0.55 * palest + 0.45 * part.look.cytoplasm, 0.66 * part.look.nucleus)
    smooth = cv2.GaussianBlur(density, (0, 0), 0.6 / part.um_per_px)
    clumps, grey = density - smooth, smooth.sum(axis=2)
    # In dark chromatin: a spot beside another pale one would be no further nucleolus.
    drawn, free = 0, np.where(grey >= np.median(grey[core]), depth, -1.0)
    share = part.in_nucleus
    for _ in range(int(rng.choice((1, 2, 3, 4), p=(0.3, 0.35, 0.22, 0.13)))):
        radius = rng.uniform(0.65, 1.4) * min(1.0, depth.max() / 3.0)
        spot = _spot(part, free, radius, 0.5, rng, 0.07)
        if spot is None:
            continue
        here, level = spot
        pale = soft_edge(level, part.look.blur_px) * np.float32(min(1.0, 0.85 * strength))
        rim = np.exp(-np.square((level * part.um_per_px + 0.22) / 0.22)) * share[here]
        rim *= np.float32(0.10 * min(strength, 1.5)) * (1.0 - pale)
        inner = target + 0.5 * clumps[here]
        density[here] += pale[..., None] * np.minimum(inner - density[here], 0.0)
        density[here] *= 1.0 + rim[..., None]
        free[here] = np.minimum(free[here], -(level * part.um_per_px) - 0.5)
        drawn += 1
    return density, drawn


def with_vacuoles(
    part: Inside, strength: float, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    """Density with 6–14 vacuoles more at strength 1, and how many there was room for.

    Round holes of 0.6–1.9 µm with a faint dark rim over cytoplasm and nucleus; over the
    nucleus, part of which lies below them, they are less clear.
    """
    density, depth = part.density.copy(), part.cell_px * part.um_per_px
    free, drawn = np.where(part.own > 0.5, depth, -1.0), 0
    over_nucleus = soft_edge(part.nucleus_px, part.look.blur_px)
    share = part.in_cell
    for _ in range(max(1, round(strength * rng.uniform(6, 14)))):
        radius = float(np.clip(rng.lognormal(np.log(0.5), 0.3), 0.28, 0.95))
        spot = _spot(part, free, radius, 0.15, rng, 0.04)
        if spot is None:
            continue
        here, level = spot
        clear = rng.uniform(0.65, 0.95) * (1.0 - 0.25 * over_nucleus[here])
        hole = soft_edge(level, part.look.blur_px) * clear
        rim = np.exp(-np.square((level * part.um_per_px + 0.2) / 0.16)) * np.float32(0.08)
        density[here] *= (1.0 - hole + rim * share[here] * (1.0 - hole))[..., None]
        free[here] = np.minimum(free[here], -(level * part.um_per_px) - 0.15)
        drawn += 1
    return density, drawn


def _spot(
    part: Inside,
    free_um: np.ndarray,
    radius_um: float,
    rim_um: float,
    rng: np.random.Generator,
    irregularity: float,
) -> tuple[tuple[slice, slice], np.ndarray] | None:
    """A piece of the picture and the level in pixels of a roundish spot in it; None without room.

    The spot lies where `free_um`, µm to what it must not touch, leaves it a rim.
    """
    places = np.flatnonzero(free_um > radius_um + rim_um)
    if not places.size:
        return None
    y, x = np.unravel_index(int(rng.choice(places)), free_um.shape)
    outline = contour(rng, radius_um / part.um_per_px, irregularity, irregularity, (2, 3))
    reach = int(np.ceil(outline.max() + 1.0 / part.um_per_px + 4 * part.look.blur_px))
    here = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    yy, xx = np.indices(free_um[here].shape, np.float32)
    return here, inside(outline, yy, xx, (float(y - here[0].start), float(x - here[1].start)))


def without_pale_spots(part: Inside, strength: float, nucleus_only: bool) -> np.ndarray:
    """Density with round pale spots filled to what lies about them, 0 ≤ strength ≤ 1.

    Their closing is filled in; what is finer than a spot stays.
    """
    mask = part.nucleus_px if nucleus_only else part.cell_px
    within = (mask > 0) & (part.own > 0.5)
    if not within.any():
        return part.density.copy()
    smooth = cv2.GaussianBlur(part.density, (0, 0), 0.25 / part.um_per_px)
    grey = smooth.sum(axis=2)
    known = np.where(within, grey, np.float32(grey[within].min()))
    diameter_um = _NUCLEOLUS_UM if nucleus_only else _VACUOLE_UM
    side = 2 * max(1, round(0.5 * diameter_um / part.um_per_px)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    filled = cv2.morphologyEx(known, cv2.MORPH_CLOSE, disc)
    missing = filled - known
    if not nucleus_only:
        # Chromatin and nucleoli are shallower than a vacuole, and stay.
        missing *= ramp(missing / np.maximum(filled, 0.05), *_VACUOLE_DEPTH)
    missing = cv2.GaussianBlur(np.maximum(missing, 0.0), (0, 0), 0.2 / part.um_per_px)
    share = part.share(mask) * part.own * np.float32(min(strength, 1.0))
    gain = np.clip(share * missing / np.maximum(known, 0.05), 0.0, 3.0)
    return part.density * (1.0 + gain)[..., None]


def with_chromatin(part: Inside, gain: float) -> np.ndarray:
    """Density with the clumps of the nucleus `gain` times as strong; 1 changes nothing."""
    fine, coarse = (_within(part, um / part.um_per_px) for um in _CLUMPS_UM)
    clumps = (fine - coarse) * part.in_nucleus[..., None]
    floor = 0.35 * part.look.nucleus
    changed = part.density + np.float32(gain - 1.0) * clumps
    # No chromatin is as clear as glass, however far it is driven apart.
    return np.where(clumps != 0, np.maximum(changed, np.minimum(part.density, floor)), part.density)


def _within(part: Inside, sigma_px: float) -> np.ndarray:
    """Density smoothed within the nucleus alone: ndarray, shape (Y, X, 3), float32."""
    weight = (part.nucleus_px > 0).astype(np.float32)
    total = cv2.GaussianBlur(part.density * weight[..., None], (0, 0), sigma_px)
    return total / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma_px), 1e-3)[..., None]


def with_basophilia(part: Inside, change: float) -> np.ndarray:
    """Density with bluer (`change` > 0) or paler (−1 ≤ `change` < 0) cytoplasm.

    RNA takes up red more than green: what is added or taken has that ratio. Where the mask
    holds glass, glass it stays.
    """
    share = part.in_cell * (1.0 - soft_edge(part.nucleus_px + part.look.blur_px, part.look.blur_px))
    there = part.density.sum(axis=2) / max(0.6 * float(part.look.cytoplasm.sum()), 0.05)
    share = (share * part.own)[..., None]
    if change >= 0:
        tone = 0.85 + 0.15 * np.clip(there, 0.0, 2.0)[..., None]
        rna = _BASOPHILIC * max(float(part.look.nucleus[1]), 0.1)
        return part.density + np.float32(change) * share * tone * rna
    keep = np.float32((0.35, 0.55, 0.8))
    return part.density * (1.0 + np.float32(change) * share * (1.0 - keep))


def with_closed_clefts(part: Inside) -> tuple[np.ndarray, np.ndarray]:
    """Density with clefts of the nucleus filled, and the nucleus without them, (Y, X) bool.

    What fills them is as dark as the nucleus about them, with the chromatin of its other side.
    """
    mask = (part.nucleus_px > 0).astype(np.uint8)
    side = 2 * max(1, round(0.5 * _CLEFT_UM / part.um_per_px)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc) & (part.cell_px > 0).astype(np.uint8)
    missing = cv2.GaussianBlur((closed - mask * closed).astype(np.float32), (0, 0), 1.0)
    near, smooth = (_within(part, um / part.um_per_px) for um in (0.9, 0.35))
    ys, xs = np.nonzero(mask)
    yy, xx = np.indices(mask.shape, np.float32)
    opposite = (2 * np.float32(xs.mean()) - xx, 2 * np.float32(ys.mean()) - yy)
    clumps = (smooth - near) * part.in_nucleus[..., None]
    clumps = cv2.remap(clumps, *opposite, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    # Wider than the mask says: the sides of a cleft are paler than the nucleus, too.
    share = np.clip(cv2.GaussianBlur(missing, (0, 0), part.look.blur_px) * 3.0, 0.0, 1.0)
    share *= soft_edge(depth_px(closed) - 1.0, part.look.blur_px)
    filled = np.maximum(near + clumps, part.density)
    return part.density + share[..., None] * (filled - part.density), (closed | mask) > 0
