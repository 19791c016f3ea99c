"""Asks the child process what the network looked at in the cell that is told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype._widgets.messages import Ended, Explained
from napari_all_subtype._widgets.saliency_row import WAITING, WORKING, SaliencyRow
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells.analysis import Analysis

if TYPE_CHECKING:
    from napari_all_subtype.model.saliency import Saliency

# Model and pixels: the same cell with another outline is another question.
Question = tuple[str, bytes]


class SaliencyAsker:
    """Keeps the answer to one question, and takes none that was asked of another cell.

    Parameters
    ----------
    row : SaliencyRow
        Where it is asked for and explained.
    session : Session
        Whose child process is asked.
    cut_out : callable
        Gives the analysis and the crop of the cell that is told of; None while
        there is none.
    changed : callable
        Called when the picture of the cell should be drawn anew.
    """

    def __init__(
        self,
        row: SaliencyRow,
        session: Session,
        cut_out: Callable[[], tuple[Analysis, np.ndarray] | None],
        changed: Callable[[], None],
    ):
        self.row, self.session = row, session
        self._cut_out, self._changed = cut_out, changed
        self._wanted: Question | None = None
        self._asked: Question | None = None
        self._answer: tuple[Question, Saliency] | None = None
        self._refused: tuple[Question, str] | None = None
        row.toggled.connect(self._on_toggled)
        session.explained.connect(self._on_explained)
        session.classified.connect(self._on_free)
        session.ended.connect(self._on_free)

    def close(self) -> None:
        """Ask no longer."""
        self._wanted = self._asked = self._answer = self._refused = None
        for signal, slot in (
            (self.session.explained, self._on_explained),
            (self.session.classified, self._on_free),
            (self.session.ended, self._on_free),
        ):
            signal.disconnect(slot, missing_ok=True)

    @property
    def found(self) -> Saliency | None:
        """The answer for the cell that is told of, None while there is none."""
        known = self._answer is not None and self._answer[0] == self._wanted
        return self._answer[1] if known else None

    def refresh(self) -> None:
        """Another cell is told of, or the same one has changed: ask, if that is wanted."""
        cut = self._cut_out() if self.row.box.isChecked() else None
        self._wanted = None if cut is None else (cut[0].model, cut[1].tobytes())
        if cut is None:
            self.row.show_nothing()
            return
        analysis, crop = cut
        um_per_px = self.session.crop_spec_of(analysis).um_per_px
        if self.found is not None:
            self.row.show_found(self.found, um_per_px)
        elif self._refused is not None and self._refused[0] == self._wanted:
            self.row.show_error(self._refused[1])
        elif self.session.worker.running:
            self.row.show_working(WORKING if self._asked == self._wanted else WAITING)
        else:
            self._asked = self._wanted
            self.row.show_working(WORKING)
            self.session.explain(analysis.parameters, crop)

    def _on_toggled(self, wanted: bool) -> None:
        self._refused = None
        if not wanted and self.session.explaining:
            self.session.stop()
        self.refresh()
        self._changed()

    def _on_explained(self, message: Explained | Ended) -> None:
        if isinstance(message, Explained):
            self._answer = (self._asked, message.saliency)
            return
        asked, self._asked = self._asked, None
        if message.message:
            self._refused = (asked, message.message)
        self.refresh()
        self._changed()

    def _on_free(self, message: object) -> None:
        """The child process has done what it was asked before."""
        if isinstance(message, Ended) and self.row.box.isChecked():
            self.refresh()
            self._changed()
