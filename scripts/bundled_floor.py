"""The calibration error that confidences would show if every one of them were right.

With few cells in many bins it is not zero: the share that is right differs from what was stated
by chance alone. Without it nobody can tell an error of calibration from one of counting.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

NAME = "ECE, perfectly calibrated"
DRAWS = 1000
BINS = 15  # of the calibration error
KEPT_BINS = 10  # of the probability of blast, in measured.json of the card
INSIDE = "in training, other groups"  # as measured.json of the card names the grouped folds
APART = "left out of training"


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


def spread_over_bins(kept: dict[str, list[float]]) -> np.ndarray:
    """Probabilities of as many cells as stand in each bin, around its mean: ndarray, shape (N,).

    Within a bin they are spread evenly, as widely as its mean lets them. On networks whose
    single cells are kept, the error of :func:`perfect_error` came out within 0.0015 so.
    """
    parts = [np.empty(0)]
    for k, (cells, middle) in enumerate(zip(kept["cells"], kept["mean probability"], strict=True)):
        n = round(cells)
        reach = min(middle - k / KEPT_BINS, (k + 1) / KEPT_BINS - middle)
        parts.append(middle + max(reach, 0) * (2 * (np.arange(n) + 0.5) / max(n, 1) - 1))
    return np.concatenate(parts)


def with_floors(content: dict, measured: dict) -> dict:
    """`content` of model.json whose rows without a floor have the one of the bins of the card.

    Parameters
    ----------
    measured : dict
        measured.json of the card: of the same crops.

    Raises
    ------
    SystemExit
        If it is of others.
    """
    if measured["data_hash"] != content["data_hash"]:
        raise SystemExit(
            f"measured.json has the crops {measured['data_hash']}, model.json "
            f"{content['data_hash']}: run `make figures-model` and `make model-card`."
        )
    kept = measured["reliability"]
    rows = []
    for row in content["rows"]:
        if row.get(NAME, {}).get("from") == "cells":
            rows.append(row)
            continue
        protocol = APART if row["protocol"].endswith(APART) else INSIDE
        names = list(kept) if row["tested on"] == "all" else [row["tested on"]]
        p = np.concatenate([spread_over_bins(kept[name][protocol]) for name in names])
        rows.append(row | {NAME: perfect_error([p]) | {"from": "bins"}})
    return content | {"rows": rows}


def words_of(rows: list[dict]) -> list[str]:
    """What the column says, for a page; nothing where no row has it."""
    sources = {row[NAME]["from"] for row in rows if NAME in row}
    if not sources:
        return []
    lines = [
        f"*{NAME}*: what chance alone makes of it. {BINS} bins of so few cells show",
        "an error even where every confidence is exactly right. Labels drawn from the confidences",
        f"stated, {DRAWS:,} times: mean, and in brackets where 95 % of them lie. An ECE in there",
        "is no sign of wrong confidences, nor of right ones; one above it is. A single fold has a",
        "fifth of the cells: its error is larger by chance. Where a laboratory has normal cells",
        "alone, every probability of blast is an error, and the column says little.",
    ]
    if "bins" in sources:
        lines += [
            "Confidences: from the cells in each of ten bins of the calibration plot, spread",
            "evenly around the mean of each; the next `make figures-model` takes single cells.",
        ]
    return lines


def shown(floor: dict | None) -> str:
    """Mean and range as they stand in a table."""
    return "" if floor is None else "{mean:.3f} ({low:.3f}–{high:.3f})".format(**floor)


def measured_beside(figures: Path) -> Path:
    """Where the card keeps its bins, beside the figures of the model."""
    return figures / "model-card" / "measured.json"
