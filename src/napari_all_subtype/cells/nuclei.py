"""Nuclei of one tile: a threshold on contrast, touching ones apart, lobes together."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.components import (
    fill_holes,
    foreground,
    pieces_of,
    renumber,
)
from napari_all_subtype.config import SegmentationParameters

# Of the threshold of an image, for nuclei that are paler than its others.
_PALE_FRACTION = 0.7
# Solidity above which a nucleus is taken for one piece without further question.
_CONVEX_SOLIDITY = 0.93
# Two parts stay apart when their neck is narrower than this share of the smaller part.
_NECK_FRACTION = 0.72
_PEAK_HEIGHT_UM = 0.35
_SPECK_UM2 = 1.5
# A smaller piece is not cut.
_CUT_UM2 = 3.0
# Least diameter in µm and solidity of what is found at the lower threshold, and at one still lower
# by this share: no red cell is as large, and no heap of them as convex.
_PALE = ((1.0, 6.0, 0.90), (0.72, 11.0, 0.93))
# No nucleus is as wide; a shadow is.
_WIDEST_UM = 26.0
_RED_HUE = 0.16
# Measured: folded red cells lie at 0.3 of the nuclei's distance, and are up to 2.2 times as dark.
_RED_HUE_SHARE = 0.5
_TWO_RED_CELLS = 2.3
# Where nothing else is there to compare with. Measured: overlapping red cells reach 0.22; nuclei
# begin at 0.27, and those below 0.4 are three red cells dark.
_RED_HUE_ALONE = 0.24
# Haemoglobin absorbs blue (Soret band): a "red cell" colour with less of it is none.
_RED_BLUE_SHARE = 0.30
_SMALL_HOLE_UM2 = 3.0


def find_parts(contrast: np.ndarray, threshold: float, um_per_px: float) -> np.ndarray:
    """Nuclei and single lobes as labels 1…n, 0 elsewhere: ndarray, shape (Y, X), int32.

    Parameters
    ----------
    contrast : ndarray, shape (Y, X), float32
        Optical density red + green − blue, smoothed.
    threshold : float
        Contrast from which a pixel is nucleus.
    um_per_px : float
        Pixel size in micrometres.
    """
    mask = (contrast > threshold).view(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc(0.4 / um_per_px))
    mask = fill_holes(mask, _SMALL_HOLE_UM2 / um_per_px**2)
    parts = split_touching(mask, um_per_px)
    keep = foreground(parts).areas() * um_per_px**2 >= _SPECK_UM2
    keep[0] = False
    return renumber(parts, keep)


def pale_threshold(threshold: float, parameters: SegmentationParameters) -> float:
    """Contrast from which a pixel may be of a pale nucleus in an image of this `threshold`."""
    return max(_PALE_FRACTION * threshold, parameters.min_nucleus_contrast)


def add_pale(
    parts: np.ndarray,
    contrast: np.ndarray,
    threshold: float,
    um_per_px: float,
) -> np.ndarray:
    """`parts` and, behind them, whole round nuclei that only the lower threshold shows.

    A pale nucleus beside dark ones lies below the image's threshold. What is
    connected to a nucleus at the lower one is its cytoplasm, and left out. Only
    what is larger than any red cell may be paler still.
    """
    for share, least_um, least_solidity in _PALE:
        stained = (contrast > share * threshold).view(np.uint8)
        parts = _with_pale(parts, stained, least_um, least_solidity, um_per_px)
    return parts


def _with_pale(
    parts: np.ndarray,
    stained: np.ndarray,
    least_um: float,
    least_solidity: float,
    um_per_px: float,
) -> np.ndarray:
    """`parts` and, behind them, the large and convex pieces of what is `stained`."""
    mask = cv2.morphologyEx(stained, cv2.MORPH_OPEN, disc(0.8 / um_per_px))
    pieces, pixels = pieces_of(fill_holes(mask))
    diameters_um = np.sqrt(pixels.areas() * (4 / np.pi)) * um_per_px
    new = (diameters_um >= least_um) & (diameters_um <= _WIDEST_UM)
    known = foreground(parts)
    new[pieces.ravel()[known.index]] = False
    new[0] = False
    boxes = pixels.boxes(mask.shape[1])
    for k in np.flatnonzero(new):
        y0, y1, x0, x1 = boxes[k]
        new[k] = solidity((pieces[y0:y1, x0:x1] == k).view(np.uint8)) >= least_solidity
    if not new.any():
        return parts
    pale = renumber(pieces, new)
    return np.where(pale > 0, pale + known.count, parts).astype(np.int32)


def disc(radius_px: float) -> np.ndarray:
    """Disc-shaped structuring element, at least 1 px across."""
    side = 2 * max(0, round(radius_px)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def drop_red_cells(labels: np.ndarray, density: np.ndarray, red_cell: np.ndarray) -> np.ndarray:
    """Labels without those of the red cells' own hue: folded or crowded ones are as dark.

    Hue is the direction of the optical density, which does not change with thickness.
    In a violet stain nuclei lie near that hue themselves: then only what lies nearer
    still is dropped, or, where nothing lies apart, what is no darker than two red cells.
    """
    pixels = foreground(labels)
    strength = max(float(np.linalg.norm(red_cell)), 1e-6)
    hue = red_cell / strength
    if pixels.count == 0 or hue[2] < _RED_BLUE_SHARE:
        return labels
    colours = np.stack([pixels.sums(density[..., c]) for c in range(3)], axis=1)
    sums = np.linalg.norm(colours, axis=1)
    distance = np.linalg.norm(colours / np.maximum(sums, 1e-6)[:, None] - hue, axis=1)
    farthest = distance[1:].max()
    if farthest > _RED_HUE:
        keep = distance > min(_RED_HUE, _RED_HUE_SHARE * farthest)
    else:
        keep = sums / np.maximum(pixels.areas(), 1) > _TWO_RED_CELLS * strength
    keep[0] = False
    return renumber(labels, keep)


def without_red_cells(labels: np.ndarray, density: np.ndarray, red_cell: np.ndarray) -> np.ndarray:
    """`labels`, not renumbered, without what has the hue of red cells and is no darker than two.

    Each label is judged by itself, whatever others there are: see :func:`drop_red_cells`.
    """
    strength = max(float(np.linalg.norm(red_cell)), 1e-6)
    hue = red_cell / strength
    if hue[2] < _RED_BLUE_SHARE:
        return labels
    pixels = foreground(labels)
    colours = np.stack([pixels.sums(density[..., c]) for c in range(3)], axis=1)
    sums = np.linalg.norm(colours, axis=1)
    distance = np.linalg.norm(colours / np.maximum(sums, 1e-6)[:, None] - hue, axis=1)
    dark = sums / np.maximum(pixels.areas(), 1) > _TWO_RED_CELLS * strength
    return np.where(((distance > _RED_HUE_ALONE) | dark)[labels], labels, 0)


def split_touching(mask: np.ndarray, um_per_px: float) -> np.ndarray:
    """Parts of a mask cut at their necks: ndarray, shape (Y, X), int32, 1…n."""
    pieces, pixels = pieces_of(mask)
    boxes = pixels.boxes(mask.shape[1])
    cuts = {}
    for k in np.flatnonzero(pixels.areas() * um_per_px**2 >= _CUT_UM2):
        y0, y1, x0, x1 = boxes[k]
        # A rim of ground, from which depth is measured.
        piece = np.zeros((y1 - y0 + 2, x1 - x0 + 2), np.uint8)
        piece[1:-1, 1:-1] = pieces[y0:y1, x0:x1] == k
        if solidity(piece) < _CONVEX_SOLIDITY:
            cuts[k] = _cut(piece, um_per_px)[1:-1, 1:-1]
    given = np.ones(pixels.count + 1, np.int32)
    given[0] = 0
    for k, parts in cuts.items():
        given[k] = parts.max()
    before = np.cumsum(given, dtype=np.int32) - given
    numbers = before + 1
    numbers[list(cuts)] = 0
    labels = pieces
    labels.ravel()[pixels.index] = numbers[pixels.names]
    for k, parts in cuts.items():
        y0, y1, x0, x1 = boxes[k]
        inside = parts > 0
        labels[y0:y1, x0:x1][inside] = parts[inside] + before[k]
    return labels


def solidity(mask: np.ndarray) -> float:
    """Area of a mask, 0 or 1, over the area of its convex hull, 0–1."""
    points = cv2.findNonZero(mask)
    hull = np.zeros_like(mask)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return len(points) / max(cv2.countNonZero(hull), 1)


def _cut(piece: np.ndarray, um_per_px: float) -> np.ndarray:
    """One connected piece cut by watershed on its distance transform: labels 1…n."""
    from skimage.segmentation import watershed

    depth = cv2.GaussianBlur(cv2.distanceTransform(piece, cv2.DIST_L2, 5), (0, 0), 1.0)
    depth *= piece
    reach = disc(1.2 / um_per_px)
    peaks = (depth >= cv2.dilate(depth, reach) - 1e-6) & (depth > 0.5 / um_per_px)
    peaks = cv2.dilate(peaks.astype(np.uint8), disc(1)) & piece
    count, seeds = cv2.connectedComponents(peaks)
    if count <= 2:
        return piece.astype(np.int32)
    # Not cv2.watershed: it floods by steps between neighbours, not by level.
    parts = watershed(-depth, seeds, mask=piece > 0)
    return _rejoin(parts, depth, um_per_px)


def _rejoin(parts: np.ndarray, depth: np.ndarray, um_per_px: float) -> np.ndarray:
    """Undo cuts across wide necks, deepest first, until none is left."""
    while True:
        necks = _necks(parts, depth)
        radius = _peak_depths(parts, depth)
        best, pair = 0.0, None
        for (a, b), neck in necks.items():
            smaller = min(radius[a], radius[b])
            shallow = smaller - neck < _PEAK_HEIGHT_UM / um_per_px
            ratio = 2.0 if shallow else neck / max(smaller, 1e-6)
            if ratio > max(best, _NECK_FRACTION):
                best, pair = ratio, (a, b)
        if pair is None:
            break
        parts = np.where(parts == pair[1], pair[0], parts)
    keep = np.bincount(parts.ravel()) > 0
    keep[0] = False
    return renumber(parts, keep)


def _peak_depths(parts: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Largest depth in each part, indexed by label."""
    peaks = np.zeros(int(parts.max()) + 1, np.float32)
    np.maximum.at(peaks, parts.ravel(), depth.ravel())
    return peaks


def _necks(parts: np.ndarray, depth: np.ndarray) -> dict[tuple[int, int], float]:
    """Largest depth on the border of each pair of parts that touch."""
    necks: dict[tuple[int, int], float] = {}
    for near, far, level in (
        (parts[:, :-1], parts[:, 1:], np.minimum(depth[:, :-1], depth[:, 1:])),
        (parts[:-1], parts[1:], np.minimum(depth[:-1], depth[1:])),
    ):
        border = (near != far) & (near > 0) & (far > 0)
        for a, b, value in zip(near[border], far[border], level[border], strict=True):
            key = (int(min(a, b)), int(max(a, b)))
            necks[key] = max(necks.get(key, 0.0), float(value))
    return necks
