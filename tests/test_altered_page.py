"""The page of altered blasts: what it says first is what its figures say."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from altered_page import LABORATORIES, MODES, POOLED, in_short, page_of


def report(*shares):
    """A report with these shares of all cells; of those with room nine in ten."""
    rows = [
        {"laboratory": one, "alteration": POOLED, "mode": mode,
         "score": {"value": share if mode == MODES[1] else 1.0}, "score_room": {"value": 0.9}}
        for one, share in zip(LABORATORIES, shares, strict=True)
        for mode in MODES
    ]  # fmt: skip
    return {"rows": rows}


@pytest.mark.parametrize(
    ("shares", "reached"),
    [((0.89, 0.5), "in neither;"), ((0.9, 0.5), "in `all_idb2` only;"), ((0.95, 0.9), "in both;")],
)
def test_first_sentence_says_of_all_cells_where_the_target_is_reached(shares, reached):
    first, _, room = in_short(report(*shares)).partition("of the cells *with room*")
    assert f"{100 * shares[0]:.0f} % of `all_idb2` and {100 * shares[1]:.0f} % of `mll`" in first
    assert f"reached {reached}" in first
    assert "90 % of `all_idb2` and 90 % of `mll`" in room
    assert room.endswith("reached in both.")


def test_page_is_that_of_its_figures():
    figures = Path(__file__).resolve().parents[1] / "docs" / "figures"
    made = page_of(json.loads((figures / "altered.json").read_text(encoding="utf-8")))
    assert (figures / "altered.md").read_text(encoding="utf-8") == made
