"""The page of the review's figures says what was reached, and what was not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def review_page():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import review_page

        yield review_page
    sys.modules.pop("review_page", None)


def row(**values):
    machine = {"processor": "P", "cores": 2, "python": "3.11", "copy_gb_per_s": 5.0}
    return {
        "commit": "abc", "date": "2026-01-01", "command": "python x", "machine": machine,
        "load_before": 0.1, "load_after": 1.0, "took_s": 12.0, "values": values,
    }  # fmt: skip


def line_of(page, start):
    return next(line for line in page.splitlines() if line.startswith(f"| {start}"))


def test_a_row_is_reached_only_within_all_its_bars(review_page):
    fast, slow_end = [10.0] * 200, [10.0] * 190 + [60.0] * 10
    for press, verdict in ((fast, "**yes**"), (slow_end, "**no**"), ([20.0] * 200, "**no**")):
        page = review_page.page({"key press": row(press=press, drawing=[1.0] * 200)})
        assert verdict in line_of(page, "key press")
        assert "median ≤ 16 ms, 99th percentile ≤ 50 ms" in line_of(page, "key press")
    assert "200 | 20.0 (20.0 – 20.0) | 20.0 | 20.0 – 20.0" in line_of(page, "key press")
    assert "0.1 – 1.0" in line_of(page, "key press")


def test_the_longest_of_all_counts_where_the_bar_is_on_it(review_page):
    values = {"longest block": [900.0, 1100.0], "longest drawing": [5.0, 6.0]}
    page = review_page.page({name: row(**values) for name in list(review_page.TARGETS)[1:3]})
    assert "**no**" in line_of(page, "adding results at 20 MP")
    assert "reported" in line_of(page, "the same at 100 MP")


def test_kills_are_told_with_what_was_confirmed(review_page):
    values = {"kills": 1000, "confirmed": {"annotation": 4321, "lock": 12}}
    page = review_page.page({"killed, headless": row(**values)})
    assert "1,000 times" in page
    assert "4,321 annotation, 12 lock" in page
