"""How often each word counts in a cell table, kept up word by word while a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table

if TYPE_CHECKING:
    import pandas as pd

_READ = ("area_px", "subtype", table.ANNOTATION)


@dataclass(frozen=True)
class WordCounts:
    """What is counted of one table.

    Parameters
    ----------
    words : mapping of str to int
        Cells by the word that counts for them, a person's or the model's.
    n_reviewed : int
        Cells of which a person has said anything.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"area_px": [0, 9, 8], "subtype": ["", "l1", "l2"]})
    >>> now = table.annotated(cells, {2: "l1"})
    >>> dict(WordCounts.of(cells).after(cells, now, [2]).words)
    {'l1': 2}
    """

    words: Mapping[str, int]
    n_reviewed: int

    @classmethod
    def of(cls, cells: pd.DataFrame) -> WordCounts:
        """What is counted of `cells`, all of them looked at."""
        there = (cells["area_px"] > 0).to_numpy()
        said = (table.annotations(cells) != "").to_numpy(bool)
        words = table.words(cells).to_numpy(object)[there]
        return cls(Counter(words.tolist()), int(np.count_nonzero(said & there)))

    @property
    def n_cells(self) -> int:
        """Cells that there are."""
        return sum(self.words.values())

    def after(self, before: pd.DataFrame, now: pd.DataFrame, labels: Iterable[int]) -> WordCounts:
        """What is counted of `now`, which differs from `before` in the rows of `labels` only."""
        labels = [label for label in labels if 0 <= label < len(now)]
        words, n_reviewed = Counter(self.words), self.n_reviewed
        for cells, sign in ((before, -1), (now, 1)):
            for row in table.few_rows(cells, labels, _READ):
                if row.area_px > 0:
                    words[table.word_of(row)] += sign
                    n_reviewed += sign * bool(table.annotation_of(row))
        return WordCounts(+words, n_reviewed)
