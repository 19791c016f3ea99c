"""The calibration plot of the model card: stated probability against what was found, and counts."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from model_card_reliability import BINS, KNOWN, LEFT_OUT

from napari_all_subtype.workflow.intervals import wilson

# Wong, Nature Methods 2011: told apart by colour-blind readers too; the markers differ as well.
LOOKS = {LEFT_OUT: ("#0072B2", "o"), KNOWN: ("#E69F00", "s")}
MARKER_PT = (2.5, 12.0)  # of a bin with one cell, and of the fullest
MIDDLES = (np.arange(BINS) + 0.5) / BINS
FALSE_BLAST = "#D55E00"
INK = "#333333"
NUMBER_PT = 7.5
PER_ROW = 3  # panels of normal blood
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#777777",
    "text.color": INK,
    "axes.labelcolor": INK,
    "figure.titlesize": 10.5,
}


def plot(reliabilities: dict[str, dict[str, dict]], path: Path) -> None:
    """Draw them all into a file."""
    with mpl.rc_context(STYLE):
        figure = drawn(reliabilities)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, metadata={"Software": None})


def drawn(reliabilities: dict[str, dict[str, dict]]) -> Figure:
    """Curves where a laboratory has blasts, counts alone where it has none."""
    both = [n for n, r in reliabilities.items() if sum(r[LEFT_OUT]["blasts"])]
    normal = [n for n in reliabilities if n not in both]
    rows = -(-len(normal) // PER_ROW)
    figure = Figure(figsize=(9.6, 6.2 + 1.75 * rows), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=(6.2, 1.75 * rows), hspace=0.02)
    curves = upper.subplots(2, len(both), height_ratios=(3.2, 1.5), sharex=True, squeeze=False)
    for column, name in enumerate(both):
        _draw_curve(curves[0, column], name, reliabilities[name])
        _draw_counts(curves[1, column], reliabilities[name])
        curves[1, column].set_xlabel("probability of blast, as stated")
    curves[0, 0].set_ylabel("share that are blasts")
    curves[1, 0].set_ylabel("cells")
    panels = lower.subplots(rows, PER_ROW, sharex=True, sharey=True, squeeze=False)
    for panel, name in zip(panels.flat, normal, strict=False):
        _draw_blank(panel, name, reliabilities[name][LEFT_OUT])
    for panel in panels.flat[len(normal) :]:
        panel.set_axis_off()
    for panel in panels[:, 0]:
        panel.set_ylabel("cells")
    lower.suptitle("Normal blood, laboratory left out: every cell right of 0.5 is a false blast")
    lower.supxlabel("probability of blast, as stated", fontsize=9)
    return figure


def _draw_curve(panel: Axes, name: str, protocols: dict[str, dict]) -> None:
    panel.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    for protocol, (colour, marker) in LOOKS.items():
        bins = protocols[protocol]
        rows = [k for k, n in enumerate(bins["cells"]) if round(n) > 0]
        if not rows:
            continue
        x = [bins["mean probability"][k] for k in rows]
        y = np.array([bins["blasts"][k] / bins["cells"][k] for k in rows])
        within = [wilson(round(bins["blasts"][k]), round(bins["cells"][k])) for k in rows]
        reach = np.abs([[v - i.low, i.high - v] for v, i in zip(y, within, strict=True)]).T
        face = colour if protocol == LEFT_OUT else "white"
        panel.plot(x, y, color=colour, linewidth=1.2, alpha=0.5, zorder=2)
        panel.errorbar(x, y, reach, color=colour, linestyle="", elinewidth=1, capsize=2.5)
        sizes = _sizes(np.array(bins["cells"])[rows])
        panel.scatter(x, y, sizes, face, marker=marker, edgecolors=colour, linewidths=1.4, zorder=3)
        panel.plot(
            [], color=colour, marker=marker, markerfacecolor=face, label=_named(protocol, bins)
        )
    panel.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.03))
    # Above the panel: within it, something of the curves lies wherever there is room for it.
    panel.set_title(name, pad=34)
    panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=8)


def _sizes(cells: np.ndarray) -> np.ndarray:
    """Areas of markers, in square points, (N,): their width by the root of their cells."""
    least, most = MARKER_PT
    return (least + (most - least) * np.sqrt(cells / cells.max())) ** 2


def _named(protocol: str, bins: dict) -> str:
    return f"{protocol}: n = {sum(bins['cells']):.0f} ({sum(bins['blasts']):.0f} blasts)"


def _draw_counts(panel: Axes, protocols: dict[str, dict]) -> None:
    """Bars of the cells per bin, on a root scale so that few cells are seen beside many.

    One protocol above the line and the other below it: side by side, their numbers overlap.
    """
    highest = 1.0
    for (protocol, (colour, _)), way in zip(LOOKS.items(), (1, -1), strict=True):
        counts = np.array(protocols[protocol]["cells"])
        face = colour if protocol == LEFT_OUT else "white"
        panel.bar(MIDDLES, way * np.sqrt(counts), 0.9 / BINS, color=face, edgecolor=colour)
        _number(panel, way * np.sqrt(counts), counts)
        highest = max(highest, np.sqrt(counts.max()))
    panel.axhline(0, color="#777777", linewidth=0.8)
    panel.set(xlim=(-0.02, 1.02), yticks=[], ylim=(-1.35 * highest, 1.35 * highest))
    panel.spines["left"].set_visible(False)


def _draw_blank(panel: Axes, name: str, bins: dict) -> None:
    colours = [LOOKS[LEFT_OUT][0]] * (BINS // 2) + [FALSE_BLAST] * (BINS - BINS // 2)
    counts = np.array(bins["cells"])
    heights = np.sqrt(counts / max(counts.sum(), 1))
    panel.bar(MIDDLES, heights, 0.9 / BINS, color=colours)
    some = np.round(counts) > 0
    _number(panel, np.where(some, heights, np.nan), counts)
    panel.axvline(0.5, color="#999999", linewidth=1, linestyle=(0, (4, 3)))
    panel.set(xlim=(-0.02, 1.02), xticks=[0, 0.5, 1], yticks=[], ylim=(0, 1.2))
    panel.set_title(f"{name}, n = {counts.sum():.0f}", fontsize=9)
    panel.spines["left"].set_visible(False)


def _number(panel: Axes, ends: np.ndarray, counts: np.ndarray) -> None:
    """Write each count beyond the end of its bar; none where there is no end."""
    for x, end, count in zip(MIDDLES, ends, counts, strict=True):
        if np.isnan(end):
            continue
        below = np.signbit(end)
        panel.annotate(
            f"{count:.0f}",
            (x, end),
            (0, -2.5 if below else 1.5),
            textcoords="offset points",
            ha="center",
            va="top" if below else "bottom",
            fontsize=NUMBER_PT,
            color=INK,
        )
