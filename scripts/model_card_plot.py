"""The calibration plot of the model card: stated probability against what was found, and counts."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from model_card_reliability import BINS, KNOWN, LEFT_OUT

from napari_all_subtype.workflow.intervals import wilson

# Wong, Nature Methods 2011: told apart by colour-blind readers too; the markers differ as well.
LOOKS = {LEFT_OUT: ("#0072B2", "o"), KNOWN: ("#E69F00", "s")}
MARKER_PT = (2.5, 12.0)  # of a bin with one cell, and of the fullest
FALSE_BLAST = "#D55E00"
INK = "#333333"
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
    """Draw them all: curves where a laboratory has blasts, counts alone where it has none."""
    both = [n for n, r in reliabilities.items() if sum(r[LEFT_OUT]["blasts"])]
    normal = [n for n in reliabilities if n not in both]
    with mpl.rc_context(STYLE):
        figure = plt.figure(figsize=(9.6, 7.6), layout="constrained")
        upper, lower = figure.subfigures(2, 1, height_ratios=(5.1, 2.5))
        curves = upper.subplots(2, len(both), height_ratios=(3.4, 1), sharex=True, squeeze=False)
        for column, name in enumerate(both):
            _draw_curve(curves[0, column], name, reliabilities[name])
            _draw_counts(curves[1, column], reliabilities[name])
            curves[1, column].set_xlabel("probability of blast, as stated")
        curves[0, 0].set_ylabel("share that are blasts")
        curves[1, 0].set_ylabel("cells")
        panels = lower.subplots(1, len(normal), sharey=True, squeeze=False)[0]
        for panel, name in zip(panels, normal, strict=True):
            _draw_blank(panel, name, reliabilities[name][LEFT_OUT])
        panels[0].set_ylabel("cells")
        lower.suptitle(
            "Normal blood, laboratory left out: every cell right of 0.5 is a false blast"
        )
        lower.supxlabel("probability of blast, as stated", fontsize=9)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120, metadata={"Software": None})
        plt.close(figure)


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
        panel.errorbar(x, y, reach, color=colour, linewidth=1.2, elinewidth=1, capsize=2.5)
        sizes = _sizes(np.array(bins["cells"])[rows])
        panel.scatter(x, y, sizes, face, marker, edgecolors=colour, linewidths=1.4, zorder=3)
        panel.plot(
            [], color=colour, marker=marker, markerfacecolor=face, label=_named(protocol, bins)
        )
    panel.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.03))
    panel.set_title(name)
    panel.legend(loc="lower right", frameon=False, fontsize=8)


def _sizes(cells: np.ndarray) -> np.ndarray:
    """Areas of markers, in square points, (N,): their width by the root of their cells."""
    least, most = MARKER_PT
    return (least + (most - least) * np.sqrt(cells / cells.max())) ** 2


def _named(protocol: str, bins: dict) -> str:
    return f"{protocol}: n = {sum(bins['cells']):.0f} ({sum(bins['blasts']):.0f} blasts)"


def _draw_counts(panel: Axes, protocols: dict[str, dict]) -> None:
    """Bars of the cells per bin, on a root scale so that few cells are seen beside many."""
    width = 0.9 / BINS / len(LOOKS)
    highest = 1.0
    for place, (protocol, (colour, _)) in enumerate(LOOKS.items()):
        counts = np.array(protocols[protocol]["cells"])
        x = np.arange(BINS) / BINS + 0.05 / BINS + (place + 0.5) * width
        face = colour if protocol == LEFT_OUT else "white"
        panel.bar(x, np.sqrt(counts), width, color=face, edgecolor=colour)
        for at, count in zip(x, counts, strict=True):
            text = f"{count:.0f}"
            panel.text(at, np.sqrt(count), text, ha="center", va="bottom", fontsize=5.6, color=INK)
        highest = max(highest, np.sqrt(counts.max()))
    panel.set(xlim=(-0.02, 1.02), yticks=[], ylim=(0, 1.25 * highest))
    panel.spines["left"].set_visible(False)


def _draw_blank(panel: Axes, name: str, bins: dict) -> None:
    colours = [LOOKS[LEFT_OUT][0]] * (BINS // 2) + [FALSE_BLAST] * (BINS - BINS // 2)
    counts = np.array(bins["cells"])
    middles = (np.arange(BINS) + 0.5) / BINS
    panel.bar(middles, np.sqrt(counts / max(counts.sum(), 1)), 0.9 / BINS, color=colours)
    for x, count in zip(middles, counts, strict=True):
        if round(count) == 0:
            continue
        height = np.sqrt(count / max(counts.sum(), 1))
        panel.text(x, height, f"{count:.0f}", ha="center", va="bottom", fontsize=6.5, color=INK)
    panel.axvline(0.5, color="#999999", linewidth=1, linestyle=(0, (4, 3)))
    panel.set(xlim=(-0.02, 1.02), xticks=[0, 0.5, 1], yticks=[], ylim=(0, 1.1))
    panel.set_title(f"{name}\nn = {counts.sum():.0f}", fontsize=8)
    panel.spines["left"].set_visible(False)
