"""Readings are compared in the window: blind until finished, then with a gallery of differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype._widgets.gallery.dock import CellGallery
from napari_all_subtype._widgets.results import HIDDEN
from napari_all_subtype._widgets.review.agreement_panel import (
    CHANGED,
    NOT_COMPARED,
    NOT_FINISHED,
)
from napari_all_subtype._widgets.review.project_desk import NOT_BLIND
from napari_all_subtype._widgets.tally import SUMMARY_AFTER_MS
from napari_all_subtype.project.current import table_now
from napari_all_subtype.project.history import history
from napari_all_subtype.project.readers import readings_of
from napari_all_subtype.workflow.model_hidden import model_columns
from window_steps import said_of, table_of

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window


def say(dock, review, label, name):
    dock.controller.picker.pick(label)
    review.words.go_on.setChecked(False)
    review.words.buttons[name].click()


@pytest.fixture
def read_twice(reviewed, analysed):
    """Dr. A says normal of cells 1 to 3; Dr. B reads them blind, differs of cell 3, and ends."""
    _, dock = analysed
    for label in (1, 2, 3):
        say(dock, reviewed, label, "normal")
    reviewed.reviewer.record.read_as("Dr. B")
    reviewed.project.apart.setChecked(True)
    for label, word in enumerate(("normal", "normal", "l2"), 1):
        say(dock, reviewed, label, word)
    return reviewed


def compared(qtbot, review):
    review.comparing.later.now()
    review.agreement.compare_button.click()
    review.comparing.show()  # as any change of the project has it
    qtbot.waitUntil(lambda: review.comparing.found is not None, timeout=30_000)
    return [review.agreement.pairs.itemText(n) for n in range(review.agreement.pairs.count())]


def test_second_reading_is_blind_until_it_is_finished(read_twice, analysed, qtbot):
    _, dock = analysed
    panel = read_twice.agreement
    read_twice.comparing.later.now()
    assert panel.told.text() == NOT_FINISHED
    assert not panel.compare_button.isEnabled()
    read_twice.comparing.compare()
    assert read_twice.comparing.found is None
    assert said_of(dock) == ["normal", "normal", "l2", "", ""]
    read_twice.project.apart.setChecked(False)
    assert said_of(dock) == ["normal", "normal", "normal", "", ""]
    read_twice.comparing.show()
    assert panel.told.text() == NOT_COMPARED
    assert panel.compare_button.isEnabled()
    a_reading_ends_with_its_reader(read_twice, dock)


def a_reading_ends_with_its_reader(review, dock):
    """Dr. B reads apart again, having seen what Dr. A says; then Dr. C sits down."""
    project, record = review.project, review.reviewer.record
    project.apart.setChecked(True)
    assert NOT_BLIND in project.told.text()
    project.reader_given.emit("Dr. C")
    assert project.apart.isChecked()
    assert NOT_BLIND not in project.told.text()
    assert said_of(dock) == [""] * 5
    say(dock, review, 1, "l1")
    told = [
        (one.reader_id, one.blind, one.finished)
        for one in readings_of(record.database, record.reading.slide_id)
    ]
    assert told == [(2, True, True), (2, False, True), (3, True, False)]
    last = history(record.database)[-1]
    assert (last.reader_id, last.reading_id) == (3, record.reading.reading_id)


def test_kappas_confusion_and_a_gallery_of_what_differs(read_twice, analysed, qtbot):
    _, dock = analysed
    read_twice.project.apart.setChecked(False)
    titles = compared(qtbot, read_twice)
    assert titles[0] == "Dr. A, common record and Dr. B"
    assert titles[1:] == ["Dr. A, common record and model", "Dr. B and model"]
    panel = read_twice.agreement
    assert "Classes: κ 0.00" in panel.kappas.text()
    assert "67 % agreed" in panel.kappas.text()
    table = panel.table
    heads = [table.horizontalHeaderItem(n).text() for n in range(table.columnCount())]
    assert heads == ["Normal", "L2"]
    assert [table.item(0, n).text() for n in (0, 1)] == ["2", "1"]
    assert "They differ on 1 cell" in panel.differ.text()
    assert panel.gallery.thumbnails.keys == [(0, 3)]
    qtbot.waitUntil(lambda: panel.pictures.get((0, 3)) is not None, timeout=20_000)
    assert not panel.pictures.get((0, 3)).isNull()
    row = panel.gallery.thumbnails.row_of((0, 3))
    shown = panel.gallery.thumbnails.rows[row]
    assert (shown.caption, shown.tip) == (
        "N / L2",
        "Dr. A, common record: Normal. Dr. B: L2.",
    )
    panel.gallery.wanted.emit((0, 3))
    assert dock.controller.session.layers.picked == 3
    panel.pairs.setCurrentIndex(2)
    assert "They differ on" in panel.differ.text()
    say(dock, read_twice, 4, "normal")
    assert panel.told.text() == CHANGED


def test_blind_reading_hides_the_model_if_wanted_and_gives_it_back(reviewed, analysed, qtbot):
    _, dock = analysed
    say(dock, reviewed, 1, "l1")
    dock.controller.picker.pick(0)
    before, layers = table_of(dock), dock.controller.layers
    drawn = layers.subtypes.data.copy()
    looked_at = dock.cell.looked_at
    looked_at.box.setChecked(True)
    reviewed.hiding.box.setChecked(True)
    assert table_of(dock) is before
    reviewed.project.apart.setChecked(True)
    hidden = table_of(dock)
    assert set(hidden["subtype"][1:]) == {"unknown"}
    assert hidden["p_blast_any"][1:].isna().all()
    assert said_of(dock) == [""] * 5
    assert not np.array_equal(layers.subtypes.data, drawn)
    dock.controller.picker.pick(3)
    assert "L1" not in dock.cell.text.text()
    # Its votes and its map are what the model says as well.
    assert looked_at.isHidden()
    assert looked_at.said.text() == ""
    assert not dock.controller.session.explaining
    assert "Model: hidden" in reviewed.words.cell.text()
    say(dock, reviewed, 3, "l3")
    before_it, blind = history(reviewed.reviewer.record.database)
    assert (before_it.seen.predicted is None, blind.seen.predicted) == (False, None)
    reviewed.counting.later.now()
    reviewed.count.next_button.click()
    qtbot.waitUntil(lambda: reviewed.counting.drawn is not None, timeout=30_000)
    reviewed.counting.later.now()
    heads = reviewed.count.table.horizontalHeaderItem
    assert [heads(n).text() for n in range(reviewed.count.table.columnCount())] == ["Dr. A"]
    kept = table_now(reviewed.reviewer.record.database, 1)
    assert kept["subtype"][1:].tolist() == before["subtype"][1:].tolist()
    reviewed.project.apart.setChecked(False)
    columns = model_columns(before)
    pd.testing.assert_frame_equal(table_of(dock)[columns], before[columns])
    assert said_of(dock) == ["l1", "", "", "", ""]
    assert not looked_at.isHidden()
    dock.controller.picker.pick(0)
    assert np.array_equal(layers.subtypes.data, drawn)
    assert reviewed.hiding.box.isVisibleTo(reviewed)
    reviewed.reviewer.record.close()
    assert not reviewed.hiding.box.isVisibleTo(reviewed)  # like the box of reading apart


def test_no_table_order_or_count_tells_of_a_hidden_model(reviewed, analysed, qtbot):
    viewer, dock = analysed
    gallery = CellGallery(viewer)
    viewer.window.add_dock_widget(gallery, name="Cell gallery", area="bottom")
    queue, cells = reviewed.queue, viewer.layers["cells"]
    of_model = [name for name in model_columns(table_of(dock)) if name in cells.features]
    before, counted = cells.features[of_model].copy(), dock.result.summary.text()
    queue.confidence.setValue((0.5, 1.0))
    reviewed.hiding.box.setChecked(True)
    assert reviewed.queue.order.currentData() == "least_confident"
    reviewed.project.apart.setChecked(True)
    assert set(cells.features["subtype"][1:]) == {"unknown"}
    numbers = cells.features[of_model].select_dtypes("number")
    assert "confidence" in numbers
    assert numbers[1:].isna().all(axis=None)
    assert not allowed(queue.order) & {
        "least_confident",
        "network_against_criteria",
        "suspect_labels",
    }
    assert queue.order.currentData() == reviewed.reviewer.queue.order.kind == "field_order"
    assert not queue.confidence.isEnabled()
    assert len(reviewed.reviewer.queue.places) == 5
    assert allowed(gallery.sort) == {"large", "field"}
    assert gallery.sort.currentData() == "field"
    say(dock, reviewed, 3, "l3")
    qtbot.wait(2 * SUMMARY_AFTER_MS)
    assert dock.result.summary.text() == HIDDEN
    assert "%" not in dock.result.summary.text()
    reviewed.project.apart.setChecked(False)
    assert dock.result.summary.text() == counted
    pd.testing.assert_frame_equal(cells.features[of_model], before)
    assert queue.order.currentData() == reviewed.reviewer.queue.order.kind == "least_confident"
    assert queue.confidence.value() == (0.5, 1.0)
    assert "suspect_labels" in allowed(queue.order)
    assert gallery.sort.currentData() == "doubtful"
    gallery.curator.close()


def allowed(box):
    """What can be chosen in a combo box."""
    return {box.itemData(n) for n in range(box.count()) if box.model().item(n).isEnabled()}


def test_one_reader_alone_is_compared_with_the_model(reviewed, analysed, qtbot):
    _, dock = analysed
    say(dock, reviewed, 1, "normal")
    say(dock, reviewed, 2, "smudge")
    reviewed.agreement.whole.setChecked(True)
    assert compared(qtbot, reviewed) == ["Dr. A, common record and model"]
    assert "Normal or blast: κ –" in reviewed.agreement.kappas.text()
