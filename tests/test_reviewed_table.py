"""A person's word on a cell: it counts instead of the model's, wherever cells are counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype._widgets.codes import ClassCodes
from napari_all_subtype._widgets.sheets import draw_classes
from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, class_of
from napari_all_subtype.workflow.cell_report import cell_report
from napari_all_subtype.workflow.overlay import caption
from napari_all_subtype.workflow.summarise import FieldCells, summarise

FIVE = ((30, 30), (30, 80), (30, 130), (80, 30), (80, 80))
WORDS = (*FAB5.names, *(one.name for one in EXCLUSIONS))


@pytest.fixture
def cells():
    """One cell of each class, in order, so that label k is class k - 1."""
    return example_analysis(FIVE).cells


def summary_of(cells):
    analysis = example_analysis(FIVE)
    analysis = type(analysis)(**{**vars(analysis), "cells": cells})
    return summarise([FieldCells.of(analysis)], "field")


def test_nobody_has_said_anything_of_a_fresh_table(cells):
    assert (table.annotations(cells) == "").all()
    assert table.words(cells).equals(cells["subtype"])


def test_a_person_goes_before_the_model_and_the_model_stays(cells):
    said = table.annotated(cells, {1: "l3", 2: "smudge"})
    assert table.words(said)[1:].tolist() == ["l3", "smudge", "l1", "l2", "l3"]
    assert said["subtype"].equals(cells["subtype"])


def test_the_best_guess_gives_way_as_well(cells):
    said = table.annotated(cells, {2: "normal"})
    assert table.words(said, "best_guess")[2] == "normal"


def test_an_empty_word_takes_the_word_back(cells):
    said = table.annotated(table.annotated(cells, {1: "l3"}), {1: ""})
    assert table.words(said)[1] == "normal"


@given(st.dictionaries(st.integers(-3, 9), st.sampled_from(WORDS)))
def test_only_cells_that_the_table_has_take_a_word(words):
    cells = example_analysis(FIVE).cells
    said = table.annotations(table.annotated(cells, words))
    assert said.to_dict() == {k: words.get(k, "") if k > 0 else "" for k in cells.index}


def test_the_table_that_was_handed_over_stays_as_it_was(cells):
    table.annotated(cells, {1: "l3"})
    assert table.ANNOTATION not in cells


@given(st.lists(st.sampled_from(("", *WORDS)), min_size=5, max_size=5))
def test_every_cell_is_counted_once_under_the_word_that_counts(words):
    cells = table.annotated(
        example_analysis(FIVE).cells, {k: w for k, w in enumerate(words, start=1) if w}
    )
    summary = summary_of(cells)
    now = table.words(cells)[1:].tolist()
    for name, proportion in summary.classes.items():
        assert proportion.count == now.count(name)
    for one in EXCLUSIONS:
        assert summary.excluded.get(one.name, 0) == now.count(one.name)
    assert summary.n_cells + sum(summary.excluded.values()) == 5
    assert summary.n_reviewed == sum(bool(word) for word in words)


def test_means_are_of_leukocytes_only(cells):
    alone = summary_of(table.annotated(cells, dict.fromkeys((2, 3, 4, 5), "not_a_cell")))
    assert alone.mean_p_blast_any == pytest.approx(cells["p_blast_any"][1])


def test_an_exclusion_is_drawn_in_its_own_colour(cells):
    labels, codes = example_analysis(FIVE).masks.labels, ClassCodes(FAB5)
    canvas = draw_classes(labels, table.annotated(cells, {1: "smudge"}), codes, 3)
    here = set(np.unique(canvas[labels == 1]).tolist())
    assert here == {codes.code("smudge", "ring"), codes.code("smudge", "fill")}


def test_a_word_is_not_drawn_as_doubtful_whatever_the_confidence(cells):
    labels, codes = example_analysis(FIVE).masks.labels, ClassCodes(FAB5)
    canvas = draw_classes(labels, table.annotated(cells, {1: "l2"}), codes, 3, 1.0)
    assert codes.code("l2", "fill") in canvas[labels == 1]
    assert codes.code("blast", "doubtful") in canvas[labels == 2]


def test_a_caption_says_that_a_person_spoke(cells):
    row = next(table.annotated(cells, {1: "l2"}).loc[[1]].itertuples())
    assert caption(FAB5, row) == "L2 *"


def test_a_caption_gives_no_confidence_where_there_is_none(cells):
    row = next(cells.assign(subtype="unknown", confidence=np.nan).loc[[1]].itertuples())
    assert caption(FAB5, row) == "?"


def test_the_report_names_the_reader_s_class_and_the_model_s(cells):
    report = cell_report(table.annotated(cells, {1: "l2"}).loc[1])
    assert report.title == "Cell 1: L2"
    assert "said by a reader; the model says Normal" in report.meaning
    agreed = cell_report(table.annotated(cells, {1: "normal"}).loc[1])
    assert "as the model does" in agreed.meaning


def test_every_word_has_a_class():
    assert [class_of(FAB5, name).name for name in (*WORDS, "martian")] == [*WORDS, "unknown"]
