"""Cells of a count are drawn in the window, read as a queue, and counted as words come."""

from __future__ import annotations

import pytest

from napari_all_subtype._widgets.review.count_panel import NOT_KEPT
from napari_all_subtype.project.smears import slides_of
from napari_all_subtype.workflow.project_count import count_smear
from napari_all_subtype.workflow.review_parameters import DifferentialParameters
from napari_all_subtype.workflow.smear_lock import lock_smear
from window_steps import said_of

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window


# What a dock of 320 px has room for.
NARROW_PX = 290


def counted(qtbot, review):
    """Wait until the count is drawn, and everything that was said since is in it."""
    qtbot.waitUntil(lambda: review.counting.drawn is not None, timeout=30_000)
    review.counting.later.now()


def cells_of(panel):
    """Text of the table by row title, of the first column and of the last."""
    table = panel.table
    return {
        table.verticalHeaderItem(r).toolTip().replace("\n", " "): (
            table.item(r, 0).text(),
            table.item(r, table.columnCount() - 1).text(),
        )
        for r in range(table.rowCount())
    }


def test_cells_of_the_count_are_read_as_a_queue(reviewed, analysed, qtbot):
    _, dock = analysed
    review, panel = reviewed, reviewed.count
    review.counting.later.now()
    assert panel.next_button.isEnabled()
    panel.next_button.click()
    counted(qtbot, review)
    order = [k for _, k in review.counting.drawn.places.tolist()]
    assert sorted(order) == [1, 2, 3, 4, 5]
    session = dock.controller.session
    qtbot.waitUntil(lambda: session.layers.picked == order[0], timeout=10_000)
    for label, word in zip(order, ("normal", "l1", "smudge", "nucleated_red_cell"), strict=False):
        assert session.layers.picked == label
        review.words.buttons[word].click()
    review.counting.later.now()
    assert session.layers.picked == order[4]
    assert said_of(dock)[order[0] - 1] == "normal"
    told = cells_of(panel)
    assert told["Normal"][0].startswith("1 · 50.0 %\n")
    assert told["Leukocytes"] == ("2", "3")
    assert told["Nucleated red cell per 100"][0].startswith("1 · 50.0\n")
    assert told["Nucleated red cell per 100"][1] == "–"
    assert "(50.0 %, " in panel.table.item(0, 0).toolTip()
    assert panel.progress.format() == "4 of 5 read"
    lines = panel.table.selected_text().splitlines()
    assert [line.count("\t") for line in lines] == [1] * panel.table.rowCount()
    assert "4 of the 5 are read: 2 leukocytes and 2 other objects" in panel.told.text()
    assert "Preliminary: 4 of 5 cells were reviewed" in panel.told.text()
    review.words.buttons["normal"].click()
    review.counting.later.now()
    assert not panel.next_button.isEnabled()


@pytest.mark.drawn
def test_table_fits_in_a_narrow_dock(reviewed, qtbot):
    review, panel = reviewed, reviewed.count
    review.counting.later.now()
    panel.next_button.click()
    counted(qtbot, review)
    for word in ("normal", "l1", "smudge", "normal", "normal"):
        review.words.buttons[word].click()
    review.counting.later.now()
    assert panel.table.horizontalHeaderItem(0).toolTip() == "Dr. A"
    table = panel.table
    table.item(0, 1).setText("100 · 100.0 %\n96.3–100.0")
    table.setFixedWidth(NARROW_PX)
    qtbot.waitUntil(lambda: table.width() == NARROW_PX)
    qtbot.waitUntil(lambda: table.horizontalScrollBar().maximum() == 0)
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() == 0)
    for column in range(table.columnCount()):
        assert table.columnWidth(column) >= table.sizeHintForColumn(column)


def test_locked_smear_does_not_ask_for_more(reviewed, qtbot):
    review, panel = reviewed, reviewed.count
    review.counting.later.now()
    panel.next_button.click()
    counted(qtbot, review)
    review.words.buttons["normal"].click()
    review.counting.later.now()
    assert "Read the others" in panel.told.text()
    record = review.reviewer.record
    (slide,) = slides_of(record.database)
    lock_smear(record.database, record.reader.reader_id, slide.slide_id)
    review.counting.later.now()
    review.locking.later.now()
    review.locking.show()
    review.counting.show()
    told = panel.told.text()
    assert "Read the others" not in told
    assert "Locked by Dr. A, 20" in told
    signed = next(line for line in review.result.told.text().split("<br>") if "Locked by" in line)
    assert signed in told


def test_window_and_command_line_count_the_same(reviewed, qtbot):
    panel = reviewed.count
    reviewed.counting.later.now()
    panel.form.set_value("seed", 7)
    panel.next_button.click()
    counted(qtbot, reviewed)
    database = reviewed.reviewer.record.database
    (slide,) = slides_of(database)
    count = count_smear(database, slide.slide_id, DifferentialParameters(seed=7))
    assert set(count.lines) == set(panel.told.text().split("<br>"))
    assert count.columns[-1].classes["l3"].count == 1


def test_other_order_draws_other_cells_and_another_queue_ends_the_count(reviewed, qtbot):
    panel, queue = reviewed.count, reviewed.reviewer.queue
    reviewed.counting.later.now()
    panel.next_button.click()
    counted(qtbot, reviewed)
    given = list(queue.given)
    panel.form.set_value("order", "field_order")
    reviewed.counting.later.now()
    assert not panel.form.editor("seed").isVisibleTo(reviewed)
    assert [k for _, k in queue.places] == [1, 2, 3, 5, 4] or queue.places != given
    reviewed.queue.changed.emit()
    assert queue.given is None


def test_another_smear_gives_the_queue_back(reviewed, analysed, qtbot):
    _, dock = analysed
    reviewed.counting.later.now()
    reviewed.count.next_button.click()
    counted(qtbot, reviewed)
    assert reviewed.reviewer.queue.given is not None
    dock.controller.session.set_fields((), "nothing")
    reviewed.counting.later.now()
    assert reviewed.reviewer.queue.given is None
    assert reviewed.count.told.text() == NOT_KEPT
