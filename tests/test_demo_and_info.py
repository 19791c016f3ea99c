"""What the demonstration counts, and what ``info`` tells of each model."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.model.classifier import list_models
from napari_all_subtype.workflow.demo import Demonstration, Recognised, in_words, recognised
from napari_all_subtype.workflow.information import information, model_lines

CARD = list_models()[0]


@pytest.mark.parametrize(
    ("drawn", "called", "expected"),
    [
        ("blast", "blast", Recognised(n_blasts=1, n_blasts_called=1)),
        ("l1", "l2", Recognised(n_blasts=1, n_blasts_called=1)),
        ("l3", "normal", Recognised(n_blasts=1)),
        ("l2", "unknown", Recognised(n_blasts=1, n_unknown=1)),
        ("normal", "normal", Recognised(n_normal=1, n_normal_called=1)),
        ("normal", "unknown", Recognised(n_normal=1, n_unknown=1)),
        ("normal", "l1", Recognised(n_normal=1)),
    ],
)
def test_only_words_of_the_blast_side_count_as_blast(drawn, called, expected):
    assert recognised(np.array([drawn]), np.array([called])) == expected


def test_every_cell_is_counted_on_its_own_side():
    drawn = np.array(["blast", "l1", "normal", "normal", "normal"])
    called = np.array(["l1", "unknown", "normal", "unknown", "blast"])
    assert recognised(drawn, called) == Recognised(2, 1, 3, 1, 2)


@pytest.mark.parametrize(("called", "missed"), [(1, "2 of 3 drawn blasts were not"), (3, "")])
def test_demonstration_says_what_its_missed_blasts_mean(called, missed):
    said = Recognised(n_blasts=3, n_blasts_called=called, n_normal=2, n_normal_called=2)
    told = " ".join(in_words(Demonstration(None, 6, 5, said, None)))
    assert f"found again 5 of 6 cells; called blast {called} of 3 drawn blasts" in told
    assert "strange to it" in told
    assert "unknown" not in told
    assert (missed or "the model learned") in told
    assert ("as is to be expected" in told) == bool(missed)


def test_info_tells_the_weights_scales_and_terms_of_each_model():
    told = model_lines(CARD)
    values = list(told.values())
    assert f"sha256 {CARD.files[CARD.weights][:16]}" in values
    assert "learned from 0.051–0.190 µm/px" in values
    assert any("research use only" in value and "TERMS.md" in value for value in values)
    assert told.items() <= information().items()


def test_model_that_does_not_state_its_scales_says_so():
    silent = CARD.model_copy(update={"um_per_px_seen": None, "limits": ()})
    values = list(model_lines(silent).values())
    assert "learned from scales that are not stated" in values
    assert any(CARD.intended_use in value for value in values)
