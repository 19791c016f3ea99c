"""Thumbnails: only what changed is touched, and only what is in sight is fetched."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qtpy.QtCore import QItemSelectionModel, Qt
from qtpy.QtTest import QTest

from napari_all_subtype._widgets.thumbnail_pictures import ThumbnailPictures
from napari_all_subtype._widgets.thumbnail_view import ThumbnailView
from napari_all_subtype._widgets.thumbnails import Section, Thumbnail, ThumbnailModel
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN

CLASSES = (*FAB5.classes, UNKNOWN, *EXCLUSIONS)


def nothing(_keys, _side_px, _then):
    """Pictures that never come."""


def at_once(keys, side_px, then):
    then({key: np.full((side_px, side_px, 3), 7, np.uint8) for key in keys})


def items(*pairs):
    """Thumbnails of keys and classes, in the order of the classes."""
    made = [Thumbnail(key, FAB5[name], f"{key}") for key, name in pairs]
    return sorted(made, key=lambda one: FAB5.index(one.cell_class.name))


@pytest.fixture
def model(qapp):
    return ThumbnailModel(ThumbnailPictures(nothing))


@pytest.fixture
def heard(model):
    heard = []
    model.modelReset.connect(lambda: heard.append("reset"))
    model.rowsInserted.connect(lambda _, first, last: heard.append(("in", first, last)))
    model.rowsRemoved.connect(lambda _, first, last: heard.append(("out", first, last)))
    model.dataChanged.connect(lambda a, b, *_: heard.append(("new", a.row(), b.row())))
    return heard


def told(model):
    return [
        f"{row.key.name}:{row.count}" if isinstance(row, Section) else row.key for row in model.rows
    ]


def test_a_section_begins_where_the_class_changes(model):
    model.show(items((1, "l1"), (2, "normal"), (3, "l1")))
    assert told(model) == ["normal:1", 2, "l1:2", 1, 3]
    assert not model.flags(model.index(0)) & Qt.ItemFlag.ItemIsEnabled
    assert model.flags(model.index(1)) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.row_of(3) == 4
    assert model.row_of(9) == -1


def test_a_cell_that_is_called_otherwise_moves_alone(model, heard):
    model.show(items((1, "l1"), (2, "normal"), (3, "l1"), (4, "l2")))
    heard.clear()
    model.show(items((1, "l2"), (2, "normal"), (3, "l1"), (4, "l2")))
    assert told(model) == ["normal:1", 2, "l1:1", 3, "l2:2", 1, 4]
    assert heard == [("out", 3, 3), ("new", 2, 2), ("new", 4, 4), ("in", 5, 5)]


def test_another_caption_is_one_row_that_changed(model, heard):
    before = items((1, "l1"), (2, "normal"))
    model.show(before)
    heard.clear()
    model.show([before[0]._replace(marked=True), before[1]])
    assert heard == [("new", 1, 1)]
    heard.clear()
    model.show([before[0]._replace(marked=True), before[1]])
    assert heard == []


LISTS = st.dictionaries(st.integers(0, 12), st.sampled_from(FAB5.names), max_size=9)


@settings(max_examples=80, deadline=None)
@given(steps=st.lists(st.tuples(LISTS, st.randoms(use_true_random=False)), min_size=2, max_size=4))
def test_any_change_of_rows_gives_the_rows_that_were_asked_for(qapp, steps):
    model = ThumbnailModel(ThumbnailPictures(nothing))
    mirror: list = []

    def take_out(_, first, last):
        del mirror[first : last + 1]

    def put_in(_, first, last):
        mirror[first:first] = model.rows[first : last + 1]

    def renew(first, last, *_):
        mirror[first.row() : last.row() + 1] = model.rows[first.row() : last.row() + 1]

    model.rowsRemoved.connect(take_out)
    model.rowsInserted.connect(put_in)
    model.dataChanged.connect(renew)
    model.modelReset.connect(lambda: mirror.__setitem__(slice(None), model.rows))
    for chosen, random in steps:
        pairs = list(chosen.items())
        random.shuffle(pairs)
        model.show(items(*pairs))
        fresh = ThumbnailModel(ThumbnailPictures(nothing))
        fresh.show(items(*pairs))
        assert mirror == model.rows == fresh.rows


def test_newest_wishes_come_first_and_one_fetch_at_a_time(qtbot):
    asked = []
    pictures = ThumbnailPictures(lambda keys, side_px, then: asked.append((list(keys), then)))
    for key in range(100):
        assert pictures.get(key) is None
    qtbot.waitUntil(lambda: bool(asked))
    pictures.get(200)
    qtbot.wait(20)
    assert len(asked) == 1
    assert asked[0][0][0] == 99
    asked[0][1]({99: np.zeros((8, 8, 3), np.uint8), 98: None})
    assert pictures.get(99).width() == 8
    assert pictures.get(98).isNull()
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert asked[1][0][0] == 97  # what was left out is wanted more than what nobody waited for
    assert 200 in asked[1][0]


def test_pictures_that_were_let_go_meanwhile_are_not_kept(qtbot):
    asked = []
    pictures = ThumbnailPictures(lambda keys, side_px, then: asked.append(then))
    pictures.get("one"), pictures.get("two")
    qtbot.waitUntil(lambda: bool(asked))
    pictures.forget(["one"])
    asked[0](dict.fromkeys(("one", "two"), np.zeros((8, 8, 3), np.uint8)))
    assert pictures.get("one") is None
    assert pictures.get("two") is not None
    pictures.forget_all()
    assert pictures.get("two") is None


@pytest.fixture
def view(qtbot):
    fetched = []

    def fetch(keys, side_px, then):
        fetched.extend(keys)
        at_once(keys, side_px, then)

    view = ThumbnailView(ThumbnailPictures(fetch))
    view.fetched = fetched
    qtbot.addWidget(view)
    view.resize(520, 400)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_ten_thousand_open_at_once_and_only_those_in_sight_are_fetched(qtbot, view):
    many = items(*((n, FAB5.names[n % 5]) for n in range(10_000)))
    began_s = time.thread_time()
    view.show_thumbnails(many)
    view.grab()
    took_s = time.thread_time() - began_s
    qtbot.wait(50)
    assert took_s < 1.0
    assert 5 <= len(view.fetched) <= 60


def tap(view, key, modifier=Qt.KeyboardModifier.NoModifier):
    rect = view.visualRect(view.thumbnails.index(view.thumbnails.row_of(key)))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, rect.center())


def test_clicks_choose_one_more_a_range_and_a_whole_class(view):
    view.show_thumbnails(items(*((n, "normal" if n < 3 else "l1") for n in range(7))))
    view.grab()
    tap(view, 1)
    assert view.chosen_keys == [1]
    tap(view, 4, Qt.KeyboardModifier.ControlModifier)
    assert view.chosen_keys == [1, 4]
    tap(view, 6, Qt.KeyboardModifier.ShiftModifier)
    assert view.chosen_keys == [1, 4, 5, 6]
    tap(view, 0)
    tap(view, 4, Qt.KeyboardModifier.ShiftModifier)
    assert view.chosen_keys == [0, 1, 2, 3, 4]
    rect = view.visualRect(view.thumbnails.index(0))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert view.chosen_keys == [0, 1, 2]


def test_arrow_keys_pass_over_the_lines_of_the_classes(qtbot, view):
    view.show_thumbnails(items((0, "normal"), (1, "l1"), (2, "l1")))
    view.grab()
    wanted = []
    view.wanted.connect(wanted.append)
    tap(view, 0)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.chosen_keys == [1]
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.chosen_keys == [2]
    qtbot.waitUntil(lambda: wanted == [2])


def test_what_is_chosen_stays_chosen_when_others_come_and_go(view):
    view.show_thumbnails(items(*((n, "l1") for n in range(8))))
    view.choose([2, 3, 6], current=3)
    heard = []
    view.chosen.connect(heard.append)
    view.show_thumbnails(items(*((n, "l2" if n == 3 else "l1") for n in range(1, 8))))
    assert view.chosen_keys == [2, 6, 3]
    assert view.current_key == 3
    assert heard == []
    view.selectionModel().clear()
    view.selectionModel().select(view.thumbnails.index(1), QItemSelectionModel.SelectionFlag.Select)
    assert heard[-1] == [1]


def test_nothing_is_dragged_to_where_it_is_or_to_a_class_that_is_refused(view):
    view.show_thumbnails(items((0, "normal"), (1, "l1"), (2, "l1"), (3, "l2")))
    view.grab()
    view.refused = frozenset({"l2"})
    tops = [view.visualRect(view.thumbnails.index(n)).top() + 2 for n in (0, 2, 5)]
    view.choose([1, 2])
    assert [view.target_at(y) for y in tops] == ["normal", "", ""]
    view.choose([0, 1])
    assert [view.target_at(y) for y in tops] == ["normal", "l1", ""]


def test_a_place_belongs_to_the_section_above_it(view):
    view.show_thumbnails(items((0, "normal"), (1, "l1"), (2, "l1")))
    view.grab()
    top = view.visualRect(view.thumbnails.index(2)).top()
    assert view.class_at(top - 5) == "normal"
    assert view.class_at(top + 2) == "l1"
    assert view.class_at(10_000) == "l1"
