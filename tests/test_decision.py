"""The hierarchical decision: side first, subtype only if it stands out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_all_subtype.config import DecisionParameters
from napari_all_subtype.decision import decide
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy

CASES = [
    ((0.40, 0.15, 0.15, 0.15, 0.15), "blast", 0.60),
    ((0.51, 0.49, 0.00, 0.00, 0.00), "normal", 0.51),
    ((0.50, 0.50, 0.00, 0.00, 0.00), "blast", 0.50),
    ((0.10, 0.10, 0.70, 0.05, 0.05), "l1", 0.90),
    ((0.10, 0.30, 0.50, 0.05, 0.05), "blast", 0.90),
    ((0.00, 0.00, 0.00, 0.00, 1.00), "l3", 1.00),
    ((1.00, 0.00, 0.00, 0.00, 0.00), "normal", 1.00),
]


@pytest.mark.parametrize(("probabilities", "subtype", "confidence"), CASES)
def test_side_is_taken_before_subtype(probabilities, subtype, confidence):
    decision = decide(np.array([probabilities]))
    assert decision.subtype.tolist() == [subtype]
    assert decision.confidence[0] == pytest.approx(confidence, abs=1e-6)


def test_no_cells_give_an_empty_decision():
    decision = decide(np.empty((0, 5), np.float32))
    assert decision.to_frame().shape == (0, 5)


@st.composite
def rows(draw):
    raw = draw(arrays(np.float64, (4, 5), elements=st.floats(0.001, 1.0)))
    return raw / raw.sum(axis=1, keepdims=True)


@given(rows(), st.floats(0, 1), st.floats(0.51, 1))
def test_decision_keeps_its_promises(probabilities, blast, subtype):
    parameters = DecisionParameters(blast_threshold=blast, subtype_threshold=subtype)
    decision = decide(probabilities, parameters)
    is_blast = decision.p_blast_any >= blast
    assert np.array_equal(decision.subtype != "normal", is_blast)
    assert np.all(set(decision.subtype) <= set(FAB5.names))
    assert np.all((decision.subtype_share >= 0) & (decision.subtype_share <= 1))
    named = np.isin(decision.subtype, FAB5.children("blast"))
    assert np.all(decision.subtype_share[named] >= np.float32(subtype) - 1e-6)
    assert np.array_equal(decision.best_guess[named], decision.subtype[named])


@given(rows())
def test_higher_threshold_never_finds_more_blasts(probabilities):
    counts = [
        (decide(probabilities, DecisionParameters(blast_threshold=t)).subtype != "normal").sum()
        for t in (0.2, 0.5, 0.8)
    ]
    assert counts == sorted(counts, reverse=True)


def test_classes_of_ones_own_are_decided_by_their_families():
    names = (
        ("granulocyte", ""),
        ("lymphocyte", ""),
        ("small", "lymphocyte"),
        ("large", "lymphocyte"),
    )
    own = Taxonomy("own", tuple(CellClass(n, n, n[0], "#000000", "", of) for n, of in names))
    p = np.array([[0.40, 0.1, 0.3, 0.2], [0.1, 0.05, 0.8, 0.05], [0.7, 0.1, 0.1, 0.1]])
    said = decide(p, taxonomy=own)
    assert said.subtype.tolist() == ["lymphocyte", "small", "granulocyte"]
    assert said.best_guess.tolist() == ["small", "small", "granulocyte"]
    np.testing.assert_allclose(said.confidence, [0.6, 0.9, 0.7], atol=1e-6)
    assert np.isnan(said.p_blast_any).all()


def test_blast_against_normal_alone_needs_no_subtypes():
    two = Taxonomy("two", FAB5.classes[:2])
    said = decide(np.array([[0.3, 0.7], [0.8, 0.2]]), taxonomy=two)
    assert said.subtype.tolist() == said.best_guess.tolist() == ["blast", "normal"]
    np.testing.assert_allclose(said.p_blast_any, [0.7, 0.2], atol=1e-6)
