"""Two models, or two people, on the same cells: who is right where the other is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.learning import confusion
from napari_all_subtype.learning.hierarchy import as_people_say
from napari_all_subtype.taxonomy import Taxonomy


@dataclass(frozen=True)
class Comparison:
    """Two models on the same cells (McNemar 1947, exact).

    Parameters
    ----------
    only_first, only_second : int
        Cells that one of them alone is right on.
    both, neither : int
    p_value : float
        Of such a difference where both are as good.
    """

    only_first: int
    only_second: int
    both: int
    neither: int
    p_value: float


def compare(
    words: Sequence[str], first: Sequence[str], second: Sequence[str], taxonomy: Taxonomy
) -> Comparison:
    """McNemar's exact test of what two models say of the same cells.

    Parameters
    ----------
    words : sequence of str
        What people said.
    first, second : sequence of str
        What the models said of the same cells, in the same order.

    Examples
    --------
    >>> from napari_all_subtype.taxonomy import FAB5
    >>> compare(["blast"] * 6, ["l1"] * 6, ["normal"] * 6, FAB5).p_value
    0.03125
    """
    from scipy.stats import binomtest  # slow to import

    truth = np.asarray(words, object)
    one, two = (as_people_say(truth, said, taxonomy) == truth for said in (first, second))
    only_one, only_two = int((one & ~two).sum()), int((two & ~one).sum())
    n = only_one + only_two
    p = float(binomtest(only_one, n, 0.5).pvalue) if n else 1.0
    return Comparison(only_one, only_two, int((one & two).sum()), int((~one & ~two).sum()), p)


def agreement(first: Sequence[str], second: Sequence[str]) -> float:
    """Cohen's κ of two lists of words on the same cells; 1 where both say one word of all."""
    names = sorted({*first, *second})
    place = {name: n for n, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, ([place[w] for w in first], [place[w] for w in second]), 1)
    return float(confusion.kappa(counts))
