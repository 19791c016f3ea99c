"""The result part of the dock: legend, view controls and summary."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QGroupBox,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.flags import (
    flags_html,
    flags_tip,
    warnings_html,
    without_told_scale,
)
from napari_all_subtype._widgets.legend import Legend
from napari_all_subtype._widgets.look import Look
from napari_all_subtype._widgets.look_panel import LookPanel
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.taxonomy import Taxonomy

if TYPE_CHECKING:
    from napari_all_subtype.workflow.summarise import Counts, Summary

RESULT = "Result"
HIDDEN = "Counts are hidden: this reading is blind to the model, too."
WHOLE_SMEAR, THIS_FIELD = "Whole smear", "This field"


class ResultPanel(QGroupBox):
    """Counts of the smear or the field, and how the cells are drawn.

    Signals
    -------
    scope_changed
        Counts are wanted of the other: the whole smear, or this field.
    look_changed : dict
        Fields of the look of the cells, and what they are now.
    """

    scope_changed = Signal()
    look_changed = Signal(object)

    def __init__(self, taxonomy: Taxonomy, parent: QWidget | None = None):
        super().__init__(RESULT, parent)
        self._build(taxonomy)
        self._listen()
        self.scope.currentIndexChanged.connect(lambda _: self.scope_changed.emit())
        self.drawing.changed.connect(self.look_changed)

    def _listen(self) -> None:
        self.legend.hidden_changed.connect(
            lambda hidden: self.look_changed.emit({"hidden": hidden})
        )

    def show_classes(self, taxonomy: Taxonomy, fab: bool, look: Look) -> None:
        """Have a legend of `taxonomy`, and what is of FAB alone only where the classes are."""
        before, self.legend = self.legend, Legend(taxonomy)
        self.legend.show_hidden(look.hidden)
        self._listen()
        self.layout().replaceWidget(before, self.legend)
        before.hide()
        before.deleteLater()
        self.drawing.show_fab(fab)

    def _build(self, taxonomy: Taxonomy) -> None:
        self.scope = QComboBox()
        self.scope.addItems([WHOLE_SMEAR, THIS_FIELD])
        self.scope.setToolTip("Count the cells of all analysed fields, or of the field shown.")
        self.scope.setAccessibleName("Counts of")
        self.legend = Legend(taxonomy)
        self.drawing = LookPanel()
        self.opacity, self.confidence = self.drawing.opacity, self.drawing.confidence
        self.letters, self.best_guess = self.drawing.letters, self.drawing.best_guess
        self.summary = paragraph()
        self.flags, self.scale_warning, self.stain_warning = paragraph(), paragraph(), paragraph()
        layout = QVBoxLayout(self)
        told = (self.scale_warning, self.stain_warning, self.summary, self.flags)
        for part in (self.scope, self.legend, *told, self.drawing):
            layout.addWidget(part)

    def show_look(self, look: Look) -> None:
        """Have the controls say what `look` is."""
        with QSignalBlocker(self):
            self.drawing.show_look(look)
            self.legend.show_hidden(look.hidden)

    @property
    def whole_smear(self) -> bool:
        """Whether counts of all fields are wanted."""
        return self.scope.currentText() == WHOLE_SMEAR

    def show_hidden(self) -> None:
        """Count nothing: what is called *unknown* then is only what nobody is to see."""
        self.legend.show_counts({})
        self.legend.show_excluded({})
        self.summary.setText(HIDDEN)
        self.flags.setVisible(False)

    def show_counts(self, counts: Counts | None) -> None:
        """Write the counts alone; the rest of the summary follows."""
        if counts is not None:
            self.legend.show_counts(counts.classes)
            self.legend.show_excluded(counts.excluded)

    def show_summary(
        self, summary: Summary | None, pixel_size: PixelSize | None, several: bool
    ) -> None:
        """Write counts, scale and flags; without a summary say so."""
        self.scope.setVisible(several)
        self.legend.show_counts(summary.classes if summary else {})
        self.legend.show_excluded(summary.excluded if summary else {})
        self.setTitle(f"{RESULT}: {words.shortened(summary.name)}" if summary else RESULT)
        self.setToolTip(summary.name if summary else "")
        if summary is None:
            self.summary.setText("This field is not analysed yet.")
            self.flags.clear()
            self.scale_warning.clear()
            self.stain_warning.clear()
            return
        self.scale_warning.setText(warnings_html(summary.scale_warnings, with_names=several))
        names = escape(", ".join(summary.scale_warnings))
        self.scale_warning.setToolTip(f"Scale to be checked: {names}." if several and names else "")
        self.scale_warning.setVisible(bool(names))
        stain = {summary.name: summary.stain_warning} if summary.stain_warning else {}
        self.stain_warning.setText(warnings_html(stain, with_names=False))
        self.stain_warning.setVisible(bool(stain))
        scale = f"<br>{words.scale_html(pixel_size)}" if pixel_size else ""
        rules = words.rules_html(summary.smear_score)
        note = f"<i>{summary.subtype_note}</i>" if summary.subtype_note else ""
        parts = (words.summary_html(summary) + scale, rules, note)
        self.summary.setText("<br>".join(part for part in parts if part))
        flags = without_told_scale(summary.flags, summary.scale_warnings)
        self.flags.setText(flags_html(flags, with_names=several))
        self.flags.setToolTip(flags_tip(flags) if several else "")
        self.flags.setVisible(bool(flags))
