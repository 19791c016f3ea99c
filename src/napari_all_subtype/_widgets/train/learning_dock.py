"""What the docks that learn look like: their parts below each other, and a footer in sight."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_all_subtype._widgets.scroll import VerticalScroll

MIN_HEIGHT_PX = 280


def lay_out(dock: QWidget, parts: Sequence[QWidget], footer: QWidget) -> VerticalScroll:
    """Put `parts` below each other into `dock`, to be scrolled, and `footer` under them."""
    content = QWidget()
    column = QVBoxLayout(content)
    for part in parts:
        column.addWidget(part)
    column.addStretch()
    layout = QVBoxLayout(dock)
    layout.setContentsMargins(0, 0, 0, 0)
    scroll = VerticalScroll(content)
    scroll.setMinimumHeight(MIN_HEIGHT_PX)
    layout.addWidget(scroll, 1)
    layout.addWidget(footer)
    return scroll
