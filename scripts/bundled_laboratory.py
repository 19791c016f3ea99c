"""How much of the laboratory is left in the network: by a probe, and by recoloured blasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bundled_bootstrap import RESAMPLES, bounds_of_share, drawn
from bundled_data import Cells
from bundled_folds import counted, refuse_other_cells
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
    stain of the laboratory left out, are called blast: one for the network of each seed.
    """
    found: dict[str, list[_Told]] = {}
    for path in sorted(folder.glob("without * seed *.npz")):
        with np.load(path) as kept:
            for key in kept.files:
                name = key.removeprefix("recoloured ")
                if key != name and name != "rows" and len(kept[key]):
                    found.setdefault(name, []).append(_heard(cells, name, path.stem, kept))
    return [_threshold_row(name, told) for name, told in found.items()]


@dataclass(frozen=True)
class _Told:
    """What the network of one seed says of normal cells, and of blasts in their stain."""

    seed: int
    commit: str
    p_normal: np.ndarray
    normal_groups: np.ndarray
    p_recoloured: np.ndarray
    recoloured_groups: np.ndarray

    def threshold(self, rows: np.ndarray | slice = slice(None)) -> float:
        """Highest at which no fewer than SENSITIVITY of the recoloured blasts are called."""
        p = np.sort(self.p_recoloured[rows])
        return float(p[-int(np.ceil(SENSITIVITY * len(p)))])


def _heard(cells: Cells, laboratory: str, name: str, kept: Mapping[str, np.ndarray]) -> _Told:
    own = cells.teaching & counted(cells) & (cells.laboratory == laboratory)
    mine = own[kept["rows"]]
    return _Told(
        int(name.rsplit(" seed ", 1)[1]),
        str(kept["commit"]),
        _p_blast(kept["logits"][mine]),
        cells.group[kept["rows"][mine]],
        _p_blast(kept[f"recoloured {laboratory}"]),
        cells.group[kept["recoloured rows"]],
    )


def _p_blast(logits: np.ndarray) -> np.ndarray:
    return 1 - calibrated(logits, 1.0)[:, 0]


def _threshold_row(laboratory: str, told: list[_Told]) -> dict:
    """Means over seeds, which share each draw of the interval as they share the cells."""
    first = told[0]
    for one in told:
        refuse_other_cells(first.normal_groups, one.normal_groups)
        refuse_other_cells(first.recoloured_groups, one.recoloured_groups)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(RESAMPLES):
        blasts, normal = drawn(first.recoloured_groups, rng), drawn(first.normal_groups, rng)
        rates = [(one.p_normal[normal] >= one.threshold(blasts)).mean() for one in told]
        draws.append(np.mean(rates))
    each = [float((one.p_normal >= one.threshold()).mean()) for one in told]
    rate = float(np.mean(each))
    return {
        "tested on": laboratory,
        "seeds": [one.seed for one in told],
        "commit": sorted({one.commit for one in told}),
        "cells": len(first.p_normal),
        "recoloured blasts": len(first.p_recoloured),
        "threshold": float(np.mean([one.threshold() for one in told])),
        "false blast rate": (rate, *bounds_of_share(draws, rate, len(first.p_normal)), each),
        "recoloured called blast at 0.5": float(
            np.mean([(one.p_recoloured >= 0.5).mean() for one in told])
        ),
    }


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
