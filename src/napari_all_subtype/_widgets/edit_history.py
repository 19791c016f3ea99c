"""The edits of one field that can be taken back, and those that were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_all_subtype.cells.edit import Edit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class EditStep:
    """One edit, and the rows of the cells it touched on its other side.

    Parameters
    ----------
    edit : Edit
        As it was made.
    rows : pandas.DataFrame
        Rows of the cell table that come back with undo, or with redo.
    pending : frozenset of int
        Labels of those among them that the model had not classified yet.
    """

    edit: Edit
    rows: pd.DataFrame
    pending: frozenset[int] = frozenset()


@dataclass(frozen=True)
class EditHistory:
    """Steps to undo and to redo, the next one last."""

    done: tuple[EditStep, ...] = ()
    undone: tuple[EditStep, ...] = ()

    def added(self, step: EditStep) -> EditHistory:
        """After a new edit: nothing can be done again."""
        return EditHistory((*self.done, step))

    def after_undo(self, back: EditStep) -> EditHistory:
        """After the last edit was taken back; `back` has the rows it had given."""
        step = replace(back, edit=self.done[-1].edit)
        return EditHistory(self.done[:-1], (*self.undone, step))

    def after_redo(self, back: EditStep) -> EditHistory:
        """After the edit that was taken back last was made again."""
        return EditHistory((*self.done, back), self.undone[:-1])
