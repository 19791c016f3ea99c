"""Scores of masks and boxes, and their intervals by bootstrap over groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from development_images import Truth
from scipy.optimize import linear_sum_assignment

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.table import present

MIN_IOU = 0.5
CLUSTER_IOU = 0.7
# Bias of the N:C ratio is told on either side of this.
NC_MIDDLE = 0.60
RESAMPLES = 1000


def score(masks: CellMasks, cells: pd.DataFrame, truth: Truth) -> dict[str, float]:
    """Scores of one image: Dice of its central cell, matches of its boxes, cells found."""
    found = present(cells)
    result: dict[str, float] = {"cells": len(found)}
    if truth.nucleus is not None:
        votes = np.bincount(masks.nuclei[truth.nucleus], minlength=1)
        votes[0] = 0
        best = int(votes.argmax()) if votes.sum() else -1
        result["nucleus_dice"] = _dice(masks.nuclei == best, truth.nucleus)
        if truth.cell is not None:
            result["cell_dice"] = _dice(masks.labels == best, truth.cell)
            known = truth.nucleus.sum() / truth.cell.sum()
            measured = cells["nc_ratio"].get(best, np.nan)
            result["nc_error"] = float(measured - known)
            result["nc_known"] = float(known)
    if truth.boxes is not None:
        boxes = found[["y0_px", "x0_px", "y1_px", "x1_px"]].to_numpy(float)
        result |= {
            "matched": _matches(boxes, truth.boxes),
            "found": len(boxes),
            "known": len(truth.boxes),
        }
    return result


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    """Twice the overlap over the sum of both areas, 0–1."""
    return 2 * np.count_nonzero(a & b) / max(np.count_nonzero(a) + np.count_nonzero(b), 1)


def _matches(found: np.ndarray, known: np.ndarray) -> int:
    """One-to-one matches of boxes (y0, x0, y1, x1) at an IoU of 0.5 or more."""
    return len(box_matches(box_overlaps(found, known)))


def box_overlaps(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    """IoU of every two boxes (y0, x0, y1, x1): ndarray, shape (N, M), 0–1."""
    low = np.maximum(found[:, None, :2], known[None, :, :2])
    high = np.minimum(found[:, None, 2:], known[None, :, 2:])
    overlap = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(b[:, 2:] - b[:, :2]).prod(axis=1) for b in (found, known)]
    return overlap / (areas[0][:, None] + areas[1][None] - overlap)


def box_matches(iou: np.ndarray) -> np.ndarray:
    """One-to-one matches at an IoU of 0.5 or more: rows and columns, shape (K, 2)."""
    pairs = np.stack(linear_sum_assignment(-iou), axis=1)
    return pairs[iou[pairs[:, 0], pairs[:, 1]] >= MIN_IOU]


def _bias(table: pd.DataFrame, rows: pd.Series) -> float:
    return table.loc[rows, "nc_error"].median()


def touching_matches(masks: CellMasks, truth: CellMasks) -> dict[str, int]:
    """Cells that touch another in truth: known, found, and matched at an IoU of 0.7 or more.

    A found cell counts among them if it covers more of a touching cell than of any
    other cell.
    """
    touching = np.isin(np.arange(truth.highest + 1), _touching(truth.labels))
    shared = np.zeros((masks.highest + 1, truth.highest + 1), np.int64)
    np.add.at(shared, (masks.labels.ravel(), truth.labels.ravel()), 1)
    areas = shared.sum(axis=1)[1:, None] + shared.sum(axis=0)[None, 1:]
    shared = shared[1:, 1:]
    there = shared.sum(axis=1) > 0
    of_touching = there & touching[1:][shared.argmax(axis=1)] if shared.size else there
    matched = shared / np.maximum(areas - shared, 1) >= CLUSTER_IOU
    return {
        "touching_known": int(touching.sum()),
        "touching_found": int(of_touching.sum()),
        "touching_matched": int(matched[:, touching[1:]].any(axis=0).sum()),
    }


def _touching(labels: np.ndarray) -> np.ndarray:
    """Labels that share a border with another."""
    pairs = []
    for near, far in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        border = (near != far) & (near > 0) & (far > 0)
        pairs += [near[border], far[border]]
    return np.unique(np.concatenate(pairs))


def _f1(table: pd.DataFrame) -> float:
    both = table["touching_known"].sum() + table["touching_found"].sum()
    return 2 * table["touching_matched"].sum() / max(both, 1)


FIGURES = {
    "nucleus Dice": lambda t: t["nucleus_dice"].mean(),
    "cell Dice": lambda t: t["cell_dice"].mean(),
    "N:C, median absolute error": lambda t: t["nc_error"].abs().median(),
    "N:C, median signed error": lambda t: t["nc_error"].median(),
    "N:C below 0.60, median signed error": lambda t: _bias(t, t["nc_known"] < NC_MIDDLE),
    "N:C above 0.60, median signed error": lambda t: _bias(t, t["nc_known"] >= NC_MIDDLE),
    "box recall": lambda t: t["matched"].sum() / max(t["known"].sum(), 1),
    "box precision": lambda t: t["matched"].sum() / max(t["found"].sum(), 1),
    "touching cells, F1 at IoU 0.7": _f1,
    "cells per image": lambda t: t["cells"].mean(),
    "called blast, of normal cells": lambda t: t["called_blast"].sum() / max(t["cells"].sum(), 1),
    "called blast, of blasts": lambda t: t["blast_called"].mean(),
    "called blast, of other leukocytes": lambda t: t["other_called"].mean(),
}
_NEEDS = {
    "nucleus Dice": "nucleus_dice",
    "cell Dice": "cell_dice",
    "N:C, median absolute error": "nc_error",
    "N:C, median signed error": "nc_error",
    "N:C below 0.60, median signed error": "nc_error",
    "N:C above 0.60, median signed error": "nc_error",
    "box recall": "known",
    "box precision": "found",
    "touching cells, F1 at IoU 0.7": "touching_known",
    "cells per image": "cells",
    "called blast, of normal cells": "called_blast",
    "called blast, of blasts": "blast_called",
    "called blast, of other leukocytes": "other_called",
}


def summarise(table: pd.DataFrame, seed: int = 0, resamples: int = RESAMPLES) -> list[dict]:
    """Each figure that the table allows, with n, a 95 % interval, and its value per group.

    The interval resamples whole groups, since images of a group are alike.
    """
    places = table.reset_index(drop=True).groupby("group").indices
    groups = {name: table.iloc[rows] for name, rows in places.items()}
    rng = np.random.default_rng(seed)
    draws = [rng.choice(list(groups), len(groups)) for _ in range(resamples)]
    samples = [table.iloc[np.concatenate([places[g] for g in draw])] for draw in draws]
    result = []
    for name, figure in FIGURES.items():
        if _NEEDS[name] not in table:
            continue
        resampled = [figure(sample) for sample in samples]
        low, high = np.nanpercentile(resampled, [2.5, 97.5]) if resamples else (np.nan, np.nan)
        result.append(
            {
                "figure": name,
                "value": round(float(figure(table)), 4),
                "low": round(float(low), 4),
                "high": round(float(high), 4),
                "n": int(table[_NEEDS[name]].notna().sum()),
                "groups": int(table.loc[table[_NEEDS[name]].notna(), "group"].nunique()),
                "per_group": {str(g): round(float(figure(part)), 4) for g, part in groups.items()},
            }
        )
    return result
