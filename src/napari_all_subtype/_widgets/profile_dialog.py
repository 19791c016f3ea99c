"""Asks for an instrument profile: what one objective and camera give, saved under a name."""

from __future__ import annotations

from qtpy.QtCore import QDate
from qtpy.QtWidgets import (
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from napari_all_subtype.cells.profiles import InstrumentProfile, save_profile
from napari_all_subtype.config import MAX_PIXEL_SIZE_UM, MIN_PIXEL_SIZE_UM
from napari_all_subtype.errors import AllSubtypeError

USUAL_PIXEL_SIZE_UM = 0.13
PROBLEM_WIDTH_PX = 340


class ProfileDialog(QDialog):
    """After it was accepted, `saved` is the name of the new profile."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("New instrument profile")
        self.saved = ""
        self.name = QLineEdit()
        self.name.setPlaceholderText("Zeiss 100x, Axiocam")
        self.name.setToolTip("What the profile is called in the list.")
        self.um_per_px = QDoubleSpinBox()
        self.um_per_px.setRange(MIN_PIXEL_SIZE_UM, MAX_PIXEL_SIZE_UM)
        self.um_per_px.setDecimals(4)
        self.um_per_px.setSingleStep(0.001)
        self.um_per_px.setSuffix(" µm/px")
        self.um_per_px.setValue(USUAL_PIXEL_SIZE_UM)
        self.um_per_px.setToolTip("Micrometres per pixel, measured with a stage micrometer.")
        self.objective, self.camera = QLineEdit(), QLineEdit()
        self.date = QDateEdit(QDate.currentDate())
        self.date.setDisplayFormat("yyyy-MM-dd")
        self.date.setCalendarPopup(True)
        self.date.setToolTip("Day of the measurement.")
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setMinimumWidth(PROBLEM_WIDTH_PX)
        self.problem.hide()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("Name", self.name)
        form.addRow("Pixel size", self.um_per_px)
        form.addRow("Objective", self.objective)
        form.addRow("Camera", self.camera)
        form.addRow("Date", self.date)
        form.addRow(self.problem)
        form.addRow(buttons)

    def accept(self) -> None:
        """Save the profile and close, or say what is wrong and stay."""
        try:
            profile = InstrumentProfile(
                self.name.text().strip(),
                self.um_per_px.value(),
                self.objective.text().strip(),
                self.camera.text().strip(),
                self.date.date().toString("yyyy-MM-dd"),
            )
            save_profile(profile)
        except AllSubtypeError as error:
            self.problem.setText(str(error))
            self.problem.show()
            self.adjustSize()
            return
        self.saved = profile.name
        super().accept()
