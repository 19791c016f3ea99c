"""The group *Rounds*: what each round did, its pseudo-labelled cells, and what is decided of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QGroupBox,
    QHBoxLayout,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.thumbnails import Thumbnail
from napari_all_subtype._widgets.train.crop_gallery import CropGallery
from napari_all_subtype._widgets.train.orders import Proposed
from napari_all_subtype.amounts import amount
from napari_all_subtype.project.rounds import ACCEPTED, PROPOSED, REJECTED, ROLLED_BACK, Round
from napari_all_subtype.taxonomy import Taxonomy, class_of
from napari_all_subtype.workflow.round_points import start_score

COLUMNS = ("Round", "Labels", "Macro-F1", "κ", "State")
COLUMN_TIPS = (
    "Number of the round in its run, whose start learned from people's words alone.",
    "Pseudo-labels it brought in.",
    "Of its model on the validation cells, which people named.",
    "Agreement with the model before, on unlabelled cells.",
    "What was decided of it last.",
)
NO_ROUND = "No round yet. Each round is shown here with the cells it brought in."
ROWS_IN_SIGHT = 6
ROUND = int(Qt.ItemDataRole.UserRole)
# What can be decided of a round in each state.
MAY = {
    PROPOSED: (ACCEPTED, REJECTED),
    ACCEPTED: (ROLLED_BACK,),
    REJECTED: (ACCEPTED,),
    ROLLED_BACK: (ACCEPTED,),
}


class RoundsPanel(QGroupBox):
    """A table of rounds, buttons that decide, and a gallery.

    Signals
    -------
    chosen : Round
        A person wants to see its cells.
    decided : str
        The round that is chosen, or the one that waits, is to come to this state; empty leaves
        the one that waits for later.
    """

    chosen = Signal(object)
    decided = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Rounds", parent)
        self._rounds: list[Round] = []
        self._runs = ""
        self._proposed: Proposed | None = None
        self._able = False
        self._build()
        self.table.itemSelectionChanged.connect(self._on_selected)
        for state, button in self.buttons.items():
            button.clicked.connect(lambda _=False, to=state: self.decided.emit(to))
        self.show_rounds([])

    def _build(self) -> None:
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setAccessibleName("Rounds of self-training")
        self.table.setHorizontalHeaderLabels(COLUMNS)
        for n, tip in enumerate(COLUMN_TIPS):
            self.table.horizontalHeaderItem(n).setToolTip(tip)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.told = paragraph()
        self.buttons = {
            ACCEPTED: QPushButton("Accept"),
            REJECTED: QPushButton("Reject"),
            ROLLED_BACK: QPushButton("Roll back"),
            "": QPushButton("Later"),
        }
        tips = (
            "Its model takes the place of the one before.",
            "Its model is not used; the next round takes fewer pseudo-labels.",
            "The model before runs again; the record keeps both decisions.",
            "Leave the round for later: it stays in the table, and the run ends.",
        )
        row = QHBoxLayout()
        for button, tip in zip(self.buttons.values(), tips, strict=True):
            button.setToolTip(tip)
            row.addWidget(button)
        self.gallery = CropGallery("Pseudo-labelled cells, the surest of each class first")
        layout = QVBoxLayout(self)
        layout.addWidget(self.table)
        layout.addWidget(self.told)
        layout.addLayout(row)
        layout.addWidget(self.gallery)

    @property
    def selected(self) -> Round | None:
        """The round that is chosen."""
        rows = self.table.selectionModel().selectedRows()
        return self._rounds[rows[0].row()] if rows else None

    @property
    def waits(self) -> bool:
        """Whether a round waits for a person."""
        return self._proposed is not None

    def show_rounds(self, rounds: Sequence[Round], runs: str = "") -> None:
        """Have these rounds, the newest first; the one that was chosen stays so.

        Parameters
        ----------
        runs : str
            Id of the model that runs: what it is of stands in bold.
        """
        before = self.selected
        self._rounds, self._runs = list(reversed(rounds)), runs
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self._rounds))
            for r, made in enumerate(self._rounds):
                for c, text in enumerate(_row(made, start_score(rounds, made.run_id))):
                    item = QTableWidgetItem(text)
                    item.setToolTip(made.why or text)
                    if made.model_id == runs:
                        font = item.font()
                        font.setBold(True)
                        item.setFont(font)
                    self.table.setItem(r, c, item)
            self.table.resizeColumnsToContents()
            self.table.horizontalHeader().setStretchLastSection(True)
        self._fit()
        ids = [one.round_id for one in self._rounds]
        if before is not None and before.round_id in ids:
            with QSignalBlocker(self.table):
                self.table.selectRow(ids.index(before.round_id))
        self._show_chosen()

    def show_proposed(self, proposed: Proposed | None, taxonomy: Taxonomy | None = None) -> None:
        """Have a round that waits for a person, with its cells; None if none does."""
        self._proposed = proposed
        if proposed is not None:
            with QSignalBlocker(self.table):
                self.table.clearSelection()
            n = len(proposed.crops)
            self.show_cells(
                *(proposed.words[:n], proposed.confidence[:n], proposed.crops[..., :3]), taxonomy
            )
        self._show_chosen()

    def show_cells(
        self,
        words: Sequence[str],
        confidence: Sequence[float],
        crops: Sequence[np.ndarray],
        taxonomy: Taxonomy,
    ) -> None:
        """Have pseudo-labelled cells, class by class, the surest of each first."""
        order = {name: k for k, name in enumerate(taxonomy.names)}
        rows = sorted(range(len(words)), key=lambda n: (order[words[n]], -confidence[n]))
        self.gallery.show_crops(
            [
                Thumbnail(
                    n,
                    class_of(taxonomy, words[n]),
                    f"{confidence[n]:.2f}",
                    tip=f"Pseudo-label: {class_of(taxonomy, words[n]).title}, confidence "
                    f"{confidence[n]:.3f}.",
                )
                for n in rows
            ],
            [crops[n] for n in rows],
        )

    def show_state(self, able: bool) -> None:
        """Say whether a recorded round can be decided now."""
        self._able = able
        self._show_chosen()

    def _on_selected(self) -> None:
        self._show_chosen()
        if self.selected is not None:
            self.chosen.emit(self.selected)

    def _show_chosen(self) -> None:
        waits, made = self._proposed is not None, self.selected
        if waits:
            may = (ACCEPTED, REJECTED, "")
            labels = amount(len(self._proposed.words), "pseudo-label")
            self.told.setText(
                f"<b>Round {self._proposed.number} waits for you.</b> {labels}. "
                f"{_sentence(self._proposed.why)}"
            )
        elif made is not None:
            may = MAY[made.state] if self._able else ()
            who = f" by {escape(made.decided_by)}" if made.decided_by else ""
            self.told.setText(
                f"{_title(made)}, model {escape(made.model_id)}: {made.state}{who}. "
                f"{'<b>It runs now.</b> ' if made.model_id == self._runs else ''}"
                f"{_sentence(made.why)}"
            )
        else:
            may = ()
            choose = "Choose a round to see the cells it brought in, or to decide of it."
            runs = f"<b>{escape(self._runs)}</b> runs now. " if self._runs else ""
            self.told.setText(runs + choose if self._rounds else NO_ROUND)
        for state, button in self.buttons.items():
            button.setEnabled(state in may)
        self.buttons[""].setVisible(waits)

    def _fit(self) -> None:
        rows = min(max(len(self._rounds), 1), ROWS_IN_SIGHT)
        height = self.table.rowHeight(0) if self._rounds else self.table.sizeHintForRow(0)
        height = max(height, self.table.verticalHeader().defaultSectionSize())
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(rows * height + head + 2 * self.table.frameWidth() + 2)
        bar = self.table.verticalScrollBar().sizeHint().width()
        columns = range(self.table.columnCount())
        self.table.setMinimumWidth(sum(map(self._width_of, columns)) + bar)
        self.table.setVisible(bool(self._rounds))

    def _width_of(self, column: int) -> int:
        """Width in which nothing of a column is clipped."""
        header = self.table.horizontalHeader()
        return max(self.table.sizeHintForColumn(column), header.sectionSizeHint(column))


def _title(made: Round) -> str:
    return f"Round {made.number}" if made.number else "The start"


def _sentence(text: str) -> str:
    return escape(text[:1].upper() + text[1:])


def _row(made: Round, start: float | None) -> tuple[str, ...]:
    """What stands in the table of a round; `start` is what the start of its run scores."""
    gate = made.content.get("gate")
    kappa = made.content.get("kappa")
    score = start if gate is None else gate["student"]["macro_f1"]
    return (
        str(made.number) if made.number else "start",
        str(len(made.content.get("used", []))),
        "–" if score is None else f"{score:.3f}",
        "–" if kappa is None else f"{kappa:.3f}",
        made.state,
    )
