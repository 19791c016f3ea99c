"""Masks that are given: which are taken, under which numbers, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from napari_all_subtype.cells import table
from napari_all_subtype.cells.given import GivenCells
from napari_all_subtype.cells.halves import cells_around, nuclei_inside
from napari_all_subtype.cells.label_images import as_labels
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.segmenter import ClassicalSegmenter, find_cells
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.errors import MaskError, MaskReadError, MaskTypeError

SHAPE = (20, 30)


def two_cells(*numbers, dtype=np.int32):
    mask = np.zeros(SHAPE, dtype)
    mask[2:8, 2:8] = numbers[0]
    mask[12:18, 20:28] = numbers[-1]
    return mask


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


# Numbers


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint16, SHAPE, elements=st.integers(0, 400), fill=st.just(0)))
def test_numbers_are_kept_with_their_gaps(mask):
    mask[0, 0], mask[0, 1] = 3, 7  # not binary
    assert np.array_equal(as_labels(mask, SHAPE).labels, mask)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_cells_against_ground_are_parted_into_pieces(dtype):
    labels = as_labels(two_cells(1, dtype=dtype), SHAPE)
    assert sorted(np.unique(labels.labels)) == [0, 1, 2]
    assert "parted into 2 pieces" in labels.notes[-1]


def test_one_number_in_two_places_stays_one_cell():
    mask = two_cells(4, 4)
    mask[9, 15] = 9
    assert sorted(np.unique(as_labels(mask, SHAPE).labels)) == [0, 4, 9]


def test_huge_numbers_are_given_anew_and_it_is_said():
    found = as_labels(two_cells(3, 10_000_000_000, dtype=np.uint64), SHAPE)
    assert sorted(np.unique(found.labels)) == [0, 1, 2]
    assert found.labels[3, 3] == 1
    assert "up to 10000000000, given anew as 1 to 2" in found.notes[-1]
    assert found.flags == ("cells renumbered",)


def test_result_is_not_the_memory_of_the_caller():
    mask = two_cells(3, 5)
    found = as_labels(mask, SHAPE)
    mask[:] = 0
    assert found.labels.max() == 5


def test_equal_masks_have_equal_digests_and_others_do_not():
    first, again, other = (as_labels(two_cells(3, n), SHAPE).notes[0] for n in (5, 5, 6))
    assert first == again != other


def test_labels_layer_is_taken():
    class Layer:
        data = two_cells(3, 5)
        multiscale = False

    assert as_labels(Layer(), SHAPE).labels.max() == 5


def test_masked_pixels_are_ground():
    mask = np.ma.masked_equal(two_cells(3, 5), 3)
    assert sorted(np.unique(as_labels(mask, SHAPE).labels)) == [0, 5]


def test_objects_are_refused_in_their_own_words():
    with pytest.raises(MaskTypeError, match="Python objects"):
        as_labels(two_cells(3, 5).astype(object), SHAPE)


@pytest.mark.parametrize("value", [1, 2, 128, 255, 65535])
def test_any_single_value_in_several_places_is_parted(value):
    labels = as_labels(two_cells(value, dtype=np.uint16), SHAPE)
    assert sorted(np.unique(labels.labels)) == [0, 1, 2]
    assert "parted into 2 pieces" in labels.notes[-1]


def test_single_cell_keeps_its_number():
    mask = two_cells(7)
    mask[12:18] = 0
    assert sorted(np.unique(as_labels(mask, SHAPE).labels)) == [0, 7]


def test_numbers_strewn_over_a_field_are_refused():
    mask = np.random.default_rng(0).integers(0, 400, (500, 400))
    with pytest.raises(MaskError, match=r"alone lies in \d{3} separate places .* mask of cells\?"):
        as_labels(mask, mask.shape)


def test_side_by_side_cells_of_any_number_are_not_strewn():
    y, x = np.mgrid[:600, :600] // 3
    mask = (y * 200 + x + 1).astype(np.int32)
    assert as_labels(mask, mask.shape).labels.max() == 40_000


def test_axes_of_length_one_are_dropped():
    assert as_labels(two_cells(3, 5)[None, ..., None], SHAPE).labels.shape == SHAPE


# Files


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int32, np.float32])
def test_tiff_holds_the_numbers_of_its_depth(tmp_path, dtype):
    mask = two_cells(3, 200, dtype=dtype)
    tifffile.imwrite(tmp_path / "m.tif", mask)
    assert np.array_equal(as_labels(tmp_path / "m.tif", SHAPE).labels, mask)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_holds_the_numbers_of_its_depth(tmp_path, dtype):
    mask = two_cells(3, np.iinfo(dtype).max - 5, dtype=dtype)
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    assert np.array_equal(as_labels(tmp_path / "m.png", SHAPE).labels, mask)


def test_png_with_a_palette_holds_positions_in_it(tmp_path):
    picture = Image.fromarray(two_cells(3, 5, dtype=np.uint8), "L").convert("P")
    picture.putpalette(list(range(255, -1, -1)) * 3)
    picture.save(tmp_path / "m.png")
    assert sorted(np.unique(as_labels(tmp_path / "m.png", SHAPE).labels)) == [0, 3, 5]


def test_npy_is_read_but_never_unpickled(tmp_path):
    np.save(tmp_path / "m.npy", two_cells(3, 5))
    assert as_labels(tmp_path / "m.npy", SHAPE).labels.max() == 5
    np.save(tmp_path / "bad.npy", np.full(SHAPE, None))
    with pytest.raises(MaskReadError, match="damaged"):
        as_labels(tmp_path / "bad.npy", SHAPE)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\nbroken", b"II*\x00broken"])
def test_damaged_file_is_refused_without_its_name(tmp_path, content):
    path = tmp_path / "jane doe.png"
    path.write_bytes(content)
    with pytest.raises(MaskReadError, match="The mask of image-1") as caught:
        as_labels(path, SHAPE, "The mask of image-1")
    assert "jane" not in str(caught.value)


def test_missing_file_and_folder_are_told(tmp_path):
    with pytest.raises(MaskReadError, match="is not there"):
        as_labels(tmp_path / "m.png", SHAPE)
    with pytest.raises(MaskReadError, match="is a folder"):
        as_labels(tmp_path, SHAPE)


def test_jpeg_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "m.jpg"), two_cells(3, 200, dtype=np.uint8))
    with pytest.raises(MaskReadError, match="JPEG"):
        as_labels(tmp_path / "m.jpg", SHAPE)


# What is refused


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((20, 30, 3), np.uint8), "several channels"),
        (np.zeros((5, 20, 30), np.uint8), "of a stack"),
        (np.zeros((10, 15), np.uint8), "15 × 10 pixels .* the image 30 × 20"),
        (np.zeros((30, 20), np.uint8), "transpose"),
        (np.full(SHAPE, -1), "negative numbers, down to -1"),
        (np.full(SHAPE, 0.5), "fractions"),
        (np.full(SHAPE, np.nan), "NaN or infinity in 600 pixels"),
        (np.full(SHAPE, np.inf), "NaN or infinity"),
    ],
)
def test_what_is_no_mask_of_the_image_is_refused(mask, words):
    with pytest.raises(MaskError, match=words):
        as_labels(mask, SHAPE)


@pytest.mark.parametrize("mask", [42, [[0, 1]], np.full(SHAPE, "a"), np.full(SHAPE, None)])
def test_what_is_no_array_of_numbers_is_refused(mask):
    with pytest.raises(MaskTypeError, match="Expected"):
        as_labels(mask, SHAPE)


def test_colour_file_is_refused_before_it_is_decoded(tmp_path):
    cv2.imwrite(str(tmp_path / "m.png"), np.zeros((20, 30, 3), np.uint8))
    with pytest.raises(MaskError, match="several channels"):
        as_labels(tmp_path / "m.png", SHAPE)


# Nuclei and cells


@pytest.mark.parametrize("tile_px", [256, 4096])
def test_nuclei_are_found_in_given_cells_whatever_the_tiles(smear, tile_px):
    source, truth = ArraySource(smear.pixels), smear.masks
    parameters = SegmentationParameters(tile_px=tile_px)
    nuclei = nuclei_inside(source, smear.um_per_px, truth.labels, parameters)
    assert dice(nuclei > 0, truth.nuclei > 0) > 0.9
    assert not (nuclei[truth.labels == 0]).any()
    assert np.array_equal(nuclei[nuclei > 0], truth.labels[nuclei > 0])


def test_given_cell_without_a_nucleus_keeps_none_and_is_measured(smear):
    labels = smear.masks.labels * 10
    glass = np.median(smear.pixels[smear.masks.labels == 0], axis=0).astype(np.uint8)
    pixels = smear.pixels.copy()
    pixels[labels == 20] = glass
    masks = GivenCells(labels)(ArraySource(pixels), smear.um_per_px)
    assert not (masks.nuclei == 20).any()
    row = measure(masks, smear.um_per_px).loc[20]
    assert row["area_px"] == np.count_nonzero(labels == 20)
    assert row["nucleus_area_um2"] == row["nc_ratio"] == 0
    assert np.isnan(row["nucleus_solidity"])


def test_image_without_any_nucleus_leaves_the_given_cells_bare(smear):
    blank = ArraySource(np.full_like(smear.pixels, 230))
    masks = GivenCells(smear.masks.labels)(blank, smear.um_per_px)
    assert masks.labels.any()
    assert not masks.nuclei.any()


@pytest.mark.parametrize("colour", [(50, 200, 200), (60, 220, 230)])
def test_given_cell_of_a_dye_that_leaves_green_alone_does_no_harm(colour):
    pixels, cells = np.full((300, 400, 3), 200, np.uint8), np.zeros((300, 400), np.int32)
    for k, (x, inner) in enumerate([(100, (90, 40, 160)), (300, colour)], 1):
        cv2.circle(cells, (x, 150), 50, k, -1)
        cv2.circle(pixels, (x, 150), 40, inner, -1)
    nuclei = GivenCells(cells)(ArraySource(pixels), 0.13).nuclei
    area = np.bincount(nuclei.ravel(), minlength=3)
    assert area[1] == pytest.approx(np.pi * 40**2, rel=0.1)
    assert np.all((nuclei == 0) | (nuclei == cells))


def test_row_k_is_the_given_number_k(smear):
    masks = GivenCells(smear.masks.labels * 3)(ArraySource(smear.pixels), smear.um_per_px)
    rows = table.present(measure(masks, smear.um_per_px))
    assert list(rows["label"]) == [3 * k for k in range(1, smear.masks.count + 1)]


def test_given_nuclei_belong_to_the_cell_they_lie_in_whatever_their_number():
    cells, nuclei = two_cells(3, 5), np.zeros(SHAPE, np.uint8)
    nuclei[4:6, 4:12] = 77
    masks = GivenCells(cells, nuclei)(ArraySource(np.zeros((*SHAPE, 3), np.uint8)), 0.2)
    assert sorted(np.unique(masks.nuclei)) == [0, 3]
    assert np.count_nonzero(masks.nuclei) == 8
    assert not masks.flags


def test_given_nuclei_outside_the_cells_are_flagged():
    cells, nuclei = two_cells(3, 5), np.zeros(SHAPE, np.uint8)
    nuclei[4:6, 4:12], nuclei[4:6, 7:15] = 1, 2
    masks = GivenCells(cells, nuclei)(ArraySource(np.zeros((*SHAPE, 3), np.uint8)), 0.2)
    assert masks.flags == ("nuclei outside their cells",)
    assert masks.notes[-1].startswith("1 of 2 nuclei lie outside")


def test_count_is_of_cells_and_highest_of_numbers():
    masks = CellMasks(two_cells(3, 50), two_cells(3, 50))
    assert (masks.count, masks.highest) == (2, 50)


@pytest.mark.parametrize("tile_px", [256, 4096])
def test_cells_are_found_around_given_nuclei(smear, tile_px):
    truth, parameters = smear.masks, SegmentationParameters(tile_px=tile_px)
    masks = cells_around(ArraySource(smear.pixels), smear.um_per_px, truth.nuclei, parameters)
    assert masks.count == truth.count
    assert dice(masks.labels > 0, truth.labels > 0) > 0.9
    assert np.array_equal(masks.nuclei[masks.nuclei > 0], masks.labels[masks.nuclei > 0])


def test_empty_mask_is_an_image_without_cells(smear):
    empty = np.zeros(smear.pixels.shape[:2], bool)
    assert GivenCells(empty)(ArraySource(smear.pixels), smear.um_per_px).count == 0


# The protocol


def test_classical_segmenter_finds_what_the_segmentation_finds(smear):
    masks = find_cells(ClassicalSegmenter(), ArraySource(smear.pixels), smear.um_per_px)
    assert masks.count == smear.masks.count


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (np.zeros(SHAPE, np.int32), MaskTypeError),
        (CellMasks(np.zeros((2, 2), np.int32), np.zeros((2, 2), np.int32)), MaskError),
        (CellMasks(np.zeros(SHAPE), np.zeros(SHAPE)), MaskError),
    ],
)
def test_segmenter_from_elsewhere_is_checked(answer, error):
    class Foreign:
        name = "foreign 1"

        def __call__(self, source, um_per_px, monitor):
            return answer

    with pytest.raises(error, match="foreign 1 gave back"):
        find_cells(Foreign(), ArraySource(np.zeros((*SHAPE, 3), np.uint8)), 0.2)
