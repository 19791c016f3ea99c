"""White cells are found, and nothing else is."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.candidate import Candidate, paint_all
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource, Region
from napari_all_subtype.cells.tiles import tiles_of
from napari_all_subtype.cells.working import WorkingGrid
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.errors import Stopped
from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from smear_pictures import NUCLEUS, RED_CELL, UM_PER_PX, Picture


def masks_of(rgb, um_per_px=UM_PER_PX, **parameters):
    return segment(ArraySource(rgb), um_per_px, SegmentationParameters(**parameters))


def smear(rows: int = 3, columns: int = 4) -> Picture:
    """White cells among red ones, 30 µm apart."""
    picture = Picture(30 * rows, 30 * columns).red_cells()
    for row in range(rows):
        for column in range(columns):
            y, x = 15 + 30 * row, 15 + 30 * column
            picture.disc(y, x, 16, (235, 228, 222)).white_cell(y, x, 12, 9 + (row + column) % 3)
    return picture


def test_every_white_cell_is_found_once_among_red_cells() -> None:
    assert masks_of(smear().finished()).count == 12


def test_labels_have_no_gaps_and_nuclei_lie_inside_their_cells() -> None:
    masks = masks_of(smear().finished())
    assert masks.labels.dtype == masks.nuclei.dtype == np.int32
    assert np.unique(masks.labels).tolist() == list(range(13))
    assert np.unique(masks.nuclei).tolist() == list(range(13))
    inside = masks.nuclei > 0
    np.testing.assert_array_equal(masks.labels[inside], masks.nuclei[inside])


def test_area_of_nucleus_and_cell_is_the_drawn_one() -> None:
    masks = masks_of(Picture(60, 60).red_cells(30).white_cell(30, 30, 14, 9).finished())
    assert masks.count == 1
    nucleus, cell = (np.count_nonzero(m) * UM_PER_PX**2 for m in (masks.nuclei, masks.labels))
    assert nucleus == pytest.approx(np.pi / 4 * 9**2, rel=0.06)
    assert cell == pytest.approx(np.pi / 4 * 14**2, rel=0.08)


@pytest.mark.parametrize("um_per_px", [0.06, 0.1, 0.2, 0.3])
def test_count_does_not_depend_on_the_scale(um_per_px: float) -> None:
    picture = Picture(60, 60, um_per_px).red_cells().white_cell(15, 18).white_cell(42, 40)
    assert masks_of(picture.finished(), um_per_px).count == 2


def blank() -> np.ndarray:
    return np.full((300, 400, 3), 230, np.uint8)


NOTHING = {
    "blank": blank(),
    "saturated": np.full((300, 300, 3), 255, np.uint8),
    "black": np.zeros((300, 300, 3), np.uint8),
    "one pixel": np.full((1, 1, 3), 90, np.uint8),
    "one row": np.full((1, 500, 3), 90, np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (400, 400, 3)).astype(np.uint8),
    "red cells": Picture(80, 80).red_cells().finished(),
    "crowded red cells": Picture(80, 80).red_cells(5.5).finished(),
}


@pytest.mark.parametrize("what", NOTHING)
def test_picture_without_white_cells_gives_none(what: str) -> None:
    masks = masks_of(NOTHING[what])
    assert masks.count == 0
    assert masks.labels.shape == NOTHING[what].shape[:2]


def test_platelets_and_specks_are_not_cells() -> None:
    picture = Picture(60, 60).red_cells().white_cell(30, 30)
    for x in (8, 14, 50):
        picture.disc(10, x, 2.5, (150, 110, 175)).disc(52, x, 1.0, NUCLEUS)
    assert masks_of(picture.finished()).count == 1


def test_burned_in_scale_bar_is_not_a_cell() -> None:
    rgb = Picture(60, 60).red_cells().white_cell(20, 20).finished()
    cv2.rectangle(rgb, (250, 420), (440, 432), (0, 0, 0), -1)
    cv2.putText(rgb, "10 um", (270, 415), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 3)
    assert masks_of(rgb).count == 1


@pytest.mark.parametrize("gap_um", [-1.0, 0.0, 1.0])
def test_touching_blasts_come_apart(gap_um: float) -> None:
    picture = Picture(60, 70).red_cells()
    step = 11 + gap_um
    for k in range(3):
        picture.disc(30, 20 + k * step, 12, (175, 175, 215))
    for k in range(3):
        picture.disc(30, 20 + k * step, 10.5, NUCLEUS)
    assert masks_of(picture.finished()).count == 3


def test_lobes_of_a_neutrophil_stay_one_cell() -> None:
    picture = Picture(50, 50).red_cells().disc(25, 25, 13, (215, 190, 215))
    for y, x in ((22.5, 22.5), (22.8, 27.5), (28.0, 25.0)):
        picture.disc(y, x, 4.0, NUCLEUS)
    masks = masks_of(picture.finished())
    assert masks.count == 1
    pieces, _ = cv2.connectedComponents((masks.nuclei == 1).astype(np.uint8))
    assert pieces - 1 == 3


def test_dark_red_cells_are_not_nuclei() -> None:
    picture = Picture(60, 60).red_cells().white_cell(30, 30)
    darker = tuple(int(c) for c in np.array(RED_CELL) ** 2 / np.array((235, 228, 222)))
    picture.disc(8, 8, 8, darker)
    assert masks_of(picture.finished()).count == 1


def test_tiles_find_what_the_whole_picture_shows() -> None:
    rgb = smear(4, 5).finished()
    whole = masks_of(rgb, tile_px=16384)
    tiled = masks_of(rgb, tile_px=256)
    assert whole.count == tiled.count == 20
    overlap = (whole.labels > 0) & (tiled.labels > 0)
    either = (whole.labels > 0) | (tiled.labels > 0)
    assert overlap.sum() / either.sum() > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("tile_px", [300, 512])
@pytest.mark.parametrize("seed", [1, 3])
def test_tiles_part_touching_cells_as_the_whole_picture_does(seed: int, tile_px: int) -> None:
    smear = simulate_smear(SmearRecipe(touching_fraction=0.6), seed)
    whole = masks_of(smear.pixels, tile_px=16384)
    tiled = masks_of(smear.pixels, tile_px=tile_px)
    assert tiled.count == whole.count
    assert np.unique(tiled.labels).tolist() == list(range(whole.count + 1))
    partners = [
        np.bincount(tiled.nuclei[whole.nuclei == k]).argmax() for k in range(1, whole.count + 1)
    ]
    assert sorted(partners) == list(range(1, whole.count + 1))
    assert ((tiled.nuclei > 0) == (whole.nuclei > 0)).mean() > 0.9999


def square(y: int, x: int, width: int = 10) -> Candidate:
    """A nucleus of 10 rows and a cell just around it."""
    nucleus = np.pad(np.ones((10, width), bool), 2)
    centre = (y + 4.5, x + (width - 1) / 2)
    return Candidate(nucleus, np.ones_like(nucleus), y - 2, x - 2, centre)


def painted(*seen: tuple[int, Candidate]) -> CellMasks:
    masks = CellMasks(np.zeros((100, 200), np.int32), np.zeros((100, 200), np.int32))
    tiles = tiles_of(masks.labels.shape, 100, 30)
    paint_all(masks, [(tiles[at], candidate) for at, candidate in seen], 15)
    return masks


def test_cell_that_each_tile_leaves_to_the_other_is_painted() -> None:
    # The left tile joins two nuclei into one, centred right; the right one sees them apart.
    joined, left, right = square(40, 85, 40), square(40, 85), square(40, 115)
    masks = painted((0, joined), (1, left), (1, right))
    assert masks.count == 2
    assert masks.labels[45, 90] != masks.labels[45, 120]
    assert (masks.labels[40:50, 85:95] > 0).all()


def test_cell_seen_by_two_tiles_is_painted_once() -> None:
    assert painted((0, square(40, 95)), (1, square(40, 95))).count == 1
    assert painted((0, square(40, 92)), (1, square(40, 96, 9))).count == 1


def test_what_is_cut_by_the_far_border_of_a_tile_is_not_painted() -> None:
    assert painted((0, square(40, 120))).count == 0


def test_nucleus_goes_over_the_cytoplasm_of_another_cell() -> None:
    masks = painted((0, square(40, 40)), (0, square(40, 51)))
    assert (masks.nuclei == 2).sum() == 100


def test_cores_of_tiles_cover_every_pixel_once() -> None:
    cover = np.zeros((700, 1100), int)
    for tile in tiles_of(cover.shape, 256, 40):
        y0, x0, y1, x1 = tile.core
        cover[y0:y1, x0:x1] += 1
    assert (cover == 1).all()


def test_same_picture_gives_same_masks() -> None:
    rgb = smear(2, 2).finished()
    np.testing.assert_array_equal(masks_of(rgb).labels, masks_of(rgb).labels)


def test_stop_is_heard_between_tiles() -> None:
    class StopAfterTwo:
        heard = 0

        def report(self, progress) -> None:
            self.heard += 1

        @property
        def stop_requested(self) -> bool:
            return self.heard > 2

    source = ArraySource(smear(4, 5).finished())
    with pytest.raises(Stopped):
        segment(source, UM_PER_PX, SegmentationParameters(tile_px=256), StopAfterTwo())


def test_stop_is_heard_before_the_first_tile() -> None:
    class StopAtOnce:
        stages: ClassVar[list[str]] = []
        stop_requested = True

        def report(self, progress) -> None:
            self.stages.append(progress.stage)

    with pytest.raises(Stopped):
        segment(ArraySource(smear(1, 1).finished()), UM_PER_PX, monitor=StopAtOnce())
    assert StopAtOnce.stages == ["measure colours"]


@pytest.mark.parametrize("um_per_px", [0.05, 0.0645, 0.1, 0.13, 0.19, 0.31])
def test_every_tile_sees_the_same_working_pixels(um_per_px: float) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (523, 611, 3)).astype(np.uint8)
    source = ArraySource(rgb)
    grid = WorkingGrid.near(um_per_px, 0.2)
    whole = grid.read(source, Region(0, 0, 523, 611))
    assert whole.shape[0] == pytest.approx(523 / grid.zoom, abs=0.5)
    for tile in tiles_of(source.shape, 256, 40, grid.period_px):
        part = grid.read(source, tile.outer)
        y0, x0 = round(tile.outer.y0 / grid.zoom), round(tile.outer.x0 / grid.zoom)
        same = whole[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
        # The last row and column may be cut within a working pixel.
        np.testing.assert_allclose(part[:-1, :-1].astype(int), same[:-1, :-1], atol=1)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "um_per_px", "nucleus", "cell"),
    [
        ("segmentation_wbc_d1", 0.16, 0.90, 0.92),
        ("segmentation_wbc_d2", 0.075, 0.94, 0.90),
        ("all_idb2", 0.13, 0.89, None),
    ],
)
def test_real_cells_agree_with_the_experts_masks(
    shared_data, dataset: str, um_per_px: float, nucleus: float, cell: float | None
) -> None:
    rows = pd.read_csv(shared_data / "manifest.csv")
    rows = rows[(rows["dataset"] == dataset) & rows["mask"].notna()].iloc[::5]
    scores = []
    for file, mask in zip(rows["file"], rows["mask"], strict=True):
        rgb = cv2.cvtColor(cv2.imread(str(shared_data / file)), cv2.COLOR_BGR2RGB)
        truth = cv2.imread(str(shared_data / mask), cv2.IMREAD_GRAYSCALE)
        found = masks_of(rgb, um_per_px)
        votes = np.bincount(found.nuclei[truth > 200], minlength=2)
        votes[0] = 0
        best = int(votes.argmax())
        scores.append(
            (dice(found.nuclei == best, truth > 200), dice(found.labels == best, truth > 64))
        )
    mean = np.mean(scores, axis=0)
    assert mean[0] >= nucleus
    assert cell is None or mean[1] >= cell


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.slow
def test_nuclei_as_violet_as_the_red_cells_are_kept(seed: int) -> None:
    recipe = SmearRecipe(style="rose", blast=8, l1=10, l2=10, l3=2, clusters=(4, 3))
    smear = simulate_smear(recipe, seed)
    assert masks_of(smear.pixels).count >= 0.9 * smear.masks.count
