"""A stain that the model has not seen is said beside the counts, in a real window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fake_worker import InstantWorker, five_cells
from napari_all_subtype._widgets import session as session_module
from napari_all_subtype._widgets.messages import Ended, FieldDone, Ready
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.cells.model_facts import ModelFacts
from napari_all_subtype.cells.stain_seen import COLOURS
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.weights import find_model
from window_steps import FIELD, run

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]

ORDINARY = read_card(find_model()).stain_seen.mean
GREY = (30.0, 0.0, 0.0, 60.0, 0.0, 0.0)


@pytest.fixture
def shown(window, monkeypatch, qtbot):
    """The dock of a result whose cells all have the given colours."""

    def show(colours):
        class StainedWorker(InstantWorker):
            def _answer(self):
                self.message.emit(Ready("fake 0, sha256 00", "CPU"))
                for n, field in enumerate(self.last_run.fields):
                    analysis = five_cells(field.name)
                    cells = analysis.cells.assign(**dict(zip(COLOURS, colours, strict=True)))
                    facts = ModelFacts(stain=read_card(find_model()).stain_seen)
                    result = replace(analysis, cells=cells, facts=facts)
                    self.message.emit(FieldDone(n, PackedAnalysis.of(result)))
                self.running = False
                self.message.emit(Ended())

        monkeypatch.setattr(session_module, "Worker", StainedWorker)
        viewer, dock = window()
        viewer.add_image(FIELD, rgb=True, name="field", scale=(0.25, 0.25), units=("um", "um"))
        run(qtbot, dock)
        viewer.window.resize(1400, 1150)
        qtbot.wait(50)
        return dock

    return show


@pytest.mark.drawn
def test_grey_cells_are_warned_of_with_numbers(shown):
    warning = shown(GREY).result.stain_warning
    assert warning.isVisible()
    text = warning.text().replace("\N{NO-BREAK SPACE}", " ")
    assert "Stain of 5 cells is unlike any the model learned from" in text
    assert "nuclei less red (a* 0; seen " in text


def test_ordinary_stain_is_passed_over_in_silence(shown):
    warning = shown(ORDINARY).result.stain_warning
    assert not warning.isVisible()
    assert warning.text() == ""
