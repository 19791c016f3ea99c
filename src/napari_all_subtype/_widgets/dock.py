"""The dock *Analyse smear*: its parts, and nothing of what they do."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.controller import Controller
from napari_all_subtype._widgets.inputs import SmearChooser
from napari_all_subtype._widgets.results import CellPanel, ResultPanel, paragraph
from napari_all_subtype._widgets.session import session_of
from napari_all_subtype._widgets.setup import SetupPanel
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY

MIN_WIDTH_PX = 340


class AnalyseSmear(QWidget):
    """Find, measure and classify the white cells of a smear.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer, or the proxy of it that napari hands to a plugin.
    """

    def __init__(self, napari_viewer, parent: QWidget | None = None):
        super().__init__(parent)
        self._build()
        self.controller = Controller(self, session_of(napari_viewer))
        # Bound to the controller, not to this widget, which is gone by then.
        self.destroyed.connect(self.controller.close)

    def _build(self) -> None:
        self.chooser, self.setup = SmearChooser(), SetupPanel()
        self.result, self.cell = ResultPanel(FAB5), CellPanel()
        self.hint = paragraph(words.NOTHING_OPEN)
        smear = QGroupBox("Smear")
        box = QVBoxLayout(smear)
        for part in (self.chooser, self.setup, self.hint):
            box.addWidget(part)
        content = QWidget()
        column = QVBoxLayout(content)
        for part in (smear, self.result, self.cell):
            column.addWidget(part)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        self.scroll = scroll
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._build_footer())
        self.setMinimumWidth(MIN_WIDTH_PX)

    def _build_footer(self) -> QWidget:
        """What is always in sight: run, stop, progress, device and the notice."""
        self.run_button, self.stop_button = QPushButton("Run"), QPushButton("Stop")
        self.export_button = QPushButton("Export…")
        self.run_button.setToolTip("Find and classify the white cells.")
        self.stop_button.setToolTip("Stop within a second; finished fields stay.")
        self.export_button.setToolTip("Write masks, tables, outlines and summary to a folder.")
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(True)
        self.stage = paragraph()
        self.device = paragraph("Device: shown once a model is loaded.")
        self.notice = paragraph(f"<b>{RESEARCH_USE_ONLY}</b>")
        footer = QWidget()
        buttons = QHBoxLayout()
        for button in (self.run_button, self.stop_button, self.export_button):
            buttons.addWidget(button)
        column = QVBoxLayout(footer)
        column.addLayout(buttons)
        for part in (self.progress, self.stage, self.device, self.notice):
            column.addWidget(part)
        return footer
