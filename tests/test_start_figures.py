"""The figures of the start run with the bundled model, whatever its crops look like."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from napari_all_subtype.model.classifier import load_classifier

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.mark.slow
def test_one_blast_and_one_other_cell_are_measured(shared_data, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    from development_images import manifest
    from figures_start import STAGES, _measure

    rows = manifest()
    rows = rows[rows["dataset"] == "all_idb2"].groupby("label").head(1)
    result = _measure("all_idb2", rows, load_classifier())
    for scale in ("at_nominal_scale", "at_measured_scale"):
        n_of = {one["figure"]: one["n"] for one in result[scale]}
        assert n_of["called blast, of blasts"] == n_of["called blast, of other leukocytes"] == 1
        assert n_of["cells per image"] == 2
    assert set(result["median_seconds"]) == set(STAGES)
