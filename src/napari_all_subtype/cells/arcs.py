"""Round pieces of an outline: cut where it turns inwards, and a circle through each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# An outline that turns inwards by more than this within the window is a notch between cells.
_NOTCH_DEGREES = -12.0
_MIN_COVERAGE_FRACTION = 0.3
_MAX_RESIDUAL_FRACTION = 0.09
# An outline whose ends are nearer than this, in radii, closes.
_GAP_FRACTION = 0.5
_MIN_SOLIDITY = 0.95
_MAX_ELONGATION = 1.6


@dataclass(frozen=True)
class Circle:
    """A circle fitted to part of an outline.

    Parameters
    ----------
    y_px, x_px, radius_px : float
        Centre and radius in pixels.
    coverage_fraction : float
        Part of the full turn that the outline covers, 0–1.
    field : int
        Which of several images it was found in.
    """

    y_px: float
    x_px: float
    radius_px: float
    coverage_fraction: float
    field: int = 0


def arcs_of(points: np.ndarray, shape: tuple[int, int], radius_px: float) -> list[np.ndarray]:
    """Pieces of a closed outline between notches and image borders.

    Parameters
    ----------
    points : ndarray, shape (N, 2), float
        x and y of consecutive outline pixels.
    shape : tuple of int
        (Y, X) of the image: points on its border are no outline.
    radius_px : float
        About the radius of the cells that are looked for.

    Returns
    -------
    list of ndarray, shape (M, 2)
        The outline itself if nothing cuts it.
    """
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d

    step = max(1, int(radius_px / 8))  # fifty points around a cell are enough
    points, radius_px = points[::step], radius_px / step
    count = len(points)
    reach = max(2, round(0.35 * radius_px))
    smooth = gaussian_filter1d(points, 0.12 * radius_px, axis=0, mode="wrap")
    turn = _turn_degrees(smooth, reach)
    border = _on_border(points, shape)
    cut = maximum_filter1d(
        ((turn < _NOTCH_DEGREES) | border).astype(np.uint8), 2 * (reach // 3) + 1, mode="wrap"
    )
    if not cut.any():
        return [smooth]
    start = int(np.flatnonzero(cut)[0])
    cut, smooth = np.roll(cut, -start), np.roll(smooth, -start, 0)
    edges = np.flatnonzero(np.diff(cut))
    pieces = np.split(np.arange(count), edges + 1)
    return [
        smooth[piece]
        for piece in pieces
        if not cut[piece[0]] and len(piece) >= max(8, 1.5 * radius_px)
    ]


def _turn_degrees(outline: np.ndarray, reach: int) -> np.ndarray:
    """How far the outline turns within `reach` points each way; outward is positive."""
    back, ahead = outline - np.roll(outline, reach, 0), np.roll(outline, -reach, 0) - outline
    cross = back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0]
    turn = np.degrees(np.arctan2(cross, (back * ahead).sum(1)))
    # The sum over a closed outline says in which sense it was followed.
    return turn * (np.sign(turn.sum()) or 1.0)


def _on_border(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    x, y = points.T
    return (x <= 1) | (y <= 1) | (x >= shape[1] - 2) | (y >= shape[0] - 2)


def fit_circle(arc: np.ndarray) -> Circle | None:
    """The circle through `arc`, (N, 2) x and y; None if it is not round or too short.

    An outline that closes gives the circle of equal area, so that an oval cell counts too.
    """
    centre = arc.mean(axis=0)
    x, y = np.ascontiguousarray((arc - centre).T, dtype=np.float64)
    # Kåsa's linear least squares, x² + y² = 2ax + 2by + c; x and y have mean 0.
    squares = x * x + y * y
    xx, yy, xy = x @ x, y @ y, x @ y
    determinant = xx * yy - xy * xy
    if determinant <= 1e-9:
        return None
    qx, qy = squares @ x, squares @ y
    a, b = (qx * yy - qy * xy) / (2 * determinant), (qy * xx - qx * xy) / (2 * determinant)
    radius = float(np.sqrt(squares.sum() / len(arc) + a * a + b * b))
    coverage = min(1.0, _length(x, y) / (2 * np.pi * radius))
    if coverage < _MIN_COVERAGE_FRACTION:
        return None
    if np.hypot(x[0] - x[-1], y[0] - y[-1]) < _GAP_FRACTION * radius and coverage > 0.7:
        return _closed(arc)
    residual = np.sqrt((x - a) ** 2 + (y - b) ** 2) - radius
    if residual @ residual > len(arc) * (_MAX_RESIDUAL_FRACTION * radius) ** 2:
        return None
    return Circle(float(b + centre[1]), float(a + centre[0]), radius, coverage)


def _closed(outline: np.ndarray) -> Circle | None:
    """The circle of equal area, if `outline` is convex and no more than an oval."""
    points = outline.astype(np.float32)
    area = cv2.contourArea(points)
    hull = cv2.contourArea(cv2.convexHull(points))
    (x, y), sides, _ = cv2.minAreaRect(points)
    if area < _MIN_SOLIDITY * hull or max(sides) > _MAX_ELONGATION * min(sides):
        return None
    return Circle(y, x, float(np.sqrt(area / np.pi)), 1.0)


def _length(x: np.ndarray, y: np.ndarray) -> float:
    dx, dy = x[1:] - x[:-1], y[1:] - y[:-1]
    return float(np.sqrt(dx * dx + dy * dy).sum())
