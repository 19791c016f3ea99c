"""Crops show one cell, centred, at the stated scale."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.crops import CropSpec, crop_cells
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.errors import ParameterError, Stopped
from smear_pictures import UM_PER_PX, Picture

INK = np.array([60, 30, 120], np.uint8)
PAPER = np.array([200, 210, 190], np.uint8)


def field(um_per_px: float, *centres, diameter_um: float = 10.0, size_um: float = 60.0):
    """Discs of ink on paper: source, masks and cell table."""
    side = round(size_um / um_per_px)
    ys, xs = (np.indices((side, side)) + 0.5) * um_per_px
    labels = np.zeros((side, side), np.int32)
    for k, (y, x) in enumerate(centres, 1):
        labels[(ys - y) ** 2 + (xs - x) ** 2 <= (diameter_um / 2) ** 2] = k
    rgb = np.where(labels[..., None] > 0, INK, PAPER)
    masks = CellMasks(labels, labels.copy())
    return ArraySource(rgb), masks, measure(masks, um_per_px)


def ink_of(crop: np.ndarray) -> np.ndarray:
    return np.abs(crop.astype(int) - INK).sum(axis=2) < 60


@pytest.mark.parametrize("um_per_px", [0.05, 0.13, 0.375, 0.6])
def test_crop_has_the_stated_scale_and_centre(um_per_px: float) -> None:
    source, masks, cells = field(um_per_px, (30, 30))
    crop = crop_cells(source, masks, cells, um_per_px, CropSpec())[0]
    assert crop.shape == (64, 64, 3)
    assert crop.dtype == np.uint8
    ink = ink_of(crop)
    assert np.sqrt(4 * ink.sum() / np.pi) * 0.375 == pytest.approx(10, rel=0.08)
    np.testing.assert_allclose(np.argwhere(ink).mean(axis=0), 31.5, atol=0.8)


def test_ground_is_painted_outside_the_cell_beyond_its_margin() -> None:
    source, masks, cells = field(0.1, (30, 30), (30, 42))
    crop = crop_cells(source, masks, cells, 0.1, CropSpec(ground=255, margin_um=0.5))[0]
    ys, xs = (np.indices((64, 64)) - 31.5) * 0.375
    away = np.hypot(ys, xs)
    assert (crop[away > 6.2] == 255).all()
    assert (np.abs(crop[(away > 5.15) & (away < 5.3)].astype(int) - PAPER).sum(axis=1) < 150).all()


def test_unmasked_crop_keeps_the_surroundings() -> None:
    source, masks, cells = field(0.1, (30, 30), (30, 41))
    masked, whole = (
        crop_cells(source, masks, cells, 0.1, CropSpec(masked=m))[0] for m in (True, False)
    )
    assert ink_of(whole).sum() > 1.4 * ink_of(masked).sum()


def test_one_crop_per_present_cell_in_table_order() -> None:
    source, masks, cells = field(0.2, (15, 15), (15, 45), (45, 15))
    deleted = cells.copy()
    deleted.loc[2, "area_px"] = np.nan
    assert len(crop_cells(source, masks, cells, 0.2)) == 3
    assert len(crop_cells(source, masks, deleted, 0.2)) == 2


def test_no_cells_give_no_crops() -> None:
    source, masks, cells = field(0.2)
    assert crop_cells(source, masks, cells, 0.2).shape == (0, 64, 64, 3)


def test_cell_at_the_border_is_filled_up_with_ground() -> None:
    source, masks, cells = field(0.2, (2, 30))
    crop = crop_cells(source, masks, cells, 0.2)[0]
    assert (crop[:8] == 255).all()
    assert ink_of(crop).any()


def test_stop_is_heard() -> None:
    class Stopping:
        stop_requested = True

        def report(self, progress) -> None:
            pass

    source, masks, cells = field(0.2, (30, 30))
    with pytest.raises(Stopped):
        crop_cells(source, masks, cells, 0.2, CropSpec(), Stopping())


def test_specification_survives_its_card() -> None:
    spec = CropSpec(96, 0.25, 0, 1.0, False)
    assert CropSpec.from_dict(spec.to_dict()) == spec


def test_unknown_entry_of_a_card_is_named() -> None:
    with pytest.raises(ParameterError, match="colour"):
        CropSpec.from_dict({"colour": 1})


@pytest.mark.parametrize("bad", [{"size_px": 0}, {"um_per_px": 0}, {"ground": 300}])
def test_impossible_specification_is_refused(bad: dict) -> None:
    with pytest.raises(ParameterError):
        CropSpec(**bad)


def single(picture: Picture):
    return crop_single_cell(picture.finished(), UM_PER_PX, CropSpec())


def test_single_cell_is_the_central_one_of_touching_cells() -> None:
    picture = Picture(34, 34).red_cells().disc(17, 17, 15, (235, 228, 222))
    picture.white_cell(17, 27.5).white_cell(17, 17)
    result = single(picture)
    assert result.found
    ys, xs = np.nonzero(result.mask)
    np.testing.assert_allclose((ys.mean(), xs.mean()), 17 / UM_PER_PX, atol=8)
    assert np.count_nonzero(result.mask) * UM_PER_PX**2 < 1.3 * np.pi * 36


def test_black_ground_is_the_mask_of_a_cut_out() -> None:
    rgb = Picture(30, 30).white_cell(14, 16).finished()
    ys, xs = np.indices(rgb.shape[:2]) * UM_PER_PX
    cell = (ys - 14) ** 2 + (xs - 16) ** 2 <= 6**2
    rgb[~cell] = 0
    result = crop_single_cell(rgb, UM_PER_PX, CropSpec(margin_um=0.0))
    assert result.found
    assert np.count_nonzero(result.mask ^ cell) < 0.02 * cell.sum()
    assert (result.crop[0] == 255).all()
    assert result.crop.min(axis=2)[32, 32] > 12


def test_cut_out_equals_the_crop_of_the_whole_picture() -> None:
    rgb = Picture(34, 34).red_cells().disc(17, 17, 15, (235, 228, 222)).white_cell(17, 17)
    rgb = rgb.finished()
    spec = CropSpec(margin_um=0.0)
    whole = crop_single_cell(rgb, UM_PER_PX, spec)
    cut_out = np.where(whole.mask[..., None], rgb, 0).astype(np.uint8)
    again = crop_single_cell(cut_out, UM_PER_PX, spec)
    assert np.abs(whole.crop.astype(int) - again.crop).mean() < 2


@pytest.mark.parametrize(
    "rgb", [np.full((80, 90, 3), 230, np.uint8), np.zeros((50, 50, 3), np.uint8)]
)
def test_picture_without_a_cell_says_so(rgb: np.ndarray) -> None:
    result = crop_single_cell(rgb, UM_PER_PX)
    assert not result.found
    assert not result.mask.any()
    assert result.crop.shape == (64, 64, 3)


def test_speck_in_a_corner_is_not_the_central_cell() -> None:
    result = single(Picture(60, 60).red_cells().white_cell(8, 8))
    assert not result.found
