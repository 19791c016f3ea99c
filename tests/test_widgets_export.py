"""The export of a project from its dock: what is chosen is written, and it can be stopped."""

import json
from threading import Event

import pytest

from napari_all_subtype._widgets.review import export_job
from napari_all_subtype._widgets.review.export_button import NO_PROJECT
from napari_all_subtype._widgets.review.export_dialog import CHOOSE_ONE, STOPPED
from napari_all_subtype.progress import Progress, checkpoint
from napari_all_subtype.workflow.export_formats import FORMATS
from napari_all_subtype.workflow.project_export import Exported

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window


@pytest.fixture
def dialog(reviewed, tmp_path):
    """The export of a project whose reader has named one cell."""
    reviewed.reviewer.record.say({0: [1]}, "l1")
    reviewed.export_button.click()
    dialog = reviewed.export_button.desk.dialog
    dialog.out.setText(str(tmp_path / "out"))
    return dialog


def ended(qtbot, dialog):
    qtbot.waitUntil(lambda: dialog.job is None, timeout=60_000)


def test_without_a_project_the_button_says_what_to_do(review):
    assert not review.export_button.isEnabled()
    assert review.export_button.toolTip() == NO_PROJECT


def test_every_format_is_written_from_the_window(qtbot, dialog, tmp_path):
    for name, box in dialog.formats.items():
        assert box.toolTip() == FORMATS[name]
        box.setChecked(True)
    dialog.export_button.click()
    assert dialog.close_button.text() == "Stop"
    assert not dialog.formats["csv"].isEnabled()
    ended(qtbot, dialog)
    assert "Exported to <b>out</b>" in dialog.told.text()
    told = json.loads((tmp_path / "out" / "provenance.json").read_text("utf-8"))
    assert told["formats"] == list(FORMATS)
    assert told["left_out"] == []
    assert "Dr. A" not in (tmp_path / "out" / "html" / "slide-1.html").read_text("utf-8")
    features = json.loads((tmp_path / "out" / "geojson" / "field-1.geojson").read_text("utf-8"))
    assert features["features"][0]["properties"]["classification"]["name"] == "L1"
    # What is there already is not replaced unasked.
    dialog.export_button.click()
    ended(qtbot, dialog)
    assert "Replace an earlier export" in dialog.told.text()
    dialog.replace.setChecked(True)
    for name, box in dialog.formats.items():
        box.setChecked(name == "csv")
    dialog.export_button.click()
    ended(qtbot, dialog)
    assert not (tmp_path / "out" / "html").exists()


def test_nothing_chosen_is_said_before_anything_is_tried(dialog):
    for box in dialog.formats.values():
        box.setChecked(False)
    assert not dialog.export_button.isEnabled()
    assert dialog.told.text() == CHOOSE_ONE


def test_window_goes_on_while_it_exports_and_can_stop_it(qtbot, dialog, tmp_path, monkeypatch):
    begun = Event()

    def endless(order, job):
        begun.set()
        while True:
            checkpoint(job, Progress("export fields", 1, 5))

    monkeypatch.setattr(export_job, "_export", endless)
    dialog.export_button.click()
    assert begun.wait(30)
    qtbot.waitUntil(lambda: "1 of 5" in dialog.told.text())
    dialog.close_button.click()
    ended(qtbot, dialog)
    assert dialog.told.text() == STOPPED
    assert dialog.export_button.isEnabled()


def test_what_was_left_out_is_told(qtbot, dialog, tmp_path, monkeypatch):
    lost = tuple(f"The image of field-{n} <cannot> be read" for n in range(6))
    monkeypatch.setattr(export_job, "_export", lambda order, job: Exported(tmp_path, lost))
    dialog.export_button.click()
    ended(qtbot, dialog)
    assert "field-3 &lt;cannot&gt;" in dialog.told.text()
    assert "and 2 more" in dialog.told.text()
