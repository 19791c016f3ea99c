"""FAB criteria of simulated cells rank as the parameters they were drawn with.

On true masks, in sharp pictures; what blur, noise and coarse chromatin cost is no matter of a test
but of figures (docs/figures/fab.md).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from fab_ranks import ASKED, SHARP, SPREADS, drawn_cells, found_masks, measured, rank_correlation
from fab_ranks_page import in_short, page_of

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures"


@pytest.mark.parametrize("name", ["N:C ratio", "solidity", "nucleolus area", "vacuole count"])
def test_measure_ranks_cells_as_they_were_drawn(name):
    spread = SPREADS[name]
    cells = measured(drawn_cells(spread, SHARP, 24), spread)
    assert cells["measure"].corr(cells["truth"], "spearman") >= ASKED


def test_cell_that_is_not_found_has_no_rank():
    spread = SPREADS["solidity"]
    cells = drawn_cells(spread, SHARP, 1)
    lost = measured(cells, spread, lambda _: None)
    assert lost["measure"].isna().all()
    both = pd.concat([lost, pd.DataFrame({"measure": [1.0, 2, 3], "truth": [1.0, 2, 3]})])
    found = rank_correlation(both)
    assert (found["cells"], found["drawn"], found["value"]) == (3, len(cells) + 3, 1.0)


def test_masks_found_are_those_of_the_drawn_cell_alone():
    cell = drawn_cells(SPREADS["N:C ratio"], SHARP, 1)[0]
    found = found_masks(cell)
    drawn = cell.masks.labels == 1
    assert ((found.labels > 0) & drawn).sum() > 0.5 * ((found.labels > 0) | drawn).sum()
    assert set(np.unique(found.labels)) == set(np.unique(found.nuclei)) == {0, 1}


def test_page_is_what_its_figures_make_and_says_first_what_falls_short():
    report = json.loads((FIGURES / "fab.json").read_text("utf-8"))
    page = (FIGURES / "fab.md").read_text("utf-8")
    assert page_of(report) == page, "run `python benchmarks/fab_ranks.py`"
    row = {"masks": "m", "picture": "sharp: 1", "a": {"value": 0.95}, "b": {"value": 0.9}}
    blurred = row | {"picture": "blurred", "a": {"value": 0.4}}
    told = in_short({"rows": [row, blurred], "measures": ["a", "b"], "asked": 0.9})
    assert "With m, 0.9 is reached in every picture: b. Short: a (in 1 of 2, least 0.40" in told
