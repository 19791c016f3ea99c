"""Counts and summary in the result: the counts at once, what takes longer when there is time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import Latest

if TYPE_CHECKING:
    from napari_all_subtype.workflow.summarise import Summary

# After the last word of a reader: intervals by bootstrap and the smear score take longer than a
# key may.
SUMMARY_AFTER_MS = 300
# Of more cells it takes longer than a window may stand still.
SUMMARY_AT_ONCE_CELLS = 500


class Tally:
    """Has a dock tell how many cells of each class there are.

    Parameters
    ----------
    dock : AnalyseSmear
        Whose result tells it, of the field that is shown or of the whole smear.
    session : Session
        Whose cells are counted.
    """

    def __init__(self, dock, session: Session):
        self.result, self.session = dock.result, session
        self._timer = QTimer(dock)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SUMMARY_AFTER_MS)
        self._timer.timeout.connect(self.show)
        self._summaries = Latest()
        self._stopped = False
        session.record.speaking.connect(self._on_speaking)
        session.hiding_changed.connect(self.show)

    def stop(self) -> None:
        """Tell nothing more."""
        self._stopped = True
        self._timer.stop()
        self._summaries.forget()
        self.session.record.speaking.disconnect(self._on_speaking, missing_ok=True)
        self.session.hiding_changed.disconnect(self.show, missing_ok=True)

    def _on_speaking(self) -> None:
        """A word is on its way: a summary of what stood before only holds it up."""
        self._summaries.forget()
        self._timer.start()

    def show_soon(self) -> None:
        """Tell the counts now, and the summary once nothing has changed for a moment."""
        if self.session.model_hidden:
            self.result.show_hidden()
            return
        self.result.show_counts(self.session.counts(self._index))
        self._timer.start()

    def show(self) -> None:
        """Tell the summary, of many cells when a thread has made it."""
        self._timer.stop()
        if self.session.model_hidden:
            self._summaries.forget()
            self.result.show_hidden()
            return
        index, result = self._index, self.session.result()
        several = len(self.session.fields) > 1
        whole = self.result.whole_smear and several
        pixel_size = result.analysis.pixel_size if result and not whole else None

        def show(summary: Summary | None) -> None:
            if not self._stopped:
                self.result.show_summary(summary, pixel_size, several)

        if self.session.cell_count(index) <= SUMMARY_AT_ONCE_CELLS:
            self._summaries.forget()
            show(self.session.summary(index))
        else:
            self.result.show_counts(self.session.counts(index))
            self._summaries.ask(partial(self.session.summary, index), then=show)

    @property
    def _index(self) -> int | None:
        """Number of the field that is told of; None for the whole smear."""
        whole = self.result.whole_smear and len(self.session.fields) > 1
        return None if whole or self.session.selected < 0 else self.session.selected
