"""How much of a figure is the ruler: cells of a laboratory whose images have several scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bundled_bootstrap import auroc_with_interval, in_table
from bundled_data import SPEC, Cells
from bundled_folds import LEFT_OUT, counted, refuse_other_cells
from bundled_pictures import SCALED_BY_BLOCK

from napari_all_subtype.model.calibration import calibrated
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.workflow.scale_doubt import resized

KEY = "logits at one scale"


def at_one_scale(fold: str, network, cells: Cells, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Logits of the cells `rows` as if all images of a laboratory had its median pixel size.

    Nothing where no laboratory left out in `fold` has several scales, and blasts besides.
    """
    (name, *more) = LEFT_OUT[fold]
    mine = cells.at(rows)
    if more or name not in SCALED_BY_BLOCK or not (mine.word == "blast").any():
        return {}
    size = np.median(mine.um_per_px[mine.teaching])
    crops = resized(mine.crops, size / mine.um_per_px, SPEC.ground)
    return {KEY: predict_logits(network, crops, batch_size=256)}


def ruler_rows(cells: Cells, folder: Path) -> list[dict]:
    """One row per laboratory: told by the pixel size alone, by the network, and at one scale."""
    found: dict[str, list] = {}
    for path in sorted(folder.glob("without * seed *.npz")):
        with np.load(path) as kept:
            if KEY in kept:
                fold, seed = path.stem.rsplit(" seed ", 1)
                good = (cells.teaching & counted(cells))[kept["rows"]]
                told = (kept["rows"][good], kept["logits"][good], kept[KEY][good], int(seed))
                found.setdefault(fold, []).append(told)
    return [_row(LEFT_OUT[fold][0], cells, told) for fold, told in found.items()]


def _row(laboratory: str, cells: Cells, told: list) -> dict:
    rows = told[0][0]
    for one in told:
        refuse_other_cells(rows, one[0])
    truth, group = cells.word[rows] == "blast", cells.group[rows]

    # Mean over seeds of the probability: one figure for the networks at hand.
    p = [np.mean([1 - calibrated(one[k], 1.0)[:, 0] for one in told], axis=0) for k in (1, 2)]
    return {
        "tested on": laboratory,
        "cells": len(rows),
        "seeds": [one[3] for one in told],
        "pixel size alone": auroc_with_interval([cells.um_per_px[rows]], truth, group),
        "each at its own scale": auroc_with_interval([p[0]], truth, group),
        "all at one scale": auroc_with_interval([p[1]], truth, group),
        "called at 0.5, own scale": _sides(p[0], truth),
        "called at 0.5, one scale": _sides(p[1], truth),
    }


def _sides(p: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Sensitivity and specificity."""
    return float((p[truth] >= 0.5).mean()), float((p[~truth] < 0.5).mean())


def page_lines(rows: list[dict]) -> list[str]:
    """The section of the page."""
    if not rows:
        return []
    lines = [
        "",
        "## How much of it is the ruler",
        "",
        "Images of `all_idb2` have several scales, which the red cells tell block by block, and",
        "its blasts stand in blocks of their own: the pixel size alone tells the classes apart.",
        "Its authors state magnifications of 300 to 500, so scales do differ; that none of it is",
        "patients whose red cells are small nobody can tell here. AUROC of the laboratory left",
        "out, probabilities averaged over the seeds named and not yet calibrated; *pixel size",
        "alone*: the more micrometres a pixel has, the likelier a blast; *at one scale*: all its",
        "images taken for the median pixel size, which is wrong for most of them.",
        "",
        "| laboratory | cells | seeds | pixel size alone | each at its own scale "
        "| all at one scale | sensitivity, specificity: own | one |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = " | ".join(
            in_table(row[name])
            for name in ("pixel size alone", "each at its own scale", "all at one scale")
        )
        sides = " | ".join(
            "{:.2f}, {:.2f}".format(*row[f"called at 0.5, {which} scale"])
            for which in ("own", "one")
        )
        seeds = ", ".join(map(str, row["seeds"]))
        lines.append(f"| {row['tested on']} | {row['cells']} | {seeds} | {figures} | {sides} |")
    return lines
