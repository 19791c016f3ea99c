"""What a second network would add to the shipped one: the mean of both, from kept folds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bundled_bootstrap import auroc_with_interval, in_table
from bundled_data import Cells
from bundled_folds import BLASTS_LEFT_OUT, LEFT_OUT, counted, refuse_other_cells

from napari_all_subtype.model.calibration import blast_logit

KEY = "mean with the shipped network"  # in backbones.json
LEAST = 1e-6  # a probability of 0 or 1 has no log odds


def mean_rows(cells: Cells, shipped: Path, other: Path) -> list[dict]:
    """AUROC of the shipped network, of another and of both, on laboratories left out.

    Parameters
    ----------
    cells : Cells
        All of them, as the folds of the shipped network were measured on.
    shipped, other : Path
        Folders of kept folds: of `train_bundled.py`, and of one row of `compare_backbones.py`.

    Returns
    -------
    list of dict
        One row per laboratory for which both are kept with the same seeds.
    """
    rows = []
    for fold in BLASTS_LEFT_OUT:
        pairs = {}
        for path in sorted(other.glob(f"{fold}, seed *.npz")):
            seed = int(path.stem.rsplit(" ", 1)[1])
            own = shipped / f"{fold} seed {seed}.npz"
            if own.is_file():
                pairs[seed] = _pair(cells, fold, own, path)
        if pairs:
            rows.append(_row(fold, pairs))
    return rows


def _pair(cells: Cells, fold: str, own: Path, other: Path) -> dict[str, np.ndarray]:
    """Log odds of blast by both networks, (N,) each, of the same cells."""
    with np.load(own) as ours, np.load(other) as theirs:
        tested = cells.teaching & counted(cells) & np.isin(cells.laboratory, LEFT_OUT[fold])
        mine = (tested & ~cells.by_rule)[ours["rows"]]
        rows = ours["rows"][mine]
        refuse_other_cells(cells.group[rows], theirs["group"])
        p = np.clip(theirs["p clean"].astype(float), LEAST, 1 - LEAST)
        return {
            "ours": blast_logit(ours["logits"][mine]),
            "theirs": np.log(p / (1 - p)),
            "is blast": cells.word[rows] == "blast",
            "group": cells.group[rows],
            "commit": np.array([str(ours["commit"]), str(theirs["commit"])]),
        }


def _row(fold: str, pairs: dict[int, dict[str, np.ndarray]]) -> dict:
    first = next(iter(pairs.values()))
    truth, group = first["is blast"], first["group"]
    own, other = ([pair[name] for pair in pairs.values()] for name in ("ours", "theirs"))
    return {
        "fold": fold,
        "cells": len(truth),
        "groups": len(np.unique(group)),
        "seeds": list(pairs),
        "commits": sorted({str(one) for pair in pairs.values() for one in pair["commit"]}),
        "shipped": auroc_with_interval(own, truth, group),
        "other": auroc_with_interval(other, truth, group),
        "mean": auroc_with_interval([a + b for a, b in zip(own, other, strict=True)], truth, group),
    }


def page_lines(rows: list[dict]) -> list[str]:
    """The section of the page."""
    if not rows:
        return []
    lines = [
        "What VGG16 could teach the shipped network: the mean of the log odds of both is about",
        "what one that learned from both would reach. From kept folds, mean over seeds; intervals",
        "by bootstrap over groups.",
        "",
        "| left out | cells | groups | seeds | shipped network | VGG16 | mean of both |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = " | ".join(in_table(row[name]) for name in ("shipped", "other", "mean"))
        seeds = ", ".join(map(str, row["seeds"]))
        name = row["fold"].removeprefix("without ")
        lines.append(f"| {name} | {row['cells']} | {row['groups']} | {seeds} | {figures} |")
    return lines
