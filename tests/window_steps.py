"""What a person does in the window, and what a person sees there."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)

from napari_all_subtype._widgets.layer_kinds import CELLS, LETTERS, SUBTYPES
from napari_all_subtype._widgets.overlay import unit_rgb

FIELD = np.full((128, 160, 3), (236, 214, 226), np.uint8)
RESULT_LAYERS = [CELLS, SUBTYPES, LETTERS]
LONG_MS = 90_000


def run(qtbot, dock, until_shown=True):
    ended = []
    dock.controller.session.ended.connect(ended.append)
    dock.run_button.click()
    qtbot.waitUntil(lambda: bool(ended), timeout=LONG_MS)
    if until_shown:
        shown = dock.controller.layers
        qtbot.waitUntil(
            lambda: shown.letters is not None and any(shown.letters.features["letter"]),
            timeout=LONG_MS,
        )
    return ended[0]


def names(viewer):
    return [layer.name for layer in viewer.layers]


def pixels_like(viewer, colour):
    """Number of canvas pixels of a ring's colour."""
    shot = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    wanted = np.round(255 * np.array(unit_rgb(colour))).astype(int)
    return int((np.abs(shot - wanted).max(axis=-1) <= 6).sum())


def click(viewer, y_um, x_um, drag=False):
    """Press and release the mouse at a position in the world, perhaps after a drag."""
    event = SimpleNamespace(
        type="mouse_press",
        position=(y_um, x_um),
        pos=(0, 0),
        dims_displayed=[0, 1],
        dims_point=[0, 0],
        view_direction=None,
        modifiers=(),
        button=1,
        is_dragging=drag,
        handled=False,
    )
    mouse_press_callbacks(viewer, event)
    if drag:
        event.type = "mouse_move"
        mouse_move_callbacks(viewer, event)
    event.type = "mouse_release"
    mouse_release_callbacks(viewer, event)
