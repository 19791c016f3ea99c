"""What is counted word by word is what is counted of the whole table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import example_analysis
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5
from napari_all_subtype.workflow.summarise import counts_of
from napari_all_subtype.workflow.word_counts import WordCounts

WORDS = ("", *FAB5.names, *(one.name for one in EXCLUSIONS))
LABELS = range(9)
STEPS = st.lists(st.dictionaries(st.sampled_from(LABELS), st.sampled_from(WORDS)), max_size=8)


def cells_of(areas, predicted):
    return pd.DataFrame({"area_px": areas, "subtype": predicted}).astype({"area_px": float})


@settings(deadline=None, max_examples=60)
@given(
    areas=st.lists(st.sampled_from([30.0, np.nan, 0.0]), min_size=7, max_size=7),
    predicted=st.lists(st.sampled_from((*FAB5.names, "unknown")), min_size=7, max_size=7),
    steps=STEPS,
)
def test_counts_kept_up_are_those_of_the_whole_table(areas, predicted, steps):
    cells = cells_of([np.nan, *areas], ["", *predicted])
    counts = WordCounts.of(cells)
    for words in steps:
        before, cells = cells, table.annotated(cells, words)
        counts = counts.after(before, cells, words)
        whole = WordCounts.of(cells)
        assert counts == whole
        assert counts_of([counts, counts], FAB5) == counts_of([whole, whole], FAB5)
        there = table.present(cells)
        assert counts.n_cells == len(there)
        assert counts.n_reviewed == int((table.annotations(there) != "").sum())


@settings(deadline=None, max_examples=30)
@given(steps=STEPS)
def test_result_that_is_called_otherwise_counts_as_one_that_is_counted_anew(steps):
    result = PackedAnalysis.of(example_analysis())
    before = result.counts
    for words in steps:
        result = result.called(words)
        assert result.counts == WordCounts.of(result.analysis.cells)
    said = table.annotations(result.analysis.cells)
    assert result.called(dict.fromkeys(np.flatnonzero(said != "").tolist(), "")).counts == before
    # Whatever else changes a result has it counted anew.
    gone = result.edited((), result.analysis)
    assert gone.counts == result.counts
