"""The stains of the training are judged as the product judges a smear."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import bundled_commit
from bundled_data import Cells
from bundled_stain import page_of, seen_of, smears_of, with_colours

SIDE = 40


def crop_of(lightness, whole=True):
    """A disc in a disc; one that is not whole has no cytoplasm to be seen."""
    y, x = np.ogrid[:SIDE, :SIDE]
    away = np.hypot(y - SIDE / 2 + 0.5, x - SIDE / 2 + 0.5)
    crop = np.full((SIDE, SIDE, 4), 255, np.uint8)
    crop[..., 3] = 0
    crop[away < 16] = (lightness + 60, lightness + 70, lightness + 90, 128 if whole else 255)
    crop[away < 9] = (lightness + 10, lightness, lightness + 40, 255)
    return crop


def cells_of(crops, laboratory="a", word="normal"):
    n = len(crops)
    group = np.array([f"{k:03}" for k in range(n)])
    columns = np.full(n, word), np.full(n, laboratory), group, np.ones(n, bool), np.ones(n)
    return Cells(np.stack(crops), *columns)


def joined(*parts):
    return Cells(*(np.concatenate([getattr(p, f) for p in parts]) for f in vars(parts[0])))


def test_smear_is_so_many_cells_whose_colours_can_all_be_told():
    crops = [crop_of(20, whole=False), *(crop_of(40 + 5 * k) for k in range(10)), crop_of(120)]
    cells, colours = with_colours(cells_of(crops))
    assert len(cells.word) == len(colours) == 11
    assert np.isfinite(colours).all()
    medians = smears_of(colours, cells, 10)["a"]
    # Not nine of them: the product leaves out such a cell before it counts.
    np.testing.assert_allclose(medians, [np.median(colours[:10], axis=0)])


def test_cells_that_teach_no_side_have_no_stain():
    both = joined(cells_of([crop_of(50)] * 3), cells_of([crop_of(90)] * 4, word="immature"))
    assert len(with_colours(both)[0].word) == 3


def test_limit_is_of_smears_as_long_as_it_says():
    rng = np.random.default_rng(0)
    parts = [
        cells_of([crop_of(int(v)) for v in rng.integers(low, low + 40, 60)], name)
        for name, low in (("a", 30), ("b", 60))
    ]
    cells, colours = with_colours(joined(*parts))
    jittered = colours + rng.normal(0, 3, colours.shape)
    seen = seen_of(jittered, cells)
    assert seen.rare[0] > seen.rare[1] > 0
    far = [seen.distance(m) for m in smears_of(jittered, cells, 10).values()]
    assert seen.rare[1] <= np.max(np.concatenate(far)) + 1e-3


def content_of(shares):
    """A measurement with these shares warned of, by laboratory."""
    return {
        "date": "today",
        "commit": "0",
        "data_hash": "0",
        "rare": {3: 3.0, 10: 2.0},
        "left out": {name: {10: [9, share], 3: [30, 0.1]} for name, share in shares.items()},
        "distorted": {},
    }


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ({"x": 0.9, "y": 0.2, "z": 0.6}, "Most smears of `x`, `z` are warned of"),
        ({"x": 0.1, "y": 0.2}, "Of no laboratory are most smears warned of"),
    ],
)
def test_page_names_the_laboratories_that_are_warned_of_from_the_figures(shares, told):
    assert told in page_of(content_of(shares))


def test_commit_says_when_the_tree_differs_from_it(tmp_path, monkeypatch):
    def git(*words):
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "a.py").write_text("1")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "a")
    monkeypatch.setattr(bundled_commit, "ROOT", tmp_path)
    clean = bundled_commit.commit()
    assert len(clean) == 12
    (tmp_path / "notes.md").write_text("no figure rests on this")
    assert bundled_commit.commit() == clean
    (tmp_path / "scripts" / "a.py").write_text("2")
    assert bundled_commit.commit() == f"{clean}-dirty"
