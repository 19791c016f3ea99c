"""Curves of a training and of the rounds of self-training, on figures of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOSS, _VALIDATION, _MUTED = "#8A8A8A", "#0072B2", "#8A8A8A"
_METRICS = {
    "val_accuracy": ("accuracy", "#0072B2"),
    "val_balanced_accuracy": ("balanced accuracy", "#D55E00"),
}
_SIZE_IN = (4.6, 4.4)


@dataclass(frozen=True)
class Pass:
    """What is known of one pass of a training.

    Parameters
    ----------
    phase : str
        ``head`` or ``fine-tuning``.
    number : int
        In its phase, from 1.
    loss : float
        Mean over its batches.
    measured : dict of str to float
        On the validation cells.
    best : int
        Pass of this phase that is the best so far.
    chooses : bool
        Whether that pass counts; else the last one does, since few cells validate.
    """

    phase: str
    number: int
    loss: float
    measured: Mapping[str, float] = field(default_factory=dict)
    best: int = 0
    chooses: bool = True


@dataclass(frozen=True)
class RoundPoint:
    """What is known of one round of self-training.

    Parameters
    ----------
    number : int
    score : float or None
        Macro-F1 of its model on the validation cells.
    counts : dict of str to int
        Pseudo-labels of each class.
    kappa : float or None
        Agreement with the model before, on the unlabelled cells.
    accepted : bool
    """

    number: int
    score: float | None
    counts: Mapping[str, int]
    kappa: float | None
    accepted: bool


def training_figure(passes: Sequence[Pass]) -> Figure:
    """Loss above, figures on the validation cells below, pass by pass of both phases."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_IN, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    x = range(1, len(passes) + 1)
    above.plot(x, [one.loss for one in passes], "-", color=_LOSS, label="training cells")
    measured = [(n, one.measured) for n, one in zip(x, passes, strict=True) if one.measured]
    if measured:
        numbers = [n for n, _ in measured]
        losses = [told.get("val_loss") for _, told in measured]
        above.plot(numbers, losses, ".-", color=_VALIDATION, label="validation cells")
    for name, (title, colour) in _METRICS.items():
        told = [(n, values[name]) for n, values in measured if name in values]
        if told:
            below.plot(*zip(*told, strict=True), ".-", color=colour, label=title)
    _mark_phases(passes, (above, below))
    above.set(ylabel="loss", ylim=(0, None))
    below.set(ylabel="validation cells", xlabel="pass", ylim=(0, 1.02))
    _finish((above, below))
    return figure


def rounds_figure(rounds: Sequence[RoundPoint], colours: Mapping[str, str]) -> Figure:
    """Validation score, pseudo-labels of each class and agreement, round by round.

    Parameters
    ----------
    colours : mapping of str to str
        Of each class, by its title.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_SIZE_IN[0], 5.4), layout="constrained")
    score, labels, kappa = figure.subplots(3, 1, sharex=True)
    scored = [one for one in rounds if one.score is not None]
    score.plot([one.number for one in scored], [one.score for one in scored], "-", color=_MUTED)
    for accepted, marker, title in ((True, "o", "accepted"), (False, "x", "not accepted")):
        some = [one for one in scored if one.accepted is accepted]
        if some:
            points = [one.number for one in some], [one.score for one in some]
            score.plot(*points, marker, color=_VALIDATION, label=title)
    for name, colour in colours.items():
        counts = [one.counts.get(name, 0) for one in rounds]
        if any(counts):
            labels.plot([one.number for one in rounds], counts, ".-", color=colour, label=name)
    agreed = [one for one in rounds if one.kappa is not None]
    kappa.plot(
        [one.number for one in agreed], [one.kappa for one in agreed], ".-", color=_VALIDATION
    )
    score.set(ylabel="macro-F1", ylim=(0, 1.06))
    labels.set(ylabel="pseudo-labels", ylim=(0, None))
    kappa.set(ylabel="κ with model before", xlabel="round", ylim=(min(0, *_low(agreed)), 1.06))
    _finish((score, labels, kappa))
    return figure


def _low(agreed: Sequence[RoundPoint]) -> list[float]:
    return [one.kappa for one in agreed] or [0]


def _mark_phases(passes: Sequence[Pass], both: Sequence[Axes]) -> None:
    """A line where fine-tuning begins, and one at the best pass."""
    for n in range(1, len(passes)):
        if passes[n].phase != passes[n - 1].phase:
            for axes in both:
                axes.axvline(n + 0.5, color=_MUTED, ls=":", lw=1)
            both[1].annotate("fine-tuning", (n + 0.6, 0.03), fontsize="small", color="#555555")
    if passes and passes[-1].best:
        last = passes[-1]
        begin = next(n for n, one in enumerate(passes) if one.phase == last.phase)
        at = begin + last.best - passes[begin].number + 1
        if at >= 1:
            both[0].axvline(
                at,
                color="#009E73",
                lw=1,
                label="best so far" if last.chooses else "last pass counts",
            )


def _finish(every: Sequence[Axes]) -> None:
    from matplotlib.ticker import MaxNLocator

    for axes in every:
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize="small")
