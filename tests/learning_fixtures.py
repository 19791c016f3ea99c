"""A real window with a dock that learns, on a small project and a process without a network."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QThreadPool

import fake_learning_child
from napari_all_subtype._widgets.session import session_of
from napari_all_subtype._widgets.train import learning as learning_module

pytest_plugins = ["small_project_fixtures"]


@pytest.fixture
def learning_dock(make_napari_viewer, monkeypatch, qtbot):
    """Makes a viewer with a dock in it, whose process is `target`."""
    made = []

    def make(kind, folder=None, target=fake_learning_child.serve_quick, show=False):
        monkeypatch.setattr(learning_module.entries, "learn", target)
        viewer = make_napari_viewer(show=show)
        dock = kind(viewer)
        viewer.window.add_dock_widget(dock, name=kind.__name__)
        if folder is not None:
            session_of(viewer).record.open(folder)
        made.append(viewer)
        return viewer, dock

    yield make
    for viewer in made:
        session_of(viewer).learning.close()
    # What a thread looks at must not outlive the program.
    QThreadPool.globalInstance().waitForDone(30_000)
