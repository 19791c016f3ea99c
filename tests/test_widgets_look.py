"""The look of the dock in a real window: nothing clipped, every control reached and named."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollBar,
)

from napari_all_subtype.taxonomy import FAB5
from window_steps import run

pytestmark = [pytest.mark.window, pytest.mark.drawn]
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


def luminance(rgb):
    """Relative luminance after WCAG 2.2, 0-1, of colours 0-255 in the last axis."""
    parts = np.asarray(rgb, float) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def contrast_of(widget, left_px=0):
    """Contrast between the commonest colour of a widget as drawn, and the one furthest from it."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
    pixels = rows.reshape(image.height(), image.width(), 3)[:, left_px:].reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    ground, ink = luminance(colours[counts.argmax()]), luminance(colours)
    return float(((np.maximum(ink, ground) + 0.05) / (np.minimum(ink, ground) + 0.05)).max())


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_of_the_legend_has_enough_contrast(analysed, qtbot, theme):
    """4.5 : 1 is what WCAG 2.2 asks of text (success criterion 1.4.3)."""
    viewer, dock = analysed
    viewer.theme = theme
    qtbot.wait(100)
    labels = [one for one in dock.result.findChildren(QLabel) if one.isVisible() and one.text()]
    assert len(labels) > 8
    for label in labels:
        assert contrast_of(label) >= 4.5, label.text()
    for name in FAB5.names:
        box = dock.result.legend.box(name)
        # Without the box itself and the swatch.
        text_px = box.fontMetrics().horizontalAdvance(box.text())
        assert contrast_of(box, left_px=box.sizeHint().width() - text_px - 4) >= 4.5, name


def test_run_legend_and_counts_are_in_sight_on_a_small_screen_also_of_a_folder(
    window, instant, qtbot, folder
):
    viewer, dock = window()
    viewer.window.resize(1100, 760)
    dock.controller.open_folder(folder)
    dock.chooser.field_list.setCurrentRow(1)
    run(qtbot, dock)
    qtbot.wait(300)
    dock.scroll.verticalScrollBar().setValue(0)
    for part in (dock.run_button, dock.export_button, dock.result.legend):
        assert part.visibleRegion().boundingRect().size() == part.size()
