"""The dock *Review*: its parts, and nothing of what they do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.agreement_panel import AgreementPanel
from napari_all_subtype._widgets.review.comparing import Comparing
from napari_all_subtype._widgets.review.count_panel import CountPanel
from napari_all_subtype._widgets.review.counting import Counting
from napari_all_subtype._widgets.review.export_button import ExportButton
from napari_all_subtype._widgets.review.hiding import Hiding
from napari_all_subtype._widgets.review.locking import Locking
from napari_all_subtype._widgets.review.project_panel import ProjectPanel
from napari_all_subtype._widgets.review.queue_panel import QueuePanel
from napari_all_subtype._widgets.review.result_panel import ResultPanel
from napari_all_subtype._widgets.review.reviewer import Reviewer
from napari_all_subtype._widgets.review.word_panel import WordPanel
from napari_all_subtype._widgets.scroll import VerticalScroll
from napari_all_subtype._widgets.session import Session, session_of
from napari_all_subtype._widgets.tab_order import follow_layout
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

if TYPE_CHECKING:
    from napari_all_subtype._widgets.thumbnail_pictures import Fetch

MIN_HEIGHT_PX = 280


class ReviewSmear(QWidget):
    """Read the cells of a smear one after the other, and correct what they are called.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer, or the proxy of it that napari hands to a plugin.
    """

    def __init__(self, napari_viewer, parent: QWidget | None = None):
        super().__init__(parent)
        session = session_of(napari_viewer)
        self._build(partial(_pictures, session))
        self.locking = Locking(self.result, session)
        self.reviewer = Reviewer(self, session)
        self.export_button = ExportButton(session.record)
        self.project.layout().addWidget(self.export_button)
        # Bound to it, not to this widget, which is gone by then.
        self.hiding = Hiding(session, self.project.apart, self.queue)
        self.project.form.addRow("", self.hiding.box)
        self.counting = Counting(self.count, session, self.reviewer, self.hiding)
        self.locking.changed.connect(self.counting.later.ask)
        self.comparing = Comparing(self.agreement, session)
        for one in (self.comparing, self.counting, self.locking):
            self.project.apart.toggled.connect(one.later.ask)
        for controller in (self.hiding, self.comparing, self.counting, self.locking):
            self.destroyed.connect(controller.close)
        self.destroyed.connect(self.reviewer.close)
        follow_layout(self)

    def _build(self, pictures: Callable[[], Fetch]) -> None:
        self.project, self.words, self.queue = ProjectPanel(), WordPanel(), QueuePanel()
        content = QWidget()
        column = QVBoxLayout(content)
        self.result, self.count = ResultPanel(), CountPanel()
        self.agreement = AgreementPanel(pictures)
        for part in (self.words, self.queue, self.project, self.count, self.agreement, self.result):
            column.addWidget(part)
        column.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.scroll = VerticalScroll(content)
        # Below the dock of the analysis there is room for the words at least.
        self.scroll.setMinimumHeight(MIN_HEIGHT_PX)
        layout.addWidget(self.scroll, 1)
        layout.addWidget(paragraph(f"<b>{RESEARCH_USE_ONLY}</b>"))

    def showEvent(self, event: QShowEvent) -> None:
        """The keys are those of the review while it is open."""
        super().showEvent(event)
        if not event.spontaneous():
            self.reviewer.bind()

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the keys back."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.reviewer.shortcuts.release()


def _pictures(session: Session) -> Fetch:
    from napari_all_subtype._widgets.gallery.pictures import CellPictures

    return CellPictures(session)
