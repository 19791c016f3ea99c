"""A reader's walk from the sample to the report and back, with the real process and model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from napari.utils.notifications import notification_manager

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
import walk

from napari_all_subtype._widgets import words
from napari_all_subtype.project.locks import locks_of
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

pytest_plugins = ["review_fixtures"]
pytestmark = pytest.mark.window


def test_walk_from_the_sample_to_the_report_and_back(
    make_napari_viewer, user_folder, tmp_path, capfd
):
    noted = len(notification_manager.records)  # napari keeps those of earlier windows
    there = walk.Walk(make_napari_viewer(show=True))
    there.open_sample()
    there.analyse()
    assert there.dock.stage.text().endswith(words.DRAWN)
    there.open_review()
    there.make_project(tmp_path / "project")
    there.review.words.go_on.setChecked(True)
    there.correct()
    assert len(there.said) == len(walk.KEYS)
    assert list(there.said.values()).count("l1") == walk.KEYS.count("3")
    there.undo()
    assert len(there.said) == len(walk.KEYS) - walk.UNDONE
    said = there.said_at
    _segmented_again(there, said)
    there.press("n")
    _locked(there)
    _exported(there, tmp_path / "export")
    _reopened(there, walk.Walk(make_napari_viewer(show=True)), tmp_path / "project")
    records = notification_manager.records[noted:]
    assert [str(note) for note in records if note.severity >= "warning"] == []
    assert "Traceback" not in capfd.readouterr().err


def _segmented_again(there, said):
    """Words find their cells in the result of other parameters."""
    form = there.dock.setup.main
    before = there.session.result().labels
    form.set_value("segmentation.sensitivity", 0.6)
    there.dock.controller.ask = lambda *_: True
    there.analyse()
    there.kept()
    assert there.session.result().labels is not before
    assert len(there.said_at) + there.record.keeper.lost == len(said)
    found = sum(there.said_at.get(place) == word for place, word in said.items())
    assert found >= len(said) - 1


def _locked(there):
    there.lock()
    (version,) = locks_of(there.record.database, 1)
    assert version.result["n_reviewed"] == len(there.said)
    there.review.locking.later.now()
    assert "<b>Locked</b>" in there.review.result.told.text()


def _exported(there, folder):
    there.export(folder, "html", "csv")
    assert "Exported to" in there.exported
    pages = {path.name: path.read_text() for path in folder.rglob("*.html")}
    assert all(RESEARCH_USE_ONLY in page for page in pages.values())
    assert any("locked" in page.lower() for page in pages.values()), sorted(pages)
    assert list(folder.rglob("*.csv"))


def _reopened(before, again, folder):
    """Layers, colours, position in the queue and words are back."""
    picked, order = before.session.layers.picked, before.review.reviewer.queue.order
    look, said = before.session.layers.look, before.said
    place = before.review.reviewer.queue.here
    before.viewer.layers["subtypes"].opacity = 0.5
    before.record.close()
    again.open_review()
    again.review.reviewer.desk.open(folder)
    again.shown()
    walk.wait(lambda: again.session.layers.picked == picked, 20)
    assert again.said == said
    assert again.session.layers.look == look
    assert again.viewer.layers["subtypes"].opacity == 0.5
    assert again.review.reviewer.queue.order == order
    assert again.review.reviewer.queue.here == place
    again.record.close()
