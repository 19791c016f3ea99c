"""A locked smear: what its version holds, what it refuses, and what outputs say of it."""

import json

import pytest

from napari_all_subtype.errors import LockedError, ProjectDamagedError, RecordError
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.locks import begin_amendment, locks_of
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.undo import undo, undoable
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY
from napari_all_subtype.workflow.project_analyses import keep_analysis
from napari_all_subtype.workflow.project_status import damages
from napari_all_subtype.workflow.result_state import result_state
from napari_all_subtype.workflow.smear_lock import amend_smear, lock_smear
from packet_examples import CENTRES, MODEL, analysed, discs, project_of, say
from project_examples import new_project
from test_project_versions import tamper

NORMAL, SMUDGE = Word.of(FAB5, "normal"), Word.excluded("smudge")
READER = "Dr. Jane Doe"


@pytest.fixture
def project(tmp_path):
    with project_of(tmp_path / "project") as project:
        reader_named(project, READER)
        yield project


def test_version_holds_cells_words_model_and_settings_and_no_name(project):
    say(project, 1, NORMAL)
    say(project, 2, SMUDGE, field_id=2)
    result = lock_smear(project, 1, 1).result
    assert (result["n_cells"], result["n_reviewed"]) == (12, 2)
    assert result["models"] == [MODEL]
    assert result["notice"] == RESEARCH_USE_ONLY
    assert [len(one["cells"]) for one in result["fields"]] == [6, 6]
    first = result["fields"][0]
    assert first["parameters"]["decision"]["blast_threshold"] == 0.5
    assert first["cells"][0][0] == 1
    assert first["cells"][0][4:] == ["blast", pytest.approx(0.9)]
    assert [word[:2] + word[5:7] for word in result["words"]] == [
        [1, 1, "normal", 1],
        [2, 2, "smudge", 1],
    ]
    summary = result["summary"]
    assert (summary["classes"]["blast"]["count"], summary["excluded"]) == (10, {"smudge": 1})
    whole = json.dumps(result)
    assert "Jane" not in whole
    assert str(project.folder) not in whole


def test_states_say_who_locked_how_many_reviewed_cells_and_why_amended(project):
    say(project, 1, NORMAL)
    assert result_state(project, 1).text() == "Preliminary: 1 of 12 cells were reviewed."
    version = lock_smear(project, 1, 1)
    state = result_state(project, 1)
    assert (state.state, state.sha256, state.models) == ("locked", version.sha256, (MODEL,))
    when = version.at_utc[:16].replace("T", " ")
    assert f"Locked by reader-1, {when} UTC (version 1)." in state.text()
    assert READER in state.text(identifiers=True)
    assert READER not in state.text() + json.dumps(state.to_dict())
    amend_smear(project, 1, 1, "Jane saw a smudge")
    say(project, 2, SMUDGE)
    state = result_state(project, 1)
    assert (state.state, state.n_reviewed) == ("being amended", 2)
    lock_smear(project, 1, 1)
    state = result_state(project, 1)
    assert (state.state, state.version, state.reasons) == ("amended", 2, ("Jane saw a smudge",))
    assert "Jane" not in state.text() + json.dumps(state.to_dict())
    assert "Jane saw a smudge" in state.text(identifiers=True)
    assert state.to_dict(identifiers=True)["amended_because"] == ["Jane saw a smudge"]


@pytest.mark.parametrize("folder", ["masks", "tables"])
def test_smear_whose_files_are_gone_is_told_and_not_locked(project, folder):
    say(project, 1, NORMAL)
    assert damages(project) == []
    gone = next((project.folder / folder).glob("*/*"))
    content = gone.read_bytes()
    gone.write_bytes(b"")
    (line,) = damages(project)
    assert line.startswith("Slide 1 has lost 1 ")
    assert f"in the folder {folder}. Put the files back" in line
    with pytest.raises(ProjectDamagedError, match="Slide 1 has lost"):
        lock_smear(project, 1, 1)
    gone.write_bytes(content)
    assert damages(project) == []
    lock_smear(project, 1, 1)


def test_new_model_never_changes_a_locked_result(project):
    say(project, 1, NORMAL)
    before = lock_smear(project, 1, 1)
    with pytest.raises(LockedError, match="begin an amendment"):
        keep_analysis(project, 1, analysed(discs(CENTRES[:2])))
    assert locks_of(project, 1) == [before]
    assert result_state(project, 1).n_cells == 12
    # While it is amended another analysis may come; what was locked stays what it was.
    begin_amendment(project, 1, 1, "cells were missed")
    keep_analysis(project, 1, analysed(discs(CENTRES[:2])))
    assert locks_of(project, 1)[0].result["n_cells"] == 12
    assert lock_smear(project, 1, 1).result["n_cells"] == 8


def test_undo_ends_at_the_lock(project):
    say(project, 1, NORMAL)
    lock_smear(project, 1, 1)
    assert undoable(project, Thread(1)).undo_id is None
    amend_smear(project, 1, 1, "read again")
    assert undo(project, 1, Thread(1)).annotations == ()
    say(project, 2, SMUDGE)
    assert len(undo(project, 1, Thread(1)).annotations) == 1


def test_what_cannot_be_locked_says_why(project):
    with pytest.raises(RecordError, match=r"no slide 7\. Its slides are 1 to 1"):
        lock_smear(project, 1, 7)
    with pytest.raises(RecordError, match="no slide 7"):
        amend_smear(project, 1, 7, "why")
    with pytest.raises(RecordError, match="not locked"):
        amend_smear(project, 1, 1, "why")
    lock_smear(project, 1, 1)
    with pytest.raises(LockedError):
        lock_smear(project, 1, 1)
    with pytest.raises(RecordError, match="reason"):
        amend_smear(project, 1, 1, "  ")


def test_smear_without_cells_or_words_is_not_locked(tmp_path):
    with new_project(tmp_path / "empty") as empty, pytest.raises(RecordError, match="nothing to"):
        lock_smear(empty, 1, 1)


def test_damaged_version_is_named_instead_of_a_state(project):
    lock_smear(project, 1, 1)
    project.close()
    tamper(project.folder, ("UPDATE locks SET content = '{}'",))
    with open_project(project.folder, write=False) as again:
        state = result_state(again, 1)
    assert (state.state, state.n_cells) == ("damaged", 12)
    assert state.text().startswith("Damaged: Version 1 of the result of slide 1 is damaged")
