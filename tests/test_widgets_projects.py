"""One project after the other in a window: nothing of the first ever gets into the second."""

from __future__ import annotations

import pytest

from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import fields_of, slides_of
from napari_all_subtype.workflow.project_packet import write_packet
from window_steps import LONG_MS, kept, run, said_of

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window


def say(review, dock, label, word):
    """Pick a cell and press a class."""
    review.words.go_on.setChecked(False)
    dock.controller.picker.pick(label)
    review.words.buttons[word].click()


def shows_no_result(dock):
    """Whether nothing of a result is on the screen."""
    session, cells = dock.controller.session, dock.controller.layers.cells
    return session.result() is None and (cells is None or not cells.data.any())


def empty_project(folder):
    create_project(folder).close()
    return folder


def as_smear(review, dock, qtbot):
    """Show what is in the project as a smear of the project, not as a layer."""
    session = dock.controller.session
    review.project.smear_wanted.emit(0)
    qtbot.waitUntil(lambda: session.result() is not None and session.in_view, timeout=LONG_MS)


@pytest.mark.parametrize("shown", ["a layer", "a smear of the project"])
@pytest.mark.parametrize("how", ["open", "new"])
def test_nothing_of_one_project_gets_into_another(reviewed, analysed, qtbot, tmp_path, shown, how):
    (_, dock), record = analysed, reviewed.reviewer.record
    say(reviewed, dock, 1, "l3")
    if shown != "a layer":
        as_smear(reviewed, dock, qtbot)
    other = tmp_path / "other"
    if how == "open":
        reviewed.reviewer.desk.open(empty_project(other))
    else:
        record.create(other)
    assert record.has_open(other)
    qtbot.waitUntil(lambda: shows_no_result(dock), timeout=LONG_MS)
    qtbot.wait(100)
    assert (slides_of(record.database), fields_of(record.database)) == ([], [])
    assert "project project and stays there" in reviewed.words.said.text()
    record.keeper.keep_results()
    assert not record.keeper.keeping

    reviewed.reviewer.desk.open(tmp_path / "project")
    as_smear(reviewed, dock, qtbot)
    assert said_of(dock)[0] == "l3"
    assert len(fields_of(record.database)) == 1


def test_a_packet_gets_no_word_of_the_model_from_the_smear_before(
    reviewed, analysed, qtbot, tmp_path
):
    _, dock = analysed
    record = reviewed.reviewer.record
    write_packet(record.database, tmp_path / "packet", reader="Reader C", hide_model=True)
    as_smear(reviewed, dock, qtbot)
    reviewed.reviewer.desk.open(tmp_path / "packet")
    qtbot.waitUntil(lambda: not record.keeper.keeping, timeout=LONG_MS)
    as_smear(reviewed, dock, qtbot)
    assert len(fields_of(record.database)) == len(slides_of(record.database)) == 1
    assert set(dock.controller.session.result().analysis.cells["subtype"]) <= {"", "unknown"}


def test_a_smear_that_was_put_away_is_not_kept_in_another_project(
    reviewed, analysed, qtbot, tmp_path
):
    viewer, dock = analysed
    record, layer = reviewed.reviewer.record, viewer.layers["field"]
    as_smear(reviewed, dock, qtbot)
    dock.chooser.choose(layer)
    reviewed.reviewer.desk.open(empty_project(tmp_path / "other"))
    assert dock.controller.session.source is layer
    assert [dock.chooser.combo.itemText(k) for k in range(dock.chooser.combo.count())] == ["field"]
    qtbot.waitUntil(lambda: shows_no_result(dock), timeout=LONG_MS)
    assert fields_of(record.database) == []
    run(qtbot, dock)  # who analyses it anew wants it in the project that is open
    kept(qtbot, dock)
    assert len(fields_of(record.database)) == 1


def test_a_result_of_no_project_is_kept_in_the_one_that_is_opened(
    review, analysed, qtbot, tmp_path
):
    review.reviewer.desk.open(empty_project(tmp_path / "other"))
    kept(qtbot, analysed[1])
    assert len(fields_of(review.reviewer.record.database)) == 1


def test_a_word_goes_to_the_project_of_the_smear_that_was_closed(
    reviewed, analysed, qtbot, tmp_path
):
    _, dock = analysed
    reviewed.reviewer.record.close()
    say(reviewed, dock, 2, "l1")
    qtbot.waitUntil(lambda: said_of(dock)[1] == "l1", timeout=LONG_MS)
    assert reviewed.reviewer.record.has_open(tmp_path / "project")


def test_no_other_project_is_opened_while_an_analysis_goes_on(
    reviewed, analysed, monkeypatch, tmp_path
):
    session = analysed[1].controller.session
    monkeypatch.setattr(type(session), "running", property(lambda _: True))
    reviewed.reviewer.desk.open(empty_project(tmp_path / "other"))
    assert "An analysis goes on" in reviewed.words.said.text()
    assert reviewed.reviewer.record.has_open(tmp_path / "project")


def test_a_project_that_is_open_already_stays_as_it_is(reviewed, analysed, tmp_path):
    _, dock = analysed
    folder, link = tmp_path / "project", tmp_path / "link"
    link.symlink_to(folder)
    say(reviewed, dock, 1, "l3")
    for path in (folder, link, folder / ".." / "project"):
        reviewed.reviewer.desk.open(path)
        assert "is open already" in reviewed.words.said.text()
        assert "Only for reading" not in reviewed.project.told.text()
    say(reviewed, dock, 2, "l1")
    assert said_of(dock)[:2] == ["l3", "l1"]
    assert len(standing(reviewed.reviewer.record.database)) == 2


def test_a_project_that_cannot_be_opened_leaves_the_other_open(reviewed, analysed, tmp_path):
    (tmp_path / "nothing").mkdir()
    reviewed.reviewer.desk.open(tmp_path / "nothing")
    assert "holds no project" in reviewed.words.said.text()
    say(reviewed, analysed[1], 1, "l3")
    assert said_of(analysed[1])[0] == "l3"

    reviewed.reviewer.desk.open(tmp_path / "nothing")
    reviewed.reviewer.desk.open(empty_project(tmp_path / "other"))
    assert "⚠" not in reviewed.words.said.text()  # that was of the time before


@pytest.fixture
def packet(reviewed, tmp_path):
    """A packet for Reader C, beside the project that Dr. A reads."""
    write_packet(reviewed.reviewer.record.database, tmp_path / "packet", reader="Reader C")
    return tmp_path / "packet"


def test_a_packet_is_read_by_whom_it_is_for(packet, reviewed, analysed, qtbot, tmp_path):
    (_, dock), record = analysed, reviewed.reviewer.record
    reviewed.reviewer.settings.reader = "Dr. A"
    reviewed.reviewer.desk.open(packet)
    assert reviewed.project.reader.currentText() == "Reader C"
    assert not reviewed.project.reader.isEnabled()
    assert "Packet to be read blind by Reader C" in reviewed.project.told.text()
    assert "Reader C" in reviewed.words.reader.text()
    reviewed.project.reader_given.emit("Dr. A")
    assert "to be read by Reader C alone" in reviewed.words.said.text()
    as_smear(reviewed, dock, qtbot)
    say(reviewed, dock, 1, "l3")
    names = {one.reader_id: one.name for one in readers_of(record.database)}
    assert [names[one.annotation.reader_id] for one in standing(record.database)] == ["Reader C"]

    reviewed.reviewer.desk.open(tmp_path / "project")
    assert (record.reader.name, reviewed.project.reader.isEnabled()) == ("Dr. A", True)
    assert reviewed.reviewer.settings.reader == "Dr. A"

    reviewed.reviewer.settings.reader = ""
    reviewed.reviewer.desk.open(packet)
    record.close()
    assert "Reader C" not in reviewed.project.reader.currentText()
    assert "Reader C" not in reviewed.words.reader.text()


def test_the_name_that_words_are_said_under_is_told_before_the_first(
    review, analysed, tmp_path, qtbot
):
    review.reviewer.settings.reader = "Dr. <A>"
    review.reviewer.desk.open(empty_project(tmp_path / "other"))
    assert "Words are said as <b>Dr. &lt;A&gt;</b>" in review.words.reader.text()
    assert not review.words.reader.isHidden()


def test_a_layer_has_its_own_name_when_its_smear_is_opened_again(review, analysed, qtbot, tmp_path):
    viewer, dock = analysed
    viewer.layers["field"].name = "Blut: 患者 / 7.png"
    run(qtbot, dock)
    review.reviewer.record.create(tmp_path / "project")
    kept(qtbot, dock)
    as_smear(review, dock, qtbot)
    session = dock.controller.session
    assert session.field.name == "Blut_ 患者 _ 7"
    assert session.result().analysis.name == "Blut_ 患者 _ 7"

    viewer.layers.remove(dock.controller.layers.image)
    assert "image of the smear was deleted" in review.words.cell.text()
    review.reviewer.do("next")
    qtbot.waitUntil(lambda: dock.controller.layers.image in viewer.layers, timeout=LONG_MS)
    assert "was deleted" not in review.words.cell.text()
