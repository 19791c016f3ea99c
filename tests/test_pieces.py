"""Overlays of large fields: an overview, and pieces in which every cell can be read."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import example_analysis, example_source
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow import pieces
from napari_all_subtype.workflow.export import FILES, write_analysis
from napari_all_subtype.workflow.overlay import draw_overlay, rgb
from napari_all_subtype.workflow.pieces import LEGIBLE_PX_PER_UM, MAX_SIDE_PX, plan_overlay

SIDES = st.integers(16, 200_000)


@given(SIDES, SIDES, st.floats(0.02, 1.0))
def test_every_pixel_is_drawn_once_and_can_be_read(height, width, um_per_px):
    plan = plan_overlay((height, width), um_per_px)
    assert max(height, width) * plan.scale <= MAX_SIDE_PX + 1e-6
    if not plan.pieces:
        assert plan.scale == 1 or plan.scale / um_per_px >= LEGIBLE_PX_PER_UM
        return
    assert plan.pieces_scale == 1 or plan.pieces_scale / um_per_px >= LEGIBLE_PX_PER_UM
    regions = [piece.region for piece in plan.pieces]
    assert sum((r.y1 - r.y0) * (r.x1 - r.x0) for r in regions) == height * width
    assert len({(r.y0, r.x0) for r in regions}) == len(regions)
    for r in regions:
        assert 0 <= r.y0 < r.y1 <= height
        assert 0 <= r.x0 < r.x1 <= width
        assert max(r.y1 - r.y0, r.x1 - r.x0) * plan.pieces_scale <= MAX_SIDE_PX + 1


@pytest.fixture
def small_limit(monkeypatch):
    """Fields beyond 100 pixels a side are large; the example has 128 by 160 of 0.25 µm."""
    monkeypatch.setattr(pieces, "MAX_SIDE_PX", 100)


def read(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


@pytest.mark.usefixtures("small_limit")
def test_large_field_has_an_overview_and_readable_pieces(tmp_path):
    folder = write_analysis(example_analysis(), example_source(), tmp_path / "field")
    names = [f"overlay-{n}.png" for n in range(1, 5)]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, *names])
    said = json.loads((folder / "summary.json").read_text())["overlay"]
    assert (said["file"], said["scale"], said["pieces_scale"]) == ("overlay.png", 0.625, 1)
    assert [piece["file"] for piece in said["pieces"]] == names
    whole = np.full((128, 160, 3), 0, np.uint8)
    for piece in said["pieces"]:
        rows, columns = (slice(piece[f"{a}0_px"], piece[f"{a}1_px"]) for a in "yx")
        whole[rows, columns] = read(folder / piece["file"])
    at_once = draw_overlay(example_source().read(), example_analysis(), captions=False)
    rings = (np.abs(at_once.astype(int) - example_source().read()) > 60).any(axis=2)
    far = np.abs(whole.astype(int) - at_once).max(axis=2)
    # What letters cover differs; rings are those of the whole, across the cuts as well.
    assert (far[rings] < 60).mean() > 0.8
    assert max(read(folder / "overlay.png").shape) == 100


@pytest.mark.usefixtures("small_limit")
def test_result_with_fewer_pieces_replaces_one_with_more(tmp_path, monkeypatch):
    write_analysis(example_analysis(), example_source(), tmp_path / "field")
    monkeypatch.setattr(pieces, "MAX_SIDE_PX", 4096)
    write_analysis(example_analysis(), example_source(), tmp_path / "field", overwrite=True)
    assert sorted(path.name for path in (tmp_path / "field").iterdir()) == sorted(FILES)


def test_field_that_fits_has_one_picture_of_its_own_size(tmp_path):
    folder = write_analysis(example_analysis(), example_source(), tmp_path / "field")
    said = json.loads((folder / "summary.json").read_text())["overlay"]
    assert said == {"file": "overlay.png", "scale": 1.0, "pieces_scale": None, "pieces": []}


def test_part_of_a_field_shows_the_rings_that_lie_in_it():
    analysis, pixels = example_analysis(), example_source().read()
    at = (20, 90)
    part = draw_overlay(pixels[at[0] :, at[1] :], analysis, origin_yx=at, captions=False)
    whole = draw_overlay(pixels, analysis, captions=False)
    # OpenCV smooths a line a little differently where it leaves the picture.
    differ = (np.abs(part.astype(int) - whole[at[0] :, at[1] :]) > 10).any(axis=2)
    assert differ.sum() < 20
    far = np.abs(part.astype(int) - rgb(FAB5["normal"].colour)).max(axis=2)
    assert far.min() > 25, "the normal cell lies outside"
