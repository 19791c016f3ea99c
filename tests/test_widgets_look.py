"""The look of the dock in a real window: nothing clipped, every control reached and named."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollBar,
)

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures"]


def test_every_control_is_reached_with_the_tab_key(analysed):
    _, dock = analysed
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox)
    controls = [w for kind in kinds for w in dock.findChildren(kind) if w.isVisibleTo(dock)]
    controls = [w for w in controls if not isinstance(w, QScrollBar)]
    assert len(controls) > 20
    for control in controls:
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.toolTip() or control.accessibleName() or text, control


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_text_of_the_dock_is_clipped(analysed, qtbot, theme):
    viewer, dock = analysed
    viewer.theme = theme
    dock.setup.collapsible.expand(animate=False)
    qtbot.wait(100)
    seen = 0
    for widget in (*dock.findChildren(QLabel), *dock.findChildren(QPushButton)):
        wraps = isinstance(widget, QLabel) and widget.wordWrap()
        if widget.isVisible() and widget.text() and not wraps:
            needed_px = widget.fontMetrics().horizontalAdvance(widget.text())
            assert widget.width() >= needed_px, widget.text()
            seen += 1
    for box in dock.findChildren(QAbstractSpinBox):
        if box.isVisible():
            text_px = box.lineEdit().fontMetrics().horizontalAdvance(box.text())
            assert box.lineEdit().width() >= text_px, box.text()
            seen += 1
    assert seen > 40
    assert dock.scroll.widget().width() <= dock.scroll.viewport().width()
