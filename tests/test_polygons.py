"""Outlines as polygons: written as GeoJSON and painted again they are the same pixels."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.measure import grid_points_in_poly

from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.polygons import paint
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.geojson import Called, cell_features


def rings_of(geometry):
    parts = geometry["coordinates"]
    polygons = [parts] if geometry["type"] == "Polygon" else parts
    return [[np.array(ring[:-1]) for ring in polygon] for polygon in polygons]


def features_of(labels, nuclei=None):
    masks = CellMasks(labels, np.zeros_like(labels) if nuclei is None else nuclei)
    rows = table.present(measure(masks, 0.1))
    return cell_features(masks, rows, [Called(FAB5["l1"])] * len(rows)), rows


@given(arrays.arrays(np.int32, (9, 11), elements=st.integers(0, 2)))
def test_any_mask_comes_back_from_its_outlines(labels):
    features, rows = features_of(labels)
    painted = paint([rings_of(one["geometry"]) for one in features], labels.shape)
    for n, label in enumerate(rows["label"].astype(int), 1):
        assert ((painted == n) == (labels == label)).all()


def test_line_that_is_drawn_there_and_back_is_whole():
    labels = np.zeros((3, 6), np.int32)
    labels[1, 2:5] = labels[2, 1] = 1
    ((feature,), _) = features_of(labels)
    assert (paint([rings_of(feature["geometry"])], labels.shape) == labels).all()


@pytest.mark.parametrize("step", [(0, 0), (0, 1), (1, 0), (1, 1), (1, -1)])
def test_straight_line_of_pixels_takes_no_other(step):
    labels = np.zeros((9, 9), np.int32)
    for n in range(5):
        labels[2 + n * step[0], (6 if step[1] < 0 else 2) + n * step[1]] = 1
    ((feature,), _) = features_of(labels)
    assert (paint([rings_of(feature["geometry"])], labels.shape) == labels).all()


def distance_to_outline(ring, shape):
    """In pixels, of each middle of a pixel from the nearest line of the ring."""
    middles = np.stack(np.meshgrid(*map(np.arange, shape[::-1])), axis=-1)[:, :, None]
    lines = np.roll(ring, -1, axis=0) - ring
    along = ((middles - ring) * lines).sum(-1) / np.maximum((lines**2).sum(-1), 1e-12)
    nearest = ring + np.clip(along, 0, 1)[..., None] * lines
    return np.linalg.norm(middles - nearest, axis=-1).min(axis=-1)


@given(
    st.lists(st.tuples(st.floats(-3, 9), st.floats(-3, 9)), min_size=3, max_size=8),
)
@example([(0.0, 0.0), (0.0, 0.0), (1.0, 1.0)])  # its line goes through the middle of a pixel
def test_pixels_are_those_whose_middle_is_inside(points):
    ring = np.round(np.array(points), 2) + 0.003
    painted = paint([[[ring]]], (6, 7)) == 1
    expected = grid_points_in_poly((6, 7), (ring - 0.5)[:, ::-1])
    told = distance_to_outline(ring - 0.5, (6, 7)) > 1e-5  # on the line both answers are right
    assert (painted == expected)[told].all()


@given(st.integers(3, 12), st.integers(3, 12), st.data())
def test_nucleus_comes_back_with_its_cell(height, width, data):
    labels = np.zeros((height + 4, width + 4), np.int32)
    labels[1 : height + 1, 2 : width + 2] = 1
    kind = arrays.arrays(bool, labels.shape)
    nuclei = np.where(data.draw(kind), labels, 0).astype(np.int32)
    ((feature,), _) = features_of(labels, nuclei)
    assert ("nucleusGeometry" in feature) == nuclei.any()
    assert feature["properties"]["objectType"] == ("cell" if nuclei.any() else "detection")
    if nuclei.any():
        assert (paint([rings_of(feature["nucleusGeometry"])], labels.shape) == nuclei).all()


@pytest.mark.parametrize(
    ("ring", "area"),
    [
        ([(0, 0), (4, 0), (4, 3), (0, 3)], 12),
        ([(-5, -5), (2, -5), (2, 2), (-5, 2)], 4),
        ([(20, 20), (30, 20), (30, 30)], 0),
        ([(0.5, 0.5), (3.5, 0.5), (3.5, 3.5)], 10),
    ],
)
def test_area_of_known_polygons(ring, area):
    assert (paint([[[np.array(ring)]]], (10, 10)) == 1).sum() == area


def test_first_of_two_that_overlap_stays_whole():
    square = np.array([(0, 0), (3, 0), (3, 3), (0, 3)])
    painted = paint([[[square]], [[square + 1]]], (5, 5))
    assert [(painted == n).sum() for n in (1, 2)] == [9, 5]
