"""FAB criteria of cells of known geometry: discs with drawn nucleoli, vacuoles and clefts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.cells.fab import Ruler, measure_fab, ruler_of, with_ruler
from napari_all_subtype.cells.fab.ruler import NO_SIZE
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import FabParameters

UM = 0.12
SIDE = 200
GLASS = np.array([230.0, 225.0, 220.0])
CHROMATIN, BLUE, PINK, EOSIN = (
    (0.45, 0.75, 0.2),
    (0.3, 0.22, 0.04),
    (0.05, 0.1, 0.02),
    (0.1, 0.38, 0.22),
)
RULER = Ruler("micrometres", 10.0, 0.61, 0, 0.0)
Y, X = np.mgrid[:SIDE, :SIDE] * UM - SIDE * UM / 2


def disc(radius_um, y_um=0.0, x_um=0.0):
    return np.hypot(Y - y_um, X - x_um) <= radius_um


class Cell:
    """A round cell on glass: what is drawn on it is known."""

    def __init__(self, radius_um=6.5, nucleus_um=5.0, cytoplasm=BLUE, seed=0):
        self.cell, self.nucleus = disc(radius_um), disc(nucleus_um)
        self.density = np.zeros((SIDE, SIDE, 3))
        self.density[self.cell] = cytoplasm
        self.density[self.nucleus] = CHROMATIN
        self.rng = np.random.default_rng(seed)

    def spot(self, radius_um, y_um, x_um, density):
        self.density[disc(radius_um, y_um, x_um)] = density
        return self

    def measured(self, um_per_px=UM, at=None, ruler=RULER, parameters=FabParameters()):
        light = 10**-self.density * GLASS + self.rng.normal(0, 1.0, self.density.shape)
        pixels = np.clip(np.rint(light), 0, 255).astype(np.uint8)
        masks = CellMasks(self.cell.astype(np.int32), self.nucleus.astype(np.int32))
        if at is not None:
            pixels = np.ascontiguousarray(pixels[at])
            masks = CellMasks(masks.labels[at].copy(), masks.nuclei[at].copy())
        cells = measure(masks, um_per_px)
        source = ArraySource(pixels)
        return measure_fab(source, masks, cells, [1], um_per_px, ruler, parameters).loc[1]


def test_plain_cell_has_no_nucleolus_and_no_vacuole():
    row = Cell().measured()
    assert row["fab_nucleoli"] == 0
    assert row["fab_vacuoles"] == 0
    assert row["fab_missing"] == ""
    assert row["fab_hollow"] < 0.03
    assert row["nc_ratio"] == pytest.approx((5.0 / 6.5) ** 2, rel=0.02)


@pytest.mark.parametrize("radius_um", [0.6, 0.9, 1.3])
def test_area_of_a_nucleolus_is_that_which_was_drawn(radius_um):
    pale = 0.6 * np.array(CHROMATIN) + 0.2 * np.array(BLUE)
    row = Cell().spot(radius_um, 1.0, -1.5, pale).measured()
    assert row["fab_nucleoli"] == 1
    assert row["fab_nucleolus_fraction"] == pytest.approx((radius_um / 5.0) ** 2, rel=0.3)


def test_nucleoli_are_counted_and_the_largest_is_told():
    pale = 0.6 * np.array(CHROMATIN) + 0.2 * np.array(BLUE)
    cell = Cell().spot(0.7, 2.0, 0.0, pale).spot(0.7, -1.5, 2.0, pale).spot(1.2, -1.0, -2.0, pale)
    row = cell.measured()
    assert row["fab_nucleoli"] == 3
    assert row["fab_nucleolus_fraction"] == pytest.approx((1.2 / 5.0) ** 2, rel=0.3)
    assert row["fab_nucleoli_fraction"] > row["fab_nucleolus_fraction"]


def test_dark_clump_is_no_nucleolus():
    assert Cell().spot(1.0, 1.0, 1.0, 1.4 * np.array(CHROMATIN)).measured()["fab_nucleoli"] == 0


@pytest.mark.parametrize("count", [1, 4, 8])
def test_vacuoles_are_counted_over_cytoplasm(count):
    cell = Cell(radius_um=8.5)
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        cell.spot(0.5, 6.7 * np.sin(angle), 6.7 * np.cos(angle), (0.02, 0.02, 0.0))
    row = cell.measured()
    assert row["fab_vacuoles"] == count
    drawn = count * 0.5**2 / 8.5**2
    assert row["fab_vacuole_fraction"] == pytest.approx(drawn, rel=0.6)


def test_vacuoles_are_counted_over_the_nucleus_too():
    cell = Cell()
    for y, x in ((2.0, 0.0), (-2.0, 1.0), (0.0, -2.5), (0.5, 2.5)):
        cell.spot(0.45, y, x, 0.35 * np.array(CHROMATIN))
    assert cell.measured()["fab_vacuoles"] == 4


def test_cleft_is_measured_as_deep_as_it_is():
    cell = Cell()
    cleft = (np.abs(X) < 0.35) & (Y < -5.0 + 3.0)
    cell.nucleus &= ~cleft
    row = cell.measured()
    assert row["fab_hollow"] == pytest.approx(3.0 / 10.0, abs=0.04)


def test_blue_cytoplasm_is_more_basophilic_than_pink_and_that_more_than_eosinophil_granules():
    blue, pink, eosin = (
        Cell(radius_um=8.0, cytoplasm=colour).measured()["fab_basophilia"]
        for colour in (BLUE, PINK, EOSIN)
    )
    assert blue > pink > eosin
    assert blue == pytest.approx(BLUE[0] - 0.5 * BLUE[1], abs=0.02)


def test_too_little_cytoplasm_has_no_colour_and_says_so():
    row = Cell(radius_um=5.3).measured()
    assert np.isnan(row["fab_basophilia"])
    assert "basophilia: too little cytoplasm" in row["fab_missing"]


def test_cell_cut_by_the_border_has_no_size_and_no_outline_and_says_so():
    row = Cell().measured(at=np.s_[:, 80:])
    assert row[["fab_relative_diameter", "fab_relative_nc", "nucleus_solidity"]].isna().all()
    assert row[["fab_hollow", "fab_vacuoles"]].isna().all()
    assert "the border of the image cuts the cell" in row["fab_missing"]


def test_coarse_pixels_show_no_nucleoli_and_say_so():
    row = Cell().measured(parameters=FabParameters(max_texture_um_per_px=0.1))
    assert row[["fab_nucleoli", "fab_chromatin_spread", "fab_vacuoles"]].isna().all()
    assert "too coarse" in row["fab_missing"]


def test_measures_of_no_cell_are_an_empty_table_with_all_columns():
    masks = CellMasks(np.zeros((50, 50), np.int32), np.zeros((50, 50), np.int32))
    pixels = np.full((50, 50, 3), 200, np.uint8)
    cells = measure(masks, UM)
    found = measure_fab(ArraySource(pixels), masks, cells, [], UM, RULER)
    assert found.empty
    assert "fab_relative_diameter" in found


def lymphocytes(count, diameter_um=9.0, nc_ratio=0.7):
    """A cell table of round cells that were called normal."""
    cells = measure(CellMasks(disc(4).astype(np.int32), disc(3).astype(np.int32)), UM)
    cells = cells.loc[[1] * count].reset_index(drop=True)
    cells = cells.assign(subtype="normal", diameter_um=diameter_um, nc_ratio=nc_ratio)
    return cells.assign(p_normal=0.97)


def test_ruler_is_the_smears_own_small_lymphocytes_from_ten_on():
    size = PixelSize(UM, "user", 0.03)
    assert ruler_of(lymphocytes(9), size).kind == "micrometres"
    ruler = ruler_of(lymphocytes(10), size)
    assert (ruler.kind, ruler.diameter_um, ruler.nc_ratio) == ("small lymphocytes", 9.0, 0.7)


def test_missed_blasts_are_no_ruler():
    size = PixelSize(UM, "user", 0.03)
    # As 12 blasts of one laboratory that the model called normal, hardly sure of it.
    missed = lymphocytes(12, diameter_um=10.2, nc_ratio=0.85).assign(p_normal=0.58)
    assert ruler_of(missed, size).count == 0
    assert ruler_of(missed.assign(nc_ratio=0.7), size).kind == "micrometres"
    assert ruler_of(missed.assign(p_normal=0.95), size).kind == "micrometres"


def test_few_lymphocytes_among_many_blasts_are_no_ruler_unless_a_person_called_them_normal():
    size = PixelSize(UM, "user", 0.03)
    blasts = lymphocytes(101, diameter_um=13).assign(subtype="blast")
    cells = pd.concat([lymphocytes(20), blasts], ignore_index=True)
    assert ruler_of(cells, size).kind == "micrometres"
    assert ruler_of(cells.iloc[:-1], size).kind == "small lymphocytes"
    said = cells.assign(annotation=["normal"] * 20 + [""] * 101)
    assert ruler_of(said, size).kind == "small lymphocytes"


def test_cell_of_no_stated_probability_serves_only_where_a_person_called_it_normal():
    cells = lymphocytes(12).drop(columns="p_normal")
    assert ruler_of(cells, PixelSize(UM, "user", 0.03)).count == 0
    assert ruler_of(cells.assign(annotation="normal"), PixelSize(UM, "user", 0.03)).count == 12


@given(st.floats(0.45, 0.8))
def test_beside_any_ruler_an_nc_ratio_can_be_high(nc_ratio):
    p = FabParameters()
    ruler = ruler_of(lymphocytes(12, nc_ratio=nc_ratio), PixelSize(UM, "user", 0.03), p)
    assert ruler.kind == "small lymphocytes"
    assert ruler.nc_ratio * p.high_nc_ratio <= 0.86


def test_ruler_carries_the_error_of_its_medians():
    cells = lymphocytes(25)
    cells["diameter_um"] = np.linspace(7, 11, 25)
    ruler = ruler_of(cells, PixelSize(UM, "user", 0.5))
    assert ruler.relative_uncertainty == pytest.approx(1.25 * cells["diameter_um"].std() / 9 / 5)
    assert ruler.nc_relative_uncertainty == pytest.approx(0)


@pytest.mark.parametrize(
    ("origin", "kind"),
    [("metadata", "micrometres"), ("red cells", "red cells"), ("assumed", "none")],
)
def test_ruler_without_lymphocytes_follows_the_pixel_size(origin, kind):
    ruler = ruler_of(lymphocytes(0), PixelSize(UM, origin, 0.15))
    assert ruler.kind == kind
    assert ruler.relative_uncertainty == 0.15


def test_large_or_indented_normal_cells_are_no_ruler():
    cells = lymphocytes(20)
    assert ruler_of(cells.assign(diameter_um=15.0), PixelSize(UM, "user", 0)).count == 0
    assert ruler_of(cells.assign(nucleus_solidity=0.8), PixelSize(UM, "user", 0)).count == 0
    assert ruler_of(cells.assign(subtype="blast"), PixelSize(UM, "user", 0)).count == 0


def test_size_is_not_judged_where_the_pixel_size_was_assumed():
    measures = lymphocytes(1)
    none = ruler_of(lymphocytes(0), PixelSize(UM, "assumed", 0.5))
    assert with_ruler(measures, none)["fab_relative_diameter"].isna().all()
    told = with_ruler(measures.assign(fab_missing="basophilia: too little cytoplasm"), none)
    assert told["fab_missing"].tolist() == [f"{NO_SIZE}; basophilia: too little cytoplasm"]
    assert with_ruler(told, none)["fab_missing"].equals(told["fab_missing"])
    known = with_ruler(told, RULER)["fab_missing"].tolist()
    assert known == ["basophilia: too little cytoplasm"]
    assert with_ruler(measures, RULER)["fab_relative_diameter"].tolist() == [0.9]
