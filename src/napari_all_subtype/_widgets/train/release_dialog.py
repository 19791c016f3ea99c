"""Asks who releases a model, and on which control set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.form import ParameterForm, with_values
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype.config import ScaleParameters
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

MIN_WIDTH_PX = 440
TOLD = (
    "A model is a draft until a named person has seen what it is worth on a <b>control set</b>: "
    "cells of cases that it did not learn from, in a table (CSV) with the columns file, annotation "
    "and group. Press <b>Measure</b> first; the figures come in the dock."
)


@dataclass(frozen=True)
class ControlSet:
    """A table of pictures of one cell each, and where the size of their pixels comes from."""

    table: Path | None
    scale: ScaleParameters = ScaleParameters()


class ReleaseDialog(QDialog):
    """A name and a table; measured first, then released.

    Parameters
    ----------
    model_id : str
    reader : str
        Who reads, as a proposal.
    measured_on : ControlSet or None
        What the model was measured on last.
    proposed : ControlSet
        What to begin with, where it was not measured yet.
    """

    def __init__(
        self,
        model_id: str,
        reader: str,
        measured_on: ControlSet | None,
        proposed: ControlSet = ControlSet(None),
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.setWindowTitle(f"Release {model_id}")
        self.setMinimumWidth(MIN_WIDTH_PX)
        self.measured_on = measured_on
        self.release_wanted = False
        shown = measured_on or proposed
        self._build(reader, shown.scale)
        self.table.setText(str(shown.table or ""))
        self.table.textChanged.connect(self._on_changed)
        self.scale.changed.connect(self._on_changed)
        self.name.textChanged.connect(self._on_changed)
        self.browse.clicked.connect(self._on_browse)
        self.measure_button.clicked.connect(self.accept)
        self.release_button.clicked.connect(self._on_release)
        self.buttons.rejected.connect(self.reject)
        self._on_changed()

    def _build(self, reader: str, scale: ScaleParameters) -> None:
        self.name = QLineEdit(reader)
        self.name.setAccessibleName("Who releases it")
        self.name.setToolTip("A name or a code: it stands in the record and on the model's card.")
        self.table = QLineEdit()
        self.table.setAccessibleName("Table of the control set")
        self.table.setToolTip(
            "CSV file with a row per picture of one cell: file, annotation, group."
        )
        self.browse = QPushButton("Choose…")
        self.browse.setToolTip("Choose the table of the control set.")
        self.measure_button, self.release_button = QPushButton("Measure"), QPushButton("Release")
        self.measure_button.setToolTip("Measure the model on the control set; nothing is recorded.")
        self.release_button.setToolTip("Release it in this name, on the control set just measured.")
        row = QHBoxLayout()
        row.addWidget(self.table, 1)
        row.addWidget(self.browse)
        form = QFormLayout()
        form.addRow("Name", self.name)
        form.addRow("Control set", row)
        # Of pictures that do not tell it; what people stated for those of the project.
        self.scale = ParameterForm(scale, ("pixel_size_um",))
        form.addRow(self.scale)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        action = QDialogButtonBox.ButtonRole.ActionRole
        self.buttons.addButton(self.measure_button, action)
        self.buttons.addButton(self.release_button, action)
        layout = QVBoxLayout(self)
        layout.addWidget(paragraph(TOLD))
        layout.addLayout(form)
        layout.addWidget(paragraph(f"<b>{RESEARCH_USE_ONLY}</b>"))
        layout.addWidget(self.buttons)

    @property
    def chosen(self) -> ControlSet:
        """The control set as it is typed."""
        scale = with_values(ScaleParameters(), self.scale.values())
        return ControlSet(Path(self.table.text().strip()).expanduser(), scale)

    def _on_browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Table of the control set", filter="*.csv")
        if path:
            self.table.setText(path)

    def _on_changed(self, *_: object) -> None:
        table = bool(self.table.text().strip())
        seen = table and self.chosen == self.measured_on
        self.measure_button.setEnabled(table)
        self.release_button.setEnabled(seen and bool(self.name.text().strip()))

    def _on_release(self) -> None:
        self.release_wanted = True
        self.accept()
