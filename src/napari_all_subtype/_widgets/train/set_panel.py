"""The group *Training set*: what there is to learn from, by group, split and class."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGroupBox, QPushButton, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.frame_table import FrameTable
from napari_all_subtype.amounts import amount
from napari_all_subtype.cells.folders import natural_order
from napari_all_subtype.learning.training_set import SPLITS
from napari_all_subtype.taxonomy import class_of
from napari_all_subtype.workflow.training_survey import TrainingSurvey

if TYPE_CHECKING:
    import pandas as pd

NO_PROJECT = (
    "A model learns from the cells that readers named in a <b>project</b>. Open one, here or in "
    "the dock Review."
)
LOOKING = "Looking at what there is to learn from…"
MOST_ROWS = 40
FEW_GROUPS = 12  # of more, the parameters below would be far out of sight
SPLIT_TITLES = {"train": "training", "val": "validation", "test": "test", "": "–"}


class SetPanel(QGroupBox):
    """Table of the labelled cells, with what a person is to know before groups are divided.

    Signals
    -------
    open_wanted
        A person wants to choose the folder of a project.
    """

    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Training set", parent)
        self._build()
        self.open_button.clicked.connect(lambda: self.open_wanted.emit())
        self.show_nothing(NO_PROJECT)

    def _build(self) -> None:
        self.told = paragraph()
        self.open_button = QPushButton("Open project…")
        self.open_button.setToolTip("Choose the folder of a project.")
        self.sums = FrameTable("Labelled cells of each split and class")
        self.table = FrameTable("Labelled cells of each group and class")
        self.groups = QCollapsible("Groups", expandedIcon="▼", collapsedIcon="▶")
        self.groups.addWidget(self.table)
        self.groups.layout().setContentsMargins(0, 0, 0, 0)
        self._project = ""
        self.notes = paragraph()
        layout = QVBoxLayout(self)
        for part in (self.told, self.open_button, self.sums, self.groups, self.notes):
            layout.addWidget(part)

    def show_nothing(self, why: str, can_open: bool = True) -> None:
        """Say, in HTML, why there is no table."""
        self.told.setText(why)
        self.open_button.setVisible(can_open)
        self._project = ""
        for part in (self.sums, self.groups, self.notes):
            part.hide()

    def show_survey(self, project: str, survey: TrainingSurvey) -> None:
        """Have the labelled cells of `survey`, and what is said of them."""
        self.open_button.hide()
        n = len(survey.words)
        groups = len(set(survey.groups))
        self.told.setText(
            f"<b>{escape(project)}</b>: {amount(n, 'labelled cell')} of "
            f"{amount(groups, 'group (case)', 'groups (cases)')}, "
            f"{survey.unlabelled} that nobody has named."
        )
        used = [name for name in survey.taxonomy.names if name in set(survey.words)]
        titles = {name: class_of(survey.taxonomy, name).title for name in used}
        counts = survey.counts()
        self.sums.show_frame(_sums(survey, counts, titles))
        self.table.show_frame(_by_group(survey, counts, titles))
        self.groups.setVisible(bool(counts))
        if project != self._project:  # later it is as a person left it
            self._project = project
            fold = self.groups.collapse if groups > FEW_GROUPS else self.groups.expand
            fold(animate=False)
        self.notes.setText(_notes(survey, len(counts)))
        self.notes.setVisible(bool(self.notes.text()))


def _sums(survey: TrainingSurvey, counts: dict, titles: dict[str, str]) -> pd.DataFrame:
    """Cells of each split, by class: of many classes there is more room downwards."""
    import pandas as pd

    every = {split: Counter() for split in (*SPLITS, "")}
    for (_, split), by_class in counts.items():
        every[split].update(by_class)
    filled = {split: one for split, one in every.items() if one.total()}
    rows = [[one[name] for one in filled.values()] for name in titles]
    columns = [SPLIT_TITLES[split] for split in filled]
    return pd.DataFrame(rows, index=list(titles.values()), columns=columns)


def _by_group(survey: TrainingSurvey, counts: dict, titles: dict[str, str]) -> pd.DataFrame:
    """Cells of each class, by group, with the split that each group is in."""
    import pandas as pd

    def called(group: str) -> str:
        return survey.titles.get(group, group)

    rows, index = [], []
    ordered = sorted(counts.items(), key=lambda one: natural_order(Path(called(one[0][0]))))
    for (group, split), by_class in ordered[:MOST_ROWS]:
        planned = " (planned)" if group in survey.planned else ""
        rows.append([SPLIT_TITLES[split] + planned, *(by_class[name] for name in titles)])
        index.append(called(group))
    return pd.DataFrame(rows, index=index, columns=["Split", *titles.values()])


def _notes(survey: TrainingSurvey, rows: int) -> str:
    lines = [f"⚠ {escape(survey.refused)}"] if survey.refused else []
    if rows > MOST_ROWS:
        lines.append(f"{rows - MOST_ROWS} more groups are not shown.")
    if survey.planned:
        lines.append("Groups marked as planned are put there by the next training, for good.")
    lines += [escape(note) for note in survey.notes]
    return "<br>".join(lines)
