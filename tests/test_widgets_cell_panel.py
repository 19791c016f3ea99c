"""The panel of one cell in a real window: pointed at, picked, selected in the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.utils.interactions import mouse_move_callbacks

from fake_worker import FIVE_CELLS, InstantWorker, five_cells
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.layer_kinds import CELLS
from napari_all_subtype._widgets.messages import Ended, FieldDone, Ready
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.picking import LOOK_EVERY_MS
from napari_all_subtype.cells import table
from napari_all_subtype.cells.fab import fab_scores, reasons_in_words
from napari_all_subtype.cells.fab.measure import NUMBERS
from napari_all_subtype.cells.model_facts import FalseBlasts, ModelFacts
from napari_all_subtype.workflow.card_facts import FROM_RULES, FROM_SIMULATED
from napari_all_subtype.workflow.fab_evidence import FAB_NUMBERS, FAB_WORDS
from window_steps import FIELD, click, mouse_event, run, use

pytestmark = [pytest.mark.window, pytest.mark.drawn]
pytest_plugins = ["window_fixtures"]

ABOVE_REVIEW_PX = 157
FACTS = ModelFacts(
    "held-out cells",
    ("a", "b"),
    (FROM_SIMULATED, FROM_RULES),
    (FalseBlasts("c", 0.02, 300),),
    (0.06, 0.19),
)


def with_evidence(analysis):
    """The five cells with a FAB measure of 1 each on those called blast."""
    cells = analysis.cells.assign(**dict.fromkeys(FAB_NUMBERS, np.nan))
    cells = cells.assign(**dict.fromkeys(FAB_WORDS, "")).astype(dict.fromkeys(FAB_WORDS, object))
    blasts = analysis.cells.loc[2:].assign(**dict.fromkeys(NUMBERS, 1.0))
    blasts = blasts.assign(fab_ruler="small lymphocytes", fab_missing="vacuoles: cell too small")
    blasts = blasts.assign(**fab_scores(blasts), fab_reasons=reasons_in_words(blasts))
    return replace(analysis, cells=table.with_rows(cells, blasts), facts=FACTS)


class TellingWorker(InstantWorker):
    """As InstantWorker, of a model whose card says something."""

    def _answer(self):
        self.message.emit(Ready("fake 0, sha256 00", "CPU"))
        for n, field in enumerate(self.last_run.fields):
            result = PackedAnalysis.of(with_evidence(five_cells(field.name)))
            self.message.emit(FieldDone(n, result))
        self.running = False
        self.message.emit(Ended())


@pytest.fixture
def told_of(window, monkeypatch, qtbot):
    monkeypatch.setattr(session_module, "Worker", TellingWorker)
    viewer, dock = window()
    viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    run(qtbot, dock)
    # High enough for all of the dock, so that the panel is in sight.
    viewer.window.resize(1400, 1150)
    qtbot.wait(50)
    dock.scroll.reveal(dock.cell)
    return viewer, dock


def point_at(viewer, y_px, x_px):
    event = mouse_event("mouse_move", (0.25 * y_px, 0.25 * x_px), dragging=False)
    mouse_move_callbacks(viewer, event)


def test_panel_says_what_to_do_until_a_cell_is_pointed_at(told_of, qtbot):
    viewer, dock = told_of
    assert "Click a cell" in dock.cell.text.text()
    assert not dock.cell.picture.isVisible()
    point_at(viewer, *FIVE_CELLS[3])
    qtbot.waitUntil(lambda: "Cell 4: L2" in dock.cell.text.text(), timeout=2000)
    assert "Under the cursor" in dock.cell.pinned.text()
    assert dock.cell.picture.isVisible()
    assert dock.controller.layers.picked == 0


def test_numbers_say_what_they_rest_on(told_of, qtbot):
    viewer, dock = told_of
    y, x = FIVE_CELLS[3]
    click(viewer, 0.25 * y, 0.25 * x)
    assert "Blast 0.95</b>, calibrated on 2 laboratories" in dock.cell.sides.text()
    assert "held-out cells" in dock.cell.sides.toolTip()
    assert "rule score, not a probability" in dock.cell.scores.text()
    assert "simulated cells and from real blasts named by FAB rules" in dock.cell.scores.text()
    assert "For " in dock.cell.first.text()
    assert "For " in dock.cell.reasons.text()
    assert "Not measured: vacuoles" in dock.cell.reasons.text()
    for part in (dock.cell.side_bars, dock.cell.score_bars):
        assert part.isVisible()
    numbers = [row[0].text() for row in dock.cell.side_bars.numbers if row[0].text()]
    assert numbers == ["0.95", "0.05"]


def test_picked_cell_stays_whatever_the_cursor_passes(told_of, qtbot):
    viewer, dock = told_of
    y, x = FIVE_CELLS[0]
    click(viewer, 0.25 * y, 0.25 * x)
    assert "Cell 1: Normal" in dock.cell.text.text()
    assert not dock.cell.score_bars.isVisible()
    point_at(viewer, *FIVE_CELLS[3])
    qtbot.wait(3 * LOOK_EVERY_MS)
    assert "Cell 1: Normal" in dock.cell.text.text()
    assert "Picked" in dock.cell.pinned.text()
    click(viewer, 0.25 * 127, 0.25 * 159)
    point_at(viewer, *FIVE_CELLS[3])
    qtbot.waitUntil(lambda: "Cell 4: L2" in dock.cell.text.text(), timeout=2000)


def test_label_selected_in_the_table_of_features_is_picked(told_of):
    viewer, dock = told_of
    viewer.layers[CELLS].selected_label = 5
    assert dock.controller.layers.picked == 5
    assert "Cell 5: L3" in dock.cell.text.text()
    viewer.layers[CELLS].selected_label = 99
    assert dock.controller.layers.picked == 5


def test_tool_taken_up_picks_nothing(told_of, qtbot):
    _, dock = told_of
    use(qtbot, dock, "paint")
    assert dock.controller.layers.picked == 0
    dock.edits.buttons["paint"].click()
    assert dock.controller.layers.picked == 0


def test_cursor_that_moves_much_is_followed_a_few_times_only(told_of, qtbot, monkeypatch):
    viewer, dock = told_of
    looks = []
    monkeypatch.setattr(dock.controller.picker, "_show", lambda label, *_: looks.append(label))
    for step in range(200):
        point_at(viewer, *FIVE_CELLS[step % 5])
    qtbot.wait(3 * LOOK_EVERY_MS)
    assert len(looks) == 1


def test_panel_out_of_sight_is_not_written(told_of, qtbot):
    viewer, dock = told_of
    dock.cell.hide()
    point_at(viewer, *FIVE_CELLS[3])
    qtbot.wait(3 * LOOK_EVERY_MS)
    assert "Click a cell" in dock.cell.text.text()


def test_picture_is_cut_from_the_image_with_the_outline_in_the_colour_of_the_class(told_of):
    viewer, dock = told_of
    y, x = FIVE_CELLS[1]
    click(viewer, 0.25 * y, 0.25 * x)
    picture = dock.controller.picker._picture().astype(int)
    yellow = (picture[..., :2].min(axis=2) - picture[..., 2]) > 80
    assert yellow.sum() > 100
    assert (np.abs(picture - FIELD[0, 0].astype(int)).max(axis=2) < 3).mean() > 0.5


def test_field_of_sixteen_bits_has_a_picture_too(window, monkeypatch, qtbot):
    monkeypatch.setattr(session_module, "Worker", TellingWorker)
    viewer, dock = window()
    viewer.add_image(FIELD.astype(np.uint16) * 257, rgb=True, name="deep")
    run(qtbot, dock)
    dock.cell.after.click()
    qtbot.waitUntil(lambda: dock.cell.picture.isVisibleTo(dock), timeout=5000)


def test_rate_and_warning_stand_beside_the_counts(told_of):
    _, dock = told_of
    text = dock.result.summary.text().replace("\N{NO-BREAK SPACE}", " ")
    assert "the model calls 2 % of the cells blast" in text
    assert "0.250 µm/px is coarser" in dock.result.scale_warning.text()
    assert dock.result.scale_warning.isVisible()


def test_smear_score_stands_in_the_summary_below_the_words_of_the_network(told_of):
    _, dock = told_of
    text = dock.result.summary.text()
    assert text.index("Blast side") < text.index("FAB rules") < text.index("4 blasts in 1 field")
    assert text.index("FAB rules") < text.index("L1, L2 and L3 are scores")


def test_cell_unlike_the_training_is_explained_with_grey_bars(told_of):
    viewer, dock = told_of
    cells = dock.controller.session.result().analysis.cells
    cells["novelty"] = 0.5
    cells.loc[5, ["subtype", "novelty"]] = ["unknown", 1.14]
    viewer.layers[CELLS].selected_label = 5
    assert "novelty 1.14, limit 1.0" in dock.cell.first.text()
    assert "Not to be relied on" in dock.cell.sides.text()
    assert "never saw" in dock.cell.sides.toolTip()
    assert dock.cell.side_bars.isVisible()
    assert dock.cell.side_bars.strips[0][0]._colour.name() == "#888888"


def test_panel_higher_than_the_window_is_shown_from_its_beginning(told_of, qtbot):
    viewer, dock = told_of
    viewer.window.resize(1100, 520)
    qtbot.wait(100)
    dock.scroll.verticalScrollBar().setValue(0)
    y, x = FIVE_CELLS[3]
    click(viewer, 0.25 * y, 0.25 * x)
    assert dock.cell.sizeHint().height() > dock.scroll.viewport().height()
    panel = dock.cell
    for part in (panel.after, panel.picture, panel.text, panel.side_bars, panel.first):
        # So high is what is left of the dock above that of a review, in a window of 1920 × 1200.
        assert part.mapTo(panel, part.rect().bottomLeft()).y() < ABOVE_REVIEW_PX
        qtbot.waitUntil(
            lambda part=part: part.visibleRegion().boundingRect() == part.rect(), timeout=5000
        )
