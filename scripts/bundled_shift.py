"""What a shifted threshold would bring to a laboratory left out, and cost those of normal cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from bundled_bootstrap import with_interval
from scipy.optimize import minimize

from napari_all_subtype.model.calibration import blast_logit

if TYPE_CHECKING:
    from bundled_figures import Outcome

KEY = "shifted threshold"  # in model.json
SEED = 0  # whose networks are looked at
FIGURES = ("balanced accuracy", "false blast rate")


def shift_rows(outcome: Outcome) -> list[dict]:
    """A row for each laboratory: its figure at the usual threshold, and with the shift of others.

    The shift is fitted on the laboratories with both sides, but never on the one it is used on.
    """
    z, truth, names = blast_logit(outcome.logits), outcome.is_blast, outcome.laboratory
    own = {str(name): names == name for name in np.unique(names)}
    both = {name: rows for name, rows in own.items() if 0 < truth[rows].sum() < rows.sum()}
    found = []
    for name, rows in own.items():
        others = [rest for other, rest in both.items() if other != name]
        shift = fitted_shift([(z[rest], truth[rest]) for rest in others])
        figure = _balanced if name in both else _false_blasts
        at = {
            word: with_interval(
                outcome.group[rows],
                lambda drawn, moved=z[rows] + by, figure=figure, rows=rows: figure(
                    moved[drawn] >= 0, truth[rows][drawn]
                ),
            )
            for word, by in (("as it is", 0.0), ("shifted", shift))
        }
        found.append(
            {
                "tested on": name,
                "cells": int(rows.sum()),
                "groups": len(np.unique(outcome.group[rows])),
                "figure": FIGURES[name not in both],
                "fitted on": [other for other in both if other != name],
                "shift": round(shift, 3),
                **at,
            }
        )
    return found


def fitted_shift(parts: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Shift of the log odds of blast at which cells surprise least, with a temperature beside it.

    Laboratories weigh equally, and so do both sides of each.

    Parameters
    ----------
    parts : list of two ndarray, shape (N,)
        Log odds and whether it is a blast, of each laboratory.
    """

    def surprise(told: np.ndarray) -> float:
        total = 0.0
        for z, truth in parts:
            signed = np.where(truth, 1, -1) * (z + told[1]) / np.exp(told[0])
            loss = np.logaddexp(0, -signed)
            total += loss[truth].mean() + loss[~truth].mean()
        return total

    return float(minimize(surprise, [0.0, 0.0], method="Nelder-Mead").x[1])


def _balanced(called: np.ndarray, truth: np.ndarray) -> float | None:
    if truth.all() or not truth.any():
        return None
    return float((called[truth].mean() + (~called[~truth]).mean()) / 2)


def _false_blasts(called: np.ndarray, truth: np.ndarray) -> float:
    return float(called[~truth].mean())


def page_lines(report: dict) -> list[str]:
    """The section of the page."""
    lines = [
        "",
        "## A shifted threshold, not taken over",
        "",
        "Networks miss blasts of a laboratory that they have not seen more often than they call",
        "its normal cells blast. A shift of the log odds beside the temperature, fitted on",
        "laboratories with both sides but never on the one it is used on, finds more of them, and",
        "calls more normal cells of the others blast: on normal blood every one of these counts.",
        f"Threshold 0.5; seed {report['seed']}, at {', '.join(report['commit'])}: other networks",
        "than those above where the commits differ. Intervals by bootstrap over groups.",
        "",
        "| laboratory left out | cells | groups | figure | shift | as it is | shifted |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        at = " | ".join("{:.3f} ({:.3f}–{:.3f})".format(*row[k]) for k in ("as it is", "shifted"))
        lines.append(
            f"| {row['tested on']} | {row['cells']} | {row['groups']} | {row['figure']} "
            f"| {row['shift']:+.2f} | {at} |"
        )
    return lines
