"""How much of the laboratory is left in the network: by a probe, and by recoloured blasts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bundled_bootstrap import RESAMPLES, drawn
from bundled_data import Cells
from bundled_folds import counted
from bundled_looks import FEATURES
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from napari_all_subtype.model.calibration import calibrated

START = "start of training"
SENSITIVITY = 0.9
PROBE_FOLDS = 4
FEWEST_CELLS = 12


def threshold_rows(cells: Cells, folder: Path) -> list[dict]:
    """False blasts of laboratories left out, where most recoloured blasts are called blast.

    The threshold is the one at which SENSITIVITY of the blasts kept apart, in the
    stain of the laboratory left out, are called blast.
    """
    rows = []
    for path in sorted(folder.glob("without*.npz")):
        with np.load(path) as kept:
            for key in kept.files:
                name = key.removeprefix("recoloured ")
                if key == name or name == "rows" or not len(kept[key]):
                    continue
                own = cells.teaching & counted(cells) & (cells.laboratory == name)
                mine = own[kept["rows"]]
                normal = _p_blast(kept["logits"][mine]), cells.group[kept["rows"][mine]]
                blasts = _p_blast(kept[key]), cells.group[kept["recoloured rows"]]
                rows.append(
                    {
                        "tested on": name,
                        "fold": path.stem,
                        "commit": str(kept["commit"]),
                        "cells": len(normal[0]),
                        "recoloured blasts": len(blasts[0]),
                        **_at_sensitivity(normal, blasts),
                    }
                )
    return rows


def _p_blast(logits: np.ndarray) -> np.ndarray:
    return 1 - calibrated(logits, 1.0)[:, 0]


def _at_sensitivity(normal: tuple, blasts: tuple) -> dict:
    (p_normal, normal_groups), (p_blast, blast_groups) = normal, blasts
    threshold = _threshold(p_blast)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(RESAMPLES):
        limit = _threshold(p_blast[drawn(blast_groups, rng)])
        draws.append(float((p_normal[drawn(normal_groups, rng)] >= limit).mean()))
    low, high = np.percentile(draws, [2.5, 97.5])
    rate = float((p_normal >= threshold).mean())
    called = float((p_blast >= 0.5).mean())
    return {
        "threshold": threshold,
        "false blast rate": (rate, float(low), float(high)),
        "recoloured called blast at 0.5": called,
    }


def _threshold(p_blast: np.ndarray) -> float:
    """Highest threshold at which no fewer than SENSITIVITY of the blasts are called."""
    called = int(np.ceil(SENSITIVITY * len(p_blast)))
    return float(np.sort(p_blast)[-called])


def probe_rows(cells: Cells, folder: Path) -> list[dict]:
    """How well the laboratory of a cell is told from features, within a class.

    Balanced accuracy of a logistic regression, cross-validated by group, on the
    cells that the network was not trained on; each fold has its own network.
    """
    kept_folds = []
    for path in sorted(folder.glob("fold*.npz")):
        with np.load(path) as kept:
            kept_folds.append(dict(kept))
    if len(kept_folds) < 2:
        return []
    start = folder / f"{START}.npz"
    from_start = None
    if start.is_file():
        with np.load(start) as kept:
            from_start = kept["features embedding"]
    rows = []
    for word in ("normal", "blast"):
        for feature in FEATURES:
            values = [_probe(cells, k["rows"], k[f"features {feature}"], word) for k in kept_folds]
            rows.append(_probe_row(word, feature, values))
        if from_start is not None:
            values = [_probe(cells, k["rows"], from_start[k["rows"]], word) for k in kept_folds]
            rows.append(_probe_row(word, f"embedding, {START}", values))
    return rows


def _probe(
    cells: Cells, rows: np.ndarray, features: np.ndarray, word: str
) -> tuple[float, list[str]]:
    mine = (cells.teaching & cells.found & (cells.word == word))[rows]
    laboratory, group = cells.laboratory[rows[mine]], cells.group[rows[mine]]
    enough = [name for name in np.unique(laboratory) if (laboratory == name).sum() >= FEWEST_CELLS]
    some = np.isin(laboratory, enough)
    probe = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    )
    x, y = features[mine][some].astype(np.float32), laboratory[some]
    splitter = StratifiedGroupKFold(PROBE_FOLDS, shuffle=True, random_state=0)
    told = cross_val_predict(probe, x, y, groups=group[some], cv=splitter)
    return float(balanced_accuracy_score(y, told)), enough


def _probe_row(word: str, feature: str, values: list[tuple[float, list[str]]]) -> dict:
    told = np.array([value for value, _ in values])
    spread = stats.t.ppf(0.975, len(told) - 1) * told.std(ddof=1) / np.sqrt(len(told))
    return {
        "class": word,
        "features": feature,
        "laboratories": sorted({str(name) for _, names in values for name in names}),
        "chance": float(np.mean([1 / len(names) for _, names in values])),
        "balanced accuracy": (
            float(told.mean()),
            float(told.mean() - spread),
            float(told.mean() + spread),
        ),
        "per fold": told.tolist(),
    }
