"""The result of a smear is locked and amended in the window, and orphans are found again."""

from __future__ import annotations

import json

import pytest

from examples import example_analysis
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.rerun import LOCKED
from napari_all_subtype._widgets.review import agreement_panel, count_panel
from napari_all_subtype._widgets.review.locking import NOT_ALL
from napari_all_subtype._widgets.review.result_panel import NOT_KEPT, ONLY_A_LOOK
from napari_all_subtype._widgets.sight import camera_of
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.locks import locks_of, reasons_of
from napari_all_subtype.workflow.project_analyses import keep_analysis
from window_steps import FIELD, run, said_of

pytest_plugins = ["window_fixtures", "review_fixtures"]
pytestmark = pytest.mark.window


@pytest.fixture
def sure(monkeypatch, reviewed):
    """A person who says yes, and why."""
    locking = reviewed.locking
    asked = []
    monkeypatch.setattr(locking, "_sure", lambda question: asked.append(question) or True)
    monkeypatch.setattr(locking, "_reason", lambda: ("a smudge was missed", True))
    return asked


def told(review):
    review.locking.later.now()
    return review.result.told.text()


def say(dock, review, label, name):
    dock.controller.picker.pick(label)
    review.words.go_on.setChecked(False)
    review.words.buttons[name].click()


def test_without_a_project_each_group_says_what_to_do(review):
    assert told(review) == NOT_KEPT
    assert review.count.told.text() == count_panel.NOT_KEPT
    assert review.agreement.told.text() == agreement_panel.NOT_KEPT
    for button in (
        *(review.result.lock_button, review.result.amend_button),
        *(review.count.next_button, review.agreement.compare_button),
    ):
        assert not button.isEnabled()
    for part in (review.result.orphans, review.count.table, review.agreement.gallery):
        assert not part.isVisibleTo(review)


def test_lock_ends_words_outlines_and_undo_until_an_amendment(reviewed, analysed, sure):
    _, dock = analysed
    say(dock, reviewed, 1, "smudge")
    assert told(reviewed) == "<b>Preliminary</b>: 1 of 5 cells were reviewed."
    reviewed.result.lock_button.click()
    assert "Lock the result as Dr. A? 1 of 5 cells were reviewed" in sure[0]
    database = reviewed.reviewer.record.database
    (version,) = locks_of(database, 1)
    assert "<b>Locked</b>: 1 of 5 cells" in told(reviewed)
    for part in ("by Dr. A, ", "version 1", "example", version.sha256[:16]):
        assert part in told(reviewed)
    assert not reviewed.result.lock_button.isEnabled()
    for name in ("normal", "undo", "take_back"):
        say(dock, reviewed, 1, name)
        assert "was locked by Dr. A" in reviewed.words.said.text()
        assert "begin an amendment" in reviewed.words.said.text()
    assert said_of(dock) == ["smudge", "", "", "", ""]
    dock.controller.picker.pick(2)
    dock.editor.delete()
    assert "was locked by Dr. A" in dock.edits.line.text()
    assert dock.controller.session.result().analysis.count == 5
    reviewed.result.amend_button.click()
    assert reasons_of(database, 1) == ["a smudge was missed"]
    assert "<b>Being amended</b>" in told(reviewed)
    say(dock, reviewed, 1, "undo")
    assert said_of(dock) == ["smudge", "", "", "", ""]
    say(dock, reviewed, 2, "smudge")
    reviewed.result.lock_button.click()
    assert "<b>Amended</b>: 2 of 5" in told(reviewed)
    assert "a smudge was missed" in told(reviewed)
    assert [one.result["n_reviewed"] for one in locks_of(database, 1)] == [1, 2]


def test_what_the_dock_analyse_exports_says_how_final_it_is(
    reviewed, analysed, sure, qtbot, tmp_path
):
    _, dock = analysed
    say(dock, reviewed, 1, "smudge")

    def exported(name):
        dock.controller.exporter.export(tmp_path / name)
        qtbot.waitUntil(lambda: (tmp_path / name / "batch.json").is_file(), timeout=20_000)
        (smear,) = json.loads((tmp_path / name / "batch.json").read_text("utf-8"))["smears"]
        return smear["result"]

    assert exported("first")["text"] == "Preliminary: 1 of 5 cells were reviewed."
    qtbot.waitUntil(reviewed.result.lock_button.isEnabled, timeout=20_000)
    reviewed.result.lock_button.click()
    told = exported("second")
    assert told["text"].startswith("Locked: 1 of 5 cells were reviewed. Locked by reader-")
    assert told["sha256"] == locks_of(reviewed.reviewer.record.database, 1)[0].sha256


def test_new_run_after_the_lock_is_shown_and_not_kept(reviewed, analysed, sure, qtbot):
    _, dock = analysed
    say(dock, reviewed, 1, "smudge")
    told(reviewed)
    reviewed.result.lock_button.click()
    record, asked = reviewed.reviewer.record, []
    before = locks_of(record.database, 1)
    dock.controller.ask = lambda _parent, question: asked.append(question) or len(asked) > 1
    dock.run_button.click()
    assert asked == [LOCKED]
    assert said_of(dock)[0] == "smudge"  # the answer was no
    run(qtbot, dock)
    assert not record.keeper.keeping
    assert told(reviewed) == ONLY_A_LOOK
    assert not reviewed.result.said.isVisibleTo(reviewed)
    say(dock, reviewed, 2, "blast")
    assert "press Amend…" in reviewed.words.said.text()
    assert said_of(dock) == [""] * 5
    assert locks_of(record.database, 1) == before
    dock.run_button.click()  # a look is asked of like the result
    assert len(asked) == 3
    qtbot.waitUntil(lambda: not dock.controller.session.running, timeout=20_000)
    reviewed.project.smear_wanted.emit(0)
    qtbot.waitUntil(lambda: dock.controller.session.in_view, timeout=20_000)
    assert said_of(dock)[0] == "smudge"
    assert "<b>Locked</b>: 1 of 5 cells" in told(reviewed)


def test_run_of_a_locked_smear_that_was_opened_anew_is_known_for_a_look(
    reviewed, analysed, sure, qtbot
):
    viewer, dock = analysed
    told(reviewed)
    reviewed.result.lock_button.click()
    viewer.add_image(FIELD.copy(), rgb=True, name="again", scale=(0.25, 0.25), units=("um", "um"))
    run(qtbot, dock)
    qtbot.waitUntil(lambda: "was locked by" in reviewed.words.said.text(), timeout=20_000)
    assert told(reviewed) == ONLY_A_LOOK


def test_what_was_said_of_a_lock_goes_with_its_project(reviewed, analysed, sure, tmp_path):
    told(reviewed)
    reviewed.result.lock_button.click()
    reviewed.result.amend_button.click()
    assert "can be changed now" in reviewed.result.said.text()
    create_project(tmp_path / "other").close()
    reviewed.reviewer.desk.open(tmp_path / "other")
    told(reviewed)
    assert not reviewed.result.said.isVisibleTo(reviewed)


def test_nothing_is_locked_by_one_who_is_not_sure_or_gives_no_reason(
    reviewed, analysed, sure, monkeypatch
):
    _, dock = analysed
    say(dock, reviewed, 1, "smudge")
    told(reviewed)
    database = reviewed.reviewer.record.database
    monkeypatch.setattr(reviewed.locking, "_sure", lambda _: False)
    reviewed.result.lock_button.click()
    assert locks_of(database, 1) == []
    monkeypatch.setattr(reviewed.locking, "_sure", lambda _: True)
    reviewed.result.lock_button.click()
    monkeypatch.setattr(reviewed.locking, "_reason", lambda: ("  ", True))
    reviewed.result.amend_button.click()
    assert "An amendment needs a reason" in reviewed.result.said.text()
    monkeypatch.setattr(reviewed.locking, "_reason", lambda: ("why", False))
    reviewed.result.amend_button.click()
    assert reasons_of(database, 1) == []


def test_field_that_is_not_in_the_project_is_not_locked_silently(reviewed, analysed, sure):
    _, dock = analysed
    session = dock.controller.session
    told(reviewed)
    field = session.fields[0]
    session.fields = (field, type(field)("other.png", result=field.result))
    reviewed.result.lock_button.click()
    assert NOT_ALL in reviewed.result.said.text()
    assert sure == []


def test_orphans_are_listed_and_a_click_goes_there(reviewed, analysed):
    viewer, dock = analysed
    record, session = reviewed.reviewer.record, dock.controller.session
    say(dock, reviewed, 5, "l3")
    # Found again without the fifth cell.
    fewer = example_analysis(((30, 30), (30, 80), (30, 130), (80, 30)))
    keep_analysis(record.database, 1, fewer)
    session.update(0, result=PackedAnalysis.of(fewer))
    reviewed.locking.later.now()
    panel = reviewed.result
    assert [panel.orphans.item(n).text() for n in range(panel.orphans.count())] == [
        "L3 at y 80, x 80 px of field"
    ]
    assert panel.orphans.isVisibleTo(reviewed)
    panel.orphans.setCurrentRow(0)
    panel.orphans.itemClicked.emit(panel.orphans.item(0))
    assert camera_of(viewer).center[-2:] == pytest.approx((20, 20), abs=0.5)
