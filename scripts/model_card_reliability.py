"""How far the bundled model's probabilities can be believed, and what each laboratory is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from bundled_data import Cells, hash_of
from bundled_figures import (
    RESAMPLES,
    Outcome,
    balanced_temperature,
    figures_of,
    joined,
    read_outcomes,
)

from napari_all_subtype.model.calibration import calibrated

BINS = 10
LEFT_OUT, KNOWN = "left out of training", "in training, other groups"
COSTS = ("AUROC", "balanced accuracy", "false blast rate")


def kept_folds(cells: Cells, folders: Path, figures: dict, others: bool = False) -> list[Outcome]:
    """The kept outputs that `figures` (model.json) were made from.

    With `others` those of :func:`read_outcomes`.

    Raises
    ------
    SystemExit
        If they were made from other crops, or no folder holds just those folds.
    """
    if hash_of(cells) != figures["data_hash"]:
        raise SystemExit(
            f"the crops are {hash_of(cells)}, those of model.json were {figures['data_hash']}: "
            "run `make figures-model` first."
        )
    wanted = figures["seconds per fold"]
    for folder in sorted(folders.glob("*")):
        found = {}
        for path in folder.glob("* seed *.npz"):
            with np.load(path) as kept:
                found[path.stem] = round(float(kept["seconds"]))
        if found == wanted:
            return read_outcomes(cells, folder, others)
    raise SystemExit(
        f"no folder in {folders.name}/ holds the {len(wanted)} folds of model.json: run "
        "`make figures-model` first."
    )


def by_laboratory(outcomes: list[Outcome]) -> dict[str, dict[str, list[Outcome]]]:
    """Laboratory -> protocol -> its cells in each network's test, at a temperature of 1.

    The temperature is fitted on laboratories, or folds, that are not shown.
    """
    apart = [o for o in outcomes if o.fold.startswith("without")]
    inside = [o for o in outcomes if o.fold.startswith("fold")]
    found: dict[str, dict[str, list[Outcome]]] = {}
    for name in sorted({str(n) for o in apart for n in o.laboratory}):
        t = balanced_temperature(joined([o for o in apart if name not in o.laboratory]))
        own = [_part(o, name, t) for o in apart if name in o.laboratory]
        found[name] = {LEFT_OUT: own, KNOWN: []}
    for one in inside:
        t = balanced_temperature(joined([o for o in inside if o.fold != one.fold]))
        for name in found.keys() & set(one.laboratory.tolist()):
            found[name][KNOWN].append(_part(one, name, t))
    return found


def _part(outcome: Outcome, laboratory: str, temperature: float) -> Outcome:
    """Its cells of one laboratory, with logits whose softmax is calibrated."""
    part = outcome.at(outcome.laboratory == laboratory)
    p = calibrated(part.logits, temperature).astype(np.float64)
    return replace(part, logits=np.log(np.maximum(p, np.finfo(np.float32).tiny)))


def reliability(parts: list[Outcome]) -> dict[str, list[float]]:
    """Per bin of the probability of blast: cells, their mean probability, blasts; mean of seeds."""
    seeds = len({o.seed for o in parts})
    whole = joined(parts)
    p = 1.0 - calibrated(whole.logits)[:, 0].astype(float)
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    weights = (np.ones(p.size), p, whole.is_blast)
    cells, said, blasts = (np.bincount(place, weight, BINS) for weight in weights)
    mean = np.divide(said, cells, out=np.zeros(BINS), where=cells > 0)
    return {
        "cells": np.round(cells / seeds, 1).tolist(),
        "mean probability": np.round(mean, 4).tolist(),
        "blasts": np.round(blasts / seeds, 1).tolist(),
    }


def cost_of_leaving_out(parts: dict[str, list[Outcome]]) -> dict[str, list[float]]:
    """Figure -> in training, left out, difference, low, high: the same cells, drawn by group."""
    sides = [parts[KNOWN], parts[LEFT_OUT]]
    whole = [_mean_figures(side, None) for side in sides]
    groups = np.unique(np.concatenate([o.group for side in sides for o in side]))
    rng = np.random.default_rng(0)
    draws: dict[str, list[float]] = {name: [] for name in whole[0]}
    for _ in range(RESAMPLES):
        times = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)))
        drawn = dict(zip(groups.tolist(), times.tolist(), strict=True))
        known, left = (_mean_figures(side, drawn) for side in sides)
        # A draw may hold one side only; then it says nothing of some figures.
        for name in draws.keys() & known.keys() & left.keys():
            draws[name].append(left[name] - known[name])
    found = {}
    for name, known in whole[0].items():
        low, high = np.percentile(draws[name], [2.5, 97.5])
        values = (known, whole[1][name], whole[1][name] - known, low, high)
        found[name] = [round(float(value), 4) for value in values]
    return found


def cost_to_others(outcomes: list[Outcome], apart: list[Outcome]) -> dict[str, dict[str, dict]]:
    """Datasets left out -> another laboratory -> what that changed for so many of its cells.

    Both networks had neither the groups of the cells in their training; one had the datasets.

    Parameters
    ----------
    outcomes : list of Outcome
        The grouped folds are among them.
    apart : list of Outcome
        Of networks without some laboratories, on cells of others (`others` of `read_outcomes`).
    """
    found: dict[str, dict[str, dict]] = {}
    for left in apart:
        beside = [
            o
            for o in outcomes
            if o.fold.startswith("fold") and o.seed == left.seed and set(left.group) <= set(o.group)
        ]
        if not beside:
            continue
        known = beside[0].at(np.isin(beside[0].group, left.group))
        datasets = left.fold.removeprefix("without ")
        found[datasets] = {
            name: _cost_to_other(_part(known, name, 1.0), _part(left, name, 1.0))
            for name in sorted(set(left.laboratory.tolist()))
        }
    return found


def _cost_to_other(known: Outcome, left: Outcome) -> dict:
    return {
        "cells": len(left.group),
        "blasts": int(left.is_blast.sum()),
        "groups": len(np.unique(left.group)),
        "figures": cost_of_leaving_out({KNOWN: [known], LEFT_OUT: [left]}),
    }


def _mean_figures(parts: list[Outcome], drawn: dict[str, int] | None) -> dict[str, float]:
    """Mean over seeds of each figure, with every group as often as it was drawn.

    AUROC is the mean over the networks of a seed that were tested on both sides: pooled, it
    would rank cells of one network against those of another.
    """
    each = []
    for seed in sorted({o.seed for o in parts}):
        own = [_drawn_at(o, drawn) for o in parts if o.seed == seed]
        figures = figures_of(joined(own), 1.0)
        figures.pop("AUROC", None)
        aurocs = [f["AUROC"] for f in (figures_of(o, 1.0) for o in own) if "AUROC" in f]
        each.append(figures | ({"AUROC": float(np.mean(aurocs))} if aurocs else {}))
    return {
        name: float(np.mean([figures[name] for figures in each]))
        for name in COSTS
        if all(name in figures for figures in each)
    }


def _drawn_at(outcome: Outcome, drawn: dict[str, int] | None) -> Outcome:
    """Its cells as often as their groups were drawn; None: all, once."""
    if drawn is None:
        return outcome
    times = [drawn[group] for group in outcome.group.tolist()]
    return outcome.at(np.repeat(np.arange(len(times)), times))
