"""The group *Differential count*: which cells are counted, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGroupBox, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_all_subtype._widgets.form import ParameterForm, with_values
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.frame_table import FrameTable
from napari_all_subtype.workflow.review_parameters import DifferentialParameters

if TYPE_CHECKING:
    import pandas as pd

NOT_DRAWN = (
    "Cells for a count are drawn by rule, not by doubt: press <b>Read the next cell of the "
    "count</b>, and read them one after the other."
)
NOT_KEPT = (
    "A count is of a smear in a project. Analyse a smear, then make or open a project: its cells "
    "come into it."
)


class CountPanel(QGroupBox):
    """How many cells, in which order, and the table of the count.

    Signals
    -------
    changed
        Other cells are to be drawn.
    next_wanted
        A person wants to read the next cell of the count.
    """

    changed = Signal()
    next_wanted = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Differential count", parent)
        self._build()
        self.form.changed.connect(self._on_form)
        self.next_button.clicked.connect(lambda: self.next_wanted.emit())

    def _build(self) -> None:
        self.form = ParameterForm(DifferentialParameters(), ["n_cells", "order", "seed"])
        self.next_button = QPushButton("Read the next cell of the count")
        self.next_button.setToolTip(
            "Go to the first cell of the count that nobody has read; after a word the next one "
            "comes by itself."
        )
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Cells of the count that were read")
        self.table = FrameTable("Differential count")
        self.told = paragraph(NOT_KEPT)
        layout = QVBoxLayout(self)
        for part in (self.form, self.next_button, self.progress, self.table, self.told):
            layout.addWidget(part)
        self._on_form()
        self.show_nothing(NOT_KEPT, False)

    def _on_form(self) -> None:
        self.form.set_visible("seed", self.parameters.order == "random")
        self.changed.emit()

    @property
    def parameters(self) -> DifferentialParameters:
        """What is chosen."""
        return with_values(DifferentialParameters(), self.form.values())

    def show_nothing(self, why: str = NOT_DRAWN, possible: bool = True) -> None:
        """Say why there is no count, in HTML, and whether there can be one."""
        self.told.setText(why)
        self.next_button.setEnabled(possible)
        for part in (self.table, self.progress):
            part.setVisible(False)

    def show_count(
        self,
        table: pd.DataFrame,
        tips: pd.DataFrame,
        read: int,
        drawn: int,
        lines: Sequence[str],
    ) -> None:
        """Show the table, how far it was read, and what is to be known of it.

        Parameters
        ----------
        tips : pandas.DataFrame
            More on each value of `table`.
        """
        self.table.show_frame(table, tips)
        self.progress.setVisible(True)
        self.progress.setRange(0, max(drawn, 1))
        self.progress.setValue(read)
        self.progress.setFormat(f"{read} of {drawn} read")
        self.next_button.setEnabled(read < drawn)
        self.told.setText("<br>".join(escape(line, quote=False) for line in lines))
