"""The calibration error that confidences would show if every one of them were right.

With few cells in many bins it is not zero: the share that is right differs from what was stated
by chance alone. Without it nobody can tell an error of calibration from one of counting.
"""

from __future__ import annotations

import numpy as np

NAME = "ECE, perfectly calibrated"
DRAWS = 1000
BINS = 15  # of the calibration error


def perfect_error(p_blast: list[np.ndarray], draws: int = DRAWS) -> dict[str, float]:
    """Mean and 95 % of the calibration error, over labels drawn as the probabilities state.

    Parameters
    ----------
    p_blast : list of ndarray, shape (N,), float
        Calibrated, one array per network, of the same cells in the same order: they share each
        draw, as they share the cells, and their mean error is taken.

    Returns
    -------
    dict
        `mean`, `low` and `high`.

    Examples
    --------
    >>> perfect_error([np.ones(100)])
    {'mean': 0.0, 'low': 0.0, 'high': 0.0}
    """
    rng = np.random.default_rng(0)
    sides = [np.asarray(p, float) >= 0.5 for p in p_blast]
    stated = [np.where(blast, p, 1 - p) for p, blast in zip(p_blast, sides, strict=True)]
    places = [np.minimum((c * BINS).astype(int), BINS - 1) for c in stated]
    found = np.empty(draws)
    for k in range(draws):
        luck = rng.random(len(p_blast[0]))
        gaps = [
            np.bincount(place, ((luck < p) == blast) - confidence, BINS)
            for p, blast, confidence, place in zip(p_blast, sides, stated, places, strict=True)
        ]
        found[k] = np.mean([np.abs(gap).sum() for gap in gaps]) / len(luck)
    low, high = np.percentile(found, [2.5, 97.5])
    values = {"mean": found.mean(), "low": low, "high": high}
    return {name: round(float(value), 4) for name, value in values.items()}


def words_of(rows: list[dict]) -> list[str]:
    """What the column says, for a page; nothing where no row has it."""
    if not any(NAME in row for row in rows):
        return []
    return [
        f"*{NAME}*: what chance alone makes of it. {BINS} bins of so few cells show",
        "an error even where every confidence is exactly right. Labels drawn from the confidences",
        f"stated, {DRAWS:,} times: mean, and in brackets where 95 % of them lie. An ECE in there",
        "is no sign of wrong confidences, nor of right ones; one above it is. A single fold has a",
        "fifth of the cells: its error is larger by chance. Where a laboratory has normal cells",
        "alone, every probability of blast is an error, and the column says little.",
    ]


def shown(floor: dict | None) -> str:
    """Mean and range as they stand in a table."""
    return "" if floor is None else "{mean:.3f} ({low:.3f}–{high:.3f})".format(**floor)
