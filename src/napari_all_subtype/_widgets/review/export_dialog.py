"""Asks in which formats a project is to be exported, where to, and shows how far it is."""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path

from qtpy.QtCore import QUrl
from qtpy.QtGui import QCloseEvent, QDesktopServices
from qtpy.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.export_job import ExportJob, Order
from napari_all_subtype.progress import Progress
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.export_formats import CSV, FORMATS, HTML, TITLES

USUAL = (CSV, HTML)
MIN_WIDTH_PX = 440
CHOOSE_ONE = "Choose at least one format, and a folder that does not exist yet."
IDENTIFIERS = "Names of patients, readers and files"
IDENTIFIERS_TIP = (
    "Write identifiers of cases, names of readers and files and reasons of amendments too. They "
    "tell people: keep such an export apart. Without them all stand under codes."
)
REPLACE_TIP = "Replace a folder that an earlier export wrote; one that holds anything else stays."
STOPPED = "Stopped: nothing was written."
MOST_LINES = 4


class ExportDialog(QDialog):
    """Formats as boxes to tick, a folder, and the export itself with progress and a way to stop.

    Parameters
    ----------
    project : Path
        Folder of the project.
    """

    def __init__(self, project: Path, parent: QWidget | None = None):
        super().__init__(parent)
        self.project = project
        self.job: ExportJob | None = None
        self.written = project
        self.setWindowTitle(f"Export {project.name}")
        self.setMinimumWidth(MIN_WIDTH_PX)
        self._build()
        self._connect()
        self._on_choice()

    def _build(self) -> None:
        self.formats = {name: QCheckBox(TITLES[name]) for name in FORMATS}
        group = QGroupBox("What")
        column = QVBoxLayout(group)
        for name, box in self.formats.items():
            box.setToolTip(FORMATS[name])
            box.setChecked(name in USUAL)
            column.addWidget(box)
        self.identifiers = QCheckBox(IDENTIFIERS)
        self.identifiers.setToolTip(IDENTIFIERS_TIP)
        self.replace = QCheckBox("Replace an earlier export")
        self.replace.setToolTip(REPLACE_TIP)
        name = f"{self.project.name}-export-{datetime.now().astimezone():%Y-%m-%d}"
        self.out = QLineEdit(str(self.project.absolute().parent / name))
        self.out.setAccessibleName("Folder of the export")
        self.out.setToolTip("Folder to write, which appears whole or not at all.")
        self.browse = QPushButton("Choose…")
        self.browse.setToolTip("Choose in which folder the export is made.")
        where = QHBoxLayout()
        where.addWidget(self.out, 1)
        where.addWidget(self.browse)
        self.bar = QProgressBar()
        self.bar.hide()
        self.told = paragraph("")
        self.export_button, self.close_button = QPushButton("Export"), QPushButton("Close")
        self.export_button.setDefault(True)
        self.show_button = QPushButton("Show folder")
        self.show_button.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.show_button)
        buttons.addStretch()
        buttons.addWidget(self.export_button)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        for part in (group, self.identifiers, self.replace):
            layout.addWidget(part)
        layout.addLayout(where)
        layout.addWidget(self.bar)
        layout.addWidget(self.told)
        layout.addWidget(paragraph(f"<b>{RESEARCH_USE_ONLY}</b>"))
        layout.addLayout(buttons)

    def _connect(self) -> None:
        for box in self.formats.values():
            box.toggled.connect(self._on_choice)
        self.out.textChanged.connect(self._on_choice)
        self.browse.clicked.connect(self._on_browse)
        self.export_button.clicked.connect(self._on_export)
        self.close_button.clicked.connect(self._on_close)
        self.show_button.clicked.connect(self._on_show)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Formats that are ticked."""
        return tuple(name for name, box in self.formats.items() if box.isChecked())

    def _on_choice(self, *_: object) -> None:
        able = bool(self.chosen and self.out.text().strip())
        self.export_button.setEnabled(able and self.job is None)
        if self.job is None:
            self.told.setText("" if able else CHOOSE_ONE)

    def _on_browse(self) -> None:
        beside = Path(self.out.text())
        folder = QFileDialog.getExistingDirectory(
            self, "Folder in which the export is made", str(beside.parent)
        )
        if folder:
            self.out.setText(str(Path(folder) / beside.name))

    def _on_export(self) -> None:
        out = Path(self.out.text().strip()).expanduser()
        order = Order(
            self.project, out, self.chosen, self.identifiers.isChecked(), self.replace.isChecked()
        )
        self.job = ExportJob(order)
        self.job.progressed.connect(self._on_progress)
        self.job.ended.connect(self._on_end)
        self.job.stopped.connect(self._on_stopped)
        self.show_button.hide()
        self.bar.setRange(0, 0)
        self.bar.show()
        self.told.setText("Exporting…")
        self._set_busy(True)
        self.job.start()

    def _on_progress(self, progress: Progress) -> None:
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        if not self.job.stop_requested:
            stage = progress.stage.capitalize()
            self.told.setText(f"{stage}: {progress.done} of {progress.total}")

    def _on_end(self, error: str, left_out: list[str]) -> None:
        if error:
            # Said on the command line; here there is a box for it.
            hint = error.replace("say --overwrite", "tick “Replace an earlier export”")
            self._done(f"⚠ {escape(hint)}")
            return
        lines = [f"Exported to <b>{escape(self.job.order.out.name)}</b>."]
        lines += [f"⚠ {escape(one)}" for one in left_out[:MOST_LINES]]
        if len(left_out) > MOST_LINES:
            lines.append(f"and {len(left_out) - MOST_LINES} more: see provenance.json.")
        self._done("<br>".join(lines))
        self.show_button.show()

    def _on_stopped(self) -> None:
        self._done(STOPPED)

    def _done(self, text: str) -> None:
        self.bar.hide()
        self.written, self.job = self.job.order.out, None
        self._set_busy(False)
        self.told.setText(text)

    def _set_busy(self, busy: bool) -> None:
        for part in (*self.formats.values(), self.identifiers, self.replace, self.out, self.browse):
            part.setEnabled(not busy)
        self.close_button.setText("Stop" if busy else "Close")
        self.close_button.setToolTip("Stop the export: nothing is left of it." if busy else "")
        self.export_button.setEnabled(not busy and bool(self.chosen))

    def _on_close(self) -> None:
        if self.job is None:
            self.close()
            return
        self.told.setText("Stopping…")
        self.job.stop()

    def _on_show(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.written.absolute())))

    def reject(self) -> None:
        """Escape stops what goes on, and closes otherwise."""
        self._on_close() if self.job is not None else super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Whoever closes the window wants the export no more."""
        if self.job is not None:
            self.job.stop()
        super().closeEvent(event)
