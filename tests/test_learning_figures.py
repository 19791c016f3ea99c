"""The figures of learning: nothing scored is learned from, and the page says what falls short."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from figures_learning import with_earlier
from learning_data import PER_CLASS, Labelled, divide, project_cells
from learning_page import page

from napari_all_subtype.taxonomy import FAB5


def cells(groups=12, each=10):
    """Groups of one word each, as blocks of files are."""
    words = np.repeat(["blast", "normal"] * (groups // 2), each).astype(object)
    names = np.repeat([f"g{n}" for n in range(groups)], each).astype(object)
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (len(words), 8, 8, 4)).astype(np.uint8)
    return Labelled(crops, words, names)


@pytest.mark.parametrize("seed", range(5))
def test_no_group_that_is_scored_teaches_or_validates(seed):
    some = cells()
    division = divide(some, seed)
    scored = set(some.groups[division.scored])
    assert scored
    assert not scored & set(some.groups[division.labelled])
    assert not scored & set(some.groups[division.nameless])
    parts = np.concatenate([division.scored, division.labelled, division.nameless])
    assert sorted(parts) == list(range(len(some)))


def test_as_many_labels_of_each_class_and_the_same_for_the_same_seed():
    some = cells()
    division = divide(some, 3)
    _, counts = np.unique(some.words[division.labelled].astype(str), return_counts=True)
    assert counts.tolist() == [PER_CLASS, PER_CLASS]
    assert division.hash == divide(some, 3).hash != divide(some, 4).hash


def test_nameless_cells_keep_their_groups_and_labels_their_splits():
    some = cells()
    division = divide(some, 1)
    project = project_cells(some, division, FAB5, 1)
    assert project.unlabelled.ids.tolist() == division.nameless.tolist()
    assert set(project.training.splits) == {"train", "val"}
    more = project_cells(some, division, FAB5, 2, project.splits)
    assert more.training.split_hash == project.training.split_hash


def row(seed, gain, p):
    scores = [{"macro_f1": value, "auroc": 0.9, "ece": 0.1} for value in (0.7, 0.7 + gain)]
    counts = {"n_scored": 60, "n_labelled": 20, "n_gate": 4, "n_unlabelled": 100}
    told = {"seed": seed, "gain": gain, "mcnemar_p": p, "start": scores[0], "end": scores[1]}
    rounds = [{"state": "accepted", "used": 10, "right": 0.9, "gate": "accepted"}]
    return told | counts | {"rounds": rounds}


def report(rows):
    told = {"processor": "one", "cores": 2, "load": 1.0}
    return {"date": "today", "commit": "c", "machine": told, "rows": rows}


def test_the_page_says_what_is_reached_and_what_falls_short():
    rows = {
        "self-training, mll, good": [row(0, 0.08, 0.4), row(1, 0.06, 0.5)],
        "self-training, mll, small": [row(0, 0.01, 0.4), row(1, 0.0, 0.5)],
        "self-training, mll, harmed": [row(0, 0.3, 0.01), row(1, -0.1, 0.01)],
    }
    lines = {
        line.split(" | ")[1]: line for line in page(report(rows)).splitlines() if "| 0.7" in line
    }
    assert "falls short" not in lines["good"]
    assert "falls short" in lines["small"]
    assert "falls short" in lines["harmed"]
    assert "-0.100 (seed 1" in lines["harmed"]


def test_the_page_names_the_data_that_are_not_measured_yet():
    told = page(report({"self-training, mll, some": [row(0, 0.0, 1.0)]}))
    assert "Not measured yet: all_idb2, segmentation_wbc_d1." in told


def test_the_page_without_rows_says_so():
    assert page(report({})).count("Not measured.") >= 4


def test_a_row_of_earlier_code_stays_and_is_named(tmp_path):
    old, new = row(0, 0.1, 0.4) | {"commit": "old"}, row(0, 0.0, 0.4) | {"commit": "new"}
    before = {"self-training, mll, some": [old], "self-training, all_idb2, some": [old]}
    (tmp_path / "learning.json").write_text(json.dumps({"rows": before}))
    today = {"self-training, mll, some": [new]}
    rows, earlier = with_earlier(today, tmp_path / "learning.json")
    assert rows == before | today
    told = page(report(rows) | {"earlier": earlier})
    assert "Of earlier code" in told
    assert "self-training, all_idb2, some (old)." in told
    assert with_earlier(today, tmp_path / "none.json") == (today, [])
    assert "Of earlier code" not in page(report(today))
