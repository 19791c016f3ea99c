"""Contours placed on the edges of cells of known size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_all_subtype.cells.cytoplasm import ANGLES, Contours
from napari_all_subtype.cells.darkness import darkness
from napari_all_subtype.cells.edges import place_edges

UM_PER_PX = 0.2
RADIUS_UM = 6.0


def drawn_cell(blur_um, density=0.2, beyond=0.0):
    """Optical density of a disc that a lens has blurred; what lies right of it as dense as stated.

    The lens blurs light, not density.
    """
    y, x = (np.indices((140, 140)) - 69.5) * UM_PER_PX
    clear = np.where(x > 0, beyond, 0.0)
    sharp = np.where(np.hypot(y, x) <= RADIUS_UM, density, clear)
    light = cv2.GaussianBlur(10.0**-sharp, (0, 0), blur_um / UM_PER_PX)
    return np.repeat(-np.log10(light)[..., None], 3, axis=2).astype(np.float32)


def circle(radius_um):
    radii = np.full((1, ANGLES), radius_um / UM_PER_PX, np.float32)
    return Contours(np.array([[69.5, 69.5]], np.float32), radii)


@pytest.mark.parametrize("blur_um", [0.1, 0.2, 0.3, 0.45])
@pytest.mark.parametrize("first_um", [RADIUS_UM - 0.2, RADIUS_UM, RADIUS_UM + 0.3])
def test_contour_moves_to_the_edge_however_blurred(blur_um, first_um):
    placed = place_edges(circle(first_um), drawn_cell(blur_um), UM_PER_PX)
    away_um = placed.radii_px * UM_PER_PX - RADIUS_UM
    assert np.abs(away_um).max() < 0.25
    assert abs(away_um.mean()) < 0.15


def test_contour_stays_where_what_lies_beyond_is_as_dark():
    first = circle(RADIUS_UM + 0.3)
    placed = place_edges(first, drawn_cell(0.2, beyond=0.25), UM_PER_PX)
    turn = np.arange(ANGLES) * 2 * np.pi / ANGLES
    right, left = np.cos(turn) > 0.5, np.cos(turn) < -0.5
    assert np.allclose(placed.radii_px[0, right], first.radii_px[0, right])
    assert (placed.radii_px[0, left] < first.radii_px[0, left] - 0.5).all()


def test_no_cell_needs_no_edge():
    none = Contours(np.zeros((0, 2), np.float32), np.zeros((0, ANGLES), np.float32))
    assert place_edges(none, drawn_cell(0.2), UM_PER_PX) is none


def test_darkness_is_one_less_the_cube_root_of_light():
    light = np.array([1.0, 0.5, 0.125, 0.001])
    assert np.allclose(darkness(-np.log10(light).astype(np.float32)), 1 - np.cbrt(light))
