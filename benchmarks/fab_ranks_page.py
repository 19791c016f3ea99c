"""The page of how FAB measures rank simulated cells: docs/figures/fab.md."""

from __future__ import annotations

import textwrap

_HEAD = """# Do FAB measures rank cells as they were drawn

{in_short}

{date}, seed {seed}. Written by `make figures-fab`. Rank correlation
(Spearman) of what is measured on cells of the simulator with what was drawn, each spread over the
range of the simulator, at 0.13 µm/px; in brackets the 95 % interval by bootstrap over cells.
Asked: at least {asked:g}; **bold** is less. The cells are the same in every picture; blur is one
sigma of a Gauss, noise is that of the sensor in grey values of 255, and no picture but the second
is out of focus in places. *Nucleolus area* is that of all nucleoli as a share of the nucleus, in
chromatin made fine; *chromatin not smoothed*: as coarse as the simulator draws it. **Simulated
cells are no real ones**: that a measure ranks them says that it measures what it should, not how
well it does on a smear.
"""
_FOOT = """
With masks as drawn N:C ratio and solidity do not look at the picture: what blur takes from them is
in the second table. A cell that is not found again (overlap below half, IoU) has no rank there.
"""


def page_of(report: dict) -> str:
    """The page, in Markdown."""
    head = _HEAD.format(**report, in_short=textwrap.fill(in_short(report), 100))
    kinds = dict.fromkeys(row["masks"] for row in report["rows"])
    return head + "".join(_table(report, masks) for masks in kinds) + _FOOT


def in_short(report: dict) -> str:
    """Which measures rank as well as asked in every picture, and where the others do not."""
    told = []
    for masks in dict.fromkeys(row["masks"] for row in report["rows"]):
        rows = [row for row in report["rows"] if row["masks"] == masks]
        short = {
            name: [row["picture"] for row in rows if row[name]["value"] < report["asked"]]
            for name in report["measures"]
        }
        reached = [name for name, pictures in short.items() if not pictures]
        fallen = [_fallen(name, rows, report["asked"]) for name, few in short.items() if few]
        all_of_them = f"in every picture: {' and '.join(reached) or 'none'}"
        told.append(
            f"With {masks}, {report['asked']:g} is reached {all_of_them}"
            + (f". Short: {'; '.join(fallen)}." if fallen else ".")
        )
    return f"**In short**: {' '.join(told)}"


def _fallen(name: str, rows: list[dict], asked: float) -> str:
    """In how many pictures a measure falls short, and how far it falls."""
    values = {row["picture"]: row[name]["value"] for row in rows}
    short = sum(value < asked for value in values.values())
    worst = min(values, key=values.get)
    where = "all" if short == len(values) else f"{short} of {len(values)}"
    return f"{name} (in {where}, least {values[worst]:.2f}: {worst.split(':')[0]})"


def _table(report: dict, masks: str) -> str:
    names = report["measures"]
    lines = [
        "",
        f"## {masks.capitalize()}",
        "",
        f"| picture | {' | '.join(names)} | cells found |",
        "|---|" + "---|" * (len(names) + 1),
    ]
    for row in report["rows"]:
        if row["masks"] == masks:
            shown = [_shown(row[name], report["asked"]) for name in names]
            found = sum(row[name]["cells"] for name in names)
            drawn = sum(row[name]["drawn"] for name in names)
            lines.append(f"| {row['picture']} | {' | '.join(shown)} | {found} of {drawn} |")
    return "\n".join(lines) + "\n"


def _shown(figure: dict, asked: float) -> str:
    text = "{value:.3f} ({low:.2f}–{high:.2f})".format(**figure).replace("-", "−")
    return text if figure["value"] >= asked else f"**{text}**"
