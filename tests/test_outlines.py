"""Outlines drawn by a network: what it is shown, and the masks made of its answer."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.outlines import (
    CHANNELS,
    Sketch,
    ViewSpec,
    draw_outlines,
    views_of,
    with_first_contour,
)
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.config import SegmentationParameters

SPEC = ViewSpec()
OWN_NUCLEUS, OTHER_NUCLEI, OWN_CELL, OTHER_CELLS = (
    CHANNELS.index(name) for name in ("own nucleus", "other nuclei", "own cell", "other cells")
)


class FirstGuess:
    """An outliner that believes what was found before."""

    spec = SPEC

    def __call__(self, views):
        return views[..., [OWN_NUCLEUS, OWN_CELL]].copy()


class Blind:
    """An outliner that sees no cell anywhere."""

    spec = SPEC

    def __call__(self, views):
        return np.zeros((*views.shape[:3], 2), np.float32)


def discs(*circles, shape=(160, 200), um_per_px=0.2):
    """Sketch of cells as discs (y, x, radius) with nuclei of 0.7 the radius."""
    y, x = np.indices(shape)
    nuclei, cells = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    for k, (cy, cx, radius) in enumerate(circles, 1):
        away = np.hypot(y - cy, x - cx)
        cells[away <= radius] = k
        nuclei[away <= 0.7 * radius] = k
    rgb = np.full((*shape, 3), 220, np.uint8)
    rgb[cells > 0] = (150, 120, 190)
    return Sketch(rgb, nuclei, cells, np.where(cells > 0, 1.0, -1.0).astype(np.float32), um_per_px)


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_each_view_shows_its_own_cell_in_the_middle():
    views = views_of(discs((60, 60, 25), (60, 115, 25)), SPEC)
    assert views.shape == (2, 96, 96, len(CHANNELS))
    for view in views:
        assert view[48, 48, OWN_NUCLEUS] == 1
        assert view[48, 48, OTHER_NUCLEI] == 0
        ys, xs = np.nonzero(view[..., OWN_CELL])
        assert abs(ys.mean() - 47.5) < 1
        assert abs(xs.mean() - 47.5) < 1
        assert view[..., OTHER_CELLS].any()


def test_cell_wider_than_the_view_is_shown_whole_with_room_beside_it():
    (view,) = views_of(discs((150, 150, 140), shape=(300, 300)), SPEC)
    assert view[..., OWN_CELL].any()
    assert not view[:8, :, OWN_CELL].any()
    assert not view[:, -8:, OWN_CELL].any()


def test_image_without_cells_has_no_views():
    sketch = discs()
    views = views_of(sketch, SPEC)
    assert views.shape == (0, 96, 96, len(CHANNELS))
    cells, nuclei = draw_outlines(FirstGuess()(views), sketch, SPEC, 1.0, sketch.cells.shape)
    assert not cells.any()
    assert not nuclei.any()
    assert with_first_contour(FirstGuess()(views), views, SPEC).shape == (0, 96, 96, 2)


@pytest.mark.parametrize("zoom", [1.0, 1.54, 3.0])
@pytest.mark.parametrize("um_per_px", [0.1, 0.2, 0.4])
def test_what_was_found_comes_back_at_every_scale(zoom, um_per_px):
    sketch = discs((60, 60, 22), (110, 150, 30), (150, 20, 18), um_per_px=um_per_px)
    shape = tuple(round(zoom * n) for n in sketch.cells.shape)
    drawn = draw_outlines(FirstGuess()(views_of(sketch, SPEC)), sketch, SPEC, zoom, shape)
    y, x = (((np.arange(n) + 0.5) / zoom).astype(int) for n in shape)
    for masks, truth in zip(drawn, (sketch.cells, sketch.nuclei), strict=True):
        full = truth[np.minimum(y, 159)][:, np.minimum(x, 199)]
        for k in (1, 2, 3):
            assert iou(masks == k, full == k) > 0.9


def test_pixel_that_two_cells_claim_goes_to_the_likelier():
    sketch = discs((80, 80, 25), (80, 120, 25))
    probabilities = np.zeros((2, 96, 96, 2), np.float32)
    probabilities[0, ..., 1], probabilities[1, ..., 1] = 0.6, 0.9
    cells, _ = draw_outlines(probabilities, sketch, SPEC, 1.0, sketch.cells.shape)
    assert cells[80, 110] == 2
    assert cells[80, 45] == 1


def test_nucleus_is_cell_also_where_the_outline_is_not_sure():
    sketch = discs((80, 80, 25))
    probabilities = np.zeros((1, 96, 96, 2), np.float32)
    probabilities[0, 40:56, 40:56, 0] = 0.9
    cells, nuclei = draw_outlines(probabilities, sketch, SPEC, 1.0, sketch.cells.shape)
    assert nuclei.any()
    np.testing.assert_array_equal(cells > 0, nuclei > 0)


def test_only_the_largest_piece_of_a_cell_stays():
    sketch = discs((80, 80, 25))
    probabilities = np.zeros((1, 96, 96, 2), np.float32)
    probabilities[0, 40:56, 40:56, 1] = 0.9
    probabilities[0, 2:6, 2:6] = 0.9
    cells, nuclei = draw_outlines(probabilities, sketch, SPEC, 1.0, sketch.cells.shape)
    assert not cells[:50].any()
    assert not nuclei.any()


def test_segmentation_with_a_believer_keeps_the_cells_of_the_contours(smear):
    source = ArraySource(smear.pixels)
    plain = segment(source, smear.um_per_px)
    drawn = segment(source, smear.um_per_px, outliner=FirstGuess())
    assert drawn.count == plain.count
    for k in range(1, plain.count + 1):
        other = np.bincount(drawn.labels[plain.labels == k]).argmax()
        assert iou(plain.labels == k, drawn.labels == other) > 0.85
    assert not (drawn.nuclei > 0)[drawn.labels == 0].any()
    np.testing.assert_array_equal(drawn.labels[drawn.nuclei > 0], drawn.nuclei[drawn.nuclei > 0])


def test_first_contour_alone_makes_no_cell():
    views = views_of(discs((80, 80, 25)), SPEC)
    assert with_first_contour(Blind()(views), views, SPEC).max() <= 0.5


@pytest.mark.slow
def test_tiles_are_drawn_as_the_whole_picture_is(smear):
    source = ArraySource(smear.pixels)
    whole = segment(source, smear.um_per_px, outliner=FirstGuess())
    parameters = SegmentationParameters(tile_px=300)
    tiled = segment(source, smear.um_per_px, parameters, outliner=FirstGuess())
    assert tiled.count == whole.count
    assert iou(whole.labels > 0, tiled.labels > 0) > 0.97
