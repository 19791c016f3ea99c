"""The box that switches the preview on, and the one quiet line it writes."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QWidget


class PreviewRow(QWidget):
    """*Preview*, and what it found."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.box = QCheckBox("Preview")
        self.box.setToolTip(
            "Outline the cells that these parameters find in what is in sight, at once and "
            "whenever one is changed. Nothing is classified."
        )
        self.line = QLabel()
        self.line.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.line.setWordWrap(True)
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        layout.addWidget(self.line, 1)

    @property
    def on(self) -> bool:
        """Whether a preview is wanted."""
        return self.box.isChecked()

    def say(self, text: str) -> None:
        """Write one line beside the box."""
        self.line.setText(text)
