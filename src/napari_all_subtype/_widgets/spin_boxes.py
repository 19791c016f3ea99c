"""Spin boxes in which any number can be typed: one out of range is told, not made another."""

from __future__ import annotations

from qtpy.QtCore import QPoint
from qtpy.QtGui import QValidator
from qtpy.QtWidgets import QDoubleSpinBox, QSpinBox, QToolTip


class _Telling:
    """Qt drops the digit that would leave the range, so that 10 µm becomes 1: here it is told.

    What stands in the box when it is left goes back to the value before.
    """

    def validate(self, text: str, position: int):
        """Let numbers out of range be typed; they are no value yet."""
        state, text, position = super().validate(text, position)
        begun = self._bare(text) == "-" or self._number(text) is not None
        if state == QValidator.State.Invalid and begun:
            state = QValidator.State.Intermediate
        return state, text, position

    def fixup(self, text: str) -> str:
        """Say what is allowed; the value before comes back."""
        if self._number(text) is not None:
            low, high = (self.textFromValue(end) for end in (self._lowest(), self.maximum()))
            QToolTip.showText(
                self.mapToGlobal(QPoint(0, self.height())),
                f"{self._bare(text)} is not between {low} and {high}{self.suffix()}: the value "
                "before stays.",
                self,
            )
        return super().fixup(text)

    def _lowest(self):
        """The least value that is a number: the minimum may stand for a word."""
        return self.minimum() + (self.singleStep() if self.specialValueText() else 0)

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip()

    def _number(self, text: str) -> float | None:
        number, known = self.locale().toDouble(self._bare(text))
        return number if known else None


class TellingSpinBox(_Telling, QSpinBox):
    """For whole numbers."""


class TellingDoubleSpinBox(_Telling, QDoubleSpinBox):
    """For all numbers."""
