"""The page ``docs/figures/review.md`` from what was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

INTERVAL_DRAWS = 2000


@dataclass(frozen=True)
class Target:
    """What is to be reached in a row.

    Parameters
    ----------
    what : str
    median_ms, p99_ms, most_ms : float or None
        Bars on the median, the 99th percentile, and the longest of all.
    of : str
        Which of the values.
    """

    what: str
    of: str = ""
    median_ms: float | None = None
    p99_ms: float | None = None
    most_ms: float | None = None

    @property
    def told(self) -> str:
        """The bars in words."""
        bars = {"median": self.median_ms, "99th percentile": self.p99_ms, "all": self.most_ms}
        return ", ".join(f"{name} ≤ {_ms(bar)}" for name, bar in bars.items() if bar) or "reported"

    def reached(self, values: np.ndarray) -> bool:
        """Whether `values`, in milliseconds, are within all bars."""
        found = (np.median(values), np.percentile(values, 99), values.max())
        bars = (self.median_ms, self.p99_ms, self.most_ms)
        return all(bar is None or one <= bar for one, bar in zip(found, bars, strict=True))


KILLED = "nothing confirmed is lost; database and files agree"
TARGETS = {
    "key press": Target(
        "key press → updated cell, counts and table, on the disk (`synchronous=FULL`); our own "
        "work, without the drawing", "press", 16, 50,
    ),
    "adding results, 20 MP": Target(
        "adding results at 20 MP: longest block of the main thread", "longest block", most_ms=1000
    ),
    "adding results, 100 MP": Target("the same at 100 MP", "longest block"),
    "next cell": Target(
        "next cell in the queue: centred, Cell panel filled", "press", p99_ms=100
    ),
    "undo of 1,000 cells": Target("undo of a word on 1,000 cells", "undo", p99_ms=200),
    "open a project": Target(
        "open a project with 50 images and 50,000 annotations, until its first image is in sight",
        "until the first image is in sight", most_ms=2000,
    ),
    "start": Target("what the docks add to napari's start", "added", median_ms=300),
    "killed, headless": Target(KILLED),
    "killed, in the window": Target(KILLED),
}  # fmt: skip

_HEAD = """# How fast smears are reviewed

Written by `make figures-review`; each value is in `review.json`. A real napari window on a virtual
display, drawn by software; both docks open, 10,000 simulated cells on a 100 MP image unless a row
says otherwise. Keys are pressed as Qt delivers them; a press is timed until all its slots have
returned: by then the word is on the disk, and overlay, counts and table are up to date. Drawing is
what the canvas takes afterwards. n, median, 99th percentile and shortest – longest in milliseconds;
in brackets a 95 % interval of the median by bootstrap. *Load* is the mean number of processes that
wanted a core, before and after the row; above the number of cores, others were at work too, and all
times are too long.

| what | to reach | n | median | p99 | shortest – longest | reached | load |
|---|---|---:|---:|---:|---:|---|---:|
"""


def page(rows: dict[str, dict]) -> str:
    """The report as Markdown."""
    lines = [_HEAD.rstrip("\n")]
    timed = {name: row for name, row in rows.items() if TARGETS[name].of}
    for name, row in timed.items():
        target, load = TARGETS[name], f"{row['load_before']} – {row['load_after']}"
        main = np.array(row["values"][target.of])
        verdict = "reported" if target.told == "reported" else _verdict(target.reached(main))
        lines.append(f"| {target.what} | {target.told} | {_figures(main)} | {verdict} | {load} |")
        for part, values in row["values"].items():
            if part != target.of:
                lines.append(f"| – {part} | | {_figures(np.array(values))} | | |")
    missing = [name for name in TARGETS if name not in rows]
    if missing:
        lines += ["", f"Not measured yet: {'; '.join(missing)}."]
    lines += ["", "## Killed", ""]
    for name, row in rows.items():
        if not TARGETS[name].of:
            lines += [_killed(name, row["values"]), ""]
    lines += ["## Where and when", "", "| row | date | commit | command | seconds | machine |"]
    lines += ["|---|---|---|---|---:|---|"]
    for name, row in rows.items():
        where = "{processor}, {cores} cores, Python {python}, {copy_gb_per_s} GB/s".format(
            **row["machine"]
        )
        lines.append(
            f"| {name} | {row['date']} | `{row['commit']}` | `{row['command']}` "
            f"| {row['took_s']:.0f} | {where} |"
        )
    return "\n".join(lines) + "\n"


def _killed(name: str, values: dict) -> str:
    confirmed = ", ".join(f"{count:,} {kind}" for kind, count in values["confirmed"].items())
    return (
        f"*{name}*: {values['kills']:,} times by `kill -9` at random moments (seed 0). Confirmed "
        f"before: {confirmed}. After each kill the project was opened: every confirmed line is "
        "there, the database is whole, each file that it refers to is there and says what it "
        "says, and `PRAGMA synchronous` is FULL. **Nothing was lost.**"
    )


def _figures(values: np.ndarray) -> str:
    rng = np.random.default_rng(0)
    draws = np.median(rng.choice(values, (INTERVAL_DRAWS, len(values))), axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    middle = f"{np.median(values):.1f} ({low:.1f} – {high:.1f})"
    p99 = f"{np.percentile(values, 99):.1f}"
    return f"{len(values)} | {middle} | {p99} | {values.min():.1f} – {values.max():.1f}"


def _ms(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def _verdict(reached: bool) -> str:
    return "**yes**" if reached else "**no**"
