"""Figures of the bundled model: docs/figures/model.md and model.json."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import bundled_shift
import numpy as np
from bundled_bootstrap import RESAMPLES, bounds_of_share, drawn
from bundled_data import Cells, hash_of
from bundled_floor import BINS, NAME, perfect_error
from bundled_folds import LEFT_OUT, counted
from bundled_laboratory import probe_rows, threshold_rows
from bundled_page import page_of
from bundled_ruler import ruler_rows
from sklearn.metrics import roc_auc_score

from napari_all_subtype.model.calibration import (
    calibrated,
    calibration_error,
    fit_temperature,
)

FALSE_BLASTS = "false blast rate"
# Not on laboratories without blasts: their normal cells are easier, and a temperature that
# fits them (0.8) makes the model surer than it may be where blasts are.
CALIBRATED_ON = (
    "cells of the two laboratories with blasts and normal cells, each left out of training "
    "(laboratories weigh equally, then both sides; seeds pooled)"
)


@dataclass(frozen=True)
class Outcome:
    """Held-out logits of one fold and seed, for the cells that are blast or normal."""

    fold: str
    seed: int
    logits: np.ndarray
    is_blast: np.ndarray
    laboratory: np.ndarray
    group: np.ndarray
    commit: str
    seconds: float

    def at(self, rows: np.ndarray) -> Outcome:
        """The same for some cells."""
        parts = (self.logits, self.is_blast, self.laboratory, self.group)
        cut = (part[rows] for part in parts)
        return Outcome(self.fold, self.seed, *cut, self.commit, self.seconds)


def read_outcomes(cells: Cells, folder: Path, others: bool = False) -> list[Outcome]:
    """Every fold kept in `folder`: where laboratories are left out, the cells of those alone.

    With `others` only folds that leave laboratories out, and there the cells of all others that
    were kept from the network as well.
    """
    outcomes = []
    for path in sorted(folder.glob("* seed *.npz")):
        fold, seed = path.stem.rsplit(" seed ", 1)
        if others and fold not in LEFT_OUT:
            continue
        with np.load(path) as kept:
            good = (cells.teaching & counted(cells))[kept["rows"]]
            if fold in LEFT_OUT:
                good &= np.isin(cells.laboratory[kept["rows"]], LEFT_OUT[fold]) != others
            if not good.any():
                continue
            rows = kept["rows"][good]
            outcomes.append(
                Outcome(
                    fold,
                    int(seed),
                    kept["logits"][good],
                    cells.word[rows] == "blast",
                    cells.laboratory[rows],
                    cells.group[rows],
                    str(kept["commit"]),
                    float(kept["seconds"]),
                )
            )
    return outcomes


def joined(outcomes: list[Outcome]) -> Outcome:
    """Several outcomes as one, cells one after the other."""
    names = ("logits", "is_blast", "laboratory", "group")
    parts = (np.concatenate([getattr(o, name) for o in outcomes]) for name in names)
    first = outcomes[0]
    return Outcome("joined", first.seed, *parts, first.commit, sum(o.seconds for o in outcomes))


def two_sided(outcome: Outcome) -> Outcome:
    """The cells of laboratories that have blasts and normal cells."""
    sides = {
        str(name): np.unique(outcome.is_blast[outcome.laboratory == name]).size
        for name in np.unique(outcome.laboratory)
    }
    return outcome.at(np.array([sides[str(name)] == 2 for name in outcome.laboratory], bool))


def balanced_temperature(outcome: Outcome) -> float:
    """Temperature with laboratories of equal weight, then both sides of equal weight."""
    outcome = two_sided(outcome)
    weights = np.zeros(len(outcome.group))
    for name in np.unique(outcome.laboratory):
        rows = outcome.laboratory == name
        weights[rows] = 1 / rows.sum()
    for side in (True, False):
        rows = outcome.is_blast == side
        weights[rows] /= weights[rows].sum()
    return fit_temperature(outcome.logits, outcome.is_blast, weights)


def figures_of(outcome: Outcome, temperature: float) -> dict[str, float]:
    """Every figure that the cells at hand allow."""
    truth = outcome.is_blast
    p = calibrated(outcome.logits, temperature)
    p_blast = 1 - p[:, 0]
    called = p_blast >= 0.5
    out = {}
    if truth.any() and not truth.all():
        out["AUROC"] = float(roc_auc_score(truth, p_blast))
        out["sensitivity"] = float(called[truth].mean())
        out["specificity"] = float((~called[~truth]).mean())
        out["balanced accuracy"] = (out["sensitivity"] + out["specificity"]) / 2
    elif len(truth) and not truth.any():
        out[FALSE_BLASTS] = float(called[~truth].mean())
    if len(truth):
        out["ECE"] = calibration_error(p, truth, bins=BINS)
    return out


def with_intervals(outcomes: list[Outcome], temperatures: list[float]) -> dict[str, tuple]:
    """Figure -> (value, low, high, one value per outcome): mean over outcomes, 95 % by groups.

    The interval is of the mean over the networks at hand: it holds no spread of training.
    """
    each = [figures_of(o, t) for o, t in zip(outcomes, temperatures, strict=True)]
    rng = np.random.default_rng(0)
    draws = {name: [] for name in each[0]}
    for _ in range(RESAMPLES):
        rows = drawn(outcomes[0].group, rng)
        found = [figures_of(o.at(rows), t) for o, t in zip(outcomes, temperatures, strict=True)]
        for name, values in draws.items():
            # A draw may hold one side only; then it says nothing of this figure.
            if all(name in figures for figures in found):
                values.append(np.mean([figures[name] for figures in found]))
    found = {}
    for name in each[0]:
        values = [figures[name] for figures in each]
        mean = float(np.mean(values))
        found[name] = (mean, *_bounds(name, draws[name], mean, outcomes[0].is_blast), values)
    return found


def _bounds(name: str, draws: list[float], value: float, truth: np.ndarray) -> tuple[float, float]:
    """95 % of what was drawn."""
    cells = {"sensitivity": truth.sum(), "specificity": (~truth).sum(), FALSE_BLASTS: len(truth)}
    if name in cells:
        return bounds_of_share(draws, value, int(cells[name]))
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def _row(protocol: str, tested: str, outcomes: list[Outcome], temperatures: list[float]) -> dict:
    first = outcomes[0]
    return {
        "protocol": protocol,
        "tested on": tested,
        "crops": len(first.group),
        "blasts": int(first.is_blast.sum()),
        "groups": len(np.unique(first.group)),
        "seeds": sorted({o.seed for o in outcomes}),
        "temperature": temperatures,
        "commit": sorted({o.commit for o in outcomes}),
        "figures": with_intervals(outcomes, temperatures),
        NAME: perfect_error(_p_blast(outcomes, temperatures)),
    }


def _p_blast(outcomes: list[Outcome], temperatures: list[float]) -> list[np.ndarray]:
    return [
        1 - calibrated(o.logits, t)[:, 0].astype(float)
        for o, t in zip(outcomes, temperatures, strict=True)
    ]


def _left_out_rows(outcomes: list[Outcome]) -> list[dict]:
    """One row per laboratory left out; its temperature comes from the *other* ones."""
    rows = []
    apart = [o for o in outcomes if o.fold.startswith("without")]
    for name in sorted({str(n) for o in apart for n in o.laboratory}):
        own = [o.at(o.laboratory == name) for o in apart if (o.laboratory == name).any()]
        others = [o for o in apart if name not in o.laboratory]
        t = balanced_temperature(joined(others))
        rows.append(_row("laboratory left out of training", name, own, [t] * len(own)))
    return rows


def _cross_rows(outcomes: list[Outcome]) -> list[dict]:
    """Rows of the grouped folds; the temperature of a fold comes from the *other* folds."""
    inside = [o for o in outcomes if o.fold.startswith("fold")]
    if len(inside) < 2:
        return []
    fitted = [balanced_temperature(joined([o for o in inside if o is not one])) for one in inside]
    cooled = [_cooled(o, t) for o, t in zip(inside, fitted, strict=True)]
    whole = joined(cooled)
    protocol = f"{len(inside)}-fold, grouped, all laboratories in training"
    rows = [_row(protocol, "all", [whole], [1.0])]
    rows[0]["temperature"] = fitted
    rows[0]["per fold"] = {o.fold: figures_of(o, 1.0) for o in cooled}
    for name in np.unique(whole.laboratory):
        part = whole.at(whole.laboratory == name)
        each = {o.fold: figures_of(o.at(o.laboratory == name), 1.0) for o in cooled}
        row = _row(protocol, str(name), [part], [1.0])
        rows.append(row | {"temperature": fitted, "per fold": each})
    return rows


def _cooled(outcome: Outcome, temperature: float) -> Outcome:
    """`outcome` with logits that a temperature of 1 turns into its calibrated probabilities."""
    p = calibrated(outcome.logits, temperature).astype(np.float64)
    return replace(outcome, logits=np.log(np.maximum(p, np.finfo(np.float32).tiny)))


def shifted(apart: list[Outcome]) -> dict:
    """What a shifted threshold changes for laboratories left out, by the seeds that have all."""
    of_seeds = {
        seed: joined([one for one in apart if one.seed == seed])
        for seed in sorted({one.seed for one in apart})
    }
    most = max(len(one.group) for one in of_seeds.values())
    whole = {seed: one for seed, one in of_seeds.items() if len(one.group) == most}
    commits = sorted({one.commit for one in apart if one.seed in whole})
    rows = bundled_shift.shift_rows(list(whole.values()))
    return {"seeds": list(whole), "commit": commits, "rows": rows}


def write_figures(
    cells: Cells, folder: Path, split_hash: str, out: Path, setting: list[dict]
) -> None:
    """Write model.json and model.md from the folds kept in `folder`."""
    outcomes = read_outcomes(cells, folder)
    apart = [o for o in outcomes if o.fold.startswith("without")]
    temperature = balanced_temperature(joined(apart))
    rows = _left_out_rows(outcomes) + _cross_rows(outcomes)
    card = [
        {
            "name": name,
            "protocol": f"{row['protocol']}; tested on {row['tested on']}",
            "value": round(value, 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "crops": row["crops"],
            "groups": row["groups"],
        }
        for row in rows
        for name, (value, low, high, _) in row["figures"].items()
    ]
    out.mkdir(parents=True, exist_ok=True)
    content = {
        "temperature": round(temperature, 4),
        "calibrated_on": CALIBRATED_ON,
        "split_hash": split_hash,
        "data_hash": hash_of(cells),
        "setting": setting,
        "seconds per fold": {f"{o.fold} seed {o.seed}": round(o.seconds) for o in outcomes},
        "rows": rows,
        "at the threshold of recoloured blasts": threshold_rows(cells, folder),
        bundled_shift.KEY: shifted(apart),
        "the ruler": ruler_rows(cells, folder),
        "laboratory probe": probe_rows(cells, folder),
        "card": card,
    }
    (out / "model.json").write_text(json.dumps(content, indent=1) + "\n")
    (out / "model.md").write_text(page_of(content))
