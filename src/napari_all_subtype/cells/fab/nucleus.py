"""What a nucleus shows: its outline, its nucleoli and how even its chromatin is."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.fab.blobs import Spots, pale_spots
from napari_all_subtype.cells.fab.window import CellWindow
from napari_all_subtype.config import FabParameters

# The rim of a nucleus is left out, where its edge is blurred.
_RIM_UM = 0.45
_MIN_AREA_UM2 = 4.0
# Grey levels of chromatin: densities from 0 to this, relative to their median.
_LEVELS, _HIGHEST = 16, 2.0
_GRAIN_UM = 0.35


def inner_nucleus(window: CellWindow, rim_um: float = _RIM_UM) -> np.ndarray:
    """The nucleus without its blurred rim: ndarray, shape (Y, X), bool."""
    away = cv2.distanceTransform(np.pad(window.nucleus.astype(np.uint8), 1), cv2.DIST_L2, 5)[
        1:-1, 1:-1
    ]
    return away * window.um_per_px > rim_um


def chromatin_density(window: CellWindow) -> np.ndarray:
    """Optical density that chromatin gives, red and green: ndarray, shape (Y, X), float32."""
    return cv2.transform(window.density, np.array([[0.5, 0.5, 0.0]], np.float32))


def deepest_hollow(nucleus: np.ndarray) -> float:
    """Depth of the deepest hollow of an outline as a fraction of its diameter, 0–1."""
    contours, _ = cv2.findContours(
        nucleus.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    if not contours:
        return float("nan")
    outline = max(contours, key=len)
    diameter = 2 * np.sqrt(np.count_nonzero(nucleus) / np.pi)
    hull = cv2.convexHull(outline, returnPoints=False)
    if len(outline) < 4 or len(hull) < 4:
        return 0.0
    defects = cv2.convexityDefects(outline, np.sort(hull, axis=0)[::-1])
    if defects is None:
        return 0.0
    return float(defects.reshape(-1, 4)[:, 3].max() / 256.0 / max(diameter, 1e-6))


def nucleoli(window: CellWindow, p: FabParameters) -> dict[str, float]:
    """Number of nucleoli, and the largest one's share of the nucleus' area."""
    inner = inner_nucleus(window)
    density = chromatin_density(window)
    usual = float(np.median(density[inner]))
    radii = (
        0.5 * p.min_nucleolus_um / window.um_per_px,
        0.5 * p.max_nucleolus_um / window.um_per_px,
    )
    spots = pale_spots(density, inner, radii, p.nucleolus_depth_fraction * usual)
    areas = _areas(density, inner, spots)
    whole = np.count_nonzero(window.nucleus)
    return {
        "fab_nucleoli": float(len(areas)),
        "fab_nucleolus_fraction": max(areas, default=0) / whole,
    }


def _areas(density: np.ndarray, where: np.ndarray, spots: Spots) -> list[int]:
    """Area of each spot in pixels, down to half of its depth; overlapping ones count once."""
    smooth = cv2.GaussianBlur(density, (0, 0), 1.0)
    taken = np.zeros(where.shape, bool)
    areas = []
    for y, x, radius, depth in zip(spots.y, spots.x, spots.radius_px, spots.depth, strict=True):
        if taken[y, x]:
            continue
        reach = int(np.ceil(1.6 * radius)) + 1
        here = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        pale = (smooth[here] < smooth[y, x] + 0.5 * depth) & where[here] & ~taken[here]
        _, parts = cv2.connectedComponents(pale.astype(np.uint8), connectivity=4)
        own = parts == parts[y - here[0].start, x - here[1].start]
        taken[here] |= own & pale
        areas.append(int(np.count_nonzero(own & pale)))
    return areas


def chromatin(window: CellWindow) -> dict[str, float]:
    """Spread, entropy and contrast of the chromatin's density, relative to its median."""
    inner = inner_nucleus(window)
    density = chromatin_density(window)
    values = density[inner]
    relative = density / max(float(np.median(values)), 1e-3)
    levels = np.clip(relative * (_LEVELS / _HIGHEST), 0, _LEVELS - 1).astype(np.uint8)
    share = np.bincount(levels[inner], minlength=_LEVELS) / len(values)
    share = share[share > 0]
    return {
        "fab_chromatin_spread": float(relative[inner].std()),
        "fab_chromatin_entropy": float(-(share * np.log2(share)).sum()),
        "fab_chromatin_contrast": _contrast(levels, inner, window.um_per_px),
    }


def _contrast(levels: np.ndarray, where: np.ndarray, um_per_px: float) -> float:
    """Contrast of the co-occurrence of levels a grain apart (Haralick 1973), mean of two axes."""
    step = max(1, round(_GRAIN_UM / um_per_px))
    found = []
    for a, b in ((np.s_[step:], np.s_[:-step]), (np.s_[:, step:], np.s_[:, :-step])):
        both = where[a] & where[b]
        difference = levels[a][both].astype(np.float32) - levels[b][both]
        found.append(float(np.mean(np.square(difference))) if difference.size else np.nan)
    return float(np.mean(found))
