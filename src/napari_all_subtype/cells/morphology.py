"""Size and shape of cells and nuclei, measured on their masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import Region
from napari_all_subtype.cells.table import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

# Side of the fine grid to which each nucleus is brought before its outline is measured:
# a small mask's staircase would lengthen the outline of a disc by several per cent.
_FINE_SIDE_PX = 96
_MAX_ZOOM = 8
# Blur of the mask before it is outlined, in pixels of the image.
_SMOOTHING_PX = 1.0


def measure(masks: CellMasks, um_per_px: float) -> pd.DataFrame:
    """Cell table of the masks: row k is label k, row 0 the background, without values.

    Parameters
    ----------
    masks : CellMasks
    um_per_px : float
        Micrometres per pixel of the masks.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`~napari_all_subtype.cells.table.COLUMNS`: areas in px and µm²,
        diameters of the disc of equal area in µm, N:C ratio as nucleus area over
        cell area (0–1), solidity of the nucleus (0–1), its circularity 4πA/P² (1 for
        a disc), bounding box in px with its end excluded. A label without pixels
        has NaN, and False for the flag.
    """
    import pandas as pd

    count = masks.highest
    cells = _Pixels.of(masks.labels, count)
    nuclei = _Pixels.of(masks.nuclei, count)
    shape = masks.labels.shape
    area = np.where(cells.area > 0, cells.area, np.nan)
    nucleus_um2 = np.where(np.isnan(area), np.nan, nuclei.area * um_per_px**2)
    outline = _outlines(masks.nuclei, nuclei)
    y0, x0, y1, x1 = cells.box.T
    border = (cells.area > 0) & ((y0 == 0) | (x0 == 0) | (y1 == shape[0]) | (x1 == shape[1]))
    columns = {
        "label": np.arange(count + 1),
        "centroid_y_px": cells.y,
        "centroid_x_px": cells.x,
        "area_px": area,
        "area_um2": area * um_per_px**2,
        "diameter_um": 2 * np.sqrt(area / np.pi) * um_per_px,
        "nucleus_area_um2": nucleus_um2,
        "nucleus_diameter_um": 2 * np.sqrt(nucleus_um2 / np.pi),
        "nc_ratio": nuclei.area / area,
        "nucleus_solidity": outline[:, 0],
        "nucleus_circularity": outline[:, 1],
        "touches_border": border,
        "y0_px": y0,
        "x0_px": x0,
        "y1_px": y1,
        "x1_px": x1,
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS})


def measure_some(
    masks: CellMasks, labels: Sequence[int], region: Region, um_per_px: float
) -> pd.DataFrame:
    """Rows of the cell table for a few cells, which lie in `region` as a whole.

    Reads no pixel outside of `region`; see :func:`measure`.

    Parameters
    ----------
    labels : sequence of int
        Cells to measure.
    region : Region
        Holds every pixel of them.

    Returns
    -------
    pandas.DataFrame
        One row per label, in the order of `labels`, which are its index.
    """
    y0, x0, y1, x1 = region
    here = np.s_[y0:y1, x0:x1]
    cells, nuclei = masks.labels[here], masks.nuclei[here]
    own, own_nuclei = np.zeros_like(cells), np.zeros_like(nuclei)
    for k, label in enumerate(labels, 1):
        own[cells == label], own_nuclei[nuclei == label] = k, k
    rows = measure(CellMasks(own, own_nuclei), um_per_px).reindex(range(1, len(labels) + 1))
    rows[["centroid_y_px", "y0_px", "y1_px"]] += y0
    rows[["centroid_x_px", "x0_px", "x1_px"]] += x0
    height, width = masks.labels.shape
    at_border = (rows[["y0_px", "x0_px"]] == 0).any(axis=1)
    at_border |= (rows["y1_px"] == height) | (rows["x1_px"] == width)
    rows["touches_border"] = at_border.to_numpy(bool)
    rows["label"] = list(labels)
    return rows.set_axis(list(labels), axis=0)


class _Pixels:
    """Area, centroid and box of each label 0…count, in one pass; label 0 is empty."""

    def __init__(self, area: np.ndarray, y: np.ndarray, x: np.ndarray, box: np.ndarray) -> None:
        self.area, self.y, self.x, self.box = area, y, x, box

    @classmethod
    def of(cls, labels: np.ndarray, count: int) -> _Pixels:
        ys, xs = np.nonzero(labels)
        names = labels[ys, xs]
        size = count + 1
        area = np.bincount(names, minlength=size)
        with np.errstate(invalid="ignore"):
            y = np.bincount(names, ys, minlength=size) / area
            x = np.bincount(names, xs, minlength=size) / area
        low = np.full((size, 2), np.iinfo(np.int32).max)
        high = np.full((size, 2), -1)
        for axis, values in enumerate((ys, xs)):
            np.minimum.at(low[:, axis], names, values)
            np.maximum.at(high[:, axis], names, values)
        box = np.concatenate([low, high + 1], axis=1).astype(float)
        box[area == 0] = np.nan
        return cls(area, y, x, box)


def _outlines(nuclei: np.ndarray, pixels: _Pixels) -> np.ndarray:
    """Solidity and circularity of each nucleus: ndarray, shape (count + 1, 2), NaN if absent."""
    result = np.full((len(pixels.area), 2), np.nan)
    for k in np.flatnonzero(pixels.area):
        y0, x0, y1, x1 = pixels.box[k].astype(int)
        result[k] = shape_of(nuclei[y0:y1, x0:x1] == k)
    return result


def shape_of(mask: np.ndarray) -> tuple[float, float]:
    """Solidity (0–1) and circularity 4πA/P² (1 for a disc) of a mask, its lobes together.

    The outline is traced on the smoothed mask at half its height, between pixels,
    so that a disc comes out as 1 within 3 % from a radius of 5 px on.

    Parameters
    ----------
    mask : ndarray, shape (Y, X), bool

    Examples
    --------
    >>> y, x = np.mgrid[-20:21, -20:21]
    >>> solidity, circularity = shape_of(x**2 + y**2 <= 15**2)
    >>> abs(circularity - 1) < 0.03
    True
    """
    zoom = min(max(1, int(np.ceil(_FINE_SIDE_PX / max(mask.shape)))), _MAX_ZOOM)
    soft = np.pad(mask.astype(np.float32), 3)
    soft = cv2.resize(soft, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(soft, (0, 0), _SMOOTHING_PX * zoom)
    fine = (soft > 0.5).astype(np.uint8)
    contours, _ = cv2.findContours(fine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return 1.0, 1.0
    smooth = [_smoothed(c[:, 0].astype(np.float64), zoom) for c in contours]
    area = sum(_area(c) for c in smooth)
    perimeter = sum(_length(c) for c in smooth)
    hull = cv2.convexHull(np.concatenate(smooth).astype(np.float32))
    hull_area = max(float(cv2.contourArea(hull)), 1e-9)
    circularity = 4 * np.pi * area / max(perimeter, 1e-9) ** 2
    return min(area / hull_area, 1.0), min(circularity, 1.0)


def _smoothed(points: np.ndarray, zoom: int) -> np.ndarray:
    """Closed outline averaged over neighbours, which takes its staircase away."""
    window = min(2 * zoom + 3, max(1, (len(points) // 8) * 2 + 1))
    kernel = np.ones(window) / window
    wrapped = np.concatenate([points[-(window // 2) :], points, points[: window // 2]])
    if window == 1:
        wrapped = points
    return np.stack([np.convolve(wrapped[:, i], kernel, "valid") for i in (0, 1)], axis=1)


def _area(points: np.ndarray) -> float:
    """Area of a closed polygon (shoelace)."""
    x, y = points.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def _length(points: np.ndarray) -> float:
    """Length of a closed polygon."""
    return float(np.hypot(*(np.roll(points, -1, axis=0) - points).T).sum())
