"""What the figures take for the truth of one image."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from development_images import central_nucleus

UM_PER_PX = 0.25


def boxes(*corners):
    mask = np.zeros((100, 100), bool)
    for y0, x0, y1, x1 in corners:
        mask[y0:y1, x0:x1] = True
    return mask


def test_nuclei_of_neighbours_are_not_the_central_nucleus():
    middle, neighbour = (40, 40, 60, 60), (40, 80, 60, 100)
    np.testing.assert_array_equal(
        central_nucleus(boxes(middle, neighbour), UM_PER_PX), boxes(middle)
    )


def test_lobes_belong_to_the_nucleus_and_specks_do_not():
    lobes, speck = boxes((40, 40, 60, 60), (40, 70, 60, 85)), boxes((5, 5, 9, 9))
    np.testing.assert_array_equal(central_nucleus(lobes | speck, UM_PER_PX), lobes)


def test_nucleus_beside_the_middle_is_found_as_the_nearest():
    beside = boxes((20, 55, 40, 75))
    np.testing.assert_array_equal(central_nucleus(beside | boxes((0, 0, 9, 9)), UM_PER_PX), beside)
