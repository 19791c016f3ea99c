"""What is said and changed in the window is in the project, and comes back from there."""

from __future__ import annotations

from dataclasses import replace

import cv2
import pytest

from examples import example_analysis
from napari_all_subtype._widgets.dock import AnalyseSmear
from napari_all_subtype._widgets.open_project import NO_READER, NOT_OPEN
from napari_all_subtype._widgets.record import NOT_KEPT
from napari_all_subtype.cells import image, table
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.errors import LockedError, ProjectReadOnlyError, RecordError
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate_many
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.history import history, standing
from napari_all_subtype.project.locks import begin_amendment, lock
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.project_analyses import kept_analysis
from napari_all_subtype.workflow.project_keeping import enter_field, ready_field
from window_steps import FIELD, answered, drag, masks_of, run, table_of, use

pytest_plugins = ["window_fixtures"]
pytestmark = pytest.mark.window


@pytest.fixture
def record(analysed, qtbot, tmp_path):
    """The five cells of `analysed`, in a new project that Dr. A reads."""
    _, dock = analysed
    record = dock.controller.session.record
    record.create(tmp_path / "project")
    record.read_as("Dr. A")
    kept(qtbot, dock)
    yield record
    record.close()


def kept(qtbot, dock):
    record = dock.controller.session.record
    fields = dock.controller.session.fields
    qtbot.waitUntil(
        lambda: not record.keeper.keeping and all(record.keeps(n) for n in range(len(fields))),
        timeout=20_000,
    )


def words_of(dock):
    return table.words(table_of(dock))[1:].tolist()


def test_a_word_is_in_the_project_in_the_table_and_counted(analysed, record, tmp_path):
    _, dock = analysed
    record.say({0: [1]}, "l3")
    assert words_of(dock) == ["l3", "blast", "l1", "l2", "l3"]
    assert dock.result.legend.count_text("l3").startswith("2 ")
    with open_project(tmp_path / "project", write=False) as project:
        (one,) = standing(project)
        assert (one.label, one.word.name) == (1, "l3")
        assert one.annotation.seen.predicted.word.name == "normal"


def test_a_word_is_drawn_and_stands_in_the_features(qtbot, analysed, record):
    _, dock = analysed
    layers = dock.controller.layers
    before = layers.subtypes.data.copy()
    record.say({0: [1]}, "smudge")
    changed = layers.subtypes.data != before
    assert changed.any()
    assert (masks_of(dock).labels[changed] == 1).all()
    assert layers.cells.features["annotation"][1] == "smudge"
    qtbot.waitUntil(lambda: layers.letters.features["letter"][0] == "s", timeout=5000)
    assert layers.letters.border_width[0] > 0
    assert not layers.letters.border_width[1:].any()


def test_undo_and_redo_go_through_words_and_outlines_alike(qtbot, analysed, record):
    _, dock = analysed
    record.say({0: [1]}, "l3")
    dock.controller.picker.pick(2)
    dock.editor.delete()
    assert words_of(dock)[1] == ""
    dock.editor.undo()
    answered(qtbot, dock)
    assert masks_of(dock).labels[30, 80] == 2
    dock.editor.undo()
    assert words_of(dock)[0] == "normal"
    dock.editor.undo()
    assert "Nothing left" in dock.edits.line.text()
    dock.editor.redo()
    dock.editor.redo()
    assert words_of(dock)[0] == "l3"
    assert masks_of(dock).labels[30, 80] == 0


def test_a_word_comes_back_with_its_cell(qtbot, analysed, record):
    _, dock = analysed
    record.say({0: [2]}, "l1")
    dock.controller.picker.pick(2)
    dock.editor.delete()
    dock.editor.undo()
    answered(qtbot, dock)
    assert words_of(dock)[1] == "l1"


def test_a_person_s_class_outlives_a_change_of_the_outline(qtbot, analysed, record, tmp_path):
    viewer, dock = analysed
    record.say({0: [1]}, "l1")
    use(qtbot, dock, "split")
    drag(viewer, (15, 30), (45, 30))
    answered(qtbot, dock)
    assert words_of(dock)[0] == "l1"
    assert table_of(dock)["subtype"].iat[-1] == "l2"
    with open_project(tmp_path / "project", write=False) as project:
        again = kept_analysis(project, 1)
    assert table.words(again.cells).tolist() == table.words(table_of(dock)).tolist()
    assert (again.masks.labels == masks_of(dock).labels).all()


def test_many_words_are_one_step(analysed, record):
    _, dock = analysed
    record.say({0: [1, 2, 3, 4, 5]}, "not_a_cell")
    assert dock.controller.session.summary().n_cells == 0
    record.undo(0)
    assert words_of(dock) == ["normal", "blast", "l1", "l2", "l3"]


def test_words_find_their_cells_after_another_run(qtbot, analysed, record):
    _, dock = analysed
    record.say({0: [1]}, "l3")
    run(qtbot, dock)
    kept(qtbot, dock)
    assert words_of(dock)[0] == "l3"
    assert len(history(record.database)) == 1


def test_a_smear_comes_back_from_its_project(qtbot, analysed, record, tmp_path):
    _, dock = analysed
    session = dock.controller.session
    record.say({0: [1]}, "l3")
    record.close()
    record.open(tmp_path / "project")
    (smear,) = record.keeper.smears()
    record.keeper.open_smear(smear)
    qtbot.waitUntil(lambda: session.result() is not None, timeout=20_000)
    qtbot.waitUntil(lambda: dock.controller.layers.view.analysis is not None, timeout=20_000)
    assert words_of(dock)[0] == "l3"
    assert dock.chooser.combo.currentText().endswith(smear.name)


def test_the_field_that_is_looked_at_is_read_once_and_before_the_others(
    qtbot, make_napari_viewer, tmp_path, monkeypatch
):
    folder = tmp_path / "project"
    with create_project(folder) as project:
        slide_id = None
        for n in range(3):
            path = tmp_path / f"field {n}.png"
            pixels = FIELD.copy()
            pixels[0, 0] = n  # another picture
            cv2.imwrite(str(path), pixels[..., ::-1])
            named = replace(example_analysis(), name=path.name)
            kept, _ = enter_field(project, ready_field(project, named, path), slide_id)
            slide_id = kept.slide_id
        annotate(project, kept, "l3")
    viewer = make_napari_viewer()
    dock = AnalyseSmear(viewer)
    viewer.window.add_dock_widget(dock)
    session = dock.controller.session
    record, done, reads = session.record, [], []

    def read(path, *arguments):
        reads.append(path.name)
        return open_image(path, *arguments)

    monkeypatch.setattr(image, "open_image", read)
    session.field_updated.connect(lambda n: done.append((n, session.in_view)))
    record.open(folder)
    (smear,) = record.keeper.smears()
    record.keeper.open_smear(smear)
    record.keeper.open_smear(smear)  # as a click beside the view that comes back
    qtbot.waitUntil(lambda: len(done) == 3, timeout=20_000)
    assert [n for n, _ in done] == [0, 1, 2]
    assert [seen for _, seen in done] == [False, True, True]
    assert reads == ["field 0.png"]
    assert table.words(session.result(2).analysis.cells)[1] == "l3"
    record.close()


def annotate(project, kept, word):
    reader_id = reader_named(project, "Dr. A").reader_id
    seen = SeenCell(kept.field_id, 1, (1.0, 1.0), None, None)
    annotate_many(project, reader_id, [seen], [Word.of(FAB5, word)])


def test_nothing_is_shown_that_could_not_be_recorded(analysed, record):
    _, dock = analysed
    lock(record.database, 1, 1, {})
    with pytest.raises(LockedError):
        record.say({0: [1]}, "l3")
    assert words_of(dock)[0] == "normal"
    before = masks_of(dock).labels.copy()
    dock.controller.picker.pick(2)
    dock.editor.delete()
    assert (masks_of(dock).labels == before).all()
    assert (dock.controller.layers.cells.data == before).all()
    assert "locked" in dock.edits.line.text()
    begin_amendment(record.database, 1, 1, "one cell read again")
    record.say({0: [1]}, "l3")
    assert words_of(dock)[0] == "l3"


def test_who_and_where_is_asked_for_in_words(analysed, tmp_path):
    _, dock = analysed
    record = dock.controller.session.record
    with pytest.raises(RecordError, match=NOT_OPEN[:20]):
        record.say({0: [1]}, "l3")
    record.create(tmp_path / "other")
    with pytest.raises(RecordError, match=NO_READER[:14]):
        record.say({0: [1]}, "l3")
    record.read_as("Dr. Ä. O'Brien; DROP TABLE")
    with pytest.raises(RecordError, match=NOT_KEPT[:20]):
        record.say({0: [1]}, "l3")
    record.close()


def test_a_project_that_is_open_elsewhere_is_for_reading(qtbot, analysed, tmp_path):
    _, dock = analysed
    record = dock.controller.session.record
    with create_project(tmp_path / "busy"):
        record.open(tmp_path / "busy")
        assert not record.writable
        with pytest.raises(ProjectReadOnlyError, match="Nothing can be changed"):
            record.say({}, "l3")
        record.close()
