"""A real window with both docks in it and a project of its own; for the tests of the review."""

from __future__ import annotations

import pytest

from napari_all_subtype._widgets import user_settings
from napari_all_subtype._widgets.review.dock import ReviewSmear
from window_steps import kept


@pytest.fixture
def user_folder(monkeypatch, tmp_path):
    """Where the plugin keeps preferences and projects that nobody chose a place for."""
    folder = tmp_path / "user"
    monkeypatch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(folder))
    # As where napari has no settings of plugins: those would be the same for all tests.
    monkeypatch.setattr(user_settings, "_napari_settings", lambda: None)
    return folder


@pytest.fixture
def review(analysed, user_folder):
    """The five cells of `analysed`, and the dock *Review*, without a project."""
    viewer, _ = analysed
    review = ReviewSmear(viewer)
    viewer.window.add_dock_widget(review, name="Review")
    yield review
    review.reviewer.close()


@pytest.fixture
def reviewed(review, analysed, qtbot, tmp_path):
    """The same with a project that Dr. A reads."""
    record = review.reviewer.record
    record.create(tmp_path / "project")
    record.read_as("Dr. A")
    kept(qtbot, analysed[1])
    return review
