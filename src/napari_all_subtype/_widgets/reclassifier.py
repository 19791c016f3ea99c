"""Cells with new outlines on their way to the model: one request at a time, newest crop first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype._widgets.messages import Classified, Ended
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.config import AnalysisParameters

if TYPE_CHECKING:
    import pandas as pd

Place = tuple[object, int]


class Reclassifier:
    """Has the child process classify cells again.

    Parameters
    ----------
    session : Session
    told : callable
        Called with a field's key and what the model says of some of its cells.
    failed : callable
        Called with a field's key, labels, and why nothing can be said of them.
    """

    def __init__(
        self,
        session: Session,
        told: Callable[[object, pd.DataFrame], None],
        failed: Callable[[object, list[int], str], None],
    ):
        self.session, self._told, self._failed = session, told, failed
        self._waiting: dict[Place, np.ndarray] = {}
        self._asked: dict[Place, np.ndarray] = {}
        self._parameters: dict[object, AnalysisParameters] = {}
        session.classified.connect(self._on_classified)
        session.explained.connect(self._on_explained)

    def close(self) -> None:
        """Ask no longer."""
        self.forget_all()
        self.session.classified.disconnect(self._on_classified, missing_ok=True)
        self.session.explained.disconnect(self._on_explained, missing_ok=True)

    def ask(
        self, key: object, parameters: AnalysisParameters, labels: Sequence[int], crops: np.ndarray
    ) -> None:
        """Classify `labels` of the field `key` by `crops`, one each, when the model is free."""
        self._parameters[key] = parameters
        self.forget(key, labels)
        for label, crop in zip(labels, crops, strict=True):
            self._waiting[key, label] = crop
        self._next()

    def forget(self, key: object, labels: Collection[int]) -> None:
        """Take no answer for `labels`: they are others by now, or gone."""
        for label in labels:
            self._waiting.pop((key, label), None)
            self._asked.pop((key, label), None)

    def forget_all(self) -> None:
        """Take no answer at all."""
        self._waiting.clear()
        self._asked.clear()

    def pending(self, key: object, labels: Collection[int]) -> frozenset[int]:
        """Those of `labels` whose answer is not there yet."""
        return frozenset(
            one for one in labels if (key, one) in self._waiting or (key, one) in self._asked
        )

    @property
    def count(self) -> int:
        """Cells whose answer is not there yet."""
        return len(self._waiting) + len(self._asked)

    def _next(self) -> None:
        if not self._waiting or self.session.worker.running:
            return
        key = next(iter(self._waiting))[0]
        self._asked = {place: crop for place, crop in self._waiting.items() if place[0] is key}
        for place in self._asked:
            del self._waiting[place]
        labels = [label for _, label in self._asked]
        self.session.classify(self._parameters[key], labels, np.stack(list(self._asked.values())))

    def _on_explained(self, message: object) -> None:
        """The model is free again."""
        if isinstance(message, Ended):
            self._next()

    def _on_classified(self, message: Classified | Ended) -> None:
        asked = {label: key for key, label in self._asked}
        if isinstance(message, Classified):
            known = [label for label in message.labels if label in asked]
            if known:
                key = asked[known[0]]
                self.forget(key, known)
                self._told(key, message.said.loc[known])
            return
        # The end of the request: what it has not answered, it will not.
        left, self._asked = asked, {}
        if left:
            why = message.message or "the model was stopped"
            self._failed(next(iter(left.values())), list(left), why)
        self._next()
