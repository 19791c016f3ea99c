"""Results of many fields on their way into a project: few at a time, and into no other project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from napari_all_subtype._widgets import keeper as keeper_module
from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.homes import ProjectSmear
from napari_all_subtype._widgets.keeper import AT_ONCE, Keeper
from napari_all_subtype.errors import ProjectWriteError
from napari_all_subtype.workflow import project_keeping
from napari_all_subtype.workflow.project_keeping import KeptField

FIELDS = 7
PROJECT, ANOTHER = (SimpleNamespace(folder=Path(name)) for name in ("project", "another"))


class Session:
    """Fields with results, as far as a keeper looks at them."""

    source = None

    def __init__(self, count):
        self.fields = [
            SmearField(f"field-{n}", Path(f"field-{n}.png"), result=made(n)) for n in range(count)
        ]

    def put(self, n, **changes):
        self.fields[n] = replace(self.fields[n], **changes)


def made(n):
    return SimpleNamespace(labels=f"masks of {n}", edits=())


@pytest.fixture
def begun(monkeypatch):
    """What was begun in a thread and has not ended; call one to end it."""
    begun = []
    monkeypatch.setattr(keeper_module, "in_thread", lambda _, wanted, then: begun.append(then))
    return begun


@pytest.fixture
def entered(monkeypatch):
    """The names of what was entered, with the project it went to."""
    entered = []

    def enter(database, ready, slide_id):
        entered.append((database, ready))
        return KeptField(len(entered), 1, 1), 0

    monkeypatch.setattr(project_keeping, "enter_field", enter)
    return entered


@pytest.fixture
def record():
    return SimpleNamespace(
        database=PROJECT, writable=True, session=Session(FIELDS), reword=lambda n: None
    )


def test_few_fields_are_made_ready_at_a_time_and_all_in_the_end(begun, entered, record):
    keeper = Keeper(record)
    keeper.keep_results()
    assert len(keeper.keeping) == FIELDS
    ended = 0
    while begun:
        assert len(begun) == min(AT_ONCE, FIELDS - ended)
        begun.pop(0)(f"ready {ended}")
        ended += 1
    assert entered == [(PROJECT, f"ready {n}") for n in range(FIELDS)]
    assert not keeper.keeping


def test_a_field_that_cannot_be_kept_does_not_hold_up_the_others(begun, entered, record):
    keeper, told = Keeper(record), []
    keeper.trouble.connect(told.append)
    keeper.keep_results()
    while begun:
        begun.pop(0)(ProjectWriteError("the disk is full") if not told else "ready")
    assert told == ["field-0 was not kept: the disk is full"]
    assert len(entered) == FIELDS - 1


def test_what_was_made_ready_for_one_project_is_not_entered_in_another(begun, entered, record):
    keeper = Keeper(record)
    keeper.keep_results()
    record.database = ANOTHER
    keeper.stop()
    keeper.keep_results()
    while begun:
        begun.pop(0)("ready")
    assert [database for database, _ in entered] == [ANOTHER] * FIELDS
    assert not keeper.keeping


def test_nothing_more_is_made_ready_for_a_closed_project(begun, entered, record):
    keeper = Keeper(record)
    keeper.keep_results()
    record.database = None
    keeper.stop()
    for end in list(begun):
        end("ready")
    assert len(begun) == AT_ONCE
    assert not entered


def test_a_result_of_another_project_is_never_kept(begun, entered, record):
    record.session.put(2, home=ANOTHER.folder)
    record.session.put(3, home=Path("elsewhere/../project"))
    keeper = Keeper(record)
    keeper.keep_results()
    assert keeper.keeping == {f"masks of {n}" for n in range(FIELDS) if n != 2}


def test_fields_of_a_smear_of_another_project_are_never_kept(begun, entered, record):
    record.session.source = ProjectSmear(ANOTHER.folder, 1, "case-1, slide 1")
    keeper = Keeper(record)
    keeper.keep_results()
    assert (begun, keeper.keeping) == ([], set())
