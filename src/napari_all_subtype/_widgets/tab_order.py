"""The order in which the Tab key goes through a dock: that in which it is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLayout, QScrollArea, QWidget


def follow_layout(widget: QWidget) -> None:
    """Have the Tab key go through `widget` as its layouts are read.

    Qt has it go in the order in which widgets were made, which is another one where parts are
    made anew or put together later.
    """
    for one, other in pairwise(_controls(widget, set())):
        QWidget.setTabOrder(one, other)


def _controls(widget: QWidget, seen: set[QWidget]) -> Iterator[QWidget]:
    """Widgets that take the focus by the Tab key, in the order in which they are read."""
    seen.add(widget)
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
        yield widget
    if isinstance(widget, QScrollArea):
        if (content := widget.widget()) is not None:
            yield from _controls(content, seen)
        return
    if (layout := widget.layout()) is not None:
        yield from _in_layout(layout, seen)
    elif widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return  # what is inside of a control is its own affair
    for child in widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if child not in seen and not child.isWindow():
            yield from _controls(child, seen)


def _in_layout(layout: QLayout, seen: set[QWidget]) -> Iterator[QWidget]:
    for n in range(layout.count()):
        item = layout.itemAt(n)
        if (inner := item.layout()) is not None:
            yield from _in_layout(inner, seen)
        elif (part := item.widget()) is not None and part not in seen:
            yield from _controls(part, seen)
