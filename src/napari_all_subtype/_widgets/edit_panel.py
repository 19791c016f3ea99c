"""The group *Correct outlines*: one button per tool, and one line that says what happens."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtGui import QColor, QShowEvent
from qtpy.QtWidgets import QGridLayout, QGroupBox, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_all_subtype._widgets.edit_icons import SIDE, edit_icon
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.tool_kinds import TOOLS, Tool

COLUMNS = 4
CHOSEN_COLOUR = "#6A8DFF"


class EditPanel(QGroupBox):
    """Buttons for the tools with which outlines are corrected.

    Signals
    -------
    chosen : str
        A tool, or an empty string where the one in use was put away.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Correct outlines", parent)
        self.buttons: dict[str, QToolButton] = {}
        # In which the pictures are drawn; None before they are seen.
        self._ink: QColor | None = None
        grid = QGridLayout()
        grid.setSpacing(2)
        for n, (name, tool) in enumerate(TOOLS.items()):
            self.buttons[name] = self._button(name, tool)
            grid.addWidget(self.buttons[name], n // COLUMNS, n % COLUMNS)
        self.line = paragraph()
        self.line.setVisible(False)
        layout = QVBoxLayout(self)
        layout.addLayout(grid)
        layout.addWidget(self.line)
        self.allow({})

    def _button(self, name: str, tool: Tool) -> QToolButton:
        button = QToolButton()
        button.setText(tool.title)
        button.setAccessibleName(f"{tool.title} cells")
        button.setCheckable(tool.lasting)
        button.setIconSize(QSize(SIDE, SIDE))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda on: self.chosen.emit(name if on or not tool.lasting else ""))
        return button

    def changeEvent(self, event: QEvent) -> None:
        """Draw the pictures again in the ink of another theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the pictures, now that the ink is known."""
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        ink = self.palette().color(self.foregroundRole())
        if not self.isVisible() or ink == self._ink:
            return
        self._ink = ink
        chosen = QColor(CHOSEN_COLOUR)
        chosen.setAlphaF(0.45)
        for name, button in self.buttons.items():
            button.setIcon(edit_icon(name, ink, chosen))

    def show_tool(self, name: str) -> None:
        """Have the button of the tool `name` pressed, and no other."""
        for one, button in self.buttons.items():
            if button.isCheckable():
                button.setChecked(one == name)

    def allow(self, reasons: Mapping[str, str]) -> None:
        """Enable every tool but those in `reasons`, whose tooltips say why."""
        for name, button in self.buttons.items():
            tool, reason = TOOLS[name], reasons.get(name, "")
            keys = tool.keys[0].replace("Control-", "Ctrl+").replace("Shift-", "Shift+")
            button.setEnabled(not reason)
            button.setToolTip(f"{tool.tip} Key: {keys}." + (f"<br><b>{reason}</b>" * bool(reason)))

    def say(self, text: str) -> None:
        """Write one line under the buttons; none without text."""
        self.line.setText(text)
        self.line.setVisible(bool(text))
