"""What a shifted threshold would bring to a laboratory left out, and cost those of normal cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from bundled_bootstrap import in_table, with_interval
from bundled_folds import refuse_other_cells
from scipy.optimize import minimize

from napari_all_subtype.model.calibration import blast_logit

if TYPE_CHECKING:
    from bundled_figures import Outcome

KEY = "shifted threshold"  # in model.json
FIGURES = ("balanced accuracy", "false blast rate")


def shift_rows(outcomes: list[Outcome]) -> list[dict]:
    """A row for each laboratory: its figure at the usual threshold, and with the shift of others.

    The shift is fitted on the laboratories with both sides, but never on the one it is used on.

    Parameters
    ----------
    outcomes : list of Outcome
        One per seed, of the same cells in the same order; means over them are given.

    Raises
    ------
    SystemExit
        If the cells differ.
    """
    first = outcomes[0]
    for one in outcomes:
        refuse_other_cells(first.group, one.group)
    z = np.stack([blast_logit(one.logits) for one in outcomes])
    truth, names = first.is_blast, first.laboratory
    own = {str(name): names == name for name in np.unique(names)}
    both = {name: rows for name, rows in own.items() if 0 < truth[rows].sum() < rows.sum()}
    found = []
    for name, rows in own.items():
        others = [rest for other, rest in both.items() if other != name]
        shifts = [fitted_shift([(one[rest], truth[rest]) for rest in others]) for one in z]
        figure = _balanced if name in both else _false_blasts
        at = {
            word: with_interval(
                first.group[rows],
                _mean_of(figure, moved, truth[rows]),
                is_share=figure is _false_blasts,
            )
            for word, moved in (
                ("as it is", z[:, rows]),
                ("shifted", z[:, rows] + np.array(shifts)[:, None]),
            )
        }
        found.append(
            {
                "tested on": name,
                "cells": int(rows.sum()),
                "groups": len(np.unique(first.group[rows])),
                "figure": FIGURES[name not in both],
                "fitted on": [other for other in both if other != name],
                "shifts": np.round(shifts, 3).tolist(),
                **at,
            }
        )
    return found


def _mean_of(
    figure: Callable[[np.ndarray, np.ndarray], float | None], z: np.ndarray, truth: np.ndarray
) -> Callable[[np.ndarray], float | None]:
    """`figure` at threshold 0.5, mean over the seeds of `z` (S, N), of the rows that are drawn."""

    def mean(drawn: np.ndarray) -> float | None:
        each = [figure(one[drawn] >= 0, truth[drawn]) for one in z]
        return None if None in each else float(np.mean(each))

    return mean


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
        f"Threshold 0.5; mean of the seeds {', '.join(map(str, report['seeds']))}; intervals by",
        "bootstrap over groups.",
        "",
        "| laboratory left out | cells | groups | figure | shift | as it is | shifted |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        at = " | ".join(in_table(row[k]) for k in ("as it is", "shifted"))
        lines.append(
            f"| {row['tested on']} | {row['cells']} | {row['groups']} | {row['figure']} "
            f"| {np.mean(row['shifts']):+.2f} | {at} |"
        )
    return lines
