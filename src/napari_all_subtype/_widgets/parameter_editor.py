"""The widget of one parameter: its type, bounds, unit and description become what is seen."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QLineEdit

from napari_all_subtype._widgets.spin_boxes import TellingDoubleSpinBox, TellingSpinBox

UNITS = {"um": "µm", "px": "px", "s": "s", "deg": "°"}
LARGEST_INTEGER = 2**31 - 1
AUTOMATIC = "automatic"


class Editor:
    """The widget of one parameter, with one way to read and to set it."""

    def __init__(self, name: str, info: FieldInfo, value: Any, on_change: Callable[[], None]):
        self.widget, self.get, self.set, signal = _make(name, info)
        self.widget.setToolTip(tooltip_of(name, info))
        self.widget.setAccessibleName(title_of(name, info))
        self.set(value)
        signal.connect(lambda *_: on_change())


def title_of(name: str, info: FieldInfo) -> str:
    """What the row is called: the field's title, or its name in words without the unit.

    Examples
    --------
    >>> title_of("segmentation.min_nucleus_diameter_um", FieldInfo())
    'Min nucleus diameter'
    >>> title_of("segmentation.working_um_per_px", FieldInfo())
    'Working pixel size'
    """
    if info.title:
        return info.title
    words = name.rsplit(".", 1)[-1].split("_")
    if words[-3:] == ["um", "per", "px"]:
        words = [*words[:-3], "pixel", "size"]
    elif len(words) > 1 and words[-1] in (*UNITS, "fraction"):
        words = words[:-1]
    return " ".join(words).capitalize()


def unit_of(name: str) -> str:
    """Unit that the name ends with, as written on screen; empty without one."""
    words = name.rsplit(".", 1)[-1].split("_")
    if words[-3:-1] == ["um", "per"]:
        return "µm/px"
    return UNITS.get(words[-1], "")


def tooltip_of(name: str, info: FieldInfo) -> str:
    """Description, and the range that is allowed."""
    low, high = _bounds(info)
    text = info.description or ""
    if math.isfinite(low) and math.isfinite(high):
        text += f" ({low:g} to {high:g}{' ' + unit_of(name) if unit_of(name) else ''})"
    return text


def _make(name: str, info: FieldInfo):
    """Widget, getter, setter and change signal for the type of a field."""
    kind, optional = _kind_of(info.annotation)
    if get_origin(kind) is Literal:
        return _choice(get_args(kind))
    if kind is bool:
        box = QCheckBox()
        return box, box.isChecked, box.setChecked, box.toggled
    if kind in (int, float):
        return _number(kind, name, info, optional)
    line = QLineEdit()
    if optional:
        line.setPlaceholderText(AUTOMATIC)
        return line, lambda: line.text() or None, lambda v: line.setText(v or ""), line.textEdited
    return line, line.text, line.setText, line.textEdited


def _choice(options: tuple[str, ...]):
    box = QComboBox()
    box.addItems([str(option).replace("_", " ") for option in options])
    return (
        box,
        lambda: options[box.currentIndex()],
        lambda v: box.setCurrentIndex(options.index(v)),
        box.currentIndexChanged,
    )


def _number(kind: type, name: str, info: FieldInfo, optional: bool):
    """A spin box with the field's bounds; one step below the lowest value means None."""
    low, high = _bounds(info)
    box = TellingSpinBox() if kind is int else TellingDoubleSpinBox()
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setKeyboardTracking(False)
    step = kind(1) if kind is int else _step(low, high)
    if kind is float:
        box.setDecimals(_decimals(name, step, info.default))
        if _excludes_low(info):
            low += 10.0 ** -box.decimals()
    low = low if math.isfinite(low) else -LARGEST_INTEGER
    high = min(high, LARGEST_INTEGER)
    box.setRange(kind(low - step) if optional else kind(low), kind(high))
    box.setSingleStep(step)
    if unit_of(name):
        box.setSuffix(f" {unit_of(name)}")
    if not optional:
        return box, box.value, box.setValue, box.valueChanged
    box.setSpecialValueText(AUTOMATIC)

    def get():
        return None if box.value() == box.minimum() else max(box.value(), kind(low))

    def set_(value):
        box.setValue(box.minimum() if value is None else value)

    return box, get, set_, box.valueChanged


def _decimals(name: str, step: float, default: Any) -> int:
    """As many as the step and the default need; a pixel size needs four."""
    needed = [2, -math.floor(math.log10(step)), 4 * name.endswith("pixel_size_um")]
    if isinstance(default, float) and "." in repr(default):
        needed.append(len(repr(default).split(".")[1]))
    return min(max(needed), 6)


def _step(low: float, high: float) -> float:
    """A step of about a twentieth to a hundredth of the range, a power of ten."""
    span = high - low
    return 10.0 ** math.floor(math.log10(span / 20)) if math.isfinite(span) and span > 0 else 1.0


def _kind_of(annotation: Any) -> tuple[Any, bool]:
    """Type of a field without its None, and whether None is allowed."""
    if get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0], len(kinds) < len(get_args(annotation))
    return annotation, False


def _bounds(info: FieldInfo) -> tuple[float, float]:
    low, high = -math.inf, math.inf
    for rule in info.metadata:
        for word in ("ge", "gt"):
            low = getattr(rule, word, None) if getattr(rule, word, None) is not None else low
        for word in ("le", "lt"):
            high = getattr(rule, word, None) if getattr(rule, word, None) is not None else high
    return low, high


def _excludes_low(info: FieldInfo) -> bool:
    return any(getattr(rule, "gt", None) is not None for rule in info.metadata)
