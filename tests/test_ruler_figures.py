"""How much of a laboratory's figure is the ruler: told by the pixel size alone, and without it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from bundled_data import SPEC, Cells
from bundled_ruler import KEY, at_one_scale, page_lines, ruler_rows

from napari_all_subtype.model.classifier import load_classifier

COUNT = 24


def cells(laboratory="all_idb2"):
    """Blasts at 0.11 um/px in blocks of their own, others at 0.09."""
    blast = np.arange(COUNT) % 2 == 0
    return Cells(
        np.full((COUNT, *SPEC.shape), 255, np.uint8),
        np.where(blast, "blast", "normal"),
        np.full(COUNT, laboratory),
        np.array([f"{'b' if one else 'n'}-{k // 8}" for k, one in enumerate(blast)]),
        np.ones(COUNT, bool),
        np.where(blast, 0.11, 0.09),
    )


def test_pixel_size_that_tells_the_classes_is_told_so(tmp_path):
    told, rng = cells(), np.random.default_rng(0)
    sure = np.where(told.word[:, None] == "blast", [[-3, 3, 0, 0, 0]], [[3, -3, 0, 0, 0]])
    none = rng.normal(size=(COUNT, 5)) * 0.01
    for seed in (3, 4):
        path = tmp_path / f"without all_idb2 seed {seed}.npz"
        np.savez(path, rows=np.arange(COUNT), logits=sure, **{KEY: none})
    np.savez(tmp_path / "without all_idb2 seed 0.npz", rows=np.arange(COUNT), logits=sure)
    (row,) = ruler_rows(told, tmp_path)
    assert row["seeds"] == [3, 4]
    assert row["pixel size alone"][0] == row["each at its own scale"][0] == 1.0
    assert 0.2 < row["all at one scale"][0] < 0.8
    assert row["called at 0.5, own scale"] == (1.0, 1.0)
    assert "| all_idb2 | 24 | 3, 4 | 1.000" in page_lines([row])[-1]


def test_laboratory_of_one_scale_is_not_asked():
    network = load_classifier().network
    assert at_one_scale("without mll", network, cells("mll"), np.arange(4)) == {}
    assert at_one_scale("without txl_pbc, d2", network, cells(), np.arange(4)) == {}
    assert at_one_scale("without all_idb2", network, cells(), np.arange(4))[KEY].shape == (4, 5)


def test_page_without_such_a_laboratory_has_no_such_section():
    assert page_lines([]) == []
