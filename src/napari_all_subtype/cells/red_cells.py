"""Red cells as a ruler: their typical diameter in pixels, whatever the stain and scale.

Everything that is not ground and not leukocyte is outlined; the outlines are
cut where they turn inwards, which is where cells touch; to each piece a circle
is fitted; the diameter on which most of the well-fitted circles agree is the
red cells'. Circles through arcs also measure cells that overlap or are cut by
the border, of which small fields have little else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from napari_all_subtype.cells.arcs import Circle, arcs_of, fit_circle
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

STAGE = "measure red cells"
# Work is bounded: of a large image, this many tiles of this side are measured.
_TILE_PX = 1024
_MAX_TILES = 4
MAX_FIELDS = 16
# Circles agree when their diameters differ by no more than this, as a fraction.
_AGREEMENT_FRACTION = 0.13
_MIN_DIAMETER_PX = 10.0
# Radii that are tried differ by this factor.
_SCALE_STEP = 1.4
# An image is more than this many radii of a red cell wide: what looks larger in a picture of one
# leukocyte is a heap of them.
_WIDEST = 5
# Part of Otsu's level, which lies inside the soft edge of a cell.
_LEVEL_FRACTION = 0.7
# Optical density red + green − blue: red cells 0.1–0.4, nuclei 0.5–2.
_NUCLEUS_RATIO = 1.8
_NUCLEUS_LEAST = 0.3
_NUCLEUS_SURELY = 0.65
_STEPS_PER_DENSITY = 127
# Cells that can serve cover at least this part of the fields that show any: specks do not.
_MIN_AREA_FRACTION = 0.02


@dataclass(frozen=True)
class RedCells:
    """What the ruler found.

    Parameters
    ----------
    diameter_px : float
        Typical diameter in pixels of level 0.
    count : int
        Red cells that were measured.
    spread_px : float
        Standard deviation of their diameters.
    area_px : float
        Area of their discs.
    """

    diameter_px: float
    count: int
    spread_px: float
    area_px: float


def red_cell_diameter_px(source: ImageSource, min_count: int = 3) -> RedCells | None:
    """Typical diameter of the red cells of `source`; None with fewer than `min_count`.

    Of an image above 4 megapixels, four tiles are measured.
    """
    return pooled_red_cell_diameter_px([source], min_count)


def pooled_red_cell_diameter_px(
    sources: Sequence[ImageSource],
    min_count: int = 3,
    max_fields: int = MAX_FIELDS,
    monitor: Monitor = SILENT,
) -> RedCells | None:
    """Typical diameter over several fields of one instrument; None with fewer than `min_count`.

    Fields too crowded to be measured alone add the few cells they show. At
    most `max_fields` of them, evenly chosen, are read.

    Raises
    ------
    Stopped
        If a stop was requested.
    """
    step = max(1, -(-len(sources) // max_fields))
    tiles = []
    for field, source in enumerate(sources[::step]):
        checkpoint(monitor, Progress(STAGE))
        tiles += [_outlines(source.read(region), field) for region in _tiles(source.shape)]
    circles = _circles_of(tiles, monitor)
    found = _typical(circles, min_count)
    if found is None:
        return None
    bearing = {circle.field for circle in _agreeing(circles)}
    area_px = sum(tile.cells.size for tile in tiles if tile.field in bearing)
    return found if found.area_px >= _MIN_AREA_FRACTION * area_px else None


@dataclass(frozen=True)
class _Outlines:
    """Outlines of all that is no ground; `cells` and `white` are masks (Y, X), uint8."""

    outlines: list[np.ndarray]
    cells: np.ndarray
    white: np.ndarray
    field: int


def _outlines(rgb: np.ndarray, field: int) -> _Outlines:
    cells, white = _cell_and_white_masks(rgb)
    contours, _ = cv2.findContours(cells, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = [contour[:, 0, :].astype(np.float32) for contour in contours]
    long = [p for p in points if len(p) >= 2 * _MIN_DIAMETER_PX]
    return _Outlines(long, cells, white, field)


def _circles_of(tiles: list[_Outlines], monitor: Monitor) -> list[Circle]:
    """Circles at the scale at which they explain most of the outlines, refined once."""
    longest = max((max(tile.cells.shape) for tile in tiles), default=0)
    radii = _MIN_DIAMETER_PX / 2 * _SCALE_STEP ** np.arange(12)
    trials = []
    for radius in radii[_WIDEST * radii < longest]:
        checkpoint(monitor, Progress(STAGE))
        trials.append(_circles_at(tiles, radius))
    best = max(trials, key=_explained_px, default=[])
    found = _typical(best, 2)
    return best if found is None else _circles_at(tiles, found.diameter_px / 2)


def _circles_at(tiles: list[_Outlines], radius_px: float) -> list[Circle]:
    """Circles of about `radius_px`, by notches that cells of that size leave."""
    circles = []
    for tile in tiles:
        found = [
            circle
            for points in tile.outlines
            if len(points) > 2.5 * radius_px
            for arc in arcs_of(points, tile.cells.shape, radius_px)
            if (circle := fit_circle(arc)) is not None
            and 1 / _SCALE_STEP < circle.radius_px / radius_px < _SCALE_STEP
            and not _is_white(circle, tile.white, tile.cells)
        ]
        circles += [replace(circle, field=tile.field) for circle in _without_repeats(found)]
    return circles


def _explained_px(circles: list[Circle]) -> float:
    """Area of the discs that agree."""
    found = _typical(circles, 1)
    return 0.0 if found is None else found.area_px


def _cell_and_white_masks(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masks (Y, X), uint8: all cells with their pallor filled, and stained nuclei."""
    smooth = cv2.GaussianBlur(rgb, (0, 0), 1.2)
    density = _density(smooth)
    white = _nuclei(density[..., 0] + density[..., 1] - density[..., 2])
    distance = np.sqrt((density**2).sum(axis=2))
    scaled = np.clip(distance * (255 / 0.8), 0, 255).astype(np.uint8)
    # Cytoplasm and blurred rims of nuclei would draw the threshold away from the red cells.
    near_white = cv2.dilate(white, np.ones((9, 9), np.uint8))
    rest = scaled[near_white == 0]
    if rest.size < 0.05 * white.size:
        return np.zeros_like(white), white
    level, _ = cv2.threshold(rest, 0, 255, cv2.THRESH_OTSU)
    cells = ((scaled > _LEVEL_FRACTION * level) | (white > 0)).astype(np.uint8)
    return _filled(cells), white


def _density(rgb: np.ndarray) -> np.ndarray:
    """Optical density over the ground, (Y, X, 3) float32."""
    green = rgb[..., 1]
    histogram = np.bincount(green.ravel(), minlength=256)
    ground = np.median(rgb[green > _thresholds(histogram)[1]], axis=0)
    values = np.arange(1, 257, dtype=np.float32)
    tables = np.stack([np.log10((g + 1) / values) for g in ground], axis=-1).astype(np.float32)
    return cv2.LUT(rgb, tables[None])


def _nuclei(nuclear: np.ndarray) -> np.ndarray:
    """Pixels much darker in red than red cells are, (Y, X) uint8."""
    scaled = np.clip(nuclear * _STEPS_PER_DENSITY, 0, 255).astype(np.uint8)
    histogram = np.bincount(scaled.ravel(), minlength=256).astype(float)
    low, high = _thresholds(histogram)
    bins = np.arange(256)
    means = [
        np.average(bins[part], weights=histogram[part] + 1e-9) if part.any() else 0.0
        for part in ((bins > low) & (bins <= high), bins > high)
    ]
    surely = _NUCLEUS_SURELY * _STEPS_PER_DENSITY
    # Without leukocytes the classes split the red cells, which differ much less.
    if means[1] < _NUCLEUS_RATIO * means[0] or high < _NUCLEUS_LEAST * _STEPS_PER_DENSITY:
        high = surely
    return (scaled > min(high, surely)).astype(np.uint8)


def _thresholds(histogram: np.ndarray) -> tuple[int, int]:
    """Two levels that part a histogram of 256 bins into three classes (multi-Otsu)."""
    from skimage.filters import threshold_multiotsu

    if (histogram > 0).sum() < 3:
        return 0, int(np.argmax(histogram > 0)) - 1
    coarse = histogram.reshape(128, 2).sum(axis=1).astype(float)
    if (coarse > 0).sum() < 3:
        return 0, int(np.argmax(histogram > 0))
    low, high = threshold_multiotsu(classes=3, hist=(coarse, np.arange(0.5, 256, 2)))
    return int(low), int(high)


def _filled(mask: np.ndarray) -> np.ndarray:
    filled = mask.copy()
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    return filled


def _is_white(circle: Circle, white: np.ndarray, cells: np.ndarray) -> bool:
    """Whether the disc is part of a leukocyte, or not mostly cell."""
    y0, x0 = (max(0, int(c - circle.radius_px)) for c in (circle.y_px, circle.x_px))
    y1, x1 = (int(c + circle.radius_px) + 1 for c in (circle.y_px, circle.x_px))
    part, body = white[y0:y1, x0:x1], cells[y0:y1, x0:x1]
    yy, xx = np.ogrid[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
    disc = (yy - circle.y_px) ** 2 + (xx - circle.x_px) ** 2 <= circle.radius_px**2
    area = disc.sum()
    if area == 0 or area < 0.4 * np.pi * circle.radius_px**2:
        return True
    return part[disc].sum() > 0.08 * area or body[disc].sum() < 0.85 * area


def _without_repeats(circles: list[Circle]) -> list[Circle]:
    """One circle per cell: the one that saw more of the outline."""
    kept: list[Circle] = []
    for circle in sorted(circles, key=lambda c: -c.coverage_fraction):
        if all(
            np.hypot(circle.y_px - k.y_px, circle.x_px - k.x_px)
            > 0.5 * min(circle.radius_px, k.radius_px)
            for k in kept
        ):
            kept.append(circle)
    return kept


def _typical(circles: list[Circle], min_count: int) -> RedCells | None:
    """The diameter on which most of the outline that was seen agrees."""
    near = _agreeing(circles)
    if not near or len(near) < min_count:
        return None
    diameters, weights = _diameters_and_weights(near)
    return RedCells(
        float(np.average(diameters, weights=weights)),
        len(near),
        float(diameters.std()),
        float(np.pi / 4 * (diameters**2).sum()),
    )


def _agreeing(circles: list[Circle]) -> list[Circle]:
    """Circles about the diameter on which most of the outline that was seen agrees."""
    if not circles:
        return []
    diameters, weights = _diameters_and_weights(circles)
    logs = np.log(diameters)
    votes = np.exp(-0.5 * ((logs[:, None] - logs) / (_AGREEMENT_FRACTION / 2)) ** 2) @ weights
    near = np.abs(logs - logs[np.argmax(votes)]) < _AGREEMENT_FRACTION * 1.5
    return [circle for circle, agrees in zip(circles, near, strict=True) if agrees]


def _diameters_and_weights(circles: list[Circle]) -> tuple[np.ndarray, np.ndarray]:
    diameters = np.array([2 * c.radius_px for c in circles])
    # Large circles are seen along more pixels: weight by area keeps specks from winning.
    return diameters, np.array([c.coverage_fraction for c in circles]) * diameters**2


def _tiles(shape: tuple[int, int]) -> list[Region]:
    """The whole image if it is small, else tiles spread over its middle."""
    height, width = shape
    if height * width <= _MAX_TILES * _TILE_PX**2:
        return [Region(0, 0, height, width)]
    per_side = [min(int(side // _TILE_PX) or 1, 2) for side in shape]
    if min(per_side) == 1:
        per_side = [_MAX_TILES if count == 2 else 1 for count in per_side]
    starts = []
    for side, count in zip(shape, per_side, strict=True):
        centres = [(2 * at + 1) * side // (2 * count) for at in range(count)]
        starts.append([min(max(0, c - _TILE_PX // 2), max(0, side - _TILE_PX)) for c in centres])
    return [
        Region(y, x, min(y + _TILE_PX, height), min(x + _TILE_PX, width))
        for y in starts[0]
        for x in starts[1]
    ]
