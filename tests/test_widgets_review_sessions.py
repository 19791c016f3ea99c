"""A project opens as it was left, and a person's preferences are there on another day."""

from __future__ import annotations

import json

import pytest

from napari_all_subtype._widgets.review.actions import actions_of
from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype._widgets.user_settings import UserSettings
from napari_all_subtype.project.database import create_project
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.preferences import Preferences
from napari_all_subtype.workflow.review_parameters import CellFilter, QueueOrder
from napari_all_subtype.workflow.view_state import VIEW_FILE
from window_steps import LONG_MS, kept, run, said_of

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window


def opened(window, qtbot, folder):
    """Another window in which the project in `folder` is opened."""
    viewer, dock = window()
    review = ReviewSmear(viewer)
    viewer.window.add_dock_widget(review, name="Review")
    review.reviewer.desk.open(folder)
    return viewer, dock, review


def test_a_project_opens_as_it_was_left(window, instant, folder, qtbot, tmp_path, user_folder):
    viewer, dock = window()
    review = ReviewSmear(viewer)
    viewer.window.add_dock_widget(review, name="Review")
    dock.controller.open_folder(folder)
    run(qtbot, dock, until_shown=False)
    review.reviewer.record.create(tmp_path / "project")
    kept_fields(qtbot, dock)
    session = dock.controller.session
    session.place_wanted.emit(2, 4)
    qtbot.waitUntil(lambda: session.layers.picked == 4, timeout=LONG_MS)
    review.reviewer.desk.read_as("Dr. Ä / “B”\n😀")
    review.reviewer.speaker.say("l3")
    order = QueueOrder(kind="random", seed=11)
    review.queue.choose(order, CellFilter(border="whole"))
    review.queue.changed.emit()
    session.place_wanted.emit(2, 4)
    at = review.reviewer.queue.at
    session.look_wanted.emit({"colour_by": "nc_ratio", "hidden": frozenset({"normal"})})
    session.layers.cells.visible = True
    session.layers.cells.opacity = 0.25
    review.reviewer.close()

    _, other, again = opened(window, qtbot, tmp_path / "project")
    session = other.controller.session
    qtbot.waitUntil(lambda: session.layers.picked == 4, timeout=LONG_MS)
    qtbot.waitUntil(lambda: again.reviewer.queue.at == at, timeout=LONG_MS)
    assert session.field.path.name == "field-2.png"
    assert said_of(other)[3] == "l3"
    assert again.reviewer.queue.order.seed == 11
    assert again.queue.chosen_filter == CellFilter(border="whole")
    assert session.layers.look.colour_by == "nc_ratio"
    assert other.result.drawing.colour_by.currentData() == "nc_ratio"
    assert not other.result.legend.box("normal").isChecked()
    assert session.layers.cells.visible
    assert session.layers.cells.opacity == 0.25
    assert "Dr. Ä / “B” 😀" in [
        again.project.reader.itemText(k).replace("\n", " ")
        for k in range(again.project.reader.count())
    ]
    again.reviewer.close()


def kept_fields(qtbot, dock):
    record, session = dock.controller.session.record, dock.controller.session
    done = [n for n, field in enumerate(session.fields) if field.result]
    qtbot.waitUntil(
        lambda: not record.keeper.keeping and all(map(record.keeps, done)), timeout=LONG_MS
    )


def test_a_view_that_cannot_be_read_or_written_is_in_nobody_s_way(
    reviewed, analysed, qtbot, tmp_path, window
):
    project = tmp_path / "project"
    reviewed.reviewer.views.keep()
    assert json.loads((project / VIEW_FILE).read_text())["slide_id"] == 1
    (project / VIEW_FILE).write_text("{ broken")
    reviewed.reviewer.record.close()
    reviewed.reviewer.desk.open(project)
    kept(qtbot, analysed[1])
    reviewed.words.buttons["next"].click()
    reviewed.words.buttons["l1"].click()
    assert "l1" in said_of(analysed[1])


def test_a_project_that_is_opened_beside_a_result_leaves_the_result_there(
    review, analysed, qtbot, tmp_path
):
    _, dock = analysed
    create_project(tmp_path / "other").close()
    review.reviewer.desk.open(tmp_path / "other")
    kept(qtbot, dock)
    assert dock.controller.session.field.name == "field"
    assert dock.controller.session.result() is not None


def test_preferences_are_kept_in_a_file_where_napari_has_none(review, user_folder, tmp_path):
    assert UserSettings()._napari is None
    review.reviewer.desk.read_as("Reader 7")
    review.reviewer.record.create(tmp_path / "mine")
    settings = UserSettings()
    settings.keys = {"l3": "Q"}
    again = UserSettings()
    assert (again.reader, again.keys, again.last_project.name) == ("Reader 7", {"l3": "Q"}, "mine")
    review.reviewer.record.close()
    assert "mine" in review.project.again_button.text()
    review.project.again_button.click()
    assert review.reviewer.record.database is not None
    (user_folder / "preferences.json").write_text("[broken")
    assert UserSettings().keys == {}


@pytest.fixture
def napari_settings(plugin_settings, npe2pm):
    """napari's settings of the installed plugin, in a folder of the test."""
    from npe2 import PluginManifest

    npe2pm.register(PluginManifest.from_distribution("napari-all-subtype"))


def test_preferences_are_kept_in_napari_s_own_settings(napari_settings, monkeypatch, tmp_path):
    monkeypatch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(tmp_path / "user"))
    settings = UserSettings()
    settings.reader, settings.keys = "Reader 9", {"l3": "Q", "normal": "", "other_class": "W"}
    from napari.settings import get_plugin_settings

    kept_in = get_plugin_settings("napari-all-subtype")
    assert kept_in.review.reader == "Reader 9"
    assert "Reader 9" in kept_in.config_path.read_text()
    assert UserSettings().keys == {"l3": "Q", "normal": "", "other_class": "W"}
    assert Preferences.load().reader == ""
    settings.keys = {}
    assert UserSettings().keys == {}


def test_napari_is_told_every_key_of_the_review(napari_settings):
    from napari.settings import get_plugin_settings

    fields = type(get_plugin_settings("napari-all-subtype").review_keys).model_fields
    assert {name: one.default for name, one in fields.items()} == {
        one.name: one.key for one in actions_of(FAB5)
    }
