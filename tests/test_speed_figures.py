"""The figures of speed time stages that exist, and say what was measured."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from napari_all_subtype.cells import segmentation
from napari_all_subtype.cells.source import ArraySource
from smear_pictures import UM_PER_PX, Picture

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    """Modules of the folder can be imported as its scripts do."""
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])


def test_every_stage_takes_its_share_of_the_time(benchmarks) -> None:
    from stage_times import STAGES, stages, timed_stages

    rgb = Picture(60, 60).red_cells().white_cell(20, 20).white_cell(40, 42).finished()
    before = segmentation.segment
    with timed_stages() as seconds:
        masks = segmentation.segment(ArraySource(rgb), UM_PER_PX, workers=1)
    assert masks.count == 2
    assert all(stages().values())
    assert set(seconds) == set(STAGES)
    assert min(seconds.values()) > 0
    assert segmentation.segment is before


def test_page_states_the_ratio_and_what_was_left_out(benchmarks) -> None:
    from speed_page import page

    timed = {"megapixels": 5.0, "cells": 60, "seconds": [0.5], "cpu_seconds": [0.9], "load": 1.0}
    report = {
        "date": "2026-01-01",
        "commit": "abc",
        "machine": {"processor": "x", "cores": 2, "copy_gb_per_s": 6.0, "python": "3.11"},
        "load_before": 1.0,
        "load_after": 1.0,
        "fields": [{"um_per_px": 0.13, **timed}],
        "stages": [{"um_per_px": 0.13, "megapixels": 5.0, "seconds": {"read": 0.05}}],
        "without_cells": [{"picture": "blank", **timed, "cells": 0}],
        "stardist": {
            "stardist": "0.9",
            "tensorflow": "2",
            "grid": [2, 2],
            "megapixels": 5.0,
            "seconds": [5.0],
        },
        "growth": [
            {**timed, "megapixels": mp, "seconds": [mp / 10], "cpu_seconds": [mp / 5]}
            | {"above_imports_mib": 10, "image_mib": 3}
            for mp in (1.0, 100.0)
        ],
        "analyse": {**timed, "above_imports_mib": 100, "image_mib": 286},
    }
    text = page(report)
    assert "**10.0 times**" in text
    assert "power 1.00" in text
    assert "| read | 50 (20×) |" in text
    skipped = page(report | {"stardist": {"skipped": "no environment was named"}})
    assert "Not measured: no environment was named." in skipped


def test_field_is_repeated_to_the_stated_size(benchmarks) -> None:
    from growth import repeated

    field = np.arange(7 * 5 * 3, dtype=np.uint8).reshape(7, 5, 3)
    image = repeated(field, 400e-6)
    assert image.shape == (20, 20, 3)
    np.testing.assert_array_equal(image[7:14, 5:10], field)
