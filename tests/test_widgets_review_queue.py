"""The queue leads from cell to cell, in the order and among the cells that were chosen."""

from __future__ import annotations

import shutil

import pytest
from qtpy.QtWidgets import QLineEdit, QWidget

from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype._widgets.review.queue_end import END
from napari_all_subtype._widgets.review.queue_panel import NO_REGION, NONE_LEFT
from napari_all_subtype._widgets.sight import camera_of
from napari_all_subtype.workflow.review_parameters import CellFilter, QueueOrder
from window_steps import answered, drag, run, said_of, use

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window


def choose(panel, **order):
    panel.choose(QueueOrder(**order), CellFilter(reviewed="unreviewed"))
    panel.changed.emit()


def labels_of(review):
    return [label for _, label in review.reviewer.queue.places]


def press(review, *names):
    for name in names:
        review.words.buttons[name].click()


def test_next_centres_the_cell_and_fills_the_cell_panel(review, analysed):
    viewer, dock = analysed
    press(review, "next")
    (n, label) = review.reviewer.queue.here
    row = dock.controller.session.result(n).analysis.cells.loc[label]
    centre = camera_of(viewer).center
    assert centre[-2:] == pytest.approx(
        (0.25 * row["centroid_y_px"], 0.25 * row["centroid_x_px"]), abs=0.2
    )
    assert f"Cell {label}" in dock.cell.text.text()
    assert dock.controller.layers.picked == label
    assert review.queue.at.text() == "Cell 1 of 5 in this queue."
    press(review, "next", "previous")
    assert review.reviewer.queue.here == (n, label)


def test_counter_and_queue_follow_a_change_of_outlines(reviewed, analysed, qtbot):
    viewer, dock = analysed
    press(reviewed, "next", "l1")
    here, (others, queue) = reviewed.reviewer.queue.here, (labels_of(reviewed), reviewed.queue)
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))
    answered(qtbot, dock)
    assert queue.progress.format() == "1 of 6 read"
    assert sorted(labels_of(reviewed)) == sorted({*others, 6} - {others[0]})
    assert reviewed.reviewer.queue.here in (here, None)
    assert queue.at.text().endswith("of 5 in this queue.")
    dock.edits.buttons["undo"].click()
    assert queue.progress.format() == "1 of 5 read"
    assert 6 not in labels_of(reviewed)


def test_a_change_of_outlines_leaves_a_reader_where_they_are(reviewed, analysed):
    queue = reviewed.reviewer.queue
    press(reviewed, "next", "next", "next")
    places, (n, label) = queue.places, queue.here
    session = analysed[1].controller.session
    session.put(n, result=session.result(n).called({label: "l1"}))
    queue.follow()  # the cell that is read is one of the queue no longer
    assert queue.move(1) == places[3]
    session.put(n, result=session.result(n).called({one: "l1" for _, one in places[3:]}))
    queue.follow()
    assert queue.move(1) is None
    assert queue.move(1, again=True) == places[0]


def test_each_word_leads_on_until_every_cell_is_read(reviewed, analysed):
    _, dock = analysed
    press(reviewed, "next", *["l1"] * 5)
    assert said_of(dock) == ["l1"] * 5
    assert reviewed.queue.progress.value() == reviewed.queue.progress.maximum() == 5
    choose(reviewed.queue, kind="least_confident")
    assert reviewed.queue.at.text() == NONE_LEFT


def test_at_the_end_of_the_queue_keys_no_longer_rename_the_last_cell(reviewed, analysed):
    _, dock = analysed
    press(reviewed, "next", "next", *["l1"] * 4)
    assert "End of the queue; 1 not read" in reviewed.words.said.text()
    before = said_of(dock)
    assert before.count("l1") == 4
    press(reviewed, "l2", "smudge")
    assert said_of(dock) == before
    assert "End of the queue; 1 not read" in reviewed.words.said.text()
    # The cell that was passed over comes with Next, and takes a word.
    press(reviewed, "next", "normal")
    assert sorted(said_of(dock)) == ["l1"] * 4 + ["normal"]
    press(reviewed, "l3", "next")
    assert sorted(said_of(dock)) == ["l1"] * 4 + ["normal"]
    assert reviewed.words.said.text() == END


def test_the_last_cell_is_renamed_where_it_is_picked_again(reviewed, analysed):
    _, dock = analysed
    press(reviewed, "next", *["l1"] * 5)
    (_, label) = reviewed.reviewer.queue.here
    press(reviewed, "l2")
    assert said_of(dock) == ["l1"] * 5
    press(reviewed, "take_back")
    assert said_of(dock)[label - 1] == ""
    dock.controller.picker.pick(label)
    press(reviewed, "l2")
    assert said_of(dock)[label - 1] == "l2"
    press(reviewed, "previous", "l3")
    assert said_of(dock).count("l3") == 1


@pytest.mark.drawn
def test_a_key_that_is_held_says_one_word(reviewed):
    auto = {one.key().toString(): one.autoRepeat() for one in reviewed.reviewer.shortcuts.bound}
    spoken = {one.key for one in reviewed.words.actions_ if one.word}
    assert not any(auto[key] for key in spoken)
    assert auto["N"]


def test_a_skipped_cell_comes_at_the_end(review):
    press(review, "next")
    first = review.reviewer.queue.here
    press(review, "skip")
    assert review.reviewer.queue.here != first
    assert review.reviewer.queue.places[-1] == first


def test_a_queue_of_one_class_or_one_region_has_no_other_cells(review, analysed):
    viewer, _ = analysed
    panel = review.queue
    choose(panel, kind="one_class", one_class="l2")
    assert labels_of(review) == [4]
    assert panel.one_class.isVisibleTo(panel)
    panel.order.setCurrentIndex(panel.order.findData("region"))
    assert panel.at.text() == NO_REGION
    assert review.reviewer.region.active
    drag(viewer, (5, 5), (5, 110), (60, 110), (60, 5), (5, 5))
    assert sorted(labels_of(review)) == [1, 2]


def test_filters_hide_cells_and_an_impossible_choice_is_refused_in_words(review):
    panel = review.queue
    panel.only_class.setCurrentIndex(panel.only_class.findData("l1"))
    assert labels_of(review) == [3]
    panel.only_class.setCurrentIndex(0)
    panel.diameter.setValue((50.0, 100.0))
    assert labels_of(review) == []
    assert panel.at.text() == NONE_LEFT
    panel.diameter.setValue((0.0, 100.0))
    assert len(labels_of(review)) == 5


def test_what_the_panel_says_is_what_was_chosen(review):
    order = QueueOrder(kind="random", seed=7)
    shown = CellFilter(classes=("l1",), min_confidence=0.25, border="whole", reviewed="reviewed")
    review.queue.choose(order, shown)
    assert review.queue.chosen_order.model_dump(exclude={"one_class"}) == order.model_dump(
        exclude={"one_class"}
    )
    assert review.queue.chosen_filter == shown


def test_every_control_of_the_queue_says_what_it_does(review):
    panel = review.queue
    for control in (panel.order, panel.one_class, panel.only_class, panel.confidence):
        assert control.toolTip()
        assert control.accessibleName()
    assert panel.confidence.toolTip().startswith(
        CellFilter.model_fields["min_confidence"].description
    )


@pytest.mark.drawn
def test_numbers_over_the_handles_are_seen_whole(review):
    review.queue.filters.expand(animate=False)
    for slider in (review.queue.confidence, review.queue.diameter):
        shown = [one for one in slider.findChildren(QLineEdit) if one.isVisibleTo(slider)]
        assert len(shown) == 2
        for number in shown:
            # Half a pixel is lost in whole numbers.
            assert number.geometry().left() >= -1
            assert number.geometry().right() <= slider.width() + 1


def test_the_order_is_made_once_for_many_fields_that_come_in(
    qtbot, monkeypatch, window, instant, user_folder, folder
):
    for n in range(4, 9):
        shutil.copy(folder / "field-1.png", folder / f"field-{n}.png")
    viewer, dock = window()
    review = ReviewSmear(viewer)
    viewer.window.add_dock_widget(review, name="Review")
    filled, fill = [], review.reviewer.queue.fill
    monkeypatch.setattr(review.reviewer.queue, "fill", lambda: filled.append(fill()))
    dock.controller.open_folder(folder)
    filled.clear()
    run(qtbot, dock, until_shown=False)  # of the first field, which cannot be read
    # When the run began, and when it had ended.
    assert len(filled) == 2
    assert {n for n, _ in review.reviewer.queue.places} == set(range(1, 8))
    review.reviewer.close()


def test_filters_are_named_and_told(reviewed):
    queue = reviewed.queue
    assert queue.filters.toggleButton().toolTip()
    for slider in (queue.confidence, queue.diameter):
        assert all(part.accessibleName() for part in slider.findChildren(QWidget))
