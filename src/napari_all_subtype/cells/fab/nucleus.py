"""What a nucleus shows: how deep its outline is indented and how even its chromatin is."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.fab.window import CellWindow, inner_nucleus

# The rim of a nucleus is left out, where its edge is blurred.
_RIM_UM = 0.45
# Grey levels of chromatin: densities from 0 to this, relative to their median.
_LEVELS, _HIGHEST = 16, 2.0
_GRAIN_UM = 0.35


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


def chromatin(window: CellWindow) -> dict[str, float]:
    """Spread, entropy and contrast of the chromatin's density, relative to its median."""
    inner = inner_nucleus(window, _RIM_UM)
    density = cv2.transform(window.density, np.array([[0.5, 0.5, 0.0]], np.float32))
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
