"""What the network looked at, asked for in the panel of a cell in a real window."""

from __future__ import annotations

import numpy as np
import pytest

from fake_worker import FIVE_CELLS, InstantWorker
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.messages import Ended, Explain
from window_steps import FIELD, answered, click, drag, run, use

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]


class PatientWorker(InstantWorker):
    """Answers what it is asked of single crops only when it is told to."""

    stops = 0

    def _answer(self):
        if not isinstance(self.last_run, Explain):
            super()._answer()

    def stop(self):
        self.stops += 1


@pytest.fixture
def patient(window, monkeypatch, qtbot):
    """As `analysed`, with a worker that waits."""
    monkeypatch.setattr(session_module, "Worker", PatientWorker)
    viewer, dock = window()
    # No two cells look alike: else the answer for one would be right for the other.
    noise = np.random.default_rng(0).integers(-20, 20, FIELD.shape)
    field = np.clip(FIELD + noise, 0, 255).astype(np.uint8)
    viewer.add_image(field, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    run(qtbot, dock)
    return viewer, dock


def pick(viewer, n):
    y, x = FIVE_CELLS[n]
    click(viewer, 0.25 * y, 0.25 * x)


def shown(dock, qtbot):
    row = dock.cell.looked_at
    qtbot.waitUntil(lambda: "Picture: blast" in row.said.text(), timeout=5000)
    return row


def asked_by(dock):
    return dock.controller.session.worker.last_run


def test_nothing_is_asked_until_the_box_is_ticked(analysed, qtbot):
    viewer, dock = analysed
    pick(viewer, 1)
    qtbot.wait(50)
    assert not isinstance(asked_by(dock), Explain)
    assert not dock.cell.looked_at.said.isVisibleTo(dock)
    before = dock.controller.picker._picture()
    dock.cell.looked_at.box.click()
    row = shown(dock, qtbot)
    assert isinstance(asked_by(dock), Explain)
    assert "Picture: blast 0.97; outlines alone: blast 0.42" in row.said.text()
    assert "picture's vote only" in row.said.text()
    assert [label.text() for label in row.ends] == ["normal −0.5", "0 log odds", "+0.5 blast"]
    assert "10 % of the map lay outside" in row.said.toolTip()
    after = dock.controller.picker._picture()
    tinted = (after[..., :2].min(axis=2).astype(int) - after[..., 2]) > 60
    assert tinted[20:58, 20:58].mean() > 0.5
    assert tinted[64:, 64:].mean() < 0.1
    row.box.click()
    assert not row.legend.isVisibleTo(dock)
    np.testing.assert_array_equal(dock.controller.picker._picture(), before)


def test_next_cell_is_asked_about_while_the_box_stays_ticked(analysed, qtbot):
    viewer, dock = analysed
    pick(viewer, 1)
    dock.cell.looked_at.box.click()
    shown(dock, qtbot)
    pick(viewer, 2)
    shown(dock, qtbot)
    assert dock.controller.picker.looked_at.found is not None


def test_answer_of_another_cell_is_thrown_away_and_this_one_is_asked_about(patient, qtbot):
    viewer, dock = patient
    row, worker = dock.cell.looked_at, dock.controller.session.worker
    pick(viewer, 1)
    row.box.click()
    assert "Working" in row.said.text()
    assert row.busy.isVisibleTo(dock)
    assert not dock.run_button.isEnabled()
    first = worker.last_arrays[0]
    pick(viewer, 2)
    worker._explain()
    assert dock.controller.picker.looked_at.found is None
    assert "Working" in row.said.text()
    assert worker.running
    assert not np.array_equal(worker.last_arrays[0], first)
    worker._explain()
    shown(dock, qtbot)
    assert dock.run_button.isEnabled()
    assert not row.busy.isVisibleTo(dock)


def test_unticked_box_stops_the_work_and_shows_nothing_of_it(patient):
    viewer, dock = patient
    row, worker = dock.cell.looked_at, dock.controller.session.worker
    pick(viewer, 1)
    row.box.click()
    row.box.click()
    assert worker.stops == 1
    worker.running = False
    worker.message.emit(Ended(stopped=True))
    assert not row.said.isVisibleTo(dock)
    assert not row.busy.isVisibleTo(dock)
    assert dock.run_button.isEnabled()


def test_failure_is_told_in_one_line_and_not_tried_for_ever(patient, qtbot):
    viewer, dock = patient
    row, worker = dock.cell.looked_at, dock.controller.session.worker
    pick(viewer, 1)
    row.box.click()
    worker.running = False
    worker.message.emit(Ended(message="The model <x> is gone. Get it again."))
    assert "Not computed: The model &lt;x&gt; is gone" in row.said.text()
    assert not worker.running
    row.box.click()
    row.box.click()
    assert worker.running


def test_edited_cell_is_asked_about_with_its_new_outline(analysed, qtbot):
    viewer, dock = analysed
    pick(viewer, 1)
    dock.cell.looked_at.box.click()
    shown(dock, qtbot)
    question = dock.controller.picker.looked_at._wanted
    use(qtbot, dock, "split")
    drag(viewer, (10, 80), (50, 80))
    answered(qtbot, dock)
    dock.controller.picker.pick(2)
    shown(dock, qtbot)
    assert dock.controller.picker.looked_at._wanted != question
