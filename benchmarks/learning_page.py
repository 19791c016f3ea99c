"""The page of the figures of learning, from their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

Rows = Sequence[Mapping]
WORDS = Path(__file__).with_name("learning_words.md")
ASKED = {
    "self-training": ("mll", "all_idb2", "segmentation_wbc_d1"),
    "new laboratory": ("mll", "all_idb2"),
}
SIGNIFICANT = 0.05
GAIN, FEEDBACK_GAIN, RECOVERED = 0.05, 0.03, 0.5  # asked for
LEAST_LOSS = 0.01  # of a laboratory that is new: below it a share of the loss is noise by noise


def page(report: Mapping) -> str:
    """Markdown of all rows, each beside what is asked."""
    rows: Mapping[str, Rows] = report["rows"]
    parts = [
        "# What learning brings\n",
        f"{report['date']}, commit `{report['commit']}`. Written by `make figures-learning`; every "
        "seed is in `learning.json`. " + _machine(report["machine"]),
        "Real cells of `../shared/data`. Each seed scores another third of the groups, whole, that "
        "nothing learned from; ten labels of each class are drawn from the rest, cell by cell, and "
        "the rest of those stay without a name. A part of the labels (*gate*) validates: it "
        "calibrates and decides on rounds. Groups are blocks of files and **not patients**. Heads "
        "on kept features, by the product's own training and loops; no backbone saw an image of "
        "the dataset it is scored on. Intervals are 95 % over seeds (Student's t).",
        *_earlier(rows, report.get("earlier", ())),
        _section("All backbones", BACKBONES),
        _section("A head-only round on 1,000 cached crops: 10 s asked", _seconds(rows)),
        _section("Self-training: 5 points of macro-F1 over the start asked", _self(rows)),
        _section("Labels asked for, against chance: 3 points of macro-F1 asked", _asked(rows)),
        _section("A new laboratory: half of the loss recovered asked", _laboratory(rows)),
        WORDS.read_text(),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


BACKBONES = (
    "That every backbone trains, stops, resumes, evaluates and classifies by the same command is a "
    "test of the suite (`tests/test_every_backbone.py`): one step, stop and resume of each on 32 "
    "crops. It is not measured here."
)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}"


def _machine(told: Mapping) -> str:
    return (
        f"{told['processor']}, {told['cores']} cores; processes that wanted a core: "
        f"{told['load']}. Above 2, others were at work and all is too slow."
    )


def _earlier(rows: Mapping[str, Rows], names: Sequence[str]) -> list[str]:
    """Which rows are of code that has changed since, and of which."""
    if not names:
        return []
    told = (
        f"{name} ({', '.join(sorted({one['commit'] for one in rows[name]}))})" for name in names
    )
    return [
        "**Of earlier code**, which has changed since they were measured (commit in brackets): "
        + "; ".join(told)
        + "."
    ]


def _seconds(rows: Mapping[str, Rows]) -> str:
    found = [one for name, those in rows.items() if name.startswith("head-only") for one in those]
    if not found:
        return "Not measured."
    one = found[0]
    median = float(np.median(one["warm"]))
    times = ", ".join(f"{value:.1f}" for value in one["warm"])
    worked = float(np.median(one["of_cores"]))
    return (
        f"{one['crops']} crops, bundled backbone: **{median:.1f} s** warm (median of {times}), for "
        f"which the cores worked {worked:.1f} s while {one['load']} processes wanted one; the "
        f"first, which looks at the crops, {one['first']:.1f} s. {_reached(median <= 10)}"
    )


def _self(rows: Mapping[str, Rows]) -> str:
    head = (
        "| data | backbone | seeds | scored | unlabelled | gate | start | end | gain | worst seed "
        "| significantly worse | asked |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
    )
    lines = []
    for name, those in _of(rows, "self-training"):
        gains = [one["gain"] for one in those]
        worse = [one for one in those if one["mcnemar_p"] < SIGNIFICANT and one["gain"] < 0]
        lowest = min(those, key=lambda one: one["gain"])
        good = np.mean(gains) >= GAIN and not worse
        lines.append(
            f"| {name} | {len(those)} | {_range(those, 'n_scored')} | "
            f"{_range(those, 'n_unlabelled')} | {_range(those, 'n_gate')} | "
            f"{_mean([one['start']['macro_f1'] for one in those])} | "
            f"{_mean([one['end']['macro_f1'] for one in those])} | {_interval(gains)} | "
            f"{lowest['gain']:+.3f} (seed {lowest['seed']}, p = {lowest['mcnemar_p']:.2f}) | "
            f"{len(worse)} | {_reached(good)} |"
        )
    return _table(head, lines) + _missing(rows, "self-training") + "\n\n" + _pseudo(rows)


def _pseudo(rows: Mapping[str, Rows]) -> str:
    """How good the pseudo-labels were, and what the gate did."""
    lines = []
    for name, those in _of(rows, "self-training"):
        rounds = [one for seed in those for one in seed["rounds"]]
        right = [one["right"] for one in rounds if one["right"] is not None]
        taken = sum(one["state"] == "accepted" for one in rounds)
        told = f"{np.mean(right):.3f}" if right else "none"
        used = np.mean([one["used"] for one in rounds]) if rounds else 0
        lines.append(f"| {name} | {len(rounds)} | {taken} | {used:.0f} | {told} |")
    head = (
        "| data | backbone | rounds | accepted | pseudo-labels of a round | of them right |\n"
        "|---|---|---|---|---|---|"
    )
    return _table(head, lines)


def _asked(rows: Mapping[str, Rows]) -> str:
    lines = []
    for name, those in _of(rows, "labelling by feedback"):
        other = {one["seed"]: one for one in dict(_of(rows, "labelling by chance")).get(name, ())}
        both = [(one, other[one["seed"]]) for one in those if one["seed"] in other]
        for total in those[0]["at"] if both else ():
            pairs = [(a["at"][total]["macro_f1"], b["at"][total]["macro_f1"]) for a, b in both]
            gains = [a - b for a, b in pairs]
            lines.append(
                f"| {name} | {total} | {len(both)} | {_mean([b for _, b in pairs])} | "
                f"{_mean([a for a, _ in pairs])} | {_interval(gains)} | {min(gains):+.3f} | "
                f"{_reached(np.mean(gains) >= FEEDBACK_GAIN)} |"
            )
    head = (
        "| data | backbone | labels | seeds | by chance | by feedback | gain | worst seed | asked "
        "|\n|---|---|---|---|---|---|---|---|---|"
    )
    return _table(head, lines)


def _laboratory(rows: Mapping[str, Rows]) -> str:
    lines = []
    for name, those in _of(rows, "new laboratory"):
        for figure in ("macro_f1", "auroc"):
            ways = [
                np.mean([one[way][figure] for one in those])
                for way in ("as_it_comes", "ten_labels", "in_laboratory")
            ]
            # Of the means: the share of a seed that lost nothing is no number.
            loss = ways[2] - ways[0]
            share = (ways[1] - ways[0]) / loss if loss > 0 else np.nan
            told = f"{share:.2f}" if loss >= LEAST_LOSS else f"(loss {loss:.3f})"
            lines.append(
                f"| {name} | {figure.replace('_', '-')} | {len(those)} | "
                + " | ".join(f"{way:.3f}" for way in ways)
                + f" | {told} | {_reached(share >= RECOVERED)} |"
            )
    head = (
        "| data | backbone | figure | seeds | as it comes | ten labels per class | all labels | "
        "recovered | asked |\n|---|---|---|---|---|---|---|---|---|"
    )
    return _table(head, lines) + _missing(rows, "new laboratory")


def _missing(rows: Mapping[str, Rows], kind: str) -> str:
    """The data that are asked for and not there."""
    there = {name.split(" | ")[0] for name, _ in _of(rows, kind)}
    lacking = [name for name in ASKED[kind] if name not in there]
    return f"\n\nNot measured yet: {', '.join(lacking)}." if lacking else ""


def _of(rows: Mapping[str, Rows], kind: str) -> list[tuple[str, Rows]]:
    """Rows of one kind: their data and backbone as two cells of a table."""
    found = []
    for name, those in sorted(rows.items()):
        if name.startswith(f"{kind}, "):
            data, backbone = name.removeprefix(f"{kind}, ").split(", ", 1)
            found.append((f"{data} | {backbone}", sorted(those, key=lambda one: one["seed"])))
    return found


def _table(head: str, lines: Sequence[str]) -> str:
    return "\n".join([head, *lines]) if lines else "Not measured."


def _reached(good: bool) -> str:
    return "reached" if good else "**falls short**"


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f}"


def _range(those: Rows, key: str) -> str:
    values = [one[key] for one in those]
    return str(values[0]) if len(set(values)) == 1 else f"{min(values)}–{max(values)}"


def _interval(values: Sequence[float], formatted: Callable[[float], str] = "{:+.3f}".format) -> str:
    """Mean and its 95 % interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return formatted(mean)
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{formatted(mean)} ({formatted(mean - half)} to {formatted(mean + half)})"
