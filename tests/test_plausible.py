"""Cells that cannot be white cells as they stand: what is flagged, and what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from examples import UM_PER_PX, disc, example_analysis
from napari_all_subtype.cells.edits import delete
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.plausible import (
    IMPLAUSIBLE_SIZE,
    NO_CELL,
    NO_NUCLEUS,
    cell_flags,
    implausible_size,
    without_nucleus,
)
from napari_all_subtype.workflow.corrections import remeasured, with_cells
from napari_all_subtype.workflow.export import cell_rows

SHAPE = (400, 400)


def cells_of(radius_um, centre=(200, 200), nucleus=True):
    labels = disc(SHAPE, centre, radius_um / UM_PER_PX).astype(np.int32) * 3
    return measure(CellMasks(labels, labels if nucleus else labels * 0), UM_PER_PX)


@pytest.mark.parametrize(("radius_um", "odd"), [(1.9, True), (2.1, False), (19, False), (21, True)])
def test_cells_beyond_4_to_40_micrometres_are_odd(radius_um, odd):
    cells = cells_of(radius_um)
    assert implausible_size(cells).tolist() == [False, False, False, odd]
    assert cell_flags(cells) == ((IMPLAUSIBLE_SIZE,) if odd else ())


def test_cell_cut_by_the_border_may_be_small():
    assert cell_flags(cells_of(2.5, centre=(0, 200))) == ()


def test_bare_cell_is_told_and_a_missing_one_is_not():
    cells = cells_of(5, nucleus=False)
    assert without_nucleus(cells) == [3]
    assert cell_flags(cells) == (NO_NUCLEUS,)


def test_flags_of_cells_follow_an_edit_and_others_stay():
    field = example_analysis()
    field.masks.nuclei[field.masks.nuclei == 2] = 0
    cells = measure(field.masks, UM_PER_PX)
    field = with_cells(replace(field, flags=("blur", NO_CELL)), field.cells.assign(**cells))
    assert field.flags == ("blur", NO_NUCLEUS)
    edit = delete(field.masks, field.cells, 2)
    edit.apply_to(field.masks)
    assert with_cells(field, remeasured(field, edit)).flags == ("blur",)


def test_files_say_which_cell_is_odd():
    field = example_analysis(radius=6)
    assert cell_rows(field)["implausible_size"].tolist() == [True] * 3
    assert not cell_rows(example_analysis())["implausible_size"].any()


def test_count_leaves_out_deleted_cells():
    field = example_analysis()
    edit = delete(field.masks, field.cells, 2)
    edit.apply_to(field.masks)
    field = with_cells(field, remeasured(field, edit))
    assert (field.count, field.masks.count, field.masks.highest) == (2, 2, 3)
