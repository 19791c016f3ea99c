"""A real napari window with the dock in it; named in `pytest_plugins` by the tests that need it."""

from __future__ import annotations

import functools
import gc
from contextlib import suppress

import cv2
import numpy as np
import pytest
from napari.settings import get_settings
from npe2 import PluginManifest

from fake_worker import InstantWorker
from napari_all_subtype._widgets import controller as controller_module
from napari_all_subtype._widgets import exporter, sighting
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.dock import AnalyseSmear
from window_steps import FIELD, run


@pytest.fixture(scope="session", autouse=True)
def _imported_to_stay():
    """Leave what was imported out of the search for leaks after each viewer: it takes longest."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _manifests_read_once():
    """Every viewer of a test discovers the plugins anew; their files stay the same."""
    read = functools.cache(PluginManifest.from_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PluginManifest, "from_file", lambda path: read(path).model_copy())
        yield


@pytest.fixture(scope="session", autouse=True)
def _settings_stay_in_memory():
    """Napari would write them eight times for each viewer of a test."""
    with suppress(RuntimeError):  # a test without this fixture has read them already
        get_settings(path=None)


@pytest.fixture
def told(monkeypatch):
    """What a person is notified of."""
    heard = []
    for name in ("show_error", "show_warning"):
        monkeypatch.setattr(controller_module, name, heard.append)
    for module, name in ((sighting, "show_error"), (exporter, "show_error")):
        monkeypatch.setattr(module, name, heard.append)
    monkeypatch.setattr(exporter, "show_info", heard.append)
    return heard


@pytest.fixture
def instant(monkeypatch):
    monkeypatch.setattr(session_module, "Worker", InstantWorker)


@pytest.fixture
def window(make_napari_viewer, told, request):
    """Makes a viewer with the dock in it; on the screen where the test is marked `drawn`.

    Drawing takes a third of such a test, and is left to those that look, press keys or use
    the mouse: elsewhere the same widgets stand in a window that is not shown.
    """

    def make():
        viewer = make_napari_viewer(show=request.node.get_closest_marker("drawn") is not None)
        dock = AnalyseSmear(viewer)
        viewer.window.add_dock_widget(dock, name="Analyse smear")
        return viewer, dock

    return make


@pytest.fixture
def analysed(window, instant, qtbot):
    """A viewer, its dock and five cells in a field of 128 x 160 pixels of 0.25 µm."""
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    run(qtbot, dock)
    return viewer, dock


@pytest.fixture
def folder(tmp_path):
    """Two fields and a broken file."""
    folder = tmp_path / "smear 7"
    folder.mkdir()
    for n, grey in ((1, 250), (2, 225)):
        pixels = np.clip(FIELD.astype(int) - 250 + grey, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"field-{n}.png"), pixels[..., ::-1])
    (folder / "bad-3.png").write_bytes(b"")
    return folder
