"""The dock *Analyse smear*: its parts, and nothing of what they do."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.cell_panel import CellPanel
from napari_all_subtype._widgets.controller import Controller
from napari_all_subtype._widgets.edit_panel import EditPanel
from napari_all_subtype._widgets.editor import Editor
from napari_all_subtype._widgets.inputs import SmearChooser
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.preview import LivePreview
from napari_all_subtype._widgets.preview_row import PreviewRow
from napari_all_subtype._widgets.results import ResultPanel
from napari_all_subtype._widgets.scroll import VerticalScroll
from napari_all_subtype._widgets.session import session_of
from napari_all_subtype._widgets.setup import TIGHT_PX, SetupPanel
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY

PROGRESS_PX = 110


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
        # Once the new text has its height.
        self.cell.told.connect(self._on_cell_told, Qt.ConnectionType.QueuedConnection)
        self.controller = Controller(self, session_of(napari_viewer))
        self.editor = Editor(self, self.controller.session)
        self.live = LivePreview(self, self.controller.session)
        self.destroyed.connect(self.live.close)
        # Bound to these, not to this widget, which is gone by then.
        self.destroyed.connect(self.editor.close)
        self.destroyed.connect(self.controller.close)

    def _build(self) -> None:
        self.chooser, self.setup, self.preview = SmearChooser(), SetupPanel(), PreviewRow()
        self.result, self.cell, self.edits = ResultPanel(FAB5), CellPanel(), EditPanel()
        self.setup.beside_cells.addWidget(self.preview.box)
        self.hint = paragraph(words.NOTHING_OPEN)
        smear = QGroupBox("Smear")
        box = QVBoxLayout(smear)
        box.setSpacing(TIGHT_PX)
        for part in (self.chooser, self.setup, self.preview, self.hint):
            box.addWidget(part)
        content = QWidget()
        column = QVBoxLayout(content)
        for part in (smear, self.result, self.cell, self.edits):
            column.addWidget(part)
        column.addStretch()
        self.scroll = VerticalScroll(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.scroll, 1)
        layout.addWidget(self._build_footer())

    def _on_cell_told(self) -> None:
        """On a small screen the cell is below what is in sight."""
        self.scroll.reveal(self.cell)

    def _build_footer(self) -> QWidget:
        """What is always in sight: run, stop, progress, device and the notice."""
        self.run_button, self.stop_button = QPushButton("Run"), QPushButton("Stop")
        self.export_button = QPushButton("Export…")
        self.run_button.setToolTip(
            "Find and classify the white cells; corrections made before are lost, after a question."
        )
        self.stop_button.setToolTip("Stop within a second; finished fields stay.")
        self.export_button.setToolTip("Write masks, tables, outlines and summary to a folder.")
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(True)
        self.progress.setFixedWidth(PROGRESS_PX)
        self.stage, self.notice = paragraph(), paragraph()
        self.tell_device("not known yet", "Shown once a model is loaded.")
        footer = QWidget()
        buttons, goes_on = QHBoxLayout(), QHBoxLayout()
        for button in (self.run_button, self.stop_button, self.export_button):
            buttons.addWidget(button)
        goes_on.addWidget(self.progress)
        goes_on.addWidget(self.stage, 1)
        column = QVBoxLayout(footer)
        # It takes its height from all that is told above it.
        column.setSpacing(TIGHT_PX)
        column.setContentsMargins(-1, TIGHT_PX, -1, TIGHT_PX)  # at the sides that of the style
        for part in (buttons, goes_on):
            column.addLayout(part)
        column.addWidget(self.notice)
        return footer

    def tell_device(self, device: str, tip: str) -> None:
        """Say behind the notice where which model runs."""
        self.notice.setText(f"<b>{RESEARCH_USE_ONLY}</b> Device: {escape(device)}.")
        self.notice.setToolTip(tip)
