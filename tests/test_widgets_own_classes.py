"""The window is about the classes of the open project, else of the result that is shown."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from examples import example_analysis
from fake_worker import FIVE_CELLS, InstantWorker
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.gallery.dock import CellGallery
from napari_all_subtype._widgets.layer_kinds import DRAWN, NO_WORD
from napari_all_subtype._widgets.messages import Ended, FieldDone, Ready
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype.cells import table
from napari_all_subtype.decision import decide
from napari_all_subtype.model.card import read_card, write_card
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.project.taxonomies import taxonomy_of, use_taxonomy
from napari_all_subtype.workflow.colour_values import DISAGREEMENT
from window_steps import FIELD, answered, drag, kept, run, said_of, table_of, use

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window

THREE = taxonomy_of_names(["neutrophil", "lymphocyte", "monocyte"])
EXCLUDED = ["not_a_cell", "smudge", "nucleated_red_cell", "other_object"]


def three_classes(name):
    """The five cells, which a model of three classes calls by them in turn."""
    analysis = example_analysis(FIVE_CELLS, name=name)
    p = np.full((len(FIVE_CELLS), 3), 0.1, np.float32)
    p[np.arange(len(p)), np.arange(len(p)) % 3] = 0.8
    told = pd.DataFrame(p, columns=[f"p_{one}" for one in THREE.names])
    said = pd.concat([told, decide(p, taxonomy=THREE).to_frame()], axis=1)
    cells = analysis.cells[[*table.COLUMNS]]
    cells = pd.concat([cells, said.set_axis(range(1, 6)).reindex(cells.index)], axis=1)
    cells.loc[0, ["subtype", "best_guess"]] = ""
    return replace(analysis, cells=cells, taxonomy=THREE, model="three 1, sha256 00")


class ThreeClassWorker(InstantWorker):
    """Has a model of three classes of a person's own."""

    def _answer(self):
        self.message.emit(Ready("three 1, sha256 00", "CPU"))
        for n, field in enumerate(self.last_run.fields):
            self.message.emit(FieldDone(n, PackedAnalysis.of(three_classes(field.name))))
        self.running = False
        self.message.emit(Ended())


@pytest.fixture
def three(monkeypatch):
    monkeypatch.setattr(session_module, "Worker", ThreeClassWorker)


@pytest.fixture
def own(window, three, user_folder, qtbot):
    """A result of three own classes, with all docks, and no project."""
    viewer, dock = window()
    review, gallery = ReviewSmear(viewer), CellGallery(viewer)
    for one, name in ((review, "Review"), (gallery, "Cell gallery")):
        viewer.window.add_dock_widget(one, name=name)
    viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
    run(qtbot, dock)
    yield viewer, dock, review, gallery
    review.reviewer.close()


def shown_in(box):
    return [box.itemData(n) for n in range(box.count())]


def press(widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget, key, modifier)


def test_every_part_of_the_window_has_the_classes_of_the_result(own):
    viewer, dock, review, gallery = own
    assert list(dock.result.legend._boxes)[:3] == list(THREE.names)
    assert dock.result.legend.count_text("neutrophil").startswith("2 ")
    assert list(review.words.buttons)[:7] == [*THREE.names, *EXCLUDED]
    assert shown_in(review.queue.one_class)[:3] == list(THREE.names)
    assert list(gallery.classes.buttons) == [*THREE.names, *EXCLUDED, ""]
    assert sorted(viewer.layers["letters"].features["letter"]) == ["L", "L", "M", "N", "N"]
    combo = viewer.layers["cells"].features[table.ANNOTATION]
    assert list(combo.cat.categories) == [NO_WORD, *THREE.names, *EXCLUDED]
    assert not dock.result.best_guess.isVisibleTo(dock.result)
    assert dock.result.drawing.colour_by.findData(DISAGREEMENT.name) < 0
    assert "FAB" not in dock.result.summary.text()
    assert "Blast" not in dock.result.summary.text()


def test_form_leaves_out_what_a_chosen_model_of_own_classes_has_no_use_for(window, qtbot, tmp_path):
    """Of the bundled model its card alone, with other classes."""
    card = read_card(find_model())
    made = {"id": "mine", "taxonomy": THREE.name, "taxonomy_classes": THREE.classes}
    write_card(card.model_copy(update=made), tmp_path)
    _, dock = window()
    setup = dock.setup
    sides = [setup.main.editor(f"decision.{one}_threshold") for one in ("blast", "subtype")]
    fab = [name for name in setup.more.names if name.startswith(("fab.", "smear_score."))]
    assert fab
    before = setup.parameters()
    setup.add_model(str(tmp_path))
    qtbot.waitUntil(lambda: not any(one.isVisibleTo(setup) for one in sides), timeout=10_000)
    setup.collapsible.expand(animate=False)
    more = [setup.more.editor(name) for name in setup.more.names if name not in fab]
    qtbot.waitUntil(lambda: all(one.isVisibleTo(setup.more) for one in more), timeout=10_000)
    assert not [name for name in fab if setup.more.editor(name).isVisibleTo(setup.more)]
    setup.model.setCurrentIndex(0)
    qtbot.waitUntil(lambda: all(one.isVisibleTo(setup) for one in sides), timeout=10_000)
    assert all(setup.more.editor(name).isVisibleTo(setup.more) for name in fab)
    assert setup.parameters() == before


@pytest.mark.drawn
def test_words_are_said_by_key_taken_back_and_kept_under_these_classes(own, qtbot, tmp_path):
    _, dock, review, gallery = own
    window, record = review.window(), review.reviewer.record
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    review.words.go_on.setChecked(False)
    dock.controller.picker.pick(1)
    press(window, Qt.Key.Key_3)
    kept(qtbot, dock)
    qtbot.waitUntil(lambda: said_of(dock)[0] == "monocyte", timeout=10_000)
    assert "Monocyte" in review.words.said.text()
    assert taxonomy_of(record.database) == THREE
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert said_of(dock)[0] == ""
    assert "no word" in review.words.said.text()
    press(window, Qt.Key.Key_2)
    gallery.curator.session.selection.set([(0, 2), (0, 4)])
    gallery.classes.buttons["monocyte"].click()
    assert said_of(dock) == ["lymphocyte", "monocyte", "", "monocyte", ""]
    assert [row.key for row in gallery.view.thumbnails.rows if hasattr(row, "key")]
    stands = standing(record.database, dock.controller.session.field.kept.field_id)
    assert {one.word.taxonomy for one in stands} == {THREE.name}
    dock.controller.tally.show()
    assert dock.result.legend.count_text("monocyte").startswith("3 ")
    dock.controller.exporter.export(tmp_path / "out")
    qtbot.waitUntil(lambda: any((tmp_path / "out").rglob("summary.json")), timeout=30_000)
    told = json.loads(next((tmp_path / "out").rglob("summary.json")).read_text())
    assert told["classes"]["monocyte"]["count"] == 3


def test_count_and_agreement_are_of_these_classes(own, qtbot):
    _, dock, review, _ = own
    review.words.go_on.setChecked(False)
    for label, name in ((1, "monocyte"), (2, "lymphocyte"), (3, "monocyte")):
        dock.controller.picker.pick(label)
        review.reviewer.do(name)
        kept(qtbot, dock)
        qtbot.waitUntil(lambda label=label: said_of(dock)[label - 1] != "", timeout=10_000)
    review.counting.later.now()
    review.count.next_button.click()
    qtbot.waitUntil(lambda: review.counting.drawn is not None, timeout=30_000)
    review.counting.later.now()
    heads = [
        review.count.table.verticalHeaderItem(n).text()
        for n in range(review.count.table.rowCount())
    ]
    assert heads[:3] == ["Neutrophil", "Lymphocyte", "Monocyte"]
    assert not any("Blast" in head for head in heads)
    review.comparing.later.now()
    review.agreement.compare_button.click()
    qtbot.waitUntil(lambda: review.comparing.found is not None, timeout=30_000)
    assert "Classes: κ" in review.agreement.kappas.text()
    assert "blast" not in review.agreement.kappas.text()
    table = review.agreement.table
    heads = [table.horizontalHeaderItem(n).text() for n in range(table.columnCount())]
    assert heads == ["Neutrophil", "Lymphocyte", "Monocyte"]


def test_where_project_and_result_differ_it_is_said_and_nothing_is_lost(
    review, analysed, qtbot, tmp_path
):
    viewer, dock = analysed
    with create_project(tmp_path / "own") as database:
        use_taxonomy(database, THREE)
    gallery = CellGallery(viewer)
    viewer.window.add_dock_widget(gallery, name="Cell gallery")
    record = review.reviewer.record
    record.open(tmp_path / "own")
    record.read_as("Dr. A")
    kept(qtbot, dock)
    told = review.words.conflict
    assert told.isVisibleTo(review)
    assert "Neutrophil, Lymphocyte, Monocyte" in told.text()
    assert "Normal, Blast, L1, L2, L3" in told.text()
    for way in ("Press Run", "project add PROJECT --folder", "--table", "the dock Train"):
        assert way in told.text()
    # The result has its own legend and filters, the project its own words.
    assert list(dock.result.legend._boxes)[:2] == ["normal", "blast"]
    assert list(review.words.buttons)[:3] == list(THREE.names)
    dock.controller.picker.pick(1)
    assert not review.words.buttons["neutrophil"].isEnabled()
    gallery.curator.session.selection.set([(0, 1)])
    assert not gallery.classes.buttons["neutrophil"].isEnabled()
    assert gallery.conflict.isVisibleTo(gallery)
    review.reviewer.do("neutrophil")
    assert said_of(dock) == [""] * 5
    assert "cannot be said of the other" in review.words.said.text()
    review.reviewer.do("smudge")
    assert said_of(dock)[0] == "smudge"
    # A word of these classes, as a packet brings it, is shown as it is and stays.
    record._put_words(0, {2: "neutrophil"})
    review.reviewer.table_words.look()
    assert said_of(dock)[1] == "neutrophil"
    dock.controller.picker.pick(2)
    assert "Neutrophil" in review.words.cell.text()
    record.close()
    assert not review.words.conflict.isVisibleTo(review)
    assert list(review.words.buttons)[:2] == ["normal", "blast"]
    assert "l1" in table_of(dock)["subtype"].tolist()


def test_the_window_goes_wholly_to_a_project_of_other_classes_and_back(
    reviewed, analysed, qtbot, tmp_path
):
    """With no layer of a person's own, to which the choice could go."""
    viewer, dock = analysed
    session, review = dock.controller.session, reviewed.reviewer

    def shown():
        reviewed.project.smear_wanted.emit(0)
        qtbot.waitUntil(lambda: session.result() is not None and session.in_view, timeout=10_000)

    shown()
    viewer.layers.remove("field")
    review.do("next")
    with create_project(tmp_path / "own") as database:
        use_taxonomy(database, THREE)
    review.desk.open(tmp_path / "own")
    assert (session.source, session.fields, session.selected) == (None, (), -1)
    assert list(reviewed.words.buttons)[:3] == list(THREE.names)
    assert list(dock.result.legend._boxes)[:3] == list(THREE.names)
    assert not dock.export_button.isEnabled()
    assert not dock.result.isVisibleTo(dock)
    assert not dock.controller.layers.cells.data.any()
    assert reviewed.queue.progress.format() == "0 of 0 read"
    assert dock.chooser.current() is None

    review.desk.open(tmp_path / "project")
    shown()
    assert list(reviewed.words.buttons)[:2] == ["normal", "blast"]
    assert list(dock.result.legend._boxes)[:2] == ["normal", "blast"]
    assert dock.result.legend.count_text("blast") != "–"
    assert reviewed.queue.progress.format() == "0 of 5 read"
    assert dock.export_button.isEnabled()


def test_cells_are_named_in_classes_that_no_model_has_yet(review, analysed, qtbot, tmp_path):
    viewer, dock = analysed
    with create_project(tmp_path / "own") as database:
        use_taxonomy(database, THREE)
    record = review.reviewer.record
    record.open(tmp_path / "own")
    record.read_as("Dr. A")
    kept(qtbot, dock)
    viewer.layers["field"].metadata[DRAWN] = True
    run(qtbot, dock, until_shown=False)
    kept(qtbot, dock)
    session = dock.controller.session
    assert "what it calls them is left out" in dock.stage.text()
    assert words.DRAWN not in dock.stage.text()
    assert not review.words.conflict.isVisibleTo(review)
    assert list(dock.result.legend._boxes)[:3] == list(THREE.names)
    assert set(table_of(dock)["subtype"][1:]) == {"unknown"}
    assert not {"p_normal", "fab_l1"} & set(table_of(dock))
    qtbot.waitUntil(lambda: session.in_view, timeout=10_000)
    qtbot.waitUntil(lambda: session.layers.view.analysis.taxonomy == THREE, timeout=10_000)
    review.words.go_on.setChecked(False)
    dock.cell.looked_at.box.setChecked(True)
    dock.controller.picker.pick(1)
    # No network spoke of the cell: there is nothing that one looked at.
    assert dock.cell.looked_at.isHidden()
    assert not session.explaining
    review.words.buttons["monocyte"].click()
    assert said_of(dock) == ["monocyte", "", "", "", ""]
    assert review.words.cell.text() == "<b>Cell 1</b>: Monocyte."
    use(qtbot, dock, "split")
    drag(viewer, (30, 70), (30, 95))
    answered(qtbot, dock)
    assert len(said_of(dock)) >= 5
    (one,) = standing(record.database, session.field.kept.field_id)
    assert one.word.taxonomy == THREE.name
    assert one.annotation.seen.predicted is None

    session.select(0)
    review.project.smear_wanted.emit(0)
    qtbot.waitUntil(lambda: session.result() is not None and session.in_view, timeout=10_000)
    assert said_of(dock)[0] == "monocyte"
    assert session.result().analysis.taxonomy.meanings == THREE.meanings
    assert not review.words.conflict.isVisibleTo(review)
