"""The model judges by size: what it would say if the ruler erred is said beside the count."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype import analyse
from napari_all_subtype.cells.crops import cut
from napari_all_subtype.model.classifier import load_classifier
from napari_all_subtype.model.novelty import outlines_of
from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.terminal import describe
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.scale_doubt import (
    IF_LARGER,
    IF_SMALLER,
    MATTERS,
    if_scale_is_off,
    resized,
    scale_doubt,
)
from napari_all_subtype.workflow.summarise import summarise


@pytest.fixture(scope="module")
def smear():
    return simulate_smear(SmearRecipe.of(width_px=800, height_px=600, l2=4, lymphocyte=4), 3)


@pytest.fixture(scope="module")
def crops(smear):
    spec = load_classifier().crop_spec
    rows, columns = np.nonzero(smear.masks.labels == 1)
    centre = (float(rows.mean()), float(columns.mean()))
    outline = (smear.masks.labels == 1, smear.masks.nuclei == 1)
    return {
        factor: cut(smear.pixels, outline, centre, smear.um_per_px * factor, spec)
        for factor in (0.85, 1.0, 1.15)
    }


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_resized_crop_is_nearly_the_one_cut_at_that_size(crops, factor):
    spec = load_classifier().crop_spec
    made = resized(crops[1.0][None], np.array([factor]), spec.ground)
    expected = crops[factor][None]
    assert np.abs(made.astype(int) - expected)[..., :3].mean() < 3
    areas = [outlines_of(one)[0].sum() for one in (made, expected)]
    assert areas[0] == pytest.approx(areas[1], rel=0.03)


def test_crop_at_its_own_size_stays(crops):
    one = crops[1.0][None]
    np.testing.assert_array_equal(resized(one, np.ones(1), 255), one)


def test_model_is_asked_only_where_the_size_is_in_doubt(crops):
    classifier, both = load_classifier(), np.stack([crops[1.0]] * 2)
    told = if_scale_is_off(both, classifier, np.array([0.02, 0.15]))
    assert told[[IF_SMALLER, IF_LARGER]].isna().all(axis=1).tolist() == [True, False]
    smaller = classifier.predict(resized(both[:1], np.array([0.85]), 255))
    assert told[IF_SMALLER][1] == pytest.approx(1 - smaller[0, 0], abs=1e-5)
    assert len(if_scale_is_off(both[:0], classifier, 0.15)) == 0


def test_summary_tells_of_a_measured_scale_and_not_of_a_given_one(smear):
    given_size = analyse(smear.pixels, pixel_size_um=smear.um_per_px)
    assert summarise([FieldCells.of(given_size)], "s").scale_doubt is None
    assert given_size.cells[IF_SMALLER].isna().all()
    guessed = analyse(smear.pixels)
    doubt = summarise([FieldCells.of(guessed)], "s").scale_doubt
    error = guessed.pixel_size.relative_uncertainty
    assert doubt.relative_uncertainty == (error, error)
    counted = guessed.cells.loc[1:, [IF_SMALLER, IF_LARGER]] >= 0.5
    assert doubt.text in describe(summarise([FieldCells.of(guessed)], "s"))
    known = guessed.cells.loc[1:, "subtype"] != "unknown"
    assert [doubt.if_smaller, doubt.if_larger] == counted[known].sum().tolist()


def cells_of(now, smaller, larger, words=None):
    words = words or ["blast"] * len(now)
    columns = {"p_blast_any": now, IF_SMALLER: smaller, IF_LARGER: larger, "subtype": words}
    return pd.DataFrame(columns)


def doubt_of(cells, uncertainty=0.15):
    return scale_doubt(cells, np.broadcast_to(uncertainty, len(cells)), 0.5)


def test_one_ruler_moves_all_cells_the_same_way():
    doubt = doubt_of(cells_of([0.9, 0.6, 0.4], [0.7, 0.3, 0.1], [0.95, 0.8, 0.7]))
    assert (doubt.if_smaller, doubt.if_larger, doubt.n_depend) == (1, 3, 2)
    assert "1 to 3 cells are on the blast side instead of 2; 2 cells change" in doubt.text


def test_unknown_cells_are_not_counted_and_a_cell_not_asked_about_stays():
    words = ["blast", "unknown", "blast"]
    cells = cells_of([0.9, 0.9, 0.9], [0.1, 0.1, np.nan], [0.9, 0.9, np.nan], words)
    doubt = doubt_of(cells, [0.09, 0.5, 0.02])
    assert (doubt.if_smaller, doubt.if_larger, doubt.n_depend) == (1, 2, 1)
    assert "(9 %; 1 of 2 cells)" in doubt.text
    assert "1 cell changes sides" in doubt.text


def test_range_of_uncertainties_is_told():
    cells = cells_of([0.9, 0.9], [0.1, 0.1], [0.9, 0.9])
    assert "(9–50 %)" in doubt_of(cells, [0.09, 0.5]).text


def test_nothing_in_doubt_is_said_so_or_not_at_all():
    sure = cells_of([0.9], [0.8], [0.95])
    assert "no cell changes sides" in doubt_of(sure).text
    assert doubt_of(cells_of([0.9], [np.nan], [np.nan])) is None
    assert doubt_of(sure.drop(columns=[IF_SMALLER])) is None
    assert doubt_of(cells_of([0.9], [0.1], [0.9], ["unknown"])) is None


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20))
def test_count_lies_in_the_range_that_is_told(rows):
    cells = cells_of(*(list(column) for column in zip(*rows, strict=True)))
    doubt = doubt_of(cells, MATTERS)
    assert doubt.low <= doubt.count <= doubt.high
    assert (doubt.n_depend == 0) <= (doubt.low == doubt.high)
    assert doubt.high - doubt.low <= doubt.n_depend
