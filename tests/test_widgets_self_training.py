"""The dock *Self-training*: feedback and its queue, rounds that are decided, and what they took."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialogButtonBox

from fake_learner import FakeLearner
from learning_steps import LONG_MS, ended
from napari_all_subtype._widgets.self_training.conductor import NO_MODEL, NO_PROJECT
from napari_all_subtype._widgets.self_training.dock import SelfTraining
from napari_all_subtype._widgets.self_training.feedback_panel import NOT_YET
from napari_all_subtype._widgets.self_training.naming_dialog import (
    GONE,
    NEAR,
    READING,
    TRY_AGAIN,
    NamingDialog,
)
from napari_all_subtype._widgets.self_training.queue_reader import NOTHING_LEFT
from napari_all_subtype._widgets.self_training.rounds_panel import NO_ROUND
from napari_all_subtype._widgets.train import looking
from napari_all_subtype.errors import ProjectReadError
from napari_all_subtype.learning.parameters import SelfTrainingParameters
from napari_all_subtype.project.annotation import SeenCell
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.rounds import (
    ACCEPTED,
    PROPOSED,
    REJECTED,
    ROLLED_BACK,
    rounds_of,
    running_model,
)
from napari_all_subtype.project.smears import path_of
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.lone_cells import LoneCell, LonePicture
from napari_all_subtype.workflow.self_train import self_train
from napari_all_subtype.workflow.train import train_project

pytest_plugins = ["window_fixtures", "review_fixtures", "learning_fixtures"]
pytestmark = pytest.mark.window

LOOSE = SelfTrainingParameters(rounds=2, most_log_loss_gain=1)


@pytest.fixture
def rounds_made(project_folder):
    """The small project after two rounds, which the rule accepted."""
    with open_project(project_folder) as database:
        self_train(database, FakeLearner(), LOOSE)
    return project_folder


def shown(qtbot, dock):
    """Wait until the rounds of the record are in the table."""
    qtbot.waitUntil(lambda: dock.conductor.kept is not None, timeout=LONG_MS)


def states(dock):
    table = dock.rounds.table
    return [table.item(r, 4).text() for r in range(table.rowCount())]


def test_without_a_project_or_a_model_the_dock_says_what_to_do(
    learning_dock, project_folder, qtbot
):
    _, dock = learning_dock(SelfTraining)
    assert dock.told.text() == NO_PROJECT
    assert not dock.footer.start_button.isEnabled()
    dock.conductor.record.open(project_folder)
    shown(qtbot, dock)
    assert dock.told.text() == NO_MODEL
    assert not dock.feedback.judge_button.isEnabled()
    assert dock.footer.start_button.isEnabled()
    assert dock.feedback.told.text() == NOT_YET
    assert dock.rounds.told.text() == NO_ROUND


def test_every_control_has_a_tooltip(learning_dock):
    _, dock = learning_dock(SelfTraining)
    for form in (dock.form, dock.more, dock.choices_form, dock.feedback.form, dock.feedback.more):
        for name in form.values():
            assert form.editor(name).toolTip(), name
    for part in (dock.who, dock.curves_button, *dock.rounds.buttons.values()):
        assert part.toolTip()


def test_recorded_rounds_are_shown_with_their_cells_and_can_be_rolled_back(
    learning_dock, rounds_made, qtbot
):
    _, dock = learning_dock(SelfTraining, rounds_made)
    shown(qtbot, dock)
    made = dock.conductor.kept.rounds
    assert [one.number for one in made] == list(range(len(made)))
    assert dock.rounds.told.text().startswith(f"<b>{made[-1].model_id}</b> runs now. Choose")
    bold = [dock.rounds.table.item(r, 0).font().bold() for r in range(len(made))]
    assert bold == [True] + [False] * (len(made) - 1)
    assert states(dock) == [one.state for one in reversed(made)]
    dock.rounds.table.selectRow(0)
    last = made[-1]
    n = len(last.content["used"])
    qtbot.waitUntil(lambda: len(dock.rounds.gallery.thumbnails.keys) == n, timeout=LONG_MS)
    # The surest of each class first.
    for at, section in dock.rounds.gallery.thumbnails.sections():
        rows = dock.rounds.gallery.thumbnails.rows[at + 1 : at + 1 + section.count]
        captions = [float(row.caption) for row in rows]
        assert captions == sorted(captions, reverse=True)
    database = dock.conductor.record.database
    assert running_model(database).model_id == last.model_id
    assert not dock.rounds.buttons[REJECTED].isEnabled()
    dock.rounds.buttons[ROLLED_BACK].click()
    assert rounds_of(database)[-1].state == ROLLED_BACK
    assert running_model(database).model_id == made[-2].model_id
    qtbot.waitUntil(lambda: states(dock)[0] == ROLLED_BACK, timeout=LONG_MS)
    # Where the round went back to is said, and the start has a name and a score.
    assert f"{made[-2].model_id} runs now, of round 1." in dock.footer.told.text()
    table = dock.rounds.table
    first = [table.item(table.rowCount() - 1, c).text() for c in range(3)]
    assert first[:2] == ["start", "0"]
    assert 0 <= float(first[2]) <= 1
    # The record says who.
    assert rounds_of(database)[-1].decided_by
    dock.rounds.buttons[ACCEPTED].click()
    assert running_model(database).model_id == last.model_id


def test_a_person_decides_each_round_while_it_waits(learning_dock, project_folder, qtbot):
    _, dock = learning_dock(SelfTraining, project_folder)
    shown(qtbot, dock)
    dock.who.setCurrentIndex(1)
    dock.form.set_value("rounds", 2)
    learning = dock.conductor.learning
    heard = []
    learning.ended.connect(heard.append)
    dock.footer.start_button.click()
    qtbot.waitUntil(lambda: dock.rounds.waits or bool(heard), timeout=LONG_MS)
    assert not heard
    assert "waits for you" in dock.rounds.told.text()
    assert dock.rounds.gallery.thumbnails.keys
    dock.rounds.buttons[ACCEPTED].click()
    assert not dock.rounds.waits
    qtbot.waitUntil(lambda: dock.rounds.waits or bool(heard), timeout=LONG_MS)
    assert not heard
    dock.rounds.buttons[""].click()
    qtbot.waitUntil(lambda: bool(heard), timeout=LONG_MS)
    assert not heard[0].message
    text = dock.footer.told.text()
    assert "waits for your decision" in text
    runs = running_model(dock.conductor.record.database).model_id
    assert f"{runs} runs: it is of round 1" in text
    assert not dock.curves.curves.empty
    found = [one.state for one in rounds_of(dock.conductor.record.database)]
    assert found == [ACCEPTED, ACCEPTED, PROPOSED]
    assert rounds_of(dock.conductor.record.database)[1].decided_by
    assert all("kappa" in one.content for one in rounds_of(dock.conductor.record.database)[1:])


def test_feedback_gives_a_queue_and_suspect_words(learning_dock, rounds_made, qtbot):
    _, dock = learning_dock(SelfTraining, rounds_made)
    shown(qtbot, dock)
    dock.feedback.form.set_value("queue", 4)
    assert not ended(qtbot, dock.conductor.learning, dock.feedback.judge_button.click).message
    qtbot.waitUntil(lambda: dock.conductor.kept.feedback is not None, timeout=LONG_MS)
    kept = dock.conductor.kept.feedback
    assert len(kept.queue) == 4
    assert "Macro-F1 out of sample" in dock.feedback.told.text()
    assert dock.feedback.queue_button.text() == "Read the queue (4)"
    assert len((rounds_made / "queue.csv").read_text("utf-8").splitlines()) == 5
    # No smear shows pictures of one cell: they are named in a window of their own.
    naming = dock.conductor.naming
    dock.feedback.queue_button.click()
    assert "4 pictures of one cell are shown" in dock.footer.told.text()
    qtbot.waitUntil(lambda: naming.dialog is not None, timeout=LONG_MS)
    dialog, database = naming.dialog, dock.conductor.record.database
    before = len(standing(database))
    assert dialog.told.text() == "<b>Cell 1 of 4.</b>"
    assert not dialog.picture.pixmap().isNull()
    assert dialog.buttons["normal"].shortcut().toString() == "1"
    for word in ("blast", "smudge"):
        dialog.buttons[word].click()
    dialog.buttons["next"].click()
    dialog.buttons["next"].click()
    assert dialog.told.text().startswith("2 of 4 cells named.")
    assert not dialog.buttons["blast"].isEnabled()
    for _ in range(4):
        dialog.buttons["previous"].click()
    assert dialog.told.text() == "<b>Cell 1 of 4.</b> It is called Blast."
    dialog.buttons["normal"].click()  # said again
    said = {(one.annotation.seen.field_id, one.label): one.word.name for one in standing(database)}
    assert [said.get(place) for place in kept.queue] == ["normal", "smudge", None, None]
    assert len(standing(database)) == before + 2
    dialog.buttons["take_back"].click()  # of the second one, which is shown now
    assert dialog.told.text() == "<b>Cell 2 of 4.</b>"
    assert len(standing(database)) == before + 1
    dialog.reject()
    assert naming.dialog is None
    # What was named is not asked again.
    dock.feedback.queue_button.click()
    qtbot.waitUntil(lambda: naming.dialog is not None, timeout=LONG_MS)
    assert len(naming.dialog.cells) == 3
    naming.close()


@pytest.fixture
def picture():
    return LonePicture(np.zeros((8, 8, 4), np.uint8), np.full((8, 8, 3), 200, np.uint8))


@pytest.fixture
def dialog(picture, qtbot):
    """Names many cells, and holds the picture of the first."""
    cells = [LoneCell(SeenCell(n, 1, (4.0, 4.0))) for n in range(3 * NEAR)]
    dialog = NamingDialog(cells, {0: picture}, FAB5, {})
    qtbot.addWidget(dialog)
    return dialog


def test_error_is_told_until_the_reader_moves(dialog, picture):
    dialog.answer(0, "blast", "The result is locked.")
    dialog.take({5: picture})  # which a thread was reading
    dialog.lack("The project is gone.")
    assert dialog.told.text() == "⚠ The result is locked."
    dialog.move_on(1)
    dialog.take({5: picture})
    assert dialog.told.text().endswith(READING)
    dialog.lack("The project is gone.")
    told = f"<b>Cell 2 of {len(dialog.cells)}.</b> ⚠ The project is gone. {TRY_AGAIN}"
    assert dialog.told.text() == told
    assert 1 in dialog.missing
    dialog.take({1: picture})
    assert dialog.told.text() == f"<b>Cell 2 of {len(dialog.cells)}.</b>"


def test_no_key_closes_the_window_while_a_picture_is_read(dialog, picture, qtbot):
    dialog.said.connect(dialog.answer)
    dialog.show()

    def press(key):
        qtbot.keyClick(dialog.focusWidget(), key)

    blast = dialog.buttons["blast"]
    blast.setFocus()
    press(Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.words[0] == ""
    press(Qt.Key.Key_Space)
    assert dialog.words[0] == "blast"
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
        press(key)
        assert dialog.isVisible()
        assert not any(dialog.words[1:])
    dialog.take({1: picture})
    assert dialog.focusWidget() is blast
    # A person goes to it, and then it is theirs.
    close = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close)
    close.setFocus()
    dialog.move_on(1)
    dialog.take({2: picture})
    assert dialog.focusWidget() is close
    press(Qt.Key.Key_Space)
    assert not dialog.isVisible()


def test_pictures_that_could_not_be_read_just_now_are_asked_for_again(
    learning_dock, project_folder, monkeypatch, request, qtbot
):
    _, dock = learning_dock(SelfTraining, project_folder)
    shown(qtbot, dock)
    naming, database = dock.conductor.naming, dock.conductor.record.database
    rows = database.rows("SELECT id FROM fields ORDER BY id")
    places = [(row["id"], 1) for row in rows]
    assert len(places) > NEAR + 2
    # Put back at the end: pictures are outside the project, and other tests' copies refer to them.
    gone = path_of(database, places[1][0])
    aside = gone.rename(gone.with_suffix(".aside"))
    request.addfinalizer(lambda: aside.rename(gone))
    read, wanted = looking.lone_pictures, []

    errors = [ProjectReadError("The project is <gone>."), ZeroDivisionError("by 0")]

    def fails(folder, cells):
        wanted.append(list(cells))
        raise errors[len(wanted) - 1]

    # The first ones alone are read before the window opens; one that is gone has its place.
    cut = []
    real = looking.lone_picture
    monkeypatch.setattr(looking, "lone_picture", lambda *a: cut.append(a[1]) or real(*a))
    naming.begin(database, places)
    qtbot.waitUntil(lambda: naming.dialog is not None, timeout=LONG_MS)
    assert cut == places[: NEAR + 1]
    dialog = naming.dialog
    assert len(dialog.cells) == len(places)
    monkeypatch.setattr(looking, "lone_pictures", fails)
    dialog.move_on(1)
    assert dialog.told.text().endswith(GONE)
    qtbot.waitUntil(lambda: not naming._reading, timeout=LONG_MS)
    assert dialog.told.text().endswith(GONE)  # not of this one
    with qtbot.captureExceptions() as raised:
        dialog.move_on(NEAR)
        qtbot.waitUntil(lambda: bool(raised), timeout=LONG_MS)
    assert "by 0" in dialog.told.text()
    assert dialog.told.text().endswith(TRY_AGAIN)
    assert wanted[0] == [NEAR + 1]
    assert wanted[1][0] == NEAR + 1
    errors.append(errors[0])
    dialog.move_on(1)
    qtbot.waitUntil(lambda: not naming._reading, timeout=LONG_MS)
    assert f"⚠ The project is &lt;gone&gt;. {TRY_AGAIN}" in dialog.told.text()
    monkeypatch.setattr(looking, "lone_pictures", read)
    dialog.move_on(-1)
    qtbot.waitUntil(lambda: dialog.buttons["blast"].isEnabled(), timeout=LONG_MS)
    naming.close()


def test_window_that_names_cells_holds_only_pictures_near_the_one_it_shows(dialog, picture, qtbot):
    cells = dialog.cells
    assert dialog.buttons["blast"].isEnabled()
    assert dialog.missing == list(range(1, NEAR + 1))
    with qtbot.waitSignal(dialog.moved):
        dialog.buttons["next"].click()
    # Nobody names what is not seen, and nobody is kept from going on.
    assert dialog.told.text() == f"<b>Cell 2 of {len(cells)}.</b> {READING}"
    assert not dialog.buttons["blast"].isEnabled()
    dialog.take({1: None, 2: picture})
    assert dialog.told.text().endswith(GONE)
    assert not dialog.buttons["blast"].isEnabled()
    dialog.buttons["next"].click()
    assert dialog.buttons["blast"].isEnabled()
    assert not dialog.picture.pixmap().isNull()
    for n in range(2, len(cells)):
        dialog.take(dict.fromkeys(dialog.missing, picture))
        assert dialog.at == n
        assert len(dialog.pictures) <= 2 * NEAR + 1
        assert not dialog.missing
        dialog.buttons["next"].click()
    assert not dialog.buttons["next"].isEnabled()


def test_closing_is_quiet_when_qt_has_deleted_the_timer(learning_dock, qtbot):
    """As at the end of the program, where Qt deletes in an order of its own."""
    _, dock = learning_dock(SelfTraining)
    reader = dock.conductor.reader
    reader._timer.deleteLater()
    qtbot.wait(50)
    reader.close()


def test_queue_is_read_in_the_review(reviewed, analysed, qtbot):
    viewer, analysis = analysed
    session = analysis.controller.session
    dock = SelfTraining(viewer)
    viewer.window.add_dock_widget(dock, name="Self-training")
    reader = dock.conductor.reader
    field = session.fields[0].kept.field_id
    session.record.say({0: [3]}, "l1")
    # One that has a word already is read again only if that is wanted.
    told = reader.read([(field, 4), (field, 3), (field, 2)], False)
    assert told == "2 cells of this smear are in the dock Review."
    qtbot.waitUntil(lambda: session.layers.picked == 4, timeout=LONG_MS)
    assert reviewed.reviewer.queue.places == [(0, 4), (0, 2)]
    reviewed.words.buttons["normal"].click()
    qtbot.waitUntil(lambda: session.layers.picked == 2, timeout=LONG_MS)
    reader.read([(field, 3), (field, 4)], True)
    qtbot.waitUntil(lambda: session.layers.picked == 3, timeout=LONG_MS)
    assert reader.read([(field, 4)], False) == NOTHING_LEFT


def test_start_is_proposed_beside_the_model_that_runs(learning_dock, project_folder, qtbot):
    with open_project(project_folder) as project:
        before = train_project(project, FakeLearner(sharpness=3)).model.model_id
    _, dock = learning_dock(SelfTraining, project_folder)
    shown(qtbot, dock)
    dock.form.set_value("rounds", 1)
    dock.who.setCurrentIndex(1)
    learning = dock.conductor.learning
    heard = []
    learning.ended.connect(heard.append)
    dock.footer.start_button.click()
    qtbot.waitUntil(lambda: dock.rounds.waits or bool(heard), timeout=LONG_MS)
    dock.rounds.buttons[REJECTED].click()
    qtbot.waitUntil(lambda: bool(heard), timeout=LONG_MS)
    assert f"No round is accepted: {before} runs as before." in dock.footer.told.text()
    assert running_model(dock.conductor.record.database).model_id == before
    qtbot.waitUntil(lambda: states(dock) == [REJECTED, PROPOSED], timeout=LONG_MS)
    dock.rounds.table.selectRow(1)
    dock.rounds.buttons[ACCEPTED].click()
    assert running_model(dock.conductor.record.database).model_id != before
