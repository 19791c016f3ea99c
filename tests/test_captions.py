"""Names of cells in the overlay: no two over each other, none outside, each with its rim."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.workflow.overlay import HALO_RGB, _meet, _write, haloed_text

GROUND, INK = (200, 150, 190), (250, 250, 120)


def picture(shape=(240, 320)):
    return np.full((*shape, 3), GROUND, np.uint8)


def wider(mask, by_px):
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * by_px + 1,) * 2)) > 0


def test_names_of_neighbours_do_not_lie_over_each_other():
    canvas, taken = picture(), []
    for y in (60, 64):
        _write(canvas, "B 78% L3 0.79", 150, (y, y + 80), 8.0, INK, taken)
    assert not _meet(*taken)


@given(st.floats(-20, 340), st.integers(-30, 250), st.integers(1, 90), st.integers(60, 300))
def test_a_name_lies_in_the_picture(x, top, height, width):
    canvas, taken = picture((90, width)), []
    _write(canvas, "N 9%", x, (top, top + height), 1.0, INK, taken)
    written = np.argwhere((canvas != GROUND).any(axis=2))
    assert len(written)
    inner = canvas[1:-1, 1:-1]
    assert (inner == INK).all(axis=2).any() or (inner != GROUND).any()


def test_the_rim_is_around_every_letter():
    plain = picture()
    cv2.putText(plain, "B 61% L2", (40, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    canvas = picture()
    haloed_text(canvas, "B 61% L2", (40, 60), 0.6, INK)
    changed = (canvas != GROUND).any(axis=2)
    solid = np.abs(plain.astype(int) - GROUND).max(axis=2) > 40
    faint = (plain != GROUND).any(axis=2)
    assert changed[wider(solid, 1)].all()
    assert not changed[~wider(faint, 2)].any()
    assert (canvas == HALO_RGB).all(axis=2).any()
