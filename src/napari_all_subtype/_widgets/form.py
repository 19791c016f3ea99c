"""Forms made from parameter models: description, bounds and unit become widget and tooltip."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from napari_all_subtype._widgets.spin_boxes import TellingDoubleSpinBox, TellingSpinBox
from napari_all_subtype.config import Parameters

UNITS = {"um": "µm", "px": "px", "s": "s", "deg": "°"}
# Of the two buttons and the margins of a spin box, in napari's style.
SPIN_BUTTONS_PX = 70
LARGEST_INTEGER = 2**31 - 1
AUTOMATIC = "automatic"


class ParameterForm(QWidget):
    """One row per chosen parameter.

    Parameters
    ----------
    defaults : Parameters
        An instance, with nested instances; its values are shown first.
    names : sequence of str
        Dotted names of the parameters shown, in order: ``segmentation.sensitivity``.
    compact : bool
        Two parameters side by side under their titles: less high, more wide.
    folded : bool
        Nothing of it is seen at first: the rows are made by `unfold`, or when one is asked for.

    Signals
    -------
    changed
        A value was changed by a person.
    """

    changed = Signal()

    def __init__(
        self,
        defaults: Parameters,
        names: Sequence[str],
        compact: bool = False,
        folded: bool = False,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._defaults, self._names, self._compact = defaults, names, compact
        self._editors: dict[str, Editor] = {}
        self._labels: dict[str, QLabel] = {}
        self._hidden: frozenset[str] = frozenset()
        if not folded:
            self.unfold()

    @property
    def names(self) -> tuple[str, ...]:
        """Dotted names of the parameters shown, in order."""
        return tuple(self._names)

    def unfold(self) -> None:
        """Make the rows, if they are not there yet."""
        if self.layout() is not None:
            return
        layout, compact = QGridLayout(self), self._compact
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2 if compact else layout.verticalSpacing())
        for n, name in enumerate(self._names):
            info, value = field_of(self._defaults, name)
            editor = Editor(name, info, value, self.changed.emit)
            label = QLabel(title_of(name, info))
            label.setToolTip(editor.widget.toolTip())
            label.setBuddy(editor.widget)
            self._editors[name], self._labels[name] = editor, label
            if name in self._hidden:
                self.set_visible(name, False)
            row = 2 * (n // 2) if compact else n
            layout.addWidget(label, row, n % 2 if compact else 0)
            layout.addWidget(editor.widget, row + compact, n % 2 if compact else 1)
        # Of the column, not the widgets: theirs is overruled by napari's style.
        widest = max((_needed_width_px(one.widget) for one in self._editors.values()), default=0)
        for column in (0, 1) if compact else (1,):
            layout.setColumnStretch(column, 1)
            layout.setColumnMinimumWidth(column, widest)

    def values(self) -> dict[str, Any]:
        """Value of every parameter shown, by dotted name."""
        if self.layout() is None:
            return {name: field_of(self._defaults, name)[1] for name in self._names}
        return {name: editor.get() for name, editor in self._editors.items()}

    def set_value(self, name: str, value: Any) -> None:
        """Show `value` for the parameter `name`."""
        self.unfold()
        self._editors[name].set(value)

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide the row of the parameter `name`."""
        self.unfold()
        self._labels[name].setVisible(visible)
        self._editors[name].widget.setVisible(visible)

    def hide_all(self, names: Collection[str]) -> None:
        """Hide the rows of these parameters, now or when they are made, and show all others."""
        changed, self._hidden = self._hidden ^ frozenset(names), frozenset(names)
        for name in changed & set(self._editors):
            self.set_visible(name, name not in self._hidden)

    def editor(self, name: str) -> QWidget:
        """The widget in which `name` is edited."""
        self.unfold()
        return self._editors[name].widget


class Editor:
    """The widget of one parameter, with one way to read and to set it."""

    def __init__(self, name: str, info: FieldInfo, value: Any, on_change: Callable[[], None]):
        self.widget, self.get, self.set, signal = _make(name, info)
        self.widget.setToolTip(tooltip_of(name, info))
        self.widget.setAccessibleName(title_of(name, info))
        self.set(value)
        signal.connect(lambda *_: on_change())


def field_of(parameters: Parameters, name: str) -> tuple[FieldInfo, Any]:
    """Description and value of the parameter with the dotted `name`."""
    *groups, last = name.split(".")
    for group in groups:
        parameters = getattr(parameters, group)
    return type(parameters).model_fields[last], getattr(parameters, last)


def all_names(parameters: Parameters) -> list[str]:
    """Dotted names of every parameter, nested ones included, in order."""
    names: list[str] = []
    for name in type(parameters).model_fields:
        value = getattr(parameters, name)
        inner = all_names(value) if isinstance(value, Parameters) else None
        names += [name] if inner is None else [f"{name}.{one}" for one in inner]
    return names


def with_values(parameters: Parameters, values: dict[str, Any]) -> Parameters:
    """`parameters` with `values` by dotted name.

    Raises
    ------
    ParameterError, PixelSizeError
        If a value is out of its bounds.
    """
    content = parameters.model_dump()
    for name, value in values.items():
        *groups, last = name.split(".")
        place = content
        for group in groups:
            place = place[group]
        place[last] = value
    return type(parameters).of(**content)


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


def _needed_width_px(widget: QWidget) -> int:
    """Width in which no value is clipped, for a spin box; others clip nothing."""
    if not isinstance(widget, QSpinBox | QDoubleSpinBox):
        return 0
    texts = [widget.textFromValue(v) + widget.suffix() for v in (widget.minimum(), widget.value())]
    measure = widget.fontMetrics().horizontalAdvance
    return max(map(measure, (*texts, widget.specialValueText()))) + SPIN_BUTTONS_PX


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
