"""How a project was left: kept beside its database, and never in the way of opening it."""

import pytest

from napari_all_subtype.workflow.review_parameters import CellFilter, FieldRegion, QueueOrder
from napari_all_subtype.workflow.view_state import VIEW_FILE, ViewState, keep_view, kept_view

REGION = FieldRegion(field=2, corners_yx_px=((0, 0), (0, 9), (9, 9)))


def test_a_view_comes_back_as_it_was_kept(tmp_path):
    state = ViewState(
        slide_id=3,
        field_id=12,
        label=7,
        order=QueueOrder(kind="region", region=REGION),
        shown=CellFilter(classes=("l1",), border="whole"),
        region_field_id=11,
        look={"colour_by": "nc_ratio", "hidden": ["normal"]},
        layers={"cells": {"visible": True, "opacity": 0.5}},
    )
    assert keep_view(tmp_path, state)
    assert kept_view(tmp_path) == state
    assert [path.name for path in tmp_path.iterdir()] == [VIEW_FILE]


@pytest.mark.parametrize(
    "content",
    ["", "{", "null", "[]", '{"slide_id": "x"}', '{"slide_id": 1, "field_id": 1, "label": -3}'],
)
def test_a_damaged_view_is_none(tmp_path, content):
    (tmp_path / VIEW_FILE).write_text(content)
    assert kept_view(tmp_path) is None
    (tmp_path / VIEW_FILE).write_bytes(b"\xff\xfe\x00")
    assert kept_view(tmp_path) is None
    assert kept_view(tmp_path / "no such folder") is None


def test_what_a_newer_version_wrote_beside_it_is_passed_over(tmp_path):
    (tmp_path / VIEW_FILE).write_text(
        '{"slide_id": 1, "field_id": 2, "zoom": 3, "look": {"colour_by": "magic"}}'
    )
    state = kept_view(tmp_path)
    assert (state.slide_id, state.field_id) == (1, 2)
    assert state.look_values["colour_by"] == "class"


def test_where_nothing_can_be_written_nothing_fails(tmp_path):
    (tmp_path / VIEW_FILE).mkdir()
    assert not keep_view(tmp_path, ViewState(slide_id=1, field_id=1))
    assert kept_view(tmp_path) is None


def test_the_region_of_a_queue_is_that_of_its_field_wherever_that_stands_now():
    order = QueueOrder(kind="region", region=REGION)
    state = ViewState(slide_id=1, field_id=1, order=order, region_field_id=40)
    assert state.order_in([39, 40]).region.field == 1
    assert state.order_in([39]).kind == "least_confident"
    assert state.order_in([39]).region is None
