"""Nuclei paler than the others of an image."""

from __future__ import annotations

import numpy as np

from napari_all_subtype.cells.nuclei import add_pale

UM_PER_PX = 0.2
LOWER = 0.5
AT_LOWER, BELOW = 0.55, 0.42


def picture(*discs):
    """Contrast of discs (y, x, diameter in µm, contrast), and the dark ones as known parts."""
    y, x = np.indices((200, 400)) * UM_PER_PX
    contrast = np.zeros(y.shape, np.float32)
    parts = np.zeros(y.shape, np.int32)
    for cy, cx, diameter_um, value in discs:
        inside = np.hypot(y - cy, x - cx) <= diameter_um / 2
        contrast[inside] = value
        if value > 0.7:
            parts[inside] = parts.max() + 1
    return contrast, parts


DARK = (20, 10, 8, 0.9)


def found_beside_dark(*discs):
    contrast, parts = picture(DARK, *discs)
    return add_pale(parts, contrast, LOWER, UM_PER_PX).max() - 1


def test_pale_nucleus_beside_a_dark_one_is_found():
    assert found_beside_dark((20, 40, 8, AT_LOWER)) == 1


def test_still_paler_nucleus_is_found_if_no_red_cell_is_as_large():
    assert found_beside_dark((20, 40, 15, BELOW)) == 1
    assert found_beside_dark((20, 40, 8, BELOW)) == 0


def test_heap_of_pale_cells_is_no_nucleus():
    assert found_beside_dark((20, 40, 8, BELOW), (20, 47, 8, BELOW), (26, 43, 8, BELOW)) == 0


def test_what_is_joined_to_a_nucleus_is_its_cytoplasm():
    assert found_beside_dark((20, 19, 14, AT_LOWER)) == 0
