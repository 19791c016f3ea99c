"""A cell altered along one criterion shows that, and is otherwise as it was."""

import cv2
import numpy as np
import pytest

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.stain import background_of, optical_density
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.simulate import simulate_cells
from napari_all_subtype.simulate.alter import ALTERATIONS, Alteration, alter

UM_PER_PX = 0.13
BENT = ("size", "nc_ratio", "outline")
BY_NAME = {a.name: a for a in ALTERATIONS}
STAINED = [a for a in ALTERATIONS if a.criterion not in BENT]


@pytest.fixture(scope="module", params=["l1", "l2"])
def drawn(request):
    """A simulated cell: pixels, cell, nucleus."""
    smear = next(simulate_cells(1, request.param, seed=5, style="rose", size_px=220))
    return smear.pixels, smear.masks.labels == 1, smear.masks.nuclei == 1


def altered(drawn, name, strength=1.0, seed=0):
    a = BY_NAME[name]
    a = Alteration(a.name, a.criterion, a.direction, a.subtype, a.score_direction, strength)
    return alter(*drawn, UM_PER_PX, a, np.random.default_rng(seed))


def row(cell, nucleus):
    masks = CellMasks(cell.astype(np.int32), nucleus.astype(np.int32))
    return measure(masks, UM_PER_PX).loc[1]


def density(pixels, of=None):
    return optical_density(pixels, background_of(pixels if of is None else of))


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=lambda a: a.name)
def test_picture_and_masks_keep_their_shape_and_the_nucleus_lies_in_the_cell(drawn, alteration):
    made = alter(*drawn, UM_PER_PX, alteration, np.random.default_rng(1))
    assert made.pixels.shape == drawn[0].shape
    assert made.pixels.dtype == np.uint8
    assert made.cell.shape == made.nucleus.shape == drawn[1].shape
    assert made.cell.dtype == made.nucleus.dtype == bool
    assert made.nucleus.any()
    assert not (made.nucleus & ~made.cell).any()
    pieces, _ = cv2.connectedComponents(made.cell.astype(np.uint8))
    assert pieces == 2


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=lambda a: a.name)
def test_no_strength_changes_nothing(drawn, alteration):
    made = altered(drawn, alteration.name, strength=0.0)
    np.testing.assert_array_equal(made.pixels, drawn[0])
    np.testing.assert_array_equal(made.cell, drawn[1])
    np.testing.assert_array_equal(made.nucleus, drawn[2])


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=lambda a: a.name)
def test_what_was_given_is_not_written_to_and_the_seed_decides(drawn, alteration):
    before = [part.copy() for part in drawn]
    first, second = (altered(drawn, alteration.name, seed=4) for _ in range(2))
    for part, kept in zip(drawn, before, strict=True):
        np.testing.assert_array_equal(part, kept)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert (first.pixels != drawn[0]).any()


@pytest.mark.parametrize("alteration", STAINED, ids=lambda a: a.name)
def test_stain_changes_leave_masks_and_every_pixel_outside_of_the_cell(drawn, alteration):
    pixels, cell, nucleus = drawn
    made = altered(drawn, alteration.name)
    np.testing.assert_array_equal(made.pixels[~cell], pixels[~cell])
    np.testing.assert_array_equal(made.cell, cell)
    np.testing.assert_array_equal(made.nucleus, nucleus)


@pytest.mark.parametrize("name", ["indented nucleus", "wider cytoplasm", "smaller"])
def test_bending_leaves_what_is_far_off(drawn, name):
    pixels, cell, _ = drawn
    made = altered(drawn, name)
    ys, xs = np.nonzero(cell | made.cell)
    radius = 0.5 * max(np.ptp(ys), np.ptp(xs)) + 1
    yy, xx = np.indices(cell.shape)
    far = np.hypot(yy - ys.mean(), xx - xs.mean()) > 2.6 * radius
    assert far.any()
    np.testing.assert_array_equal(made.pixels[far], pixels[far])


@pytest.mark.parametrize(("name", "low", "high"), [("larger", 1.2, 1.4), ("smaller", 0.7, 0.84)])
def test_size_changes_by_its_factor_and_the_ratio_stays(drawn, name, low, high):
    made = altered(drawn, name)
    before, after = row(*drawn[1:]), row(made.cell, made.nucleus)
    assert low <= after.diameter_um / before.diameter_um <= high
    assert after.nc_ratio == pytest.approx(before.nc_ratio, abs=0.02)
    assert after.nucleus_solidity == pytest.approx(before.nucleus_solidity, abs=0.02)


def test_a_cell_grows_no_farther_than_its_picture(drawn):
    ys, xs = np.nonzero(drawn[1])
    box = np.s_[ys.min() - 4 : ys.max() + 5, xs.min() - 4 : xs.max() + 5]
    tight = tuple(np.ascontiguousarray(part[box]) for part in drawn)
    made = altered(tight, "larger", strength=2.0)
    for edge in (made.cell[0], made.cell[-1], made.cell[:, 0], made.cell[:, -1]):
        assert not edge.any()


def test_cytoplasm_changes_and_the_nucleus_stays(drawn):
    before = row(*drawn[1:])
    wide, narrow = (altered(drawn, f"{word} cytoplasm") for word in ("wider", "narrower"))
    assert row(wide.cell, wide.nucleus).nc_ratio < 0.85 * before.nc_ratio
    assert row(narrow.cell, narrow.nucleus).nc_ratio > before.nc_ratio + 0.03
    for made in (wide, narrow):
        shared = np.count_nonzero(made.nucleus & drawn[2])
        assert 2 * shared / (made.nucleus.sum() + drawn[2].sum()) > 0.98
    new = wide.cell & ~drawn[1]
    inner = cv2.erode(new.astype(np.uint8), np.ones((5, 5))) > 0
    # What is laid down is stained, but not as deep as the nucleus.
    deep = density(wide.pixels, drawn[0])[..., 1]
    assert 0.02 < np.median(deep[inner]) < 0.7 * np.median(deep[drawn[2]])


def test_outline_is_indented_and_rounded(drawn):
    before = row(*drawn[1:])
    bay, oval = altered(drawn, "indented nucleus"), altered(drawn, "rounder nucleus")
    assert row(bay.cell, bay.nucleus).nucleus_solidity < before.nucleus_solidity - 0.01
    rounded = row(oval.cell, oval.nucleus)
    assert rounded.nucleus_solidity >= before.nucleus_solidity - 0.002
    assert rounded.nucleus_circularity > before.nucleus_circularity
    # What was nucleus and lies in the bay is as pale as cytoplasm now.
    gone = cv2.erode((drawn[2] & ~bay.nucleus).astype(np.uint8), np.ones((5, 5))) > 0
    assert gone.any()
    now, then = (density(p, drawn[0])[..., 1][gone] for p in (bay.pixels, drawn[0]))
    assert np.median(now) < 0.75 * np.median(then)


def test_nucleoli_are_paler_than_the_nucleus_and_within_it(drawn):
    made = altered(drawn, "nucleoli added")
    change = density(made.pixels, drawn[0])[..., 1] - density(drawn[0])[..., 1]
    pale = change < -0.08
    assert 1 <= made.spots <= 4
    assert pale.any()
    assert not (pale & ~drawn[2]).any()
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(pale.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    )
    assert count - 1 == made.spots
    assert (stats[1:, cv2.CC_STAT_AREA] * UM_PER_PX**2 < 9).all()


def test_removing_pale_spots_undoes_added_ones(drawn):
    added = altered(drawn, "nucleoli added")
    cleared = altered((added.pixels, *drawn[1:]), "nucleoli removed")
    green = [density(p, drawn[0])[..., 1] for p in (drawn[0], added.pixels, cleared.pixels)]
    spots = green[1] < green[0] - 0.08
    lost = (green[0] - green[1])[spots].mean()
    left = (green[0] - green[2])[spots].mean()
    assert left < 0.35 * lost


def test_chromatin_contrast_rises_and_falls_about_the_same_mean(drawn):
    core = cv2.erode(drawn[2].astype(np.uint8), np.ones((9, 9))) > 0

    def texture(pixels):
        values = cv2.GaussianBlur(density(pixels, drawn[0])[..., 1], (0, 0), 1.5)[core]
        return values.std(), values.mean()

    coarse, even = (altered(drawn, f"{w} chromatin") for w in ("coarser", "homogeneous"))
    (sd, mean), (sd_coarse, mean_coarse), (sd_even, mean_even) = map(
        texture, (drawn[0], coarse.pixels, even.pixels)
    )
    assert sd_coarse > 1.15 * sd
    assert sd_even < 0.85 * sd
    assert mean_coarse == pytest.approx(mean, rel=0.03)
    assert mean_even == pytest.approx(mean, rel=0.03)


def test_basophilia_moves_red_more_than_green_in_the_cytoplasm_alone(drawn):
    pixels, cell, nucleus = drawn
    away = cv2.distanceTransform((~nucleus).astype(np.uint8), cv2.DIST_L2, 5)
    within = cv2.distanceTransform(cell.astype(np.uint8), cv2.DIST_L2, 5)
    plasm = (away > 4) & (within > 4)
    core = cv2.erode(nucleus.astype(np.uint8), np.ones((9, 9))) > 0
    deep, pale = altered(drawn, "deeper basophilia"), altered(drawn, "paler cytoplasm")
    before, deeper, paler = (
        np.median(density(p, pixels)[plasm], axis=0) for p in (pixels, deep.pixels, pale.pixels)
    )
    assert deeper[0] - before[0] > deeper[1] - before[1] > 0.02
    assert paler[0] / before[0] < paler[1] / before[1] < 0.97
    for made in (deep, pale):
        np.testing.assert_array_equal(made.pixels[core], pixels[core])


def test_vacuoles_are_bright_and_as_many_as_told(drawn):
    made = altered(drawn, "vacuoles added")
    change = density(made.pixels, drawn[0]).sum(axis=2) - density(drawn[0]).sum(axis=2)
    assert made.spots >= 4
    clear = cv2.GaussianBlur(change, (0, 0), 1.0) < -0.12
    count, _ = cv2.connectedComponents(clear.astype(np.uint8))
    assert 0.5 * made.spots <= count - 1 <= made.spots


def test_more_strength_changes_more(drawn):
    def moved(strength):
        made = altered(drawn, "deeper basophilia", strength)
        return np.abs(made.pixels.astype(int) - drawn[0]).sum()

    assert moved(0.2) < moved(0.6) < moved(1.5)


def test_noise_of_the_cell_stays_when_it_is_enlarged():
    smear = next(simulate_cells(1, "l1", seed=2, style="rose", size_px=220))
    cell, nucleus = smear.masks.labels == 1, smear.masks.nuclei == 1
    grain = np.random.default_rng(0).normal(0, 4, smear.pixels.shape)
    noisy = np.clip(smear.pixels + grain, 0, 255).astype(np.uint8)
    made = altered((noisy, cell, nucleus), "larger")

    def roughness(pixels, mask):
        green = pixels[..., 1].astype(np.float32)
        fine = green - cv2.GaussianBlur(green, (0, 0), 1.0)
        return fine[cv2.erode(mask.astype(np.uint8), np.ones((7, 7))) > 0].std()

    assert 0.75 < roughness(made.pixels, made.nucleus) / roughness(noisy, nucleus) < 1.3


@pytest.mark.parametrize("strength", [-0.1, 2.5, float("nan")])
def test_impossible_strength_is_refused(strength):
    with pytest.raises(ParameterError, match="expected 0 to 2"):
        Alteration("larger", "size", 1, "l2", strength=strength)


def test_masks_that_do_not_fit_are_refused(drawn):
    pixels, cell, nucleus = drawn
    rng = np.random.default_rng(0)
    with pytest.raises(ParameterError, match="same size"):
        alter(pixels, cell[1:], nucleus, UM_PER_PX, ALTERATIONS[0], rng)
    with pytest.raises(ParameterError, match="nucleus is empty"):
        alter(pixels, cell, np.zeros_like(nucleus), UM_PER_PX, ALTERATIONS[0], rng)
    with pytest.raises(ParameterError, match="out of its cell"):
        alter(pixels, nucleus & ~nucleus, nucleus, UM_PER_PX, ALTERATIONS[0], rng)
