"""Thresholds between red cells and nuclei."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.thresholds import nucleus_threshold
from napari_all_subtype.config import SegmentationParameters


def contrasts(*populations):
    """Pixels of populations (how many, mean contrast, spread)."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(mean, spread, n) for n, mean, spread in populations])


RED_CELLS = (20_000, 0.0, 0.06)


@pytest.mark.parametrize("nuclei", [(300, 0.5, 0.05), (3_000, 0.8, 0.1), (15_000, 0.6, 0.1)])
def test_threshold_parts_nuclei_from_red_cells(nuclei):
    threshold = nucleus_threshold(contrasts(RED_CELLS, nuclei), SegmentationParameters())
    assert 0.12 < threshold < nuclei[1] - nuclei[2]


def test_threshold_never_cuts_through_nuclei_among_much_cytoplasm():
    # What lies below spreads so far that the threshold would stand on the nuclei.
    pixels = contrasts((3_000, 0.0, 0.05), (3_000, 0.25, 0.05), (9_000, 0.62, 0.05))
    threshold = nucleus_threshold(pixels, SegmentationParameters())
    assert (pixels[6_000:] > threshold).mean() > 0.98


def test_red_cells_alone_have_no_threshold():
    assert nucleus_threshold(contrasts(RED_CELLS), SegmentationParameters()) == np.inf


def test_colours_beyond_any_stain_have_no_valley():
    # What absorbs blue only spreads so far below zero that the threshold leaves the histogram.
    pixels = contrasts((5_000, -2.0, 0.01), (5_001, 1.2, 0.01), (4_000, 2.3, 0.01))
    rng = np.random.default_rng(0)
    wide = rng.normal(0, 1, 200_000) + np.repeat([2.2, -2.0, 0.0], [60_000, 70_000, 70_000])
    for some in (pixels, wide):
        assert not nucleus_threshold(some, SegmentationParameters()) < 0.2
