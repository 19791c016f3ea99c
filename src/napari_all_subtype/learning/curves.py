"""Receiver operating characteristic, and precision against recall, of each class by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.taxonomy import Taxonomy


@dataclass(frozen=True)
class Curve:
    """One class against the rest.

    Parameters
    ----------
    false_positive_rate, true_positive_rate : ndarray, shape (P,)
    precision, recall : ndarray, shape (Q,)
    auroc, average_precision : float
    cells : int
        That are of the class.
    """

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    auroc: float
    average_precision: float
    cells: int


def curves_of(
    probabilities: np.ndarray, words: Sequence[str], taxonomy: Taxonomy
) -> dict[str, Curve]:
    """A curve for each class that people used, where there is a rest.

    The probability of a class is that of its family. Of a class that is a kind of another, cells
    that people only called the other are left out: nobody knows whether they are of it.
    """
    # Slow to import, and needed by nothing else here.
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    p = np.asarray(probabilities, float).reshape(-1, len(taxonomy))
    words = np.asarray(words, object)
    out = {}
    for name in taxonomy.names:
        family = taxonomy.family(name)
        truth = np.isin(words, family)
        told = words != taxonomy[name].parent
        if not truth.any() or truth[told].all():
            continue
        score = p[:, [taxonomy.index(one) for one in family]].sum(axis=1)[told]
        truth = truth[told]
        fpr, tpr, _ = roc_curve(truth, score)
        precision, recall, _ = precision_recall_curve(truth, score)
        out[name] = Curve(
            fpr,
            tpr,
            precision,
            recall,
            float(roc_auc_score(truth, score)),
            float(average_precision_score(truth, score)),
            int(truth.sum()),
        )
    return out
