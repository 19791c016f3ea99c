"""Forms made from parameter models: a row with title and editor for each parameter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pydantic.fields import FieldInfo
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QSpinBox, QWidget

from napari_all_subtype._widgets.parameter_editor import Editor, title_of
from napari_all_subtype.config import Parameters

# Of the two buttons and the margins of a spin box, in napari's style.
SPIN_BUTTONS_PX = 70


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


def _needed_width_px(widget: QWidget) -> int:
    """Width in which no value is clipped, for a spin box; others clip nothing."""
    if not isinstance(widget, QSpinBox | QDoubleSpinBox):
        return 0
    texts = [widget.textFromValue(v) + widget.suffix() for v in (widget.minimum(), widget.value())]
    measure = widget.fontMetrics().horizontalAdvance
    return max(map(measure, (*texts, widget.specialValueText()))) + SPIN_BUTTONS_PX
