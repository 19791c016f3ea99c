"""What a person does in the window, and what a person sees there."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)

from napari_all_subtype._widgets.codes import unit_rgb
from napari_all_subtype._widgets.layer_kinds import CELLS, LETTERS, SUBTYPES
from napari_all_subtype.cells import table

FIELD = np.full((128, 160, 3), (236, 214, 226), np.uint8)
RESULT_LAYERS = [CELLS, SUBTYPES, LETTERS]
# At which something hangs; a busy machine is slow to load a model.
LONG_MS = 300_000


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


def mouse_event(kind, position, pos=(0, 0), button=1, dragging=True, keys=()):
    """An event of the mouse, as napari's canvas makes it, at a position in the world."""
    return SimpleNamespace(
        type=kind,
        position=position,
        pos=pos,
        dims_displayed=[0, 1],
        dims_point=[0, 0],
        view_direction=None,
        modifiers=keys,
        button=button,
        is_dragging=dragging,
        handled=False,
    )


def click(viewer, y_um, x_um, drag=False, keys=()):
    """Press and release the mouse at a position in the world, perhaps after a drag."""
    event = mouse_event("mouse_press", (y_um, x_um), dragging=drag, keys=keys)
    mouse_press_callbacks(viewer, event)
    if drag:
        event.type = "mouse_move"
        mouse_move_callbacks(viewer, event)
    event.type = "mouse_release"
    mouse_release_callbacks(viewer, event)


def drag(viewer, *points_px, button=1):
    """Press at the first point, in pixels, move over the others, and release."""
    event = mouse_event("mouse_press", None, button=button)
    layer = viewer.layers.selection.active
    for n, (y, x) in enumerate(points_px):
        event.position = (0.25 * y, 0.25 * x)
        callbacks = mouse_move_callbacks if n else mouse_press_callbacks
        event.type = "mouse_move" if n else "mouse_press"
        callbacks(viewer, event)
        callbacks(layer, event)
    event.type = "mouse_release"
    mouse_release_callbacks(viewer, event)
    mouse_release_callbacks(layer, event)


def use(qtbot, dock, name):
    """Press the button of a tool and wait until the mouse is that tool's."""
    dock.edits.buttons[name].click()
    qtbot.waitUntil(lambda: dock.editor.tool == name, timeout=10_000)


def answered(qtbot, dock):
    """Wait until the model has said something of every cell that was changed."""
    qtbot.waitUntil(lambda: dock.editor.asker.count == 0, timeout=10_000)


def table_of(dock):
    """The cell table of the field that is chosen."""
    return dock.controller.session.result().analysis.cells


def masks_of(dock):
    """The masks of the field that is shown."""
    return dock.controller.layers.view.analysis.masks


def kept(qtbot, dock):
    """Wait until every field is in the project."""
    session = dock.controller.session
    record = session.record
    qtbot.waitUntil(
        lambda: not record.keeper.keeping and all(map(record.keeps, range(len(session.fields)))),
        timeout=LONG_MS,
    )


def said_of(dock):
    """What a person says of each cell of the field that is chosen."""
    return table.annotations(table_of(dock))[1:].tolist()
