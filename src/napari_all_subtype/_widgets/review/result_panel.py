"""The group *Result*: how final the result of the smear is, and annotations without a cell."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QGroupBox,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.paragraphs import paragraph

NOT_KEPT = (
    "The result is in no project yet: what is said first brings it into one, where it can be "
    "locked."
)
ONLY_A_LOOK = (
    "This run is only a look: the result of the smear is <b>locked</b>, and the project keeps that "
    "one alone. Choose the smear in the group <i>Project</i> to see it; to change it, amend it "
    "there first."
)
SHOWN_ORPHANS = 5


class ResultPanel(QGroupBox):
    """State of the result, buttons to lock and to amend it, and the list of orphans.

    Signals
    -------
    lock_wanted, amend_wanted
        A person pressed the button.
    orphan_wanted : int
        Number of an annotation in the list.
    """

    lock_wanted = Signal()
    amend_wanted = Signal()
    orphan_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Result", parent)
        self._build()
        self.lock_button.clicked.connect(lambda: self.lock_wanted.emit())
        self.amend_button.clicked.connect(lambda: self.amend_wanted.emit())
        self.orphans.itemClicked.connect(self._on_item)
        self.orphans.itemActivated.connect(self._on_item)

    def _build(self) -> None:
        self.told = paragraph(NOT_KEPT)
        self.lock_button, self.amend_button = QPushButton("Lock…"), QPushButton("Amend…")
        self.lock_button.setToolTip(
            "Make the result of this smear final: a version with its hash, signed by the reader. "
            "Undo ends there, and a new model does not change it."
        )
        self.amend_button.setToolTip(
            "Let a locked result be changed again, for a reason that stays in the record. The "
            "locked version stays, too."
        )
        self.orphans_told = paragraph()
        self.orphans = QListWidget()
        self.orphans.setAccessibleName("Orphaned annotations")
        self.orphans.setToolTip(
            "Annotations whose cell was not found again. Click one to see where its cell was."
        )
        self.orphans.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.said = paragraph()
        buttons = QHBoxLayout()
        buttons.addWidget(self.lock_button)
        buttons.addWidget(self.amend_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.told)
        layout.addLayout(buttons)
        for part in (self.said, self.orphans_told, self.orphans):
            layout.addWidget(part)
        self.say("")
        self.show_orphans(())
        self.show_state("", False, False)

    def _on_item(self, _item: object) -> None:
        self.orphan_wanted.emit(self.orphans.currentRow())

    def show_state(self, told: str, can_lock: bool, can_amend: bool) -> None:
        """Say how final the result is.

        Parameters
        ----------
        told : str
            In HTML; empty where no project has the result.
        """
        self.told.setText(told or NOT_KEPT)
        self.lock_button.setEnabled(can_lock)
        self.amend_button.setEnabled(can_amend)

    def show_orphans(self, lines: Sequence[str]) -> None:
        """List annotations whose cell was not found again, one a line."""
        there = [self.orphans.item(n).text() for n in range(self.orphans.count())]
        if there != list(lines):
            self.orphans.clear()
            self.orphans.addItems(list(lines))
        count = len(lines)
        verb = "annotation has" if count == 1 else "annotations have"
        self.orphans_told.setText(
            f"<b>Orphaned:</b> {count} {verb} no cell any more. Say the word of the cell that is "
            "there now, or draw it."
        )
        rows = min(count, SHOWN_ORPHANS)
        frame = 2 * self.orphans.frameWidth()
        self.orphans.setFixedHeight(rows * (self.fontMetrics().height() + 6) + frame)
        for part in (self.orphans_told, self.orphans):
            part.setVisible(count > 0)

    def say(self, text: str) -> None:
        """Write what was done, or why it was not; nothing without text."""
        self.said.setText(text)
        self.said.setVisible(bool(text))
