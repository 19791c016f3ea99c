"""Strokes that would make a cell larger than any white cell are refused, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from examples import disc, example_analysis
from napari_all_subtype.cells.edit_size import refuse_too_large
from napari_all_subtype.errors import EditError


@pytest.fixture
def field():
    """Three discs of radius 20."""
    return example_analysis()


def painted_disc(before, label, radius_px):
    painted = before.copy()
    here = disc(before.shape, (64, 80), radius_px)
    painted[here & (before == 0)] = label
    return painted


@pytest.mark.parametrize(("um_per_px", "refused"), [(0.49, False), (0.51, True)])
def test_new_cell_of_forty_micrometres_is_the_largest(field, um_per_px, refused):
    nothing = np.zeros((128, 160), np.int32)
    painted = painted_disc(nothing, 9, 40)
    if not refused:
        refuse_too_large(field.cells, nothing, painted, um_per_px)
        return
    with pytest.raises(EditError, match=r"41 µm across.*40 µm"):
        refuse_too_large(field.cells, nothing, painted, um_per_px)


def test_cell_that_grows_counts_with_what_it_had_beside_the_stroke(field):
    before = np.zeros((128, 160), np.int32)
    largest_px = np.pi * (20 / 0.5) ** 2
    had = field.cells["area_px"].iat[1]
    painted = before.copy()
    painted.ravel()[: int(largest_px - had)] = 1
    refuse_too_large(field.cells, before, painted, 0.5)
    painted.ravel()[: int(largest_px - had) + 2] = 1
    with pytest.raises(EditError):
        refuse_too_large(field.cells, before, painted, 0.5)


def test_erasing_is_never_refused(field):
    before = np.ones((128, 160), np.int32)
    refuse_too_large(field.cells, before, np.zeros_like(before), 1.0)
