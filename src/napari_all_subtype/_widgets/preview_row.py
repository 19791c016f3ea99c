"""The box that switches the preview on, and the one quiet line it writes."""

from __future__ import annotations

from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph


class PreviewRow(QWidget):
    """What a preview found, in one line that takes no room while it is empty.

    The box *Preview* is laid out elsewhere, beside what finds the cells.
    """

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.box = QCheckBox("Preview")
        self.box.setToolTip(
            "Outline the cells that these parameters find in what is in sight, at once and "
            "whenever one is changed. Nothing is classified."
        )
        self.line = paragraph()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line)
        self.say("")

    @property
    def on(self) -> bool:
        """Whether a preview is wanted."""
        return self.box.isChecked()

    def say(self, text: str) -> None:
        """Write one line; none without text."""
        self.line.setText(text)
        self.setVisible(bool(text))
