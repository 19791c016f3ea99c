"""How good a model is on cells whose groups it has never seen: figures with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from napari_all_subtype.errors import TooFewCellsError, TrainingSetError
from napari_all_subtype.learning import confusion, sampling_error
from napari_all_subtype.learning.curves import Curve, curves_of
from napari_all_subtype.learning.hierarchy import Said, as_people_say, said_of, sides_of
from napari_all_subtype.learning.reliability import Reliability, reliability
from napari_all_subtype.taxonomy import Taxonomy

BOOTSTRAPS = 1000
CERTAINTY = 0.95


@dataclass(frozen=True)
class Figure:
    """One number, and its 95 % interval: by bootstrap over groups, or wider if so few cells say so.

    Parameters
    ----------
    value : float
    low, high : float or None
        None where there is one group only, whose spread nobody knows. Of few groups in which all
        is right the bootstrap knows no doubt: it is never narrower than that of the cells.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ClassFigures:
    """What is known of one class.

    Parameters
    ----------
    precision, recall, f1 : Figure
    cells, groups : int
        That people called so.
    """

    precision: Figure
    recall: Figure
    f1: Figure
    cells: int
    groups: int


@dataclass(frozen=True)
class Evaluation:
    """All figures of one model on one set of cells.

    Parameters
    ----------
    macro_f1, balanced_accuracy, accuracy, kappa : Figure
        Over the classes that people used.
    ece : Figure
        Expected calibration error of the confidence of the side taken, in 15 bins. Without an
        interval: cells drawn again are always less calibrated than those they are drawn from,
        so that one by bootstrap begins at the value itself.
    classes : tuple of str
        Rows and columns of `confusion`, in the taxonomy's order.
    confusion : ndarray, shape (C, C), int
        People's words down, the model's across.
    per_class : dict of str to ClassFigures
    reliability : Reliability
    curves : dict of str to Curve
        ROC and precision against recall of each class that people used.
    cells, groups : int
    random_split : bool
        Groups were not kept apart: the figures are too good, and say so.
    """

    macro_f1: Figure
    balanced_accuracy: Figure
    accuracy: Figure
    kappa: Figure
    ece: Figure
    classes: tuple[str, ...]
    confusion: np.ndarray
    per_class: dict[str, ClassFigures]
    reliability: Reliability
    curves: dict[str, Curve]
    cells: int
    groups: int
    random_split: bool = False

    def to_dict(self) -> dict:
        """Plain values for JSON: single figures, and their intervals beside them."""
        names = ("macro_f1", "balanced_accuracy", "accuracy", "kappa", "ece")
        return {
            **{name: getattr(self, name).value for name in names},
            "intervals": {n: [getattr(self, n).low, getattr(self, n).high] for n in names},
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
            "per_class": {name: _plain(figures) for name, figures in self.per_class.items()},
            "auroc": {name: curve.auroc for name, curve in self.curves.items()},
            "average_precision": {n: curve.average_precision for n, curve in self.curves.items()},
            "reliability": asdict(self.reliability),
            "cells": self.cells,
            "groups": self.groups,
            "random_split": self.random_split,
        }


def evaluate(
    probabilities: np.ndarray,
    words: Sequence[str],
    groups: Sequence[str],
    taxonomy: Taxonomy,
    random_split: bool = False,
    said: Said | None = None,
    seed: int = 0,
) -> Evaluation:
    """Figures of a model on cells that people named.

    Parameters
    ----------
    probabilities : ndarray, shape (N, K), float
        Calibrated, columns in the taxonomy's order.
    words : sequence of str
        What people said; a kind of it counts as it.
    groups : sequence of str
        Of each cell: intervals are over groups.
    random_split : bool
        Somebody asked for cells of groups that were trained on.
    said : Said, optional
        What the model says, if not what `said_of` gives.

    Raises
    ------
    TooFewCellsError
        If there is no cell, or one class only.
    TrainingSetError
        If a word is no class of the taxonomy, or the parts do not fit each other.
    """
    words = np.asarray(words, object)
    groups = np.asarray(groups, object)
    said = said_of(probabilities, taxonomy) if said is None else said
    _refuse(words, groups, probabilities, taxonomy)
    judged = as_people_say(words, said.words, taxonomy)
    classes = tuple(n for n in taxonomy.names if n in set(words) | set(judged))
    counts = _counts_per_group(words, judged, groups, classes)
    right = said.sides == sides_of(words, taxonomy)
    whole = counts.sum(axis=0)
    drawn = _resampled(counts, seed)
    figures = {
        name: _with_interval(rule, whole, drawn, getattr(sampling_error, name)(whole))
        for name, rule in _RULES.items()
    }
    per_class = {
        name: _class_figures(n, whole, drawn, len(set(groups[words == name])))
        for n, name in enumerate(classes)
        if name in set(words)
    }
    return Evaluation(
        **figures,
        ece=Figure(reliability(said.confidence, right).ece),
        classes=classes,
        confusion=whole,
        per_class=per_class,
        reliability=reliability(said.confidence, right),
        curves=curves_of(probabilities, words, taxonomy),
        cells=len(words),
        groups=len(set(groups)),
        random_split=random_split,
    )


def _refuse(words: np.ndarray, groups: np.ndarray, p: np.ndarray, taxonomy: Taxonomy) -> None:
    if not len(words) == len(groups) == len(p):
        raise TrainingSetError(
            f"{len(words)} words, {len(groups)} groups and probabilities of {len(p)} cells: "
            "expected one of each for each cell."
        )
    if odd := sorted(set(words) - set(taxonomy.names)):
        raise TrainingSetError(
            f"{odd[0]!r} is no class of {taxonomy.name} ({', '.join(taxonomy.names)}). Use a model "
            "of these classes, or leave such cells out."
        )
    if len(set(words)) < 2:
        found = f"all {len(words)} are called {words[0]}" if len(words) else "there is none"
        raise TooFewCellsError(
            f"Nothing can be measured on these cells: {found}. Cells of two classes are needed."
        )


def _counts_per_group(
    words: np.ndarray, judged: np.ndarray, groups: np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Confusion matrix of each group: ndarray, shape (G, C, C), int."""
    place = {name: n for n, name in enumerate(classes)}
    names, number = np.unique(groups.astype(str), return_inverse=True)
    counts = np.zeros((len(names), len(classes), len(classes)), int)
    np.add.at(counts, (number, [place[w] for w in words], [place[w] for w in judged]), 1)
    return counts


def _resampled(counts: np.ndarray, seed: int) -> np.ndarray | None:
    """Confusion matrices of groups drawn with replacement: (B, C, C); None for one group."""
    n = len(counts)
    if n < 2:
        return None
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), BOOTSTRAPS)
    return np.einsum("bg,gij->bij", draws, counts)


def _with_interval(
    rule, whole: np.ndarray, drawn: np.ndarray | None, least: tuple[np.ndarray, np.ndarray]
) -> Figure:
    value = float(np.nan_to_num(rule(whole)))  # a class that is never called: precision 0
    if drawn is None:
        return Figure(value)
    values = rule(drawn)
    values = values[np.isfinite(values)]
    return Figure(value, *_interval(values, least))


def _interval(
    values: np.ndarray, least: tuple[np.ndarray, np.ndarray]
) -> tuple[float | None, float | None]:
    """Of the values that were drawn, and no narrower than `least`, if that is known."""
    if not len(values):
        return None, None
    tail = (1 - CERTAINTY) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return float(np.fmin(low, least[0])), float(np.fmax(high, least[1]))


_RULES = {
    "macro_f1": confusion.macro_f1,
    "balanced_accuracy": confusion.balanced_accuracy,
    "accuracy": confusion.accuracy,
    "kappa": confusion.kappa,
}


def _class_figures(
    n: int, whole: np.ndarray, drawn: np.ndarray | None, groups: int
) -> ClassFigures:
    def precision(counts: np.ndarray) -> np.ndarray:
        hits, _, called = confusion.parts(counts)
        # In a draw without such a call nothing is known of it, rather than that all are wrong.
        return np.where(called[..., n] > 0, hits[..., n] / np.maximum(called[..., n], 1), np.nan)

    def recall(counts: np.ndarray) -> np.ndarray:
        hits, truth, _ = confusion.parts(counts)
        return np.where(truth[..., n] > 0, hits[..., n] / np.maximum(truth[..., n], 1), np.nan)

    def f1(counts: np.ndarray) -> np.ndarray:
        return confusion.f1s(counts)[..., n]

    least = (sampling_error.precisions, sampling_error.recalls, sampling_error.f1s)
    figures = [
        _with_interval(rule, whole, drawn, tuple(end[n] for end in bounds(whole)))
        for rule, bounds in zip((precision, recall, f1), least, strict=True)
    ]
    return ClassFigures(*figures, cells=int(whole[n].sum()), groups=groups)


def _plain(figures: ClassFigures) -> dict:
    out: dict = {"cells": figures.cells, "groups": figures.groups}
    for name in ("precision", "recall", "f1"):
        figure = getattr(figures, name)
        out[name] = figure.value
        out[f"{name}_interval"] = [figure.low, figure.high]
    return out
