"""Measurements against shapes whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure, shape_of
from napari_all_subtype.cells.table import COLUMNS, present


def disc(shape, y, x, radius) -> np.ndarray:
    ys, xs = np.indices(shape)
    return (ys - y) ** 2 + (xs - x) ** 2 <= radius**2


def masks_of(*cells) -> CellMasks:
    """Masks of (label, y, x, cell radius, nucleus radius) on 200 × 300 px."""
    labels, nuclei = np.zeros((200, 300), np.int32), np.zeros((200, 300), np.int32)
    for label, y, x, outer, inner in cells:
        labels[disc(labels.shape, y, x, outer)] = label
        nuclei[disc(labels.shape, y, x, inner)] = label
    return CellMasks(labels, nuclei)


def test_row_k_is_label_k_and_absent_labels_have_no_values() -> None:
    table = measure(masks_of((1, 50, 50, 30, 20), (3, 120, 200, 25, 20)), 0.1)
    assert tuple(table.columns) == COLUMNS
    assert table["label"].tolist() == [0, 1, 2, 3]
    assert table.index.tolist() == [0, 1, 2, 3]
    assert table.index.name is None
    assert present(table)["label"].tolist() == [1, 3]
    assert table.loc[[0, 2]].drop(columns=["label", "touches_border"]).isna().all(axis=None)


def test_no_cells_gives_the_background_row_alone() -> None:
    table = measure(masks_of(), 0.1)
    assert len(table) == 1
    assert len(present(table)) == 0


def test_disc_is_measured_in_micrometres() -> None:
    row = measure(masks_of((1, 80, 90, 60, 42)), 0.1).loc[1]
    assert row["diameter_um"] == pytest.approx(12.0, rel=0.01)
    assert row["nucleus_diameter_um"] == pytest.approx(8.4, rel=0.01)
    assert row["area_um2"] == pytest.approx(np.pi * 36, rel=0.01)
    assert row["nc_ratio"] == pytest.approx(0.49, abs=0.01)
    assert (row["centroid_y_px"], row["centroid_x_px"]) == (80, 90)
    assert row[["y0_px", "x0_px", "y1_px", "x1_px"]].tolist() == [20, 30, 141, 151]


@pytest.mark.parametrize("radius", [5, 8, 15, 30, 80, 150])
def test_disc_has_circularity_and_solidity_of_one(radius: float) -> None:
    side = 2 * radius + 5
    solidity, circularity = shape_of(disc((side, side), side // 2, side // 2, radius))
    assert circularity == pytest.approx(1, abs=0.03)
    assert solidity == pytest.approx(1, abs=0.03)


def test_square_has_its_known_circularity() -> None:
    mask = np.zeros((120, 120), bool)
    mask[10:110, 10:110] = True
    assert shape_of(mask)[1] == pytest.approx(np.pi / 4, rel=0.03)


def test_ellipse_has_its_known_circularity() -> None:
    ys, xs = np.indices((201, 201)) - 100
    circularity = shape_of((ys / 40) ** 2 + (xs / 80) ** 2 <= 1)[1]
    # Ramanujan's perimeter of an ellipse with half axes 40 and 80.
    perimeter = np.pi * (360 - np.sqrt((3 * 80 + 40) * (80 + 3 * 40)))
    assert circularity == pytest.approx(4 * np.pi * np.pi * 3200 / perimeter**2, rel=0.03)


def test_kidney_is_less_solid_than_disc() -> None:
    kidney = disc((100, 100), 50, 50, 30) & ~disc((100, 100), 50, 85, 22)
    assert shape_of(kidney)[0] < 0.93


@pytest.mark.parametrize(("y", "x"), [(10, 100), (190, 100), (100, 10), (100, 290)])
def test_cell_cut_by_any_edge_is_flagged(y: int, x: int) -> None:
    table = measure(masks_of((1, y, x, 20, 10), (2, 100, 150, 20, 10)), 0.1)
    assert table["touches_border"].tolist() == [False, True, False]


@settings(max_examples=25, deadline=None)
@given(st.integers(35, 160), st.integers(35, 260), st.integers(6, 30), st.floats(0.05, 0.4))
def test_measures_do_not_depend_on_position(y: int, x: int, radius: int, um_per_px: float) -> None:
    names = ["area_um2", "diameter_um", "nc_ratio", "nucleus_solidity", "nucleus_circularity"]
    here = measure(masks_of((1, y, x, radius, radius - 3)), um_per_px).loc[1, names]
    there = measure(masks_of((1, 100, 150, radius, radius - 3)), um_per_px).loc[1, names]
    np.testing.assert_allclose(here.astype(float), there.astype(float), rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5))
def test_areas_add_up_to_the_mask(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = [(k, *rng.integers(20, 180, 2), 15, 8) for k in range(1, 6)]
    masks = masks_of(*cells)
    assert measure(masks, 0.1)["area_px"].sum() == np.count_nonzero(masks.labels)
