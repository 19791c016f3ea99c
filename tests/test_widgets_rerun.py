"""A run that would lose corrections asks first, in a real window."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QMessageBox

from napari_all_subtype._widgets import rerun
from window_steps import answered, drag, masks_of, run, use

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]


def corrected(qtbot, viewer, dock, *answers):
    """Split a cell, and have questions answered with `answers`; gives the questions to come."""
    use(qtbot, dock, "split")
    drag(viewer, (30, 5), (30, 60))
    answered(qtbot, dock)
    given, heard = iter(answers), []
    dock.controller.ask = lambda _parent, question: heard.append(question) or next(given)
    return heard


def test_run_that_would_lose_corrections_asks_and_a_no_keeps_them(analysed, qtbot):
    viewer, dock = analysed
    heard = corrected(qtbot, viewer, dock, False)
    before = masks_of(dock).labels.copy()
    dock.run_button.click()
    assert heard == [
        "Running again finds the cells anew: 1 correction of outlines in this field is not in the "
        "new outlines."
    ]
    assert not dock.controller.session.running
    np.testing.assert_array_equal(masks_of(dock).labels, before)
    assert dock.edits.buttons["undo"].isEnabled()


def test_yes_runs_and_finds_the_cells_anew(analysed, qtbot):
    viewer, dock = analysed
    heard = corrected(qtbot, viewer, dock, True)
    run(qtbot, dock)
    assert len(heard) == 1
    qtbot.waitUntil(lambda: len(np.unique(masks_of(dock).labels)) == 6, timeout=10_000)
    assert not dock.controller.session.field.history.done


def test_nothing_is_asked_where_corrections_were_all_taken_back(analysed, qtbot):
    viewer, dock = analysed
    heard = corrected(qtbot, viewer, dock)
    dock.editor.undo()
    answered(qtbot, dock)
    run(qtbot, dock)
    assert heard == []
    # Layers that have a result again are no more for napari's brush than before.
    layers = dock.controller.layers
    qtbot.waitUntil(lambda: layers.subtypes.data.any(), timeout=10_000)
    assert not layers.cells.editable
    layers.subtypes.mode = "paint"
    assert layers.subtypes.mode == "pan_zoom"


@pytest.mark.parametrize(("button", "yes"), [(rerun.RUN, True), (rerun.CANCEL, False)])
def test_question_is_answered_by_its_buttons(analysed, button, yes):
    _, dock = analysed

    def press():
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(one for one in box.buttons() if one.text().replace("&", "") == button).click()

    QTimer.singleShot(50, press)
    assert rerun.ask(dock, "Really?") is yes


def test_tooltip_of_run_tells_of_the_loss(analysed):
    _, dock = analysed
    assert "corrections" in dock.run_button.toolTip()
