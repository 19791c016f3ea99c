"""Which cells a gallery shows, in which order, and what stands below them: by known answers."""

from __future__ import annotations

import numpy as np
import pytest

from examples import example_analysis
from napari_all_subtype._widgets.gallery.cells import classes_of, thumbnails_of
from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.review_parameters import CellFilter

CENTRES = ((30, 30), (30, 80), (30, 130), (80, 30), (80, 80), (80, 130))


@pytest.fixture
def cells():
    """Cells 1 and 6 are normal, 2 blast, 3 L1, 4 L2, 5 L3; 6 is the surest."""
    cells = example_analysis(CENTRES).cells
    cells.loc[[1, 6], "confidence"] = 0.6, 0.9
    cells.loc[[1, 6], "diameter_um"] = 12.0, 8.0
    return cells


def shown(cells, **choices):
    return [one.key[1] for one in thumbnails_of({0: ("a.png", cells)}, FAB5, **choices)]


def test_sections_are_in_the_order_of_the_taxonomy_and_then_exclusions(cells):
    cells = table.annotated(cells, {3: "smudge", 4: "normal", 2: "unknown"})
    found = thumbnails_of({0: ("a.png", cells)}, FAB5)
    names = [one.name for one in classes_of(FAB5)]
    at = [names.index(one.cell_class.name) for one in found]
    assert at == sorted(at)
    assert found[-1].key == (0, 3)


def test_unknown_is_no_opinion_of_a_model_that_is_hidden(cells):
    cells["subtype"] = "unknown"
    one, *_ = thumbnails_of({0: ("a.png", cells)}, FAB5, hidden=True)
    assert (one.cell_class.name, one.cell_class.title) == ("unknown", "Model hidden")
    assert "Model: hidden. Diameter" in one.tip


@pytest.mark.parametrize(
    ("sort", "first"),
    [("doubtful", [1, 6]), ("sure", [6, 1]), ("large", [1, 6]), ("field", [1, 6])],
)
def test_each_class_is_sorted_by_itself(cells, sort, first):
    assert shown(cells, sort=sort) == [*first, 2, 3, 4, 5]


def test_of_cells_without_a_confidence_nothing_is_sure(cells):
    cells.loc[6, "confidence"] = np.nan
    assert shown(cells)[:2] == [6, 1]
    assert shown(cells, sort="sure")[:2] == [1, 6]


def test_a_caption_tells_the_doubt_or_what_the_model_said_otherwise(cells):
    cells = table.annotated(cells, {1: "normal", 2: "l3"})
    by_label = {one.key[1]: one for one in thumbnails_of({0: ("a.png", cells)}, FAB5)}
    assert (by_label[1].caption.split(), by_label[1].marked) == (["60", "%"], True)
    assert (by_label[2].caption, by_label[2].marked) == ("model: B", True)
    assert not by_label[3].marked
    assert "said by a person" in by_label[2].tip


def test_deleted_cells_and_those_that_a_filter_leaves_out_are_not_shown(cells):
    cells = table.without(cells, [2])
    assert shown(cells) == [1, 6, 3, 4, 5]
    assert shown(cells, chosen=CellFilter(min_confidence=0.7)) == [6, 3, 4, 5]


def test_fields_of_a_smear_are_one_gallery_and_named_where_there_are_several(cells):
    found = thumbnails_of({0: ("a.png", cells), 2: ("b.png", cells)}, FAB5, sort="field")
    assert [one.key for one in found[:4]] == [(0, 1), (0, 6), (2, 1), (2, 6)]
    assert "of b.png" in found[2].tip
    assert "of" not in thumbnails_of({0: ("a.png", cells)}, FAB5)[0].tip.split(":")[0]


def test_no_fields_give_no_thumbnails():
    assert thumbnails_of({}, FAB5) == []
