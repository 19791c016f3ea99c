"""The gallery in a real window: mouse, drag and keys choose cells and call them otherwise."""

from __future__ import annotations

import gc
import weakref

import pytest
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtGui import QCursor
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_all_subtype._widgets.gallery import curator as words
from napari_all_subtype._widgets.gallery.dock import CellGallery
from napari_all_subtype._widgets.gallery.menu import gallery_menu
from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype.cells import table
from napari_all_subtype.project.history import history
from napari_all_subtype.workflow.review_parameters import CellFilter
from window_steps import FIELD, click, kept, run, table_of

pytest_plugins = ["window_fixtures"]
pytestmark = [pytest.mark.window, pytest.mark.drawn]

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def gallery(analysed, qtbot, monkeypatch, tmp_path):
    """The five cells of `analysed` in the dock *Cell gallery*, and a project that Dr. A reads."""
    monkeypatch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(tmp_path / "user"))
    viewer, dock = analysed
    gallery = CellGallery(viewer)
    viewer.window.add_dock_widget(gallery, name="Cell gallery", area="bottom")
    viewer.window.resize(1500, 1100)
    gallery.size.setValue(gallery.size.minimum())
    gallery.view.setMinimumHeight(560)  # five sections without scrolling
    record = gallery.curator.session.record
    record.create(tmp_path / "project")
    record.read_as("Dr. A")
    kept(qtbot, dock)
    qtbot.waitUntil(lambda: len(keys(gallery)) == 5)
    yield gallery
    gallery.curator.close()


def keys(gallery):
    """Labels of the thumbnails of the first field, in their order."""
    return [label for n, label in gallery.view.thumbnails.keys if n == 0]


def classes(gallery):
    """Names of the sections and how many cells are in each."""
    return {one.key.name: one.count for _, one in gallery.view.thumbnails.sections()}


def place_of(gallery, label):
    """Middle of a thumbnail, in pixels of the viewport; scrolled to."""
    index = gallery.view.thumbnails.index(gallery.view.thumbnails.row_of((0, label)))
    gallery.view.scrollTo(index)
    return gallery.view.visualRect(index).center()


def tap(gallery, label, modifier=Qt.KeyboardModifier.NoModifier):
    """Click a thumbnail with the mouse."""
    where = place_of(gallery, label)
    QTest.mouseClick(gallery.view.viewport(), Qt.MouseButton.LeftButton, modifier, where)


def words_of(dock):
    return table.words(table_of(dock))[1:].tolist()


def test_cells_stand_in_the_section_of_the_word_that_counts(qtbot, gallery):
    assert classes(gallery) == dict.fromkeys(("normal", "blast", "l1", "l2", "l3"), 1)
    assert keys(gallery) == [1, 2, 3, 4, 5]
    qtbot.waitUntil(lambda: gallery.pictures.get((0, 1)) is not None)
    ratio = gallery.devicePixelRatioF()
    assert gallery.pictures.get((0, 1)).width() == round(gallery.view.painter_.side_px * ratio)


def test_a_click_picks_the_cell_and_centres_the_image_on_it(qtbot, analysed, gallery):
    viewer, dock = analysed
    tap(gallery, 5)
    assert gallery.curator.session.selection.places == ((0, 5),)
    assert dock.controller.layers.picked == 5
    qtbot.waitUntil(lambda: viewer.scene.camera.center[-2:] == pytest.approx((20, 20), abs=0.2))
    assert "Cell 5" in dock.cell.text.text()


def test_a_cell_that_is_clicked_on_the_image_is_chosen_here(qtbot, analysed, gallery):
    viewer, _ = analysed
    click(viewer, 7.5, 20)
    assert gallery.view.chosen_keys == [(0, 2)]
    click(viewer, 30, 38)
    assert gallery.view.chosen_keys == []
    assert gallery.told.text() == words.HINT


def test_a_key_of_a_class_is_one_word_for_all_that_are_chosen(qtbot, analysed, gallery):
    _, dock = analysed
    tap(gallery, 1)
    tap(gallery, 2, CTRL)
    QTest.keyClick(gallery.view, Qt.Key.Key_5)
    assert words_of(dock) == ["l3", "l3", "l1", "l2", "l3"]
    qtbot.waitUntil(lambda: classes(gallery) == {"l1": 1, "l2": 1, "l3": 3})
    row = gallery.view.thumbnails.rows[gallery.view.thumbnails.row_of((0, 1))]
    assert row.marked
    assert row.caption == "model: N"
    QTest.keyClick(gallery.view, Qt.Key.Key_Z, CTRL)
    assert words_of(dock) == ["normal", "blast", "l1", "l2", "l3"]
    qtbot.waitUntil(lambda: keys(gallery) == [1, 2, 3, 4, 5])
    QTest.keyClick(gallery.view, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert words_of(dock)[:2] == ["l3", "l3"]
    assert len(history(gallery.curator.session.record.database)) == 6


def test_after_a_word_for_one_cell_the_next_of_its_class_is_chosen(qtbot, analysed, gallery):
    _, dock = analysed
    for label in (2, 4):
        tap(gallery, label)
        QTest.keyClick(gallery.view, Qt.Key.Key_3)
    qtbot.waitUntil(lambda: classes(gallery) == {"normal": 1, "l1": 3, "l3": 1})
    first, second, _ = keys(gallery)[1:4]
    tap(gallery, first)
    QTest.keyClick(gallery.view, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: classes(gallery) == {"normal": 2, "l1": 2, "l3": 1})
    assert gallery.view.chosen_keys == [(0, second)]
    assert dock.controller.layers.picked == second


def drag(view, start, target, finish):
    """Drag with the mouse from a place in the view to a place in another widget.

    Qt waits within `exec` of a drag for the mouse, so that is moved from a timer.
    """
    steps = [target.mapToGlobal(finish) + QPoint(d, 0) for d in (-3, -1, 0)]

    def move():
        if steps:
            at = steps.pop(0)
            QCursor.setPos(at)
            window = target.window().windowHandle()
            QTest.mouseMove(window, window.mapFromGlobal(at))
            QTimer.singleShot(30, move)
        else:
            window = target.window().windowHandle()
            at = window.mapFromGlobal(target.mapToGlobal(finish))
            QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=at)

    viewport = view.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    QTimer.singleShot(50, move)
    far = QPoint(3 * QApplication.startDragDistance(), 0)
    for part in (far / 3, far / 2, far):
        QTest.mouseMove(viewport, start + part)
        QApplication.processEvents()


def test_chosen_cells_are_dragged_to_another_section_in_one_step(qtbot, analysed, gallery):
    _, dock = analysed
    tap(gallery, 1)
    tap(gallery, 2, CTRL)
    finish, start = place_of(gallery, 3), place_of(gallery, 1)
    assert finish == place_of(gallery, 3)  # both are in sight
    drag(gallery.view, start, gallery.view.viewport(), finish)
    qtbot.waitUntil(lambda: words_of(dock)[:2] == ["l1", "l1"], timeout=5000)
    qtbot.waitUntil(lambda: classes(gallery) == {"l1": 3, "l2": 1, "l3": 1})
    assert gallery.view.painter_.target == ""
    gallery.curator.words.undo()
    assert words_of(dock) == ["normal", "blast", "l1", "l2", "l3"]


def test_a_slip_of_the_mouse_within_a_section_says_nothing(qtbot, analysed, gallery):
    _, dock = analysed
    start = place_of(gallery, 1)
    drag(gallery.view, start, gallery.view.viewport(), start + QPoint(40, 0))
    qtbot.wait(300)
    assert words_of(dock)[0] == "normal"
    assert history(gallery.curator.session.record.database) == []


def test_cells_are_dragged_to_a_class_that_has_no_section_yet(qtbot, analysed, gallery):
    _, dock = analysed
    button = gallery.classes.buttons["smudge"]
    drag(gallery.view, place_of(gallery, 4), button, button.rect().center())
    qtbot.waitUntil(lambda: words_of(dock)[3] == "smudge", timeout=5000)
    qtbot.waitUntil(lambda: classes(gallery).get("smudge") == 1)
    assert not button.isDown()


def test_buttons_and_menu_call_and_take_back(qtbot, analysed, gallery):
    _, dock = analysed
    assert not gallery.classes.buttons["l3"].isEnabled()
    tap(gallery, 1)
    gallery.classes.buttons["l3"].click()
    assert words_of(dock)[0] == "l3"
    gallery.curator.session.selection.set([(0, 1)])
    menu = gallery_menu(gallery.curator)
    by_title = {one.text().split("\t")[0]: one for one in menu.actions()}
    assert by_title["L2"].text() == "L2\t4"
    by_title["Take the word back"].trigger()
    assert words_of(dock)[0] == "normal"


def test_a_cell_that_is_deleted_or_redrawn_follows(qtbot, analysed, gallery):
    _, dock = analysed
    qtbot.waitUntil(lambda: gallery.pictures.get((0, 3)) is not None)
    dock.controller.picker.pick(2)
    dock.editor.delete()
    qtbot.waitUntil(lambda: keys(gallery) == [1, 3, 4, 5])
    assert gallery.pictures.get((0, 3)) is not None
    dock.editor.undo()
    qtbot.waitUntil(lambda: classes(gallery) == {"normal": 1, "l1": 1, "l2": 2, "l3": 1})


def test_what_is_not_shown_here_is_told_before_a_word_reaches_it(qtbot, analysed, gallery):
    tap(gallery, 1)
    QTest.keyClick(gallery.view, Qt.Key.Key_2)
    gallery.shown.setCurrentIndex(gallery.shown.findText("Not yet read"))
    assert keys(gallery) == [2, 3, 4, 5]
    gallery.curator.session.selection.set([(0, 1), (0, 2)])
    assert gallery.told.text().endswith("2 cells chosen, 1 of them not shown here.")
    gallery.shown.setCurrentIndex(gallery.shown.findText("Read by a person"))
    assert keys(gallery) == [1]


def test_filters_of_the_queue_hold_here_until_they_are_switched_off(gallery):
    session = gallery.curator.session
    assert gallery.filtered.isHidden()
    session.filter_cells(CellFilter(classes=("l1", "l3"), reviewed="unreviewed"))
    assert keys(gallery) == [3, 5]
    assert not gallery.filtered.isHidden()
    session.filter_cells(CellFilter(min_diameter_um=50))
    assert gallery.stack.currentWidget() is gallery.empty
    assert gallery.empty.text() == words.FILTERED
    gallery.filtered.setChecked(False)
    assert keys(gallery) == [1, 2, 3, 4, 5]


def test_a_refused_word_says_why_and_nothing_moves(qtbot, analysed, gallery):
    _, dock = analysed
    gallery.curator.session.record.close()
    gallery.curator.session.record.create = lambda _folder: None
    gallery.curator.session.record.open = lambda _folder: None
    tap(gallery, 1)
    QTest.keyClick(gallery.view, Qt.Key.Key_5)
    assert "⚠" in gallery.told.text()
    assert words_of(dock)[0] == "normal"
    assert gallery.view.chosen_keys == [(0, 1)]


def test_cells_of_all_fields_of_a_folder_are_one_gallery(qtbot, window, instant, folder):
    _, dock = window()
    (folder / "bad-3.png").unlink()
    gallery = CellGallery(dock.controller.session.viewer)
    dock.controller.session.viewer.window.add_dock_widget(gallery, name="Cell gallery")
    dock.controller.open_folder(folder)
    run(qtbot, dock)
    qtbot.waitUntil(lambda: len(gallery.view.thumbnails.keys) == 10)
    assert classes(gallery)["l2"] == 2
    # Of the field that is shown and of the other, which is read for it.
    for place in ((0, 1), (1, 1)):
        qtbot.waitUntil(lambda place=place: gallery.pictures.get(place) is not None)
        assert not gallery.pictures.get(place).isNull()
    images = [gallery.pictures.get((n, 1)).toImage() for n in (0, 1)]
    light = [one.pixelColor(one.rect().center()).green() for one in images]
    assert light == [214, 189]
    gallery.view.wanted.emit((1, 4))
    qtbot.waitUntil(lambda: dock.controller.session.selected == 1)
    qtbot.waitUntil(lambda: dock.controller.layers.picked == 4)
    assert gallery.view.chosen_keys == [(1, 4)]
    gallery.curator.close()


def test_with_the_review_open_a_key_says_one_word_of_what_is_chosen_here(qtbot, analysed, gallery):
    viewer, dock = analysed
    review = ReviewSmear(viewer)
    viewer.window.add_dock_widget(review, name="Review")
    review.words.go_on.setChecked(False)
    tap(gallery, 1)
    tap(gallery, 2, CTRL)
    gallery.view.setFocus()
    viewer.window.activate()
    QTest.keyClick(gallery.view, Qt.Key.Key_5)
    assert words_of(dock)[:2] == ["l3", "l3"]
    assert len(history(gallery.curator.session.record.database)) == 2
    review.reviewer.close()
    assert gallery.curator.session.record.database is not None


def test_without_cells_it_says_what_to_do(window, instant):
    viewer, _ = window()
    gallery = CellGallery(viewer)
    viewer.window.add_dock_widget(gallery, name="Cell gallery")
    assert gallery.stack.currentWidget() is gallery.empty
    assert gallery.empty.text() == words.NO_RESULT
    viewer.add_image(FIELD, rgb=True)
    assert gallery.empty.text() == words.NO_RESULT
    gallery.curator.close()


def test_a_gallery_that_is_closed_leaves_nothing_behind(qtbot, analysed):
    viewer, dock = analysed
    session = dock.controller.session
    before = len(session.result_changed), len(session.fields_changed)
    gallery = CellGallery(viewer)
    curator = weakref.ref(gallery.curator)
    viewer.window.add_dock_widget(gallery, name="Cell gallery")
    viewer.window.remove_dock_widget(gallery)
    gallery.deleteLater()
    del gallery
    QApplication.processEvents()
    qtbot.wait(50)
    gc.collect()
    assert (len(session.result_changed), len(session.fields_changed)) == before
    assert curator() is None
