"""The pictures of an evaluation: the same in a window and in a report, on figures of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from napari_all_subtype.amounts import amount
from napari_all_subtype.learning.evaluation import Evaluation
from napari_all_subtype.taxonomy import Taxonomy, class_of

RANDOM_MARK = "random split: cells of one case on both sides, figures are too good"
_SIDE_IN = 4.2
_MUTED, _STRONG = "#8A8A8A", "#0072B2"


def confusion_figure(evaluation: Evaluation, taxonomy: Taxonomy) -> Figure:
    """People's words against the model's: counts, coloured by their share of the row."""
    titles = [class_of(taxonomy, name).title for name in evaluation.classes]
    counts = evaluation.confusion
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(_SIDE_IN, 0.8 * len(titles) + 1.6)
    figure, (axes,) = _figure(evaluation, 1, side)
    sns.heatmap(
        share,
        annot=counts,
        fmt="d",
        vmin=0,
        vmax=1,
        cmap="Blues",
        square=True,
        cbar_kws={"label": "share of the row", "shrink": 0.8},
        xticklabels=titles,
        yticklabels=titles,
        ax=axes,
    )
    axes.set(xlabel="model", ylabel="person", title=_n(evaluation))
    return figure


def reliability_figure(evaluation: Evaluation) -> Figure:
    """How often a confidence was right, and how many cells had it."""
    told = evaluation.reliability
    width = told.edges[1] - told.edges[0]
    middle = np.array(told.edges[:-1]) + width / 2
    cells = np.array(told.cells)
    filled = cells > 0
    figure, (axes, below) = _figure(evaluation, 2, _SIDE_IN, heights=(3, 1))
    axes.plot([0, 1], [0, 1], ls="--", lw=1, color=_MUTED, label="as often as it says")
    axes.bar(
        middle[filled],
        np.array(told.accuracy)[filled],
        width=width * 0.92,
        color=_STRONG,
        alpha=0.75,
        label="this model",
    )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        ylabel="share that was right",
        title=f"ECE {_with_interval(evaluation.ece)}",
    )
    axes.legend(frameon=False, fontsize="small", loc="upper left")
    below.bar(middle, cells, width=width * 0.92, color=_MUTED)
    below.set(xlim=(0, 1), xlabel="confidence", ylabel="cells")
    sns.despine(figure)
    return figure


def curves_figure(evaluation: Evaluation, taxonomy: Taxonomy) -> Figure:
    """ROC, and precision against recall, of each class."""
    figure, (left, right) = _figure(evaluation, 1, _SIDE_IN, columns=2)
    for name, curve in evaluation.curves.items():
        one = class_of(taxonomy, name)
        style = {"lw": 1.8, "color": one.colour}
        left.plot(
            curve.false_positive_rate,
            curve.true_positive_rate,
            label=f"{one.title} {curve.auroc:.3f}",
            **style,
        )
        right.plot(
            curve.recall,
            curve.precision,
            label=f"{one.title} {curve.average_precision:.3f}",
            **style,
        )
    left.plot([0, 1], [0, 1], ls="--", lw=1, color=_MUTED)
    left.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC, area")
    right.set(xlabel="recall", ylabel="precision", title="Precision and recall, mean precision")
    for axes in (left, right):
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
        axes.legend(frameon=False, fontsize="small", loc="lower left" if axes is right else None)
    sns.despine(figure)
    return figure


def gallery_figure(
    crops: np.ndarray, captions: Sequence[str], title: str = "", columns: int = 8, most: int = 48
) -> Figure:
    """Crops side by side with a line under each: errors, or what a round took in.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
        The first `most` of them are shown.
    captions : sequence of str
        One for each crop, of a few short lines.
    """
    n = min(len(crops), most)
    columns = min(columns, max(n, 4))  # few are not lost in the room for many
    rows = max(-(-n // columns), 1)
    figure = Figure(figsize=(1.35 * columns, 1.75 * rows + 0.4), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for axes, crop, caption in zip(grid.ravel(), crops[:n], captions, strict=False):
        axes.imshow(crop[..., :3])
        axes.set_title(caption, fontsize=7, pad=2)
    more = f" ({n} of {len(crops)})" if len(crops) > n else ""
    figure.suptitle(f"{title}{more}" if n else f"{title}: none", fontsize=10)
    return figure


def _figure(
    evaluation: Evaluation,
    rows: int,
    side_in: float,
    columns: int = 1,
    heights: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """A figure that says so where its split was random, and its axes."""
    figure = Figure(figsize=(side_in * columns * 1.15, side_in), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, height_ratios=heights)
    if evaluation.random_split:
        figure.suptitle(RANDOM_MARK, color="#D55E00", fontsize=9, weight="bold")
    return figure, list(axes.ravel())


def _n(evaluation: Evaluation) -> str:
    return f"{amount(evaluation.cells, 'cell')} of {amount(evaluation.groups, 'group')}"


def _with_interval(figure) -> str:
    if figure.low is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
