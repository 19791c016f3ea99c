"""Lobes of one nucleus, and nuclei of cells that touch."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.lobes import join_lobes

UM_PER_PX = 0.2


def parts_and_cells(*discs):
    """Nuclei and cells as discs (y, x, nucleus diameter, cell diameter), all in micrometres."""
    y, x = np.indices((200, 240)) * UM_PER_PX
    parts, cells = np.zeros(y.shape, np.int32), np.zeros(y.shape, np.int32)
    for k, (cy, cx, nucleus_um, cell_um) in enumerate(discs, 1):
        away = np.hypot(y - cy, x - cx)
        cells[(away <= cell_um / 2) & (cells == 0)] = k
        parts[away <= nucleus_um / 2] = k
    cells[parts > 0] = parts[parts > 0]
    return parts, cells


@pytest.mark.parametrize("small_um", [5.8, 6.5, 7.5])
def test_small_lymphocyte_beside_a_large_cell_is_no_lobe_of_it(small_um):
    large, small = (20, 18, 11.5, 15), (20, 18 + 8.3 + small_um / 2, small_um, small_um + 1)
    parts, cells = parts_and_cells(large, small)
    assert join_lobes(parts, cells, UM_PER_PX).max() == 2


def test_fragment_beside_a_large_nucleus_belongs_to_it():
    parts, cells = parts_and_cells((20, 20, 11, 16), (20, 26.9, 2.4, 4))
    assert join_lobes(parts, cells, UM_PER_PX).max() == 1


def test_three_lobes_in_a_round_cell_are_one_nucleus():
    lobes = [(17, 18, 5, 9), (17, 23, 5, 9), (22, 20.5, 5, 9)]
    parts, cells = parts_and_cells(*lobes)
    assert join_lobes(parts, cells, UM_PER_PX).max() == 1


def quarters(nucleus_um2, separation_um=3.6, cell_um=13.0):
    """Four lobes of one round cell, each with a quarter of the cell as its own share."""
    y, x = np.indices((120, 120)) * UM_PER_PX - 12.0
    cell = np.hypot(y, x) <= cell_um / 2
    quarter = 1 + (y > 0) + 2 * (x > 0)
    parts = np.zeros(y.shape, np.int32)
    radius = np.sqrt(nucleus_um2 / np.pi)
    for k, (dy, dx) in enumerate([(-1, -1), (1, -1), (-1, 1), (1, 1)], 1):
        away = np.hypot(y - dy * separation_um / np.sqrt(2), x - dx * separation_um / np.sqrt(2))
        parts[away <= radius] = k
    cells = np.where(cell, quarter, 0).astype(np.int32)
    return parts, np.where(parts > 0, parts, cells)


def test_four_lobes_in_quarters_of_a_round_cell_are_one_nucleus():
    assert join_lobes(*quarters(11.0), UM_PER_PX).max() == 1


def test_three_small_lymphocytes_that_touch_stay_three_cells():
    lymphocytes = [(17, 17, 6.4, 7.4), (17, 24.6, 6.4, 7.4), (23.6, 20.8, 6.4, 7.4)]
    assert join_lobes(*parts_and_cells(*lymphocytes), UM_PER_PX).max() == 3


def test_lobes_of_which_one_is_large_are_joined_in_threes():
    parts, cells = parts_and_cells((18, 18.5, 5.8, 9), (18, 24.2, 2.8, 5), (23, 20.5, 4.3, 8))
    assert join_lobes(parts, cells, UM_PER_PX).max() == 1
