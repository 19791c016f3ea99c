"""What goes wrong in a review: a clear message or a sensible result, and nothing lost."""

from __future__ import annotations

import sqlite3

import pytest
from qtpy.QtCore import Qt

from napari_all_subtype._widgets.layer_kinds import NO_WORD
from napari_all_subtype._widgets.review import queue_panel
from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype._widgets.review.table_words import LOOK_EVERY_MS
from napari_all_subtype._widgets.review.told_cells import RUNNING, SINGLE
from napari_all_subtype._widgets.review.word_panel import NONE_FOUND, NOTHING_TO_SAY
from napari_all_subtype.cells import table
from napari_all_subtype.project.database import DATABASE_FILE
from napari_all_subtype.project.history import history, standing
from napari_all_subtype.project.segmentations import (
    Segmentation,
    count_fields,
    store_segmentation,
)
from napari_all_subtype.project.writer_lock import LOCK_FILE
from project_examples import new_project
from window_steps import FIELD, LONG_MS, click, kept, run, said_of, table_of

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window

OF_SMEAR = ("undo", "redo", "next", "previous", "overlay", "region")


@pytest.fixture
def second(window, instant, user_folder):
    """Makes another window with both docks, which nobody sees."""
    made = []

    def make():
        viewer, dock = window()
        review = ReviewSmear(viewer)
        viewer.window.add_dock_widget(review, name="Review")
        made.append(review)
        return viewer, dock, review

    yield make
    for review in made:
        review.reviewer.close()


def say(review, dock, label, word):
    """Pick a cell and press a class."""
    review.words.go_on.setChecked(False)
    dock.controller.picker.pick(label)
    review.words.buttons[word].click()


def test_two_viewers_never_mix(reviewed, analysed, second, qtbot):
    _, dock = analysed
    viewer, other_dock, other = second()
    viewer.add_image(FIELD, rgb=True, name="field")
    run(qtbot, other_dock)
    say(reviewed, dock, 1, "l3")
    assert said_of(dock)[0] == "l3"
    assert said_of(other_dock) == [""] * 5
    assert other.reviewer.record.database is None
    assert other_dock.controller.session.selection.places == ()


def test_a_project_that_is_open_in_another_window_is_only_read(
    reviewed, analysed, second, qtbot, tmp_path
):
    say(reviewed, analysed[1], 1, "l3")
    _, dock, other = second()
    other.reviewer.desk.open(tmp_path / "project")
    session = dock.controller.session
    other.project.smear_wanted.emit(0)
    qtbot.waitUntil(lambda: session.result() is not None and session.in_view, timeout=LONG_MS)
    assert "Only for reading: Another window of this napari" in other.project.told.text()
    say(other, dock, 2, "l1")
    assert "⚠" in other.words.said.text()
    assert said_of(dock) == ["l3", "", "", "", ""]
    assert len(standing(reviewed.reviewer.record.database)) == 1


def test_a_folder_that_cannot_be_written_is_read_and_says_so(reviewed, analysed, qtbot, tmp_path):
    say(reviewed, analysed[1], 1, "l3")
    reviewed.reviewer.record.close()

    lock = tmp_path / "project" / LOCK_FILE
    lock.unlink(missing_ok=True)
    lock.mkdir()  # as where nobody may write, also for the super-user
    reviewed.reviewer.desk.open(tmp_path / "project")
    assert "Only for reading" in reviewed.project.told.text()
    say(reviewed, analysed[1], 2, "l1")
    assert "⚠" in reviewed.words.said.text()
    assert said_of(analysed[1])[1] == ""
    reviewed.words.buttons["undo"].click()
    reviewed.reviewer.views.keep()
    assert len(standing(reviewed.reviewer.record.database)) == 1


def test_an_image_that_moved_is_told_and_its_words_are_kept(second, folder, qtbot, tmp_path, told):
    _, dock, review = second()
    for name in ("bad-3.png", "field-2.png"):
        (folder / name).unlink()
    dock.controller.open_folder(folder)
    run(qtbot, dock, until_shown=False)
    review.reviewer.record.create(tmp_path / "project")
    kept(qtbot, dock)
    review.reviewer.speaker.say("l3", {0: [2]})
    review.reviewer.close()
    (folder / "field-1.png").rename(folder / "elsewhere.png")

    _, dock, again = second()
    again.reviewer.desk.open(tmp_path / "project")
    session = dock.controller.session
    qtbot.waitUntil(lambda: session.result() is not None, timeout=LONG_MS)
    qtbot.waitUntil(lambda: any("field-1.png" in one for one in told), timeout=LONG_MS)
    assert said_of(dock)[1] == "l3"
    again.words.buttons["next"].click()
    again.reviewer.speaker.say("l2", {0: [3]})
    assert said_of(dock)[2] == "l2"


@pytest.fixture
def unseen(second, qtbot, tmp_path):
    """A window that never draws: napari may crash when it does after a layer was deleted."""
    viewer, dock, review = second()
    viewer.add_image(FIELD, rgb=True, name="field")
    run(qtbot, dock)
    review.reviewer.record.create(tmp_path / "project")
    kept(qtbot, dock)
    return viewer, dock, review


def test_words_go_on_when_layers_are_deleted(unseen, qtbot):
    viewer, dock, reviewed = unseen
    for name in ("letters", "cells", "subtypes"):
        viewer.layers.remove(viewer.layers[name])
        reviewed.words.buttons["next"].click()
        reviewed.reviewer.speaker.say("l1", {0: [1]})
        reviewed.words.buttons["undo"].click()
        reviewed.words.buttons["overlay"].click()
        reviewed.words.buttons["region"].click()
    reviewed.reviewer.speaker.say("l2", {0: [2]})
    assert said_of(dock) == ["", "l2", "", "", ""]
    dock.controller.session.select(0)
    qtbot.waitUntil(lambda: not dock.controller.layers.incomplete, timeout=LONG_MS)
    assert "subtypes" in viewer.layers


def test_words_go_on_when_the_image_is_deleted(unseen, qtbot):
    viewer, _, reviewed = unseen
    viewer.layers.remove(viewer.layers["field"])
    qtbot.wait(50)
    for name in ("next", "l1", "undo", "skip", "region", "overlay"):
        reviewed.words.buttons[name].click()
    assert len(standing(reviewed.reviewer.record.database)) <= 1


def looked(qtbot):
    """Wait until the table of features was looked at, more than once."""
    qtbot.wait(2 * LOOK_EVERY_MS + 100)


def said_ever(review):
    """Every word that was ever kept, in order."""
    return [one.word.name if one.word else "" for one in history(review.reviewer.record.database)]


@pytest.mark.parametrize("name", ["cells", "subtypes"])
def test_no_word_is_taken_back_by_itself_when_a_layer_is_deleted(unseen, qtbot, name):
    viewer, dock, review = unseen
    layers = dock.controller.layers
    viewer.layers.remove(viewer.layers[name])
    assert "overlay was deleted" in review.words.cell.text()
    review.reviewer.do("normal")
    assert "overlay was deleted" in review.words.said.text()
    assert said_ever(review) == []
    # A word by another way, as from the gallery, stands.
    review.reviewer.speaker.say("normal", {0: [2]})
    looked(qtbot)
    assert said_ever(review) == ["normal"]
    review.words.buttons["next"].click()
    qtbot.waitUntil(lambda: not layers.deleted and layers.picked == 1, timeout=LONG_MS)
    assert name in viewer.layers
    review.reviewer.do("l1")
    looked(qtbot)
    assert said_ever(review) == ["normal", "l1"]
    assert said_of(dock)[:2] == ["l1", "normal"]
    assert viewer.layers["cells"].features[table.ANNOTATION][2] == "normal"


@pytest.mark.parametrize("name", ["cells", "subtypes", None])
def test_words_of_one_reader_never_become_blind_words_of_another(unseen, qtbot, name):
    viewer, dock, review = unseen
    review.reviewer.desk.read_as("Dr. A")
    review.reviewer.speaker.say("l2", {0: [1, 2, 3]})
    looked(qtbot)
    if name is None:  # chosen a moment before, for another reader
        viewer.layers["cells"].features.loc[5, table.ANNOTATION] = "l3"
    else:
        viewer.layers.remove(viewer.layers[name])
    review.reviewer.desk.read_as("Dr. B")
    review.project.apart.setChecked(True)
    looked(qtbot)
    assert said_ever(review) == ["l2"] * 3
    assert said_of(dock) == [""] * 5
    if name is None:
        assert viewer.layers["cells"].features[table.ANNOTATION][5] == NO_WORD


def test_nothing_is_said_in_a_project_that_is_opened_after_all_layers_were_deleted(
    unseen, qtbot, tmp_path
):
    viewer, _, review = unseen
    review.reviewer.speaker.say("l2", {0: [1, 2, 3]})
    looked(qtbot)
    viewer.layers.clear()
    review.reviewer.record.create(tmp_path / "other")
    looked(qtbot)
    assert said_ever(review) == []
    review.reviewer.desk.open(tmp_path / "project")
    looked(qtbot)
    assert said_ever(review) == ["l2"] * 3


@pytest.mark.parametrize("name", ["cells", "subtypes"])
def test_a_layer_deleted_while_the_result_is_drawn_is_no_error(unseen, qtbot, name):
    viewer, dock, review = unseen
    layers = dock.controller.layers
    view = layers.view
    viewer.layers.remove(viewer.layers["cells"])
    viewer.layers.remove(viewer.layers["subtypes"])
    for _ in layers.show(view, viewer.layers["field"]):
        if name in viewer.layers:
            viewer.layers.remove(viewer.layers[name])
    assert layers.deleted
    review.words.buttons["next"].click()
    qtbot.waitUntil(lambda: not layers.incomplete, timeout=LONG_MS)


def test_renamed_layers_are_still_ours(reviewed, analysed):
    viewer, dock = analysed
    for name in ("cells", "subtypes", "field"):
        viewer.layers[name].name = f"my {name}"
    say(reviewed, dock, 3, "l3")
    assert said_of(dock)[2] == "l3"
    assert viewer.layers["my cells"].features["annotation"][3] == "l3"


def test_ids_that_were_edited_by_hand_lead_to_no_word_of_another_cell(reviewed, analysed):
    viewer, dock = analysed
    layer = viewer.layers["cells"]
    labels = layer.data.copy()
    labels[labels == 1] = 77
    layer.data = labels
    say(reviewed, dock, 1, "l3")
    click(viewer, 7.5, 7.5)
    assert said_of(dock)[0] == "l3"
    layer.selected_label = 77
    reviewed.words.buttons["l1"].click()
    assert set(said_of(dock)[1:]) == {""}


@pytest.mark.parametrize("name", ["Dr. Ä. 王 😀", "'; DROP TABLE readers; --", "<b>x</b> & \\ / :"])
def test_a_reader_may_be_called_anything(reviewed, analysed, name):
    reviewed.project.reader.setCurrentText(name)
    reviewed.project.reader_given.emit(name)
    say(reviewed, analysed[1], 1, "l3")
    assert said_of(analysed[1])[0] == "l3"
    record = reviewed.reviewer.record
    assert record.reader.name == name
    assert reviewed.project.reader.currentText() == name


def test_a_project_of_a_newer_version_is_refused_in_words(reviewed, analysed, tmp_path):
    newer = tmp_path / "newer"
    reviewed.reviewer.record.create(newer)
    reviewed.reviewer.record.close()
    with sqlite3.connect(newer / DATABASE_FILE) as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    before = (newer / DATABASE_FILE).read_bytes()
    reviewed.reviewer.desk.open(newer)
    assert "Update napari-all-subtype" in reviewed.words.said.text()
    assert reviewed.reviewer.record.database is None
    assert (newer / DATABASE_FILE).read_bytes() == before
    reviewed.reviewer.desk.open(tmp_path / "no such folder")
    assert "⚠" in reviewed.words.said.text()


def test_the_combo_box_of_napari_s_table_says_a_word(reviewed, analysed, qtbot):
    viewer, dock = analysed
    viewer.layers.selection.active = viewer.layers["cells"]
    _, widget = viewer.window.add_plugin_dock_widget("napari", "Features table widget")
    model = widget.table.model().sourceModel()
    widget.toggle.setChecked(True)
    at = next(
        model.index(2, k)
        for k in range(model.columnCount())
        if model.headerData(k, Qt.Orientation.Horizontal) == table.ANNOTATION
    )
    model.setData(at, "l2", Qt.ItemDataRole.EditRole)
    qtbot.waitUntil(lambda: said_of(dock)[1] == "l2", timeout=LONG_MS)
    reviewed.words.buttons["undo"].click()
    assert viewer.layers["cells"].features[table.ANNOTATION][2] == NO_WORD
    model.setData(at, "l1", Qt.ItemDataRole.EditRole)
    qtbot.waitUntil(lambda: said_of(dock)[1] == "l1", timeout=LONG_MS)
    model.setData(at, NO_WORD, Qt.ItemDataRole.EditRole)
    qtbot.waitUntil(lambda: said_of(dock)[1] == "", timeout=LONG_MS)


def test_the_table_of_features_is_the_same_word_as_everywhere(reviewed, analysed):
    viewer, dock = analysed
    features = viewer.layers["cells"].features
    features.loc[[1, 2], table.ANNOTATION] = "smudge"
    reviewed.reviewer.table_words.look()
    assert said_of(dock) == ["smudge", "smudge", "", "", ""]
    reviewed.words.buttons["undo"].click()
    assert said_of(dock) == [""] * 5
    assert table_of(dock)[table.ANNOTATION].iat[1] == ""


def test_where_no_cell_was_found_it_says_what_to_try(reviewed, analysed):
    _, dock = analysed
    reviewed.reviewer.show_cell()
    assert "No cell was found" not in reviewed.words.cell.text()
    table_of(dock)["area_px"] = 0.0
    vars(dock.controller.session.result()).pop("counts", None)  # they were of the cells before
    reviewed.reviewer.show_cell()
    assert reviewed.words.cell.text() == NONE_FOUND
    assert reviewed.queue.at.text() == queue_panel.NONE_FOUND


def test_without_a_smear_nothing_can_be_pressed_and_keys_say_what_comes_first(second, qtbot):
    viewer, dock, review = second()
    assert review.queue.at.text() == queue_panel.NO_CELL
    of_smear = [review.words.buttons[name] for name in OF_SMEAR]
    assert not any(button.isEnabled() for button in of_smear)
    for name in (*OF_SMEAR, "l1"):
        review.reviewer.do(name)
        assert review.words.said.text() == review.words.cell.text() == NOTHING_TO_SAY
    viewer.add_image(FIELD, rgb=True, name="field")
    dock.run_button.click()
    assert review.words.cell.text() == RUNNING
    qtbot.waitUntil(lambda: not dock.controller.session.running, timeout=LONG_MS)
    review.reviewer.refill.now()
    assert all(button.isEnabled() for button in of_smear)
    assert review.words.said.text() == ""
    # A change of outlines tells of itself: what was said of words before it goes.
    review.words.say("Cell 1: L1.")
    review.reviewer.do("undo")
    assert review.words.said.text() == ""


def test_pictures_of_single_cells_are_no_smear_and_it_says_what_they_are_for(second, tmp_path):
    with new_project(tmp_path / "pictures", fields=2) as project:
        for field_id in (1, 2):
            store_segmentation(project, field_id, Segmentation("the cell in the middle"), [], {})
        assert count_fields(project) == (0, 2)
        store_segmentation(project, 1, Segmentation("classical", {"flags": []}), [], {})
        assert count_fields(project) == (1, 1)
        store_segmentation(project, 1, Segmentation("the cell in the middle"), [], {})
    _, _, review = second()
    review.reviewer.desk.open(tmp_path / "pictures")
    assert "holds 2 pictures of single cells" in review.words.cell.text()
    assert "<i>Train</i>" in review.words.cell.text()
    review.project.smear_wanted.emit(0)
    assert review.words.cell.text() == SINGLE
